"""The super-loop: do what is due, then sleep until something is due or the host speaks. Nothing in it waits."""

import time
from binascii import hexlify

from micropython import const

from presscue import wire
from presscue_node import VERSION, board
from presscue_node.ble_link import HOSTS, BleLink
from presscue_node.clock import Clock
from presscue_node.commands import Commands
from presscue_node.cue_player import CuePlayer
from presscue_node.outbox import USB, Outbox
from presscue_node.part import Notices, Part
from presscue_node.sampler import Sampler
from presscue_node.usb_link import UsbLink

_BATTERY_US = const(60_000_000)
_CABLE_US = const(5_000_000)  # hosts ping every second

# Rest voltage of a LiPo cell in mV at 0, 10, ... 100 percent of its charge.
_CHARGE_MV = (3_270, 3_690, 3_730, 3_770, 3_790, 3_820, 3_870, 3_920, 3_980, 4_060, 4_170)


def battery_percent(mv):
    """Charge of the battery; 0 where it is not measured."""
    for tenth in range(10):
        low, high = _CHARGE_MV[tenth], _CHARGE_MV[tenth + 1]
        if mv < high:
            return max(10 * tenth + 10 * (mv - low) // (high - low), 0)
    return 100


class Node:
    """All of the node, on whatever objects it is given.

    devices: by the names of wire.PARTS (sled, leg, pads, haptic, buzzer). watchdog(timeout_ms): makes a watchdog; its
    `feed()` is called after every whole turn of the loop and nowhere else. battery_mv(): 0 if not measured.
    boot: random u16. device: 8 bytes, name: bytes (8 at most), for `info`. bluetooth: the module, None without.
    panel: see panel.py.
    """

    def __init__(self, devices, stream, watchdog, battery_mv, boot, device, name, bluetooth=None, panel=None):
        self.boot = boot
        self.battery_mv = battery_mv
        self.loop_max_us = 0  # longest turn since the last status
        self.clock = Clock()
        self.outbox = Outbox(hosts=1 if bluetooth is None else 1 + HOSTS)
        self.radio = None
        if bluetooth is not None:  # before the heap grows
            about = (b"presscue", b"presscue node", b"%d.%d.%d" % VERSION, hexlify(device))
            self.radio = BleLink(bluetooth.BLE(), bluetooth.UUID, self.outbox, name, about)
        self.notices = Notices(self.outbox, self.clock, boot)
        self.parts = [Part(part, devices[part], self.notices) for part in ("sled", "leg", "pads", "haptic", "buzzer")]
        self.sled, self.leg, self.pads, haptic, buzzer = self.parts
        self.sampler = Sampler(self.sled, self.leg, self.pads, self.outbox, self.clock, self.notices, boot)
        self.player = CuePlayer(haptic, buzzer, self.outbox, self.clock, boot)
        self.link = UsbLink(stream, self.outbox)
        self.commands = Commands(self, device, name)
        self._panel = panel
        self._heard = time.ticks_us()  # the host on the cable, last
        self._battery_due = self._heard
        self._make_watchdog = watchdog
        self._watchdog = None

    def watch(self, timeout_ms):
        """Start the watchdog, or change its time."""
        self._watchdog = self._make_watchdog(timeout_ms)

    def poll(self):
        """One turn; returns for how long (us) nothing will be due."""
        began = self.clock.update()
        self.player.poll(began)
        self.sampler.poll(began)
        for message in self.link.receive():
            self._heard = began
            self.commands.handle(message, USB)
        left = self.link.send()
        if self.radio is not None:
            self._poll_radio(self.radio, began)
        if self._panel is not None:
            self._panel.poll(began, self)
        if self._watchdog is not None:
            self._watchdog.feed()
        now = time.ticks_us()
        took = time.ticks_diff(now, began)
        if took > self.loop_max_us:
            self.loop_max_us = took
        if left:
            return 0
        wait = self.sampler.wait_us(now)
        beat = self.player.wait_us(now)
        return beat if beat < wait else wait

    def _poll_radio(self, radio, now):
        radio.poll(now)
        for host, message in radio.receive():
            self.commands.handle(message, host)
        radio.send(hold=self.sampler.draining)
        if time.ticks_diff(now, self._battery_due) >= 0:
            self._battery_due = time.ticks_add(now, _BATTERY_US)
            radio.show_battery(battery_percent(self.battery_mv()))

    def is_there(self, host):
        """Whether a host is: a central that is connected, a cable over which something has come of late."""
        if host == USB:
            return time.ticks_diff(time.ticks_us(), self._heard) < _CABLE_US
        return self.outbox.present[host]

    def longest(self, host):
        """Longest samples message for a host."""
        return wire.MESSAGE_MAX if host == USB or self.radio is None else self.radio.longest(host)

    def run(self):
        self.watch(board.WATCHDOG_MS)
        while True:
            wait_us = self.poll()
            if wait_us:
                self.link.wait(wait_us)
