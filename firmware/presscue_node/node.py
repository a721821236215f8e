"""The super-loop: do what is due, then sleep until something is due or the host speaks. Nothing in it waits."""

import time

from presscue_node import board
from presscue_node.clock import Clock
from presscue_node.commands import Commands
from presscue_node.cue_player import CuePlayer
from presscue_node.outbox import Outbox
from presscue_node.part import Notices, Part
from presscue_node.sampler import Sampler
from presscue_node.usb_link import UsbLink


class Node:
    """All of the node, on whatever objects it is given.

    devices: by the names of wire.PARTS (sled, leg, pads, haptic, buzzer). watchdog(timeout_ms): makes a watchdog; its
    `feed()` is called after every whole turn of the loop and nowhere else. battery_mv(): 0 if not measured.
    boot: random u16. device: 8 bytes, name: bytes, for `info`.
    """

    def __init__(self, devices, stream, watchdog, battery_mv, boot, device, name):
        self.boot = boot
        self.battery_mv = battery_mv
        self.loop_max_us = 0  # longest turn since the last status
        self.clock = Clock()
        self.outbox = Outbox()
        self.notices = Notices(self.outbox, self.clock, boot)
        self.parts = [Part(part, devices[part], self.notices) for part in ("sled", "leg", "pads", "haptic", "buzzer")]
        self.sled, self.leg, self.pads, haptic, buzzer = self.parts
        self.sampler = Sampler(self.sled, self.leg, self.pads, self.outbox, self.clock, self.notices, boot)
        self.player = CuePlayer(haptic, buzzer, self.outbox, self.clock, boot)
        self.link = UsbLink(stream, self.outbox)
        self.commands = Commands(self, device, name)
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
            self.commands.handle(message)
        left = self.link.send()
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

    def run(self):
        self.watch(board.WATCHDOG_MS)
        while True:
            wait_us = self.poll()
            if wait_us:
                self.link.wait(wait_us)
