"""HMAC-SHA-256 (RFC 2104), which MicroPython does not bring along."""

from hashlib import sha256

from micropython import const

_BLOCK = const(64)


def prepared(key):
    """What `mac` needs of a key (bytes), made once."""
    if len(key) > _BLOCK:
        key = sha256(key).digest()
    key = key + bytes(_BLOCK - len(key))
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def mac(key, message):
    """The code of a message (bytes), 32 bytes. key: prepared."""
    return sha256(key[1] + sha256(key[0] + message).digest()).digest()


def same(a, b):
    """Whether two codes agree, in a time that does not tell where they differ."""
    off = len(a) ^ len(b)
    for x, y in zip(a, b):
        off |= x ^ y
    return off == 0
