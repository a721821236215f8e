"""`presscue power`: how awake a node is, and after how many minutes without anything happening it sleeps."""

from rich.console import Console

from ..errors import AccessRefused, PeerError
from ..links import open_link
from ..links.asking import Asking
from ..live.coach import only_port
from ..session.events import Health


def run_power(moniker: str | None, *, sleep_min: int | None, quiet: bool) -> int:
    """Show it; first set it, if sleep_min is given (0: never). Raises PresscueError."""
    link = open_link(moniker or only_port())
    try:
        asking = Asking(link)
        name = asking.hello().name
        if sleep_min is not None:
            code, _ = asking.ask(asking.session.configure("sleep_min", sleep_min))
            if code != "ok":
                raise AccessRefused(f"{link.name}: the node does not take it ({code}); update it with presscue flash")
        _, events = asking.ask(asking.session.log_list())
    finally:
        link.close()
    health = next((event for event in events if isinstance(event, Health)), None)
    if health is None:
        raise PeerError(f"{link.name}: its firmware never sleeps: update it with presscue flash")
    Console(quiet=quiet).print(f"{name}: {said_of(health)}", highlight=False, soft_wrap=True)
    return 0


def said_of(health: Health) -> str:
    """In one line."""
    after = f"sleeps {health.sleep_min} min after the last movement" if health.sleep_min else "never sleeps by itself"
    said = [health.power, after]
    if health.usb:
        said.append("not while on USB power")
    if health.woke != "reset":
        said.append(f"last woken by {'its button' if health.woke == 'button' else 'the sled'}")
    return "; ".join(said)
