"""A text is found by its name, in the language asked for; a translation can be incomplete, not wrong."""

import ast
import string
from pathlib import Path

import pytest

from presscue import texts
from presscue.texts import FALLBACK, catalogue, has, languages, section, text


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
