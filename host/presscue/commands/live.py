"""presscue live."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import FILE, archive_option, display_options, load_option, profile_option

if TYPE_CHECKING:
    from ..web.shown import Display


@click.command()
@click.argument("links", metavar="[LINK]", nargs=-1)
@profile_option
@archive_option("--record")
@load_option
@click.option("--lifter", metavar="NAME", help="Who trains.")
@click.option("--no-record", is_flag=True, help="Write no session file.")
@click.option("--observe", is_flag=True, help="Watch only: no cues.")
@click.option("--all", "every", is_flag=True, help="Every node in reach, or all the LINKs named, in one process.")
@click.option("--mqtt", metavar="URL", help="With --all, tell a broker: mqtt://user@host/prefix, mqtts:// for TLS.")
@click.option("--mqtt-ca", type=FILE, metavar="CA.pem", help="Whose certificates count, instead of the system's.")
@click.option("--mqtt-cert", type=FILE, metavar="C.pem", help="Our own certificate, with --mqtt-key.")
@click.option("--mqtt-key", type=FILE, metavar="K.pem", help="Its key.")
@click.option("--no-discovery", is_flag=True, help="Do not describe the stations to Home Assistant.")
@click.option("--lsl", is_flag=True, help="Stream readings, knee and events to the Lab Streaming Layer.")
@display_options
def live(
    links: tuple[str, ...],
    profile: Path | None,
    folder: Path | None,
    load_kg: float | None,
    lifter: str | None,
    no_record: bool,
    observe: bool,
    every: bool,
    mqtt: str | None,
    mqtt_ca: Path | None,
    mqtt_cert: Path | None,
    mqtt_key: Path | None,
    no_discovery: bool,
    lsl: bool,
    display: "Display",
) -> int:
    """Coach a session as it happens. LINK is ble:NAME, serial:PORT, sim: or replay:FILE; end with Ctrl-C.

    Without LINK, the only serial port there is. With --all, many LINKs, or without any all nodes in reach; the page
    has a tile for each. The broker's password is that in PRESSCUE_MQTT_PASSWORD.
    """
    if folder is not None and no_record:
        raise click.UsageError("--record and --no-record exclude each other")
    if every and lsl:
        raise click.UsageError("--lsl streams one session; leave --all out")
    if every:
        from ..floor.broker import address_of
        from ..floor.command import Wish, run_floor

        broker = None if mqtt is None else address_of(mqtt, mqtt_ca, mqtt_cert, mqtt_key)
        said = {"sled_load_kg": load_kg, "lifter": lifter}
        return run_floor(links, Wish(profile, said, folder, not no_record, observe, display, broker, not no_discovery))
    if len(links) > 1 or mqtt is not None:
        raise click.UsageError("several LINKs and --mqtt go with --all")
    from ..live.coach import run_live

    return run_live(
        links[0] if links else None,
        profile=profile,
        folder=folder,
        record=not no_record,
        load_kg=load_kg,
        lifter=lifter,
        observe=observe,
        display=display,
        lsl=lsl,
    )
