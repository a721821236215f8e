"""Who may command the node over the air (SPEC.md): keys in four slots, proofs of both sides, a seal on every command.

A host on the radio that has not proved its key may say `hello`, `open` and `prove`, eight times a second; from one that
has, anything else must be sealed. What does not keep to that is counted and changes nothing. The cable is trusted.
"""

import os
import struct

from micropython import const

from presscue import wire
from presscue_node.commands import OK, REFUSED
from presscue_node.hmac_sha256 import mac, prepared, same
from presscue_node.outbox import USB

SLOTS = const(4)
KEY, OWNER = const(32), const(32)
_NONCE, _PROOF, _MAC = const(16), const(16), const(8)
_BUDGET = const(8)  # messages a second that need no seal
_SLOT_AT = const(8)  # in what both prove
_HEAD = const(13)  # of a sealed message: type, counter, mac
_SEALED = wire.TYPES["sealed"]
_OPENLY = tuple(wire.TYPES[name] for name in ("hello", "open", "prove"))


class Guest:
    """A host on the radio. `seal`: the key of its seals, prepared, once it is admitted by the key in `slot`."""

    def __init__(self):
        self.enter()

    def enter(self):
        self.budget = _BUDGET
        self.slot = -1
        self.said = b""  # what both prove: device, slot, nonces
        self.key = None  # prepared, while its proof is awaited
        self.seal = None
        self.counter = 0


class Access:
    """store: as esp32.NVS; None on a node that keeps no keys. hosts: how many the radio takes."""

    def __init__(self, node, store, hosts):
        self._node = node
        self.store = store
        self.guests = [Guest() for _ in range(hosts)]
        self.keys = [self._load(slot) for slot in range(SLOTS)]
        self._admitted = self._refused = self._unsealed = self._forged = self._replayed = self._flooded = 0
        self.handlers = {
            "open": self._open,
            "prove": self._prove,
        }

    def admitted(self, host):
        return host == USB or self.guests[host - 1].seal is not None

    def enter(self, host):
        """Somebody has come on the radio, or gone: nobody yet."""
        self.guests[host - 1].enter()

    def refill(self):
        """Call once a second."""
        for guest in self.guests:
            guest.budget = _BUDGET

    def lets_in(self, host, kind):
        """Whether a message of this type is worth looking at. Called from the radio's interrupt."""
        guest = self.guests[host - 1]
        if kind == _SEALED and guest.seal is not None:
            return True
        if kind not in _OPENLY:
            self._unsealed += 1
            return False
        if not guest.budget:
            self._flooded += 1
            return False
        guest.budget -= 1
        return True

    def unseal(self, host, message):
        """The command in a message that was let in; None if there is none to obey."""
        if message[0] != _SEALED:
            if wire.decode(message) is not None:
                return message
            self._forged += 1
            return None
        guest = self.guests[host - 1]
        sealed = message[1:5] + message[_HEAD:]
        if guest.seal is None or len(sealed) < 5 or not same(mac(guest.seal, sealed)[:_MAC], message[5:_HEAD]):
            self._forged += 1
            return None
        counter = struct.unpack("<I", sealed[:4])[0]
        if counter <= guest.counter:
            self._replayed += 1
            return None
        guest.counter = counter
        return sealed[4:]

    # --- commands ---

    def _open(self, fields):
        host = self._node.commands.host
        slot = fields["slot"]
        if host == USB or slot >= SLOTS or self.keys[slot] is None:
            self._refused += 1
            return REFUSED
        guest = self.guests[host - 1]
        nonce = os.urandom(_NONCE)
        guest.said = self._node.identity + bytes((slot,)) + fields["nonce"] + nonce
        guest.key = prepared(self.keys[slot][:KEY])
        proof = mac(guest.key, b"node" + guest.said)[:_PROOF]
        self._node.outbox.put(wire.encode("challenge", fields["token"], nonce, proof), host)
        return OK

    def _prove(self, fields):
        host = self._node.commands.host
        guest = self.guests[host - 1]
        key = guest.key
        guest.key = None  # one try for each challenge
        if host == USB or key is None or not same(mac(key, b"host" + guest.said)[:_PROOF], fields["proof"]):
            self._refused += 1
            return REFUSED
        guest.seal = prepared(mac(key, b"seal" + guest.said))
        guest.slot = guest.said[_SLOT_AT]
        guest.counter = 0
        self._admitted += 1
        self._node.outbox.trusted[host] = True
        return OK

    def counts(self):
        """In the order of `access`: see SPEC.md."""
        return self._admitted, self._refused, self._unsealed, self._forged, self._replayed, self._flooded

    # --- keys: the key itself and its owner's name, one blob each ---

    def _load(self, slot):
        entry = bytearray(KEY + OWNER)
        try:
            return None if self.store is None else bytes(entry[: self.store.get_blob("key%d" % slot, entry)])
        except OSError:
            return None  # there is none
