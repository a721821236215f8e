"""All that people read: one TOML file a language, so that a translation is a file (copy en.toml, keep the names).

The language is that of PRESSCUE_LANGUAGE ("de" reads de.toml); what a translation lacks is said in English.
"""

import os
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

ENVIRONMENT = "PRESSCUE_LANGUAGE"
FALLBACK = "en"


def text(name: str, /, **values: Any) -> str:
    """The text of this dotted name, its {placeholders} filled in. Raises KeyError for a name that English lacks."""
    found = said(name)
    return found.format(**values) if values else found


def said(name: str) -> str:
    """The text as it stands in the file, placeholders and all. Raises KeyError."""
    chosen = catalogue(language())
    return chosen[name] if name in chosen else catalogue(FALLBACK)[name]


def spoken(sentence: str) -> str:
    """A sentence of the core, which speaks English in results and files, in the language in use."""
    if language() == FALLBACK:
        return sentence
    for name, pattern in _sentences():
        if found := pattern.fullmatch(sentence):
            return text(name, **{key: spoken(value) for key, value in found.groupdict().items()})
    return sentence


@cache
def _sentences() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What the core may say: names and patterns of the texts below `core`."""
    own = [(name, words) for name, words in catalogue(FALLBACK).items() if name.startswith("core.")]
    return tuple((name, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(words)))) for name, words in own)


def has(name: str) -> bool:
    """Whether there is such a text."""
    return name in catalogue(FALLBACK)


def section(name: str) -> dict[str, str]:
    """All texts below a dotted name, by the rest of their names: for a page that fills them in itself."""
    start = f"{name}."
    return {key.removeprefix(start): said(key) for key in catalogue(FALLBACK) if key.startswith(start)}


def language() -> str:
    """The language in use: the one asked for if there is a file of it."""
    asked = os.environ.get(ENVIRONMENT, FALLBACK).lower()
    return asked if asked in languages() else FALLBACK


@cache
def languages() -> tuple[str, ...]:
    """The languages there are files of."""
    names = (file.name for file in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def catalogue(of: str) -> dict[str, str]:
    """Every text of a language by dotted name."""
    tree = tomllib.loads((files(__name__) / f"{of}.toml").read_text(encoding="utf-8"))
    return dict(_flat(tree, ""))


def _flat(tree: dict[str, Any], above: str) -> list[tuple[str, str]]:
    out = []
    for key, value in tree.items():
        out += _flat(value, f"{above}{key}.") if isinstance(value, dict) else [(above + key, " ".join(value.split()))]
    return out
