"""Answers the host: every command of the wire, one function each. Anything else is answered or dropped, never fatal."""

import time

from presscue import wire
from presscue_node import on_demand
from presscue_node.outbox import USB
from presscue_node.status import status

OK, UNKNOWN, WRONG_STATE, BAD_VALUE, REFUSED = range(len(wire.RESULTS))

_NO_TOKEN = 0


class Commands:
    """The state they change is the node's. `handlers`: by name of message, called with its fields, return a code;
    those of `_seldom` are not among them."""

    def __init__(self, node):
        self._node = node
        self.host = USB  # whose command is being handled
        self._session = None
        self._pong = None  # (host, token, its time, when the ping came): still to be answered
        self._pong_at = time.ticks_us()
        self.proven = None  # called once, at the first command with a token: its sender has had an answer to hello
        self.handlers = {
            "hello": self._hello,
            "start": self._start,
            "stop": self._stop,
            "status_request": self._status,
            "ping": self._ping,
            "cue": self._cue,
        }

    def handle(self, message, host=USB):
        """One message from a host; answers go to the same."""
        self.host = host
        decoded = wire.decode(message)
        if decoded is None:
            code = UNKNOWN if wire.row(message[0]) is None else BAD_VALUE
            self._result(message[0], _NO_TOKEN, code)
            return
        name, fields = decoded
        if self._node.recorder is not None:
            self._node.recorder.note(message)
        handler = self.handlers.get(name) or self._seldom(name)
        if handler is None:
            self._result(message[0], _NO_TOKEN, UNKNOWN)
            return
        code = handler(fields)
        if "token" in fields:
            if self.proven is not None and self._node.access.admitted(host):
                self.proven()
                self.proven = None
            self._result(message[0], fields["token"], code)

    def _seldom(self, name):
        """The handler of a command whose code is loaded for it and dropped; None if there is none."""
        if name.startswith("key_"):
            from presscue_node.key_commands import KeyCommands

            on_demand.drop("key_commands")
            return KeyCommands(self._node).handlers.get(name)
        if name.startswith("log_") or name == "fetch":
            from presscue_node.log_commands import LogCommands

            on_demand.drop("log_commands")
            return LogCommands(self._node).handlers.get(name)
        if name in ("configure", "clock", "guard_limits"):
            from presscue_node.settings import Settings

            on_demand.drop("settings")
            return Settings(self._node).handlers.get(name)
        return None

    def _result(self, command, token, code):
        text = b"" if code == OK else wire.RESULTS[code].encode()
        self._send(wire.encode("result", command, token, code, tail=text))

    def _send(self, message):
        """To the host that asked."""
        self._node.outbox.put(message, self.host)

    def _now_us(self):
        return self._node.clock.us(time.ticks_us())

    def _hello(self, fields):
        from presscue_node.description import channel_rows, info

        on_demand.drop("description")
        self._send(info(self._node, self._now_us()))
        for row in channel_rows(self._node):
            self._send(row)

    def _start(self, fields):
        """Start, or go on with the same session over another link. One host at a time has the samples."""
        node = self._node
        outbox = node.outbox
        from presscue_node.settings import tell_time

        on_demand.drop("settings")
        tell_time(node, fields["wall_ms"])
        if node.flow.streaming:
            elsewhere = self.host != outbox.streams_to
            if elsewhere and fields["session"] != self._session and node.is_there(outbox.streams_to):
                return REFUSED
            self._stream_here(fields["session"])
            return OK if elsewhere else WRONG_STATE
        self._stream_here(fields["session"])
        node.stream()
        return OK

    def _stream_here(self, session):
        node = self._node
        self._session = session
        node.outbox.streams_to = self.host
        node.pinged_at = None
        if node.sender is not None:
            node.sender.forget()
        if node.guard is not None:
            node.guard.hand_over(self.host)

    def _stop(self, fields):
        if not self._node.flow.streaming:
            return WRONG_STATE
        if self.host != self._node.outbox.streams_to and self._node.is_there(self._node.outbox.streams_to):
            return REFUSED
        self._node.stop_streaming()
        return OK

    def _status(self, fields):
        self._send(status(self._node, self._now_us()))
        self._node.loop_max_us = 0
        return OK

    def _ping(self, fields):
        """Over the radio the answer waits by the token: sent always at the same moment between two connection events,
        it would never have a short way."""
        node = self._node
        now = time.ticks_us()
        if self.host == node.outbox.streams_to:
            node.pinged_at = now
        wired = self.host == USB
        self._pong = (self.host, fields["token"], fields["host_us"], now if wired else node.radio.heard_at)
        self._pong_at = now if wired else time.ticks_add(now, (fields["token"] & 15) << 10)
        self.poll(now)
        return OK

    def poll(self, now):
        """Answer a ping when it is time. What that took is added to the host's time."""
        if self._pong is None or time.ticks_diff(now, self._pong_at) < 0:
            return
        host, token, host_us, came_at = self._pong
        self._pong = None
        now = time.ticks_us()
        host_us += time.ticks_diff(now, came_at)
        self._node.outbox.put(wire.encode("pong", token, host_us, self._node.clock.us(now)), host)

    def _cue(self, fields):
        keys = ("cue", "pattern", "priority", "strength", "ttl_ms", "detected_us")
        self._node.outbox.put(self._node.player.play(*[fields[key] for key in keys]))
        return OK
