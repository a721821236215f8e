"""The air between two controllers: connection events, loss, range. Bumble's own link delivers everything at once.

A connection has an event every `interval_us`. At an event each side sends up to `packets` link-layer packets; what
is lost is sent again at the next one, so loss costs time, never data, until nothing has got through for `timeout_us`:
then both sides take the connection as lost (supervision timeout). Advertisements out of range are not heard.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bumble import core, ll
from bumble.controller import Controller
from bumble.link import LocalLink

from .time_loop import TimeLoop

PACKET_BYTES = 251
"""Payload of one link-layer packet with data length extension, L2CAP header included."""

LEAST_MTU = 23
"""Of every connection, until something else has been agreed upon."""

LOST = 0x08
"""HCI error code: connection timeout."""


@dataclass
class _Contact:
    """One connection: who, what waits to be sent from each end, when its events are."""

    ends: tuple[Controller, Controller]
    anchor_us: int
    heard_us: int
    waiting: dict[Controller, deque[bytes]] = field(default_factory=dict)
    due: asyncio.TimerHandle | None = None


class Air(LocalLink):
    """Change the attributes at any time; they hold from the next connection event."""

    def __init__(self, loop: TimeLoop, *, interval_us: int = 15_000, packets: int = 4, seed: int = 0):
        super().__init__()
        self._loop = loop
        self.interval_us = interval_us
        self.packets = packets
        self.loss = 0.0
        """Probability that a connection event fails."""
        self.timeout_us = 2_000_000
        self.mtu = 247
        """What centrals ask for; those of LEAST_MTU do not ask."""
        self.in_range = True
        self.events = self.failed = 0
        self.on_sent: Callable[[Controller, bytes], None] = lambda controller, data: None
        """Told what has got through, and from whom."""
        self._rng = random.Random(seed)
        self._contacts: list[_Contact] = []

    def now_us(self) -> int:
        return self._loop.now_us()

    def set_range(self, in_range: bool) -> None:
        """Walk out of range, or back."""
        if self.in_range and not in_range:
            for contact in self._contacts:
                contact.heard_us = self.now_us()
        self.in_range = in_range
        for contact in self._contacts:
            self._schedule(contact)

    def vanish(self, controller: Controller) -> None:
        """A controller loses its supply: it says nothing any more, and its peers notice by and by."""
        if controller in self.controllers:
            self.remove_controller(controller)
        for contact in self._contacts:
            if controller in contact.ends:
                contact.heard_us = self.now_us()
                self._schedule(contact)

    # --- what Bumble's controllers call ---

    def send_acl_data(self, sender_controller, destination_address, transport, data) -> None:
        contact = self._contact(sender_controller, destination_address)
        if contact is not None:
            contact.waiting.setdefault(sender_controller, deque()).append(data)
            self._schedule(contact)

    def send_advertising_pdu(self, sender_controller, packet) -> None:
        if not self.in_range:
            return
        super().send_advertising_pdu(sender_controller, packet)
        if isinstance(packet, ll.ConnectInd):
            other = self.find_le_controller(packet.advertiser_address)
            if other is not None:
                now = self.now_us()
                self._contacts.append(_Contact((sender_controller, other), now, now))

    def send_ll_control_pdu(self, sender_address, receiver_address, packet) -> None:
        sender, receiver = self.find_le_controller(sender_address), self.find_le_controller(receiver_address)
        over = isinstance(packet, ll.TerminateInd)
        if sender is not None and receiver is not None and self.in_range:
            super().send_ll_control_pdu(sender_address, receiver_address, packet)
            if over:
                self._contacts = [each for each in self._contacts if {sender, receiver} != set(each.ends)]

    # --- connection events ---

    def _contact(self, sender, destination_address) -> _Contact | None:
        for contact in self._contacts:
            if sender in contact.ends:
                other = contact.ends[0] if contact.ends[1] is sender else contact.ends[1]
                if any(each.self_address == destination_address for each in other.le_connections.values()):
                    return contact
        return None

    def _alive(self, contact: _Contact) -> bool:
        return all(end in self.controllers for end in contact.ends)

    def _schedule(self, contact: _Contact) -> None:
        busy = any(contact.waiting.values()) or not self.in_range or not self._alive(contact)
        if contact.due is not None or not busy:
            return
        gone = (self.now_us() - contact.anchor_us) // self.interval_us + 1
        contact.due = self._loop.call_at((contact.anchor_us + gone * self.interval_us) * 1e-6, self._event, contact)

    def _event(self, contact: _Contact) -> None:
        contact.due = None
        if contact not in self._contacts:
            return
        self.events += 1
        now = self.now_us()
        if not self.in_range or not self._alive(contact) or self._rng.random() < self.loss:
            self.failed += 1
            if now - contact.heard_us > self.timeout_us:
                self._part(contact)
                return
        else:
            contact.heard_us = now
            for sender, receiver in (contact.ends, contact.ends[::-1]):
                self._deliver(sender, receiver, contact.waiting.get(sender))
        self._schedule(contact)

    def _deliver(self, sender: Controller, receiver: Controller, waiting: deque[bytes] | None) -> None:
        room = self.packets
        while waiting and room > 0:
            data = waiting.popleft()
            room -= -(-len(data) // PACKET_BYTES)
            receiver.on_link_acl_data(sender.random_address, core.PhysicalTransport.LE, data)
            self.on_sent(sender, data)

    def _part(self, contact: _Contact) -> None:
        self._contacts.remove(contact)
        for end, other in (contact.ends, contact.ends[::-1]):
            connection = end.le_connections.get(other.random_address)
            if connection is not None:
                end.on_le_disconnected(connection, LOST)
