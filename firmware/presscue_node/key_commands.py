"""Commands about the keys of hosts, over the cable only: kept in a slot, removed, listed."""

from micropython import const

from presscue import wire
from presscue_node.access import KEY, OWNER, SLOTS
from presscue_node.commands import BAD_VALUE, OK, REFUSED
from presscue_node.hmac_sha256 import mac, prepared
from presscue_node.outbox import USB

_ID = const(4)


class KeyCommands:
    """Made for one command."""

    def __init__(self, node):
        self._node = node
        self._access = node.access
        self.handlers = {"key_set": self._set, "key_remove": self._remove, "key_list": self._list}

    def _set(self, fields):
        if fields["slot"] >= SLOTS or len(fields["owner"]) > OWNER:
            return BAD_VALUE
        return self._keep(fields["slot"], fields["key"] + fields["owner"])

    def _remove(self, fields):
        return self._keep(fields["slot"], None) if fields["slot"] < SLOTS else BAD_VALUE

    def _list(self, fields):
        node = self._node
        for slot in range(SLOTS):
            entry = self._access.keys[slot]
            if entry is not None:
                key_id = mac(prepared(entry[:KEY]), b"name")[:_ID]
                node.outbox.put(wire.encode("key_slot", slot, key_id, tail=entry[KEY:]), node.commands.host)
        counts = [min(count, 0xFFFFFFFF) for count in self._access.counts()]
        node.outbox.put(wire.encode("access", node.boot, *counts), node.commands.host)
        return OK

    def _keep(self, slot, entry):
        """Who is there with the old key is no longer."""
        access = self._access
        store = access.store
        if self._node.commands.host != USB or store is None:
            return REFUSED
        try:
            if entry is not None:
                store.set_blob("key%d" % slot, entry)
            elif access.keys[slot] is not None:
                store.erase_key("key%d" % slot)
            store.commit()
        except OSError:
            return REFUSED
        access.keys[slot] = entry
        for host in range(1, 1 + len(access.guests)):
            guest = access.guests[host - 1]
            if guest.slot == slot or guest.key is not None:
                guest.enter()
                self._node.outbox.trusted[host] = False
        return OK
