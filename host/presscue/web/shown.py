"""A page beside whatever the terminal shows, if it was asked for."""

import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console

from ..live.saying import Sayings
from ..live.view import View, Views, open_view
from ..profile import Profile
from ..units import METRIC, Units
from .feed import PORT, Page
from .picture import Painter


class Display(NamedTuple):
    """How a session is to be shown. quiet: not at all. plain: as lines. page: on a page too.

    on_network: the page is reachable from other machines, with a token in its address.
    """

    quiet: bool = False
    plain: bool = False
    units: Units = METRIC
    page: bool = False
    on_network: bool = False
    port: int = PORT


@contextmanager
def show(title: str, profile: Profile, display: Display, names: list[str] | None = None) -> Iterator[View]:
    """What was asked for, ready before the link is opened; closed again if that fails, else by the session.

    names: of lifters to choose from on the page.
    """
    page = open_page(title, profile, display, names)
    view = open_view(title, profile, display.units, plain=display.plain, quiet=display.quiet)
    shown = view if page is None else Views(view, page)
    try:
        yield shown
    except BaseException:
        shown.close()
        raise


def open_page(
    title: str, profile: Profile, display: Display, names: list[str] | None = None, page: str = "live"
) -> Page | None:
    """The page, if wanted. Says where it is, and opens it in a browser when a person sits here.

    names: of lifters to choose from on it. page: which of server.PAGES.
    """
    if not display.page:
        return None
    painter = Painter(profile, title, display.units)
    made = Page(painter, on_network=display.on_network, port=display.port, page=page)
    if page == "live":
        made.listeners.append(Sayings(display.units, names or []))
    if not display.quiet:
        console = Console(stderr=True)
        console.print(f"page: {made.url}", highlight=False, markup=False, soft_wrap=True)
        if display.on_network:
            print_code(made.url, console)
        elif sys.stderr.isatty():
            webbrowser.open(made.url)
    return made


def print_code(url: str, console: Console) -> None:
    """The address as a QR code, for a phone's camera."""
    if not console.is_terminal:
        return
    import segno

    segno.make(url, error="l").terminal(out=sys.stderr, compact=True)
