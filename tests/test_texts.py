"""A text is found by its name, in the language asked for; a translation can be incomplete, not wrong."""

import ast
import re
import string
from pathlib import Path

import pytest

from presscue import texts
from presscue.advice import ADVICE
from presscue.analysis.measured import measured
from presscue.calibration.model import Calibration
from presscue.cues import AHEAD, KINDS, REMINDER
from presscue.texts import FALLBACK, catalogue, has, languages, section, spoken, text


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


@pytest.mark.parametrize("language", languages())
def test_a_translation_names_nothing_that_english_does_not(language: str):
    english, other = catalogue(FALLBACK), catalogue(language)
    assert set(other) <= set(english)
    for name, words in other.items():
        assert placeholders(words) == placeholders(english[name]), name


def test_every_text_that_the_code_names_is_there(root: Path):
    missing = []
    for path in sorted((root / "host" / "presscue").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "text" and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant) and not has(str(name.value)):
                    missing.append(f"{path.name}:{node.lineno} {name.value}")
    assert missing == []


def strings(node: ast.AST) -> str | None:
    """A string of the code, with {} for what is put in; None for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(strings(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = strings(node.left), strings(node.right)
        return None if left is None and right is None else (left or "{}") + (right or "{}")
    return None


def looked_up(root: Path) -> list[re.Pattern[str]]:
    """Patterns of the names that code, scripts and templates look up; what they put in themselves is one word."""
    names: set[str] = set()
    for path in (root / "host" / "presscue").rglob("*"):
        if path.suffix == ".py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names |= {words for node in ast.walk(tree) if (words := strings(node)) is not None}
        elif path.suffix in (".js", ".html", ".svg"):
            code = re.sub(r"""(["']) ~ [\w.]+( ~ \1)?""", "{}", path.read_text(encoding="utf-8"))
            found = [re.sub(r"\$\{[^}]*\}", "{}", one[1]) for one in re.findall(r"""(["'`])([\w.${}]+)\1?""", code)]
            names |= {*found, *re.findall(r"words\.(\w+\.\w+)", code)}
            names |= {
                f"{page}.{name}"
                for name in found
                if name != "{}"
                for page in ("live", "setup", "fault", "floor")
                if path.suffix == ".js"
            }
    named = [name for name in names if re.fullmatch(r"[\w{}]+(\.[\w{}]+)+", name) and not name.endswith(".{}.{}")]
    return [re.compile(re.escape(name).replace(r"\{\}", r"\w+")) for name in named]


def test_every_text_is_used(root: Path):
    patterns = looked_up(root)
    names = [name for name in catalogue(FALLBACK) if not name.startswith("core.")]  # those are found by their words
    assert [name for name in names if not any(pattern.fullmatch(name) for pattern in patterns)] == []


def test_what_the_core_says_can_be_translated(monkeypatch: pytest.MonkeyPatch):
    english = catalogue(FALLBACK)

    def loud(of: str) -> dict[str, str]:
        """A translation that says everything in capitals."""
        said = {key: re.sub(r"\{\w+\}", lambda m: m[0].lower(), words.upper()) for key, words in english.items()}
        return said if of == "xx" else english

    monkeypatch.setattr(texts, "catalogue", loud)
    monkeypatch.setattr(texts, "languages", lambda: ("en", "xx"))
    monkeypatch.setenv(texts.ENVIRONMENT, "xx")
    sentences = [AHEAD, REMINDER, *(words for kind, (_, _, words) in KINDS.items() if kind != "heel_lift")]
    sentences += [f"{side} {KINDS['heel_lift'][2]}" for side in ("left", "right")]
    for _, what, action in ADVICE.values():
        sentences += [what.format(size=12.0), action]
    both, estimate = Calibration(0.0, True, True), Calibration(0.0, False, True, estimated=True)
    for calibration in (None, both, Calibration(0.0, True, False), Calibration(0.0, False, True), estimate):
        for pads in ((), ("heel_left",), ("heel_left", "heel_right", "seat")):
            for leg in (None, "left", "right"):
                for cells in (False, True):
                    sentences += measured(calibration, pads, leg, cells).values()
    away = {"leg": [(float(i), i + 0.5) for i in range(6)], "sled": [(0.2, 0.7), (9.0, 11.0)]}
    sentences += measured(both, (), "left", away=away).values()
    assert [one for one in set(sentences) if spoken(one) == one] == []
    assert spoken("not measured: no heel pad") == "NOT MEASURED: NO HEEL PAD"


def test_what_a_translation_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch):
    def fake(of: str) -> dict[str, str]:
        return {"side.left": "links"} if of == "xx" else {"side.left": "left", "side.right": "{n} right"}

    monkeypatch.setattr(texts, "catalogue", fake)
    monkeypatch.setattr(texts, "languages", lambda: ("en", "xx"))
    monkeypatch.setenv(texts.ENVIRONMENT, "XX")
    assert (text("side.left"), text("side.right", n=3)) == ("links", "3 right")
    assert section("side") == {"left": "links", "right": "{n} right"}
    monkeypatch.setenv(texts.ENVIRONMENT, "of nowhere")
    assert text("side.left") == "left"


def test_a_name_that_is_nowhere_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        text("no.such.text")
