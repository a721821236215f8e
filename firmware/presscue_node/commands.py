"""Answers the host: every command of the wire, one function each. Anything else is answered or dropped, never fatal."""

import gc
import time

from presscue import wire
from presscue_node import VERSION, board, lsm6dsox, pads
from presscue_node.ads1115 import SCALE_NANO as PADS_SCALE_NANO
from presscue_node.outbox import USB

OK, UNKNOWN, WRONG_STATE, BAD_VALUE, REFUSED = range(len(wire.RESULTS))

_U16 = 0xFFFF
_NO_TOKEN = 0

# setting: least and greatest value
_RANGES = {"batch_ms": (5, 200), "cue_strength": (0, 100), "silence": (0, 1), "watchdog_ms": (2_000, 60_000)}


class Commands:
    """The state they change is the node's. device: 8 bytes that tell this node from others; name: bytes."""

    def __init__(self, node, device, name):
        self._node = node
        self._device = device
        self._name = name
        self._host = USB
        self._session = None
        self._handlers = {
            "hello": self._hello,
            "start": self._start,
            "stop": self._stop,
            "status_request": self._status,
            "configure": self._configure,
            "ping": self._ping,
            "cue": self._cue,
        }

    def handle(self, message, host=USB):
        """One message from a host; answers go to the same."""
        self._host = host
        decoded = wire.decode(message)
        if decoded is None:
            code = BAD_VALUE if message[0] in wire.MESSAGES else UNKNOWN
            self._result(message[0], _NO_TOKEN, code)
            return
        name, fields = decoded
        handler = self._handlers.get(name)
        if handler is None:
            self._result(message[0], _NO_TOKEN, UNKNOWN)
            return
        code = handler(fields)
        if "token" in fields:
            self._result(message[0], fields["token"], code)

    def _result(self, command, token, code):
        self._put("result", command, token, code, tail=b"" if code == OK else wire.RESULTS[code].encode())

    def _put(self, name, *values, tail=b""):
        self._node.outbox.put(wire.encode(name, *values, tail=tail), self._host)

    def _now_us(self):
        return self._node.clock.us(time.ticks_us())

    def _hello(self, fields):
        node = self._node
        major, minor, patch = VERSION
        self._put("info", wire.PROTOCOL, node.boot, major, minor, patch, self._now_us(), self._device, tail=self._name)
        for source, imu in ((wire.SLED, node.sled.device), (wire.LEG, node.leg.device)):
            count = len(lsm6dsox.CHANNELS)
            for index in range(count):
                label = wire.PARTS[1 + source] + "_" + lsm6dsox.CHANNELS[index]
                scale = lsm6dsox.SCALE_NANO[index]
                self._put("channel", source, index, count, imu.period_ns, scale, tail=label.encode())
        for index in range(pads.CHANNELS):
            label = board.PAD_LABELS[index]
            self._put("channel", wire.PADS, index, pads.CHANNELS, pads.PERIOD_NS, PADS_SCALE_NANO, tail=label)

    def _start(self, fields):
        """Start, or go on with the same session over another link. One host at a time has the samples."""
        node = self._node
        outbox = node.outbox
        if node.sampler.streaming:
            elsewhere = self._host != outbox.streams_to
            if elsewhere and fields["session"] != self._session and node.is_there(outbox.streams_to):
                return REFUSED
            self._stream_here()
            return OK if elsewhere else WRONG_STATE
        self._session = fields["session"]
        self._stream_here()
        node.sampler.start()
        return OK

    def _stream_here(self):
        outbox = self._node.outbox
        outbox.streams_to = self._host
        outbox.longest = self._node.longest(self._host)

    def _stop(self, fields):
        if not self._node.sampler.streaming:
            return WRONG_STATE
        if self._host != self._node.outbox.streams_to and self._node.is_there(self._node.outbox.streams_to):
            return REFUSED
        self._node.sampler.stop()
        return OK

    def _status(self, fields):
        node = self._node
        faults = 0
        for part in node.parts:
            if not part.working:
                faults |= 1 << part.index
        if node.pads.device.open_mask:
            faults |= 1 << node.pads.index
        imus = (node.sled.device, node.leg.device)
        self._put(
            "status",
            node.boot,
            self._now_us(),
            1 if node.sampler.streaming else 0,
            faults,
            node.outbox.dropped,
            sum(imu.overruns for imu in imus),
            node.notices.bus_errors + sum(imu.parity_errors for imu in imus),
            min(node.link.bad_frames, _U16),
            min(node.loop_max_us, _U16),
            min(node.battery_mv(), _U16),
            gc.mem_free() if hasattr(gc, "mem_free") else 0,  # CPython does not tell
            node.player.played & _U16,
        )
        node.loop_max_us = 0
        return OK

    def _configure(self, fields):
        if fields["setting"] >= len(wire.SETTINGS):
            return BAD_VALUE
        setting = wire.SETTINGS[fields["setting"]]
        value = fields["value"]
        least, greatest = _RANGES[setting]
        if not least <= value <= greatest:
            return BAD_VALUE
        node = self._node
        if setting == "batch_ms":
            node.sampler.batch_us = value * 1000
        elif setting == "cue_strength":
            node.player.strength_percent = value
        elif setting == "silence":
            node.player.silence = bool(value)
            if value:
                node.player.stop()
        else:
            node.watch(value)
        return OK

    def _ping(self, fields):
        self._put("pong", fields["token"], fields["host_us"], self._now_us())
        return OK

    def _cue(self, fields):
        self._node.player.play(
            fields["cue"],
            fields["pattern"],
            fields["priority"],
            fields["strength"],
            fields["ttl_ms"],
            fields["detected_us"],
        )
        return OK
