"""A result says which core made it: whatever its making may depend on is part of that."""

from pathlib import Path

from presscue import core_version
from test_imports import imports, name_of, read_sources

SHELL = ("presscue.links", "presscue.texts")
"""What an analysis may import without its results depending on it."""


def test_whatever_an_analysis_imports_counts(root: Path):
    sources = read_sources(root)
    files = {name_of(module): module for module in sources}
    needed, todo = set(), ["presscue.analysis.analyze"]
    while todo:
        name = todo.pop()
        if name in needed or name.startswith(SHELL):
            continue
        needed.add(name)
        todo += [each for each in imports(files[name], sources[files[name]], frozenset(files)) if each in files]
    here = Path(core_version.__file__).parents[1]
    counted = {name_of(".".join(p.relative_to(here).with_suffix("").parts)) for p in core_version.sources()}
    assert len(needed) > 40
    assert sorted(needed - counted) == []
