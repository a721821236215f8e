"""A page beside whatever the terminal shows, if it was asked for."""

import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console

from ..profile import Profile
from ..view import View, Views, open_view
from .feed import PORT, Page
from .picture import Painter


class PageWish(NamedTuple):
    """What was asked for. on_network: reachable from other machines, with a token in the address."""

    wanted: bool = False
    on_network: bool = False
    port: int = PORT


NO_PAGE = PageWish()


@contextmanager
def show(title: str, profile: Profile, wish: PageWish, *, plain: bool, quiet: bool) -> Iterator[View]:
    """What was asked for, ready before the link is opened; closed again if that fails, else by the session."""
    page = open_page(wish, profile, title, quiet)
    view = open_view(
        title, plain=plain, quiet=quiet, soft_bend_deg=profile.soft_bend_deg or 8.0,
        max_flexion_deg=profile.max_flexion_deg or 90.0,
    )  # fmt: skip
    shown = view if page is None else Views(view, page)
    try:
        yield shown
    except BaseException:
        shown.close()
        raise


def open_page(wish: PageWish, profile: Profile, title: str, quiet: bool) -> Page | None:
    """The page, if wanted. Says where it is, and opens it in a browser when a person sits here."""
    if not wish.wanted:
        return None
    page = Page(Painter(profile, title), on_network=wish.on_network, port=wish.port)
    if not quiet:
        console = Console(stderr=True)
        console.print(f"page: {page.url}", highlight=False, markup=False, soft_wrap=True)
        if wish.on_network:
            print_code(page.url, console)
        elif sys.stderr.isatty():
            webbrowser.open(page.url)
    return page


def print_code(url: str, console: Console) -> None:
    """The address as a QR code, for a phone's camera."""
    if not console.is_terminal:
        return
    import segno

    segno.make(url, error="l").terminal(out=sys.stderr, compact=True)
