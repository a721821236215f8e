"""Our side of the proof that node and host hold the same key, and the seal on commands after it. Sans-io (SPEC.md)."""

import hmac
import struct
from dataclasses import dataclass
from hashlib import sha256

from .. import wire
from ..errors import AccessRefused

KEY_SIZE, NONCE_SIZE, PROOF_SIZE, MAC_SIZE, ID_SIZE = 32, 16, 16, 8, 4


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is also in a slot of the node."""

    slot: int
    secret: bytes

    @property
    def id(self) -> bytes:
        """What tells it from other keys without telling it."""
        return _mac(self.secret, b"name")[:ID_SIZE]


class Seal:
    """What makes commands ours: a counter, and a code over it and the command."""

    def __init__(self, secret: bytes):
        self._secret = secret
        self._counter = 0

    def __call__(self, message: bytes) -> bytes:
        """The message, sealed."""
        self._counter += 1
        code = _mac(self._secret, struct.pack("<I", self._counter) + message)[:MAC_SIZE]
        return wire.encode("sealed", self._counter, code, tail=message)


class Admission:
    """One attempt to be admitted. device: the node's, 8 bytes. nonce: 16 random bytes, never used before."""

    def __init__(self, device: bytes, key: Key, nonce: bytes):
        self._key = key
        self._said = device + bytes((key.slot,)) + nonce

    def proof(self, nonce: bytes, proof: bytes) -> bytes:
        """Our answer to the node's challenge. Raises AccessRefused if the node does not know the key itself."""
        self._said += nonce
        if not hmac.compare_digest(self._code(b"node")[:PROOF_SIZE], proof):
            raise AccessRefused("what answers does not have the key that was paired: do not trust it")
        return self._code(b"host")[:PROOF_SIZE]

    def seal(self) -> Seal:
        """For the time of this connection, once the node has accepted our proof."""
        return Seal(self._code(b"seal"))

    def _code(self, label: bytes) -> bytes:
        return _mac(self._key.secret, label + self._said)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, sha256)
