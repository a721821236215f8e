"""`presscue scan`: the nodes in reach."""

import json

from rich.console import Console
from rich.table import Table

from ..links.ble import Heard, Radio, scan
from .keys import KeyFile

NEAR_DBM, FAR_DBM = -60, -80
"""Signal strengths at which a node is a few metres away, and at which a body between may break the link."""


def run_scan(seconds: float, *, as_json: bool, quiet: bool, radio: Radio | None = None) -> int:
    """Show who is in reach: 0 if anyone is, else 1. Raises LinkError if Bluetooth cannot be used, KeysUnusable."""
    paired = frozenset(KeyFile().names().values())
    errors = Console(stderr=True)
    if quiet or not errors.is_terminal:
        found = scan(seconds, radio)
    else:
        with errors.status(f"listening for {seconds:g} s…"):
            found = scan(seconds, radio)
    if as_json:
        print(json.dumps([{**_json(each), "paired": each.name in paired} for each in found], indent=1))
    elif found and not quiet:
        Console().print(_table(found, paired))
    if not found:
        errors.print("presscue: no node in reach: lift the sled once to wake it (its light blinks while it waits), or "
                     "come nearer", soft_wrap=True)  # fmt: skip
    return 0 if found else 1


def _json(heard: Heard) -> dict:
    return {"link": f"ble:{heard.name}", "name": heard.name, "address": heard.address, "rssi_dbm": heard.rssi_dbm}


def _table(found: list[Heard], paired: frozenset[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("node", "address", "signal", "", ""):
        table.add_column(name, justify="right" if name == "signal" else "left")
    for each in found:
        strength = "near" if each.rssi_dbm >= NEAR_DBM else "weak: come nearer" if each.rssi_dbm < FAR_DBM else ""
        known = "" if each.name in paired else "not paired: connect it by USB and run presscue pair"
        table.add_row(f"ble:{each.name}", each.address, f"{each.rssi_dbm} dBm", strength, known)
    return table
