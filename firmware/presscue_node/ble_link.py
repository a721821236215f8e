"""The link over Bluetooth: messages out of the outbox in notifications and indications, writes in as messages.

A packet holds whole messages, each behind its length; one that is longer than the link's goes on in the next, behind a
0. Samples of a batch are gathered into one packet, so that even a central that asks for a slow connection (60 ms, a few
packets each) keeps up. The stack neither queues nor tells: when
it has no buffer left (ENOMEM) the packet is kept and tried again, and what piles up meanwhile is the outbox's to count.
"""

import time

from micropython import const

from presscue import wire
from presscue_node import gatt
from presscue_node.outbox import USB

_CONNECTED, _DISCONNECTED, _WRITTEN, _MTU_EXCHANGED, _INDICATED = const(1), const(2), const(3), const(21), const(20)
_READ = const(4)
_ALLOWED, _NOT_AUTHORIZED = const(0x00), const(0x08)  # answers to a read
_STREAM, _CUE, _COMMAND = const(0), const(1), const(2)
_MTU = const(247)
_HEAD = const(3)  # of a notification, from the MTU
_INBOX = const(12)  # writes of one host waiting to be looked at
_STRANGER_US = const(10_000_000)  # who has not proved a key by then has to go
_FAST_US, _SLOW_US = const(100_000), const(1_000_000)
_FAST_FOR_US = const(60_000_000)
_SECOND_US = const(1_000_000)
_INDICATION_US = const(3_000_000)  # a central that has not confirmed by then never will

_ANSWERS = tuple(
    wire.TYPES[name] for name in ("info", "channel", "status", "result", "challenge", "key_slot", "access")
)
"""They come back on the command characteristic, as indications."""

HOSTS = const(2)
"""One that is coached, and one more, so that it can be told that it is not its turn."""


class Peer:
    """One central. `handle` is None while nobody is there."""

    def __init__(self, host):
        self.host = host
        self.handle = None
        self.mtu = 23
        self.used = 0
        self.answers = False  # the packet goes by indication
        self.packet = self.held = bytearray()  # held: a message that did not fit the packet, behind its length
        self.held_size = 0
        self.held_answers = False
        self.indicating = False
        self.indicated_at = 0
        self.came_at = 0

    def begin(self, handle):
        self.handle = handle
        if not self.packet:
            self.packet = bytearray(_MTU - _HEAD)
            self.held = bytearray(wire.MESSAGE_MAX + 1)
        self.came_at = time.ticks_us()
        self.mtu = 23
        self.used = self.held_size = 0
        self.indicating = False


class BleLink:
    """ble: `bluetooth.BLE()`. uuid: `bluetooth.UUID`. about: manufacturer, model, firmware, serial number (bytes).

    access: see access.py."""

    def __init__(self, ble, uuid, outbox, name, about, access):
        self._ble = ble
        self._access = access
        self._outbox = outbox
        self._payload = gatt.advertisement(uuid, name)
        self._peers = [Peer(USB + 1 + index) for index in range(HOSTS)]
        self._inbox = []
        self._fast_since = None
        self._refilled_at = time.ticks_us()
        self.heard_at = time.ticks_us()
        """When the last write came."""
        self.bad = 0
        """Writes that were lost: too many at a time, or none of a message's size."""
        self.full = 0
        """Times that the stack had no buffer left."""
        ble.active(True)
        ble.config(mtu=_MTU, gap_name=name)
        ble.irq(self._interrupt)
        own, information, battery = ble.gatts_register_services(gatt.services(uuid))
        self._handles = own
        self._battery = battery[0]
        for handle in (own[_CUE], own[_COMMAND]):
            ble.gatts_set_buffer(handle, _MTU - _HEAD)
        for handle, text in zip(information, about):
            ble.gatts_set_buffer(handle, len(text))
            ble.gatts_write(handle, text)
        self._advertise(time.ticks_us())

    @property
    def connected(self):
        return any(peer.handle is not None for peer in self._peers)

    def show_battery(self, percent):
        self._ble.gatts_write(self._battery, bytes((percent,)))

    def poll(self, now):
        """Advertise fast for a minute after each change, then slowly."""
        if self._fast_since is not None and time.ticks_diff(now, self._fast_since) > _FAST_FOR_US:
            self._fast_since = None
            self._set_advertising(_SLOW_US)
        if time.ticks_diff(now, self._refilled_at) > _SECOND_US:
            self._refilled_at = now
            self._access.refill()
        for peer in self._peers:
            if peer.handle is None:
                continue
            stayed = time.ticks_diff(now, peer.came_at)
            if stayed > _STRANGER_US and not self._access.admitted(peer.host):
                peer.came_at = now
                self._ble.gap_disconnect(peer.handle)
            if peer.indicating and time.ticks_diff(now, peer.indicated_at) > _INDICATION_US:
                self._ble.gap_disconnect(peer.handle)
                peer.indicating = False

    def receive(self):
        """Messages that have come in since: (host, message) each."""
        if not self._inbox:
            return ()
        inbox, self._inbox = self._inbox, []
        return inbox

    def send(self, hold):
        """Pass on what the stack takes now. hold: more samples are about to come, a packet that has room may wait."""
        for peer in self._peers:
            if peer.handle is not None:
                self._send(peer, hold)

    # --- inside ---

    def _send(self, peer, hold):
        while True:
            if peer.held_size and not peer.used:
                self._fill(peer, peer.held, peer.held_size, peer.held_answers)
                peer.held_size = 0
            while not peer.held_size and self._outbox.take(peer.host):
                self._add(peer, self._outbox.message, self._outbox.length)
            if not peer.used or (hold and not peer.held_size and not peer.answers):
                return
            if not self._pass_on(peer):
                return

    def _add(self, peer, message, length):
        answers = message[0] in _ANSWERS
        if peer.used and (answers != peer.answers or peer.used + 1 + length > peer.mtu - _HEAD):
            peer.held[0] = length
            peer.held[1 : 1 + length] = memoryview(message)[:length]
            peer.held_size = 1 + length
            peer.held_answers = answers
            return
        at = peer.used
        peer.packet[at] = length
        peer.packet[at + 1 : at + 1 + length] = memoryview(message)[:length]
        peer.used = at + 1 + length
        peer.answers = answers

    def _fill(self, peer, data, size, answers):
        peer.packet[:size] = memoryview(data)[:size]
        peer.used = size
        peer.answers = answers

    def _pass_on(self, peer):
        """The packet to the stack; False if it must wait."""
        if peer.answers and peer.indicating:
            return False
        room = peer.mtu - _HEAD
        packet = memoryview(peer.packet)[: min(peer.used, room)]
        try:
            if peer.answers:
                self._ble.gatts_indicate(peer.handle, self._handles[_COMMAND], packet)
                peer.indicating = True
                peer.indicated_at = time.ticks_us()
            else:
                self._ble.gatts_notify(peer.handle, self._handles[_STREAM], packet)
        except OSError:
            self.full += 1
            self._outbox.congested = True
            return False
        left = peer.used - room
        peer.used = 0
        if left > 0:
            peer.packet[1 : 1 + left] = peer.packet[room : room + left]
            peer.packet[0] = 0  # it goes on
            peer.used = 1 + left
        return True

    def _peer(self, handle):
        for peer in self._peers:
            if peer.handle == handle:
                return peer
        return None

    def _interrupt(self, event, data):
        """From the stack, between two bytecodes. What it hands over is valid only here."""
        if event == _WRITTEN:
            self.heard_at = time.ticks_us()
            peer = self._peer(data[0])
            message = self._ble.gatts_read(data[1])
            if peer is None or not message:
                self.bad += 1
            elif not self._access.lets_in(peer.host, message[0]):
                return
            elif sum([host == peer.host for host, _ in self._inbox]) >= _INBOX:
                self.bad += 1
            else:
                self._inbox.append((peer.host, message))
        elif event == _READ:
            peer = self._peer(data[0])
            if data[1] != self._battery or (peer is not None and self._access.admitted(peer.host)):
                return _ALLOWED
            return _NOT_AUTHORIZED
        elif event == _CONNECTED:
            peer = self._peer(None)
            if peer is None:
                self._ble.gap_disconnect(data[0])
                return
            peer.begin(data[0])
            self._access.enter(peer.host)
            self._outbox.enter(peer.host)
            self._advertise(time.ticks_us())
        elif event == _DISCONNECTED:
            peer = self._peer(data[0])
            if peer is not None:
                peer.handle = None
                peer.indicating = False
                self._access.enter(peer.host)
                self._outbox.leave(peer.host)
            self._advertise(time.ticks_us())
        elif event == _MTU_EXCHANGED:
            peer = self._peer(data[0])
            if peer is not None:
                peer.mtu = min(data[1], _MTU)
        elif event == _INDICATED:
            peer = self._peer(data[0])
            if peer is not None:
                peer.indicating = False

    def _advertise(self, now):
        """Fast while nobody is there; slowly for a second host; not at all with two."""
        if self._peer(None) is None:
            self._fast_since = None
            self._set_advertising(None)
        elif self.connected:
            self._fast_since = None
            self._set_advertising(_SLOW_US)
        else:
            self._fast_since = now
            self._set_advertising(_FAST_US)

    def _set_advertising(self, interval_us):
        if interval_us is None:
            self._ble.gap_advertise(None)
        else:
            self._ble.gap_advertise(interval_us, self._payload)
