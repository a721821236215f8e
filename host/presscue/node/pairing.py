"""`presscue pair`: this computer and a node get a key in common, over the cable."""

import platform

from rich.console import Console
from rich.table import Table

from ..errors import UsageError
from ..links import open_link
from ..links.asking import Asking
from ..live.coach import only_port
from .admission import Key
from .key_slots import SLOTS, Slots, pair, read_slots, remove_key
from .keys import KeyFile


def run_pair(moniker: str | None, *, slot: int | None, remove: int | None, show: bool, quiet: bool) -> int:
    """Pair, list or remove. Raises PresscueError."""
    keys = KeyFile()
    console = Console(quiet=quiet)
    moniker = moniker or only_port()
    if moniker.partition(":")[0] not in ("serial", "sim") or "ble" in moniker.partition(":")[2].split(","):
        raise UsageError(f"{moniker}: keys never go over the air: connect the node by USB (serial:PORT)")
    link = open_link(moniker)
    try:
        asking = Asking(link)
        slots = read_slots(asking)
        name = slots.info.name
        if show:
            console.print(_table(slots, keys.get(slots.info.device)))
        elif remove is not None:
            remove_key(asking, slots, keys, remove)
            console.print(f"{name}: slot {remove} is empty now", highlight=False)
        else:
            key = pair(asking, keys, slots, slot, platform.node())
            console.print(f"{name}: paired with this computer, in slot {key.slot}; now: presscue live ble:{name}",
                          highlight=False, soft_wrap=True)  # fmt: skip
    finally:
        link.close()
    return 0


def _table(slots: Slots, key: Key | None) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("slot", "key", "owner", ""):
        table.add_column(name)
    for slot in range(SLOTS):
        entry = slots.taken.get(slot)
        if entry is None:
            table.add_row(str(slot), "–", "")
        else:
            here = key is not None and entry.key_id == key.id
            table.add_row(str(slot), entry.key_id.hex(), entry.owner, "this computer" if here else "")
    return table
