"""A headless Chromium for tests of what people see; they skip visibly where there is none.

Debian's `chromium` is driven by playwright from PyPI, which needs no download of its own. axe-core, where npm has put
it (`make axe`), looks for what a screen reader or weak eyes would stumble over.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 800}


def chromium_path() -> str | None:
    """The browser: $CHROMIUM, or the first that is installed."""
    return os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser (playwright's `Browser`); skips the test where Chromium or playwright is absent."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e '.[dev]'")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(browser: Any, *, size: dict[str, int] = LAPTOP, **context: Any) -> Iterator[Any]:
    """A page of this size; its `asked` lists every address it asked for, its `trouble` every error in its console."""
    opened = browser.new_context(viewport=size, **context)
    page = opened.new_page()
    page.asked, page.trouble = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("console", lambda message: page.trouble.append(message.text) if message.type == "error" else None)
    try:
        yield page
    finally:
        opened.close()


def axe_path() -> Path | None:
    """axe-core's script, where npm has put it."""
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    return path if path.is_file() else None


def barriers(page: Any) -> list[str]:
    """What axe-core calls serious or critical, one line each; skips the test where axe-core is absent."""
    script = axe_path()
    if script is None:
        pytest.skip("no axe-core: make axe")
    page.add_script_tag(content=script.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
