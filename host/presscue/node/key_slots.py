"""The four keys of a node: read, set and removed over a cable that is open."""

import secrets
from dataclasses import dataclass

from ..errors import AccessRefused, PeerError, UsageError
from ..links.asking import Asking
from ..session import events as ev
from .admission import KEY_SIZE, Key
from .keys import Keys

SLOTS = 4
OWNER_MAX = 32


@dataclass(frozen=True)
class Slots:
    """The keys of a node, by slot."""

    info: ev.NodeInfo
    taken: dict[int, ev.KeySlot]

    def ours(self, key: Key | None) -> bool:
        """Whether our key is really the one in its slot."""
        return key is not None and key.slot in self.taken and self.taken[key.slot].key_id == key.id


def read_slots(asking: Asking) -> Slots:
    """Raises PeerError, LinkLost."""
    info = asking.hello()
    code, events = asking.ask(asking.session.key_list())
    if code != "ok":
        raise PeerError(f"{asking.link.name}: its firmware knows no keys: update it with presscue flash")
    return Slots(info, {event.slot: event for event in events if isinstance(event, ev.KeySlot)})


def pair(asking: Asking, keys: Keys, slots: Slots, wanted: int | None, owner: str) -> Key:
    """A new key in the slot wanted, else in ours, else in a free one; kept here first, so that none is lost."""
    device, name = slots.info.device, slots.info.name
    old = keys.get(device)
    slot = wanted
    if slot is None:
        free = [number for number in range(SLOTS) if number not in slots.taken]
        if slots.ours(old):
            assert old is not None
            slot = old.slot
        elif free:
            slot = free[0]
        else:
            whose = ", ".join(f"{number} {slots.taken[number].owner}" for number in sorted(slots.taken))
            raise AccessRefused(f"{name}: all slots are taken ({whose}): choose one with --slot, or --remove one")
    key = Key(slot, secrets.token_bytes(KEY_SIZE))
    keys.put(device, name, key)
    code = ""
    try:
        code, _ = asking.ask(asking.session.key_set(slot, key.secret, owner.encode()[:OWNER_MAX]))
    finally:
        if code != "ok":
            keys.remove(device)
            if old is not None:
                keys.put(device, name, old)
    if code != "ok":
        raise AccessRefused(f"{name}: does not keep the key ({code}); is its flash whole? presscue flash sets it up")
    return key


def remove_key(asking: Asking, slots: Slots, keys: Keys, slot: int) -> None:
    """Empty a slot; our own copy of its key goes too."""
    if slot not in slots.taken:
        raise UsageError(f"{slots.info.name}: slot {slot} is empty already")
    code, _ = asking.ask(asking.session.key_remove(slot))
    if code != "ok":
        raise AccessRefused(f"{slots.info.name}: does not remove the key ({code})")
    key = keys.get(slots.info.device)
    if key is not None and key.slot == slot:
        keys.remove(slots.info.device)
