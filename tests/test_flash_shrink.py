"""The package made small before it is compiled does what its sources do, and its tracebacks still say where."""

import ast
import os
import subprocess
import sys

import pytest

from presscue import wire
from presscue.errors import FlashError
from presscue.flash import package
from presscue.flash.short_names import NUMBERED
from presscue.flash.shrink import shrink
from presscue.simulator.board import child
from presscue.simulator.performance import perform
from presscue.simulator.scenario import Scenario
from presscue.simulator.virtual_node import VirtualNode

MAIN = "from pkg import app\napp.run()\n"
BASE = "import struct\nLIMIT, OTHER = 7, 8\n_TABLE = ('a', 'b')\nSIZE = struct.calcsize('<HI')\n"


def whole(app: str, base: str = BASE) -> str:
    made = shrink({"pkg/__init__": "", "pkg/base": base, "pkg/app": app}, MAIN)
    return made["presscue_node/__init__"]


def test_constants_of_other_modules_become_numbers_and_vanish():
    text = whole("from pkg import base\ndef run():\n    return base.LIMIT + base.SIZE + base._TABLE.index('b')\n")
    assert "return 7 + 6 + 1" in text
    assert "_TABLE" not in text
    assert "calcsize" not in text


def test_a_local_name_is_not_taken_for_the_global_of_the_same_name():
    text = whole("from pkg.base import LIMIT\ndef run(LIMIT=3):\n    return LIMIT\ndef unused():\n    return LIMIT\n")
    assert run(text) == 3
    assert "unused" not in text


def test_names_that_two_modules_have_stay_two():
    text = whole(
        "from pkg import base\n_HELP = 'app'\ndef run():\n    return _HELP + base.help()\n",
        BASE + "_HELP = 'base'\ndef help():\n    return _HELP\n",
    )
    assert run(text) == "appbase"


def test_code_keeps_its_names_and_methods_of_others_theirs():
    text = whole(
        "class Long:\n    def __init__(self, index):\n        self._content = [index]\n"
        "    def position(self):\n        return self._content.index(4)\n"
        "def run():\n    return Long(index=4).position()\n"
    )
    assert run(text) == 0
    assert {"Long", "position"} <= {getattr(node, "name", "") for node in ast.walk(ast.parse(text))}
    assert "_content" not in text


def test_what_a_foreign_object_has_too_keeps_its_name():
    text = whole(
        "class Radio:\n    def __init__(self, ble):\n        self.active = ble.active(True)\n        self.content = 3\n"
        "class Ble:\n    def __init__(self):\n        pass\n"
        "def run():\n    return Radio(None)\n"
    )
    assert ".active = " in text
    assert ".active(True)" in text
    assert ".content" not in text


def test_few_names_serve_many_attributes_and_none_is_taken_for_another():
    text = whole(
        "class Base:\n    def __init__(self, first_part):\n        self._inner = first_part\n"
        "class Grown(Base):\n    def __init__(self, first_part, *, last_part):\n"
        "        super().__init__(first_part)\n        self._outer = [last_part]\n        self.shown = 5\n"
        "    def sum(self):\n        return self._inner + self._outer[0] + self.shown\n"
        "class Other:\n    def __init__(self, grown):\n        self._grown = grown\n        self._weight = 100\n"
        "    def sum(self):\n        return self._weight * self._grown.shown + self._grown.sum()\n"
        "def run():\n    return Other(Grown(1, last_part=20)).sum()\n"
    )
    assert run(text) == 526
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    used = {node.attr for each in classes for node in ast.walk(each) if isinstance(node, ast.Attribute)}
    used -= {"__init__", "sum"}
    assert len(used) == 3  # Base and Grown have three, Other's two are among the same
    assert used <= {*NUMBERED}


def test_inner_methods_of_different_classes_may_share_a_name():
    text = whole(
        "class Base:\n    def _part(self):\n        return 1\n    def all(self):\n        return self._part()\n"
        "class Grown(Base):\n    def _part(self):\n        return 10\n    def _more(self):\n        return 100\n"
        "    def sum(self):\n        return self.all() + self._more()\n"
        "class Other:\n    def _heavy(self):\n        return 1000\n    def _used_outside(self):\n        return 10000\n"
        "    def sum(self):\n        return self._heavy()\n"
        "def run():\n    return Base().all() + Grown().sum() + Other().sum() + Other()._used_outside()\n"
    )
    assert run(text) == 11111
    names = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert len(names - {"all", "sum", "run"}) == 3  # Base's and Grown's two, one of them for Other's, and the last
    assert "_used_outside" in names


def test_what_only_functions_import_is_a_module_of_its_own():
    sources = {
        "pkg/__init__": "",
        "pkg/base": BASE + "def twice(value):\n    return 2 * value\ndef thrice(value):\n    return 3 * value\n",
        "pkg/late": "from pkg import base\nfrom pkg.base import twice\n_FEW = 4\nclass Late:\n"
        "    def __init__(self):\n        self._few = _FEW\n"
        "    def sum(self):\n        return twice(self._few) + base.thrice(base.LIMIT)\n",
        "pkg/app": "from pkg.base import thrice\ndef run():\n    from pkg.late import Late\n"
        "    return Late().sum() + thrice(1000)\n",
    }
    made = shrink(sources, MAIN)
    assert "class Late" in made["pkg/late"]
    assert "def twice" in made["pkg/late"]  # nothing else needs it
    assert "def thrice" in made["presscue_node/__init__"]
    assert "import thrice" in made["pkg/late"]
    assert "class Late" not in made["presscue_node/__init__"]


def test_a_parameter_is_not_taken_for_a_local_or_a_global_of_its_short_name():
    text = whole(
        "_table = [3]\ndef use(a, value, long_name):\n    b = long_name\n"
        "    return [a + value + b for c in _table][0]\n"
        "def run():\n    return use(1, 10, long_name=100) + sum(map(lambda each: each + _table[0], (0,)))\n"
    )
    assert run(text) == 114


NESTED = {
    "captures": "def use(limit, last):\n    def add(value, *, last=last):\n        return value + limit + last\n"
    "    return add(1)\ndef run():\n    return use(2, 4)\n",
    "assigns what is outside": "def use(limit):\n    def add(value):\n        nonlocal limit\n        limit += value\n"
    "    add(4)\n    return limit\ndef run():\n    return use(3)\n",
    "in a method, named like an inner one": "class Sum:\n    def __init__(self, base):\n        self._base = base\n"
    "    def of(self, more):\n        def _add(value):\n            return value + more + self._base\n"
    "        return _add(4)\ndef run():\n    return Sum(1).of(2)\n",
    "in a method, named like an attribute": "class Sum:\n    def __init__(self, base):\n        self.content = base\n"
    "    def of(self, more):\n        def content(value):\n            return value + more + self.content\n"
    "        return content(4)\ndef run():\n    return Sum(1).of(2)\n",
    "named like a parameter": "def use(on_done):\n    return on_done(3)\ndef run():\n    def on_done(value):\n"
    "        return value + 4\n    return use(on_done=on_done)\n",
    "named like a constant": "LIMIT = 3\ndef run():\n    def LIMIT():\n        return 7\n    return LIMIT()\n",
    "with a local like a global": "_table = [3]\ndef run():\n    def four():\n        _table = 4\n"
    "        return _table\n"
    "    return four() + _table[0]\n",
    "with a default like a global": "_table = [7]\ndef run():\n    def first(_table=_table):\n"
    "        return _table[0]\n    return first()\n",
    "sets a global": "_table = [1]\ndef look():\n    return _table[0]\ndef run():\n    _table = [3]\n"
    "    def put():\n        global _table\n        _table = [4]\n    put()\n    return look() + _table[0]\n",
    "a class": "def run():\n    total = 3\n    class _Add:\n        def __init__(self, value):\n"
    "            self._value = value\n        def sum(self):\n            return self._value + total\n"
    "    return _Add(4).sum()\n",
    "a generator": "def run():\n    after = 0\n    def parts(first):\n        for part in (first, 2, 4):\n"
    "            if part > after:\n                yield part\n    return sum(parts(1))\n",
    "given back": "def wrap(call):\n    def wrapped(*values, **named):\n        return call(*values, **named) + 1\n"
    "    return wrapped\n@wrap\ndef use(value):\n    return value\ndef run():\n    return use(value=6)\n",
}


@pytest.mark.parametrize("app", NESTED.values(), ids=NESTED)
def test_a_function_in_a_function_means_what_it_meant(app):
    base = BASE + "_table = [100]\ndef help():\n    return _table\nhelp()\n"  # so that the app's is renamed
    assert run(whole(app)) == run(whole(app, base)) == 7


def test_a_name_that_would_be_taken_for_a_local_one_is_refused():
    app = "from pkg import base\ndef run():\n    def LIMIT(value):\n        return value + base.LIMIT"
    with pytest.raises(FlashError, match=r"^pkg/app.py, line 4: base.LIMIT is called LIMIT in the package, and this"):
        whole(app)


def test_the_same_sources_make_the_same_package(root):
    """Whatever the order of sets in the interpreter: else a node is sent again what it has."""
    script = (
        "from presscue.flash import package, shrink\nfrom hashlib import sha256\n"
        "texts = {name: path.read_text() for name, path in package.sources(package.REFERENCE_BOARD).items()}\n"
        "print(sha256(repr(shrink.shrink(texts, package._main().read_text())).encode()).hexdigest())"
    )
    sums = {
        subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                       capture_output=True, text=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(sums) == 1


def run(text: str):
    space: dict = {"__name__": "small"}
    exec(compile(text, "small", "exec"), space)
    return space["run"]()


@pytest.mark.skipif(child.find_interpreter() != "micropython", reason="no native micropython")
def run_small(tmp_path, monkeypatch):
    """From now on virtual nodes run the compiled package."""
    for name, data in package.compile_package(package.REFERENCE_BOARD).files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    monkeypatch.setattr(child, "_folder", lambda name: str(tmp_path))


def test_the_small_package_says_the_same_bytes(tmp_path, monkeypatch):
    """A stretch of a session with commands, a cue and a log, byte for byte but for the free heap."""
    from_sources = said()
    run_small(tmp_path, monkeypatch)
    assert said() == from_sources
    assert {"samples", "status", "notice", "cue_ack", "log_status", "log_entry", "access", "fetched"} <= {
        name for name, _ in from_sources
    }


def said() -> list:
    with VirtualNode(perform(Scenario(seed=3, sets=(2,), hold_s=0)), seed=3) as node:
        decoder = wire.FrameDecoder()
        node.run_until(200_000)
        found = []
        for t_s in range(1, 27):
            for message in (("hello", 1), ("start", 1, 7, 0), ("status_request", 2), ("ping", 3, 4), ("log_list", 5, 0),
                            ("configure", 6, 1, 90), ("clock", 7, 1_700_000_000_000 + 1000 * t_s), ("key_list", 8),
                            ("fetch", 9, 1, 0, 5), ("log_check", 10, 1), ("guard_limits", 11, bytes(18), *range(7)),
                            ("cue", t_s, 1, 5, 80, 300, t_s * 1_000_000)):  # fmt: skip
                node.write(wire.frame(wire.encode(*message)))
            node.run_until(t_s * 1_000_000)
            found += map(wire.decode, decoder.feed(node.read()))
    for name, fields in found:
        if name == "status":
            del fields["heap_free"]
    return found
