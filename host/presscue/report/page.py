"""A template filled in, with styles, script and marks put into the file: it needs nothing else, not even a network."""

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from .. import __version__, texts
from ..errors import SaveError
from ..units import Units

_HERE = files("presscue.report") / "templates"
_WEB = files("presscue") / "web"


def rendered(template: str, units: Units, values: Mapping[str, Any]) -> str:
    """The page as text. Everything in `values` is escaped unless it is Markup."""
    return _environment().get_template(template).render(
        **values, units=units, version=__version__, language=texts.language(),
        style=Markup(_asset("style.css") + _template("report.css")), marks=Markup(_asset("marks.svg")),
    )  # fmt: skip


def script(name: str) -> Markup:
    """A script of the templates' folder."""
    return Markup(_template(name))


def write_page(path: Path, page: str) -> None:
    """Write it whole or not at all. Raises SaveError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(page, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise SaveError(f"{path}: cannot be written: {reason}; nothing that was there before is changed") from None


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("presscue.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}
    made.globals |= {"t": texts.text, "spoken": texts.spoken}
    made.filters |= {"number": number, "clock": clock, "spread": spread}
    return made


def number(value: float | None, form: str = "{:.0f}") -> str:
    """A measured value, or a dash."""
    return "–" if value is None or value != value else form.format(value)


def spread(value: Any, form: str, unit: str) -> str:
    """A mean ± its standard deviation."""
    if value.mean != value.mean:
        return "–"
    return form.format(value.mean) + ("" if value.sd != value.sd else f" ± {form.format(value.sd)}") + unit


def clock(seconds: float | None) -> str:
    """As 1:05, or 1:02:05."""
    if seconds is None or seconds != seconds:
        return "–"
    whole = round(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:0{2 if hours else 1}d}:{whole % 60:02d}"


@cache
def _asset(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")


@cache
def _template(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
