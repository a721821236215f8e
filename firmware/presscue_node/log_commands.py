"""Commands about the node's logs: list them, read them, check a copy, and mark it as whole."""

import time

from presscue import wire
from presscue_node import log_region
from presscue_node.commands import BAD_VALUE, OK, REFUSED, WRONG_STATE
from presscue_node.recorder import ABSENT

_OPEN, _CLOSED, _VERIFIED = range(len(wire.ENTRY_STATES))
_U16 = 0xFFFF
_LISTED = 16  # in one answer: the outbox must hold them


class LogCommands:
    """Made for one command."""

    def __init__(self, node):
        self._node = node
        self._recorder = node.recorder
        self._sender = node.sender
        self.handlers = {
            "log_list": self._list,
            "log_read": self._read,
            "log_check": self._check,
            "log_verified": self._verified,
            "fetch": self._fetch,
        }

    def _list(self, fields):
        recorder = self._recorder
        if recorder is None:
            self._put_status(ABSENT, 0, 0, 0, 0, 0)
            return OK
        recorder.end_session()
        region = recorder.region
        for listed, entry in enumerate(region.catalogue.entries(fields["after"]), 1):
            self._node.outbox.put(self._entry(entry, region), self._node.commands.host)
            if listed == _LISTED:
                break
        ready = region.sectors_blank * log_region.PAGES
        kept = region.catalogue.kept
        self._put_status(
            recorder.state, region.pages_all, kept, ready, recorder.stalls, min(recorder.stall_max_ms, _U16)
        )
        return OK

    def _entry(self, entry, region):
        is_open = entry is region.writing
        state = _OPEN if is_open else _VERIFIED if entry.verified else _CLOSED
        pages = region.pages if is_open else entry.pages
        boots_ago = min(region.catalogue.boots - entry.boots, 255)
        return wire.encode(
            "log_entry", entry.session, entry.boot, state, entry.clock, entry.sets, boots_ago,
            entry.t_us, entry.wall_ms, entry.length_ms, pages,
        )  # fmt: skip

    def _put_status(self, *values):
        node = self._node
        t_us = node.clock.us(time.ticks_us())
        power = node.power
        spoilt = 0 if self._recorder is None else min(self._recorder.spoilt, _U16)
        usb = 1 if power.chip.usb() else 0
        health = wire.encode("health", node.boot, power.state, power.minutes, power.chip.woke, usb, spoilt)
        for message in (wire.encode("log_status", node.boot, t_us, *values), health):
            node.outbox.put(message, node.commands.host)

    def _found(self, fields):
        return None if self._recorder is None else self._recorder.region.find(fields["session"])

    def _read(self, fields):
        entry = self._found(fields)
        if entry is None or fields["offset"] > entry.pages * wire.PAGE_SIZE:
            return BAD_VALUE
        self._sender.read(entry, fields["offset"], fields["size"], self._node.commands.host)
        return OK

    def _fetch(self, fields):
        if self._recorder is None:
            return REFUSED
        if self._node.commands.host != self._node.outbox.streams_to:
            return WRONG_STATE
        self._sender.fetch(fields["boot"], fields["first"], fields["end"])
        return OK

    def _check(self, fields):
        entry = self._found(fields)
        if entry is None:
            return BAD_VALUE
        self._sender.check(entry, self._node.commands.host)
        return OK

    def _verified(self, fields):
        entry = self._found(fields)
        if entry is None:
            return BAD_VALUE
        if not self._sender.is_copy(entry, fields["crc"]):
            return REFUSED
        if not entry.verified:
            self._recorder.region.catalogue.verify(entry)
        return OK
