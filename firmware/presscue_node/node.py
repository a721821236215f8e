"""The super-loop: do what is due, then sleep until something is due or the host speaks. Nothing in it waits."""

import time
from binascii import hexlify

from micropython import const

from presscue_node import VERSION, board, on_demand
from presscue_node.access import Access
from presscue_node.ble_link import HOSTS, BleLink
from presscue_node.clock import Clock
from presscue_node.commands import Commands
from presscue_node.cue_player import CuePlayer
from presscue_node.flow import Flow
from presscue_node.guard import Guard
from presscue_node.log_region import Region
from presscue_node.log_sender import LogSender
from presscue_node.outbox import NOBODY, USB, Outbox
from presscue_node.part import Notices, Part
from presscue_node.power import Power
from presscue_node.recorder import Recorder
from presscue_node.sampler import Sampler
from presscue_node.status import status
from presscue_node.usb_link import UsbLink
from presscue_node.wall_clock import WallClock

_BATTERY_US = const(60_000_000)
_CABLE_US = const(5_000_000)  # hosts ping every second
_AWAY_US, _GONE_US = const(1_500_000), const(300_000_000)  # the host that streams: has not pinged for so long, for good

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
    boot: random u16. identity: 8 bytes, name: bytes (8 at most), for `info`. bluetooth: the module, None without.
    panel: see panel.py. blocks: block device for the logs (see blocks.py), None for none; session: number of the first
    session in one that is empty. keys: where the keys of hosts are kept (esp32.NVS), None for nowhere. chip: what
    the processor can do to save power, see app.py.
    """

    def __init__(
        self,
        devices,
        stream,
        watchdog,
        battery_mv,
        boot,
        identity,
        name,
        chip,
        bluetooth=None,
        panel=None,
        blocks=None,
        session=1,
        keys=None,
    ):
        self.boot = boot
        self.identity = identity
        self.name = name
        self.battery_mv = battery_mv
        self.loop_max_us = 0  # longest turn since the last status
        self.clock = Clock()
        self.outbox = Outbox(hosts=1 if bluetooth is None else 1 + HOSTS)
        self.access = Access(self, keys, HOSTS)
        self.radio = None
        if bluetooth is not None:  # before the heap grows
            about = (b"presscue", b"presscue node", b"%d.%d.%d" % VERSION, hexlify(identity))
            self.radio = BleLink(bluetooth.BLE(), bluetooth.UUID, self.outbox, name, about, self.access)
        self.notices = Notices(self.outbox, self.clock, boot)
        self.parts = [Part(part, devices[part], self.notices) for part in ("sled", "leg", "pads", "haptic", "buzzer")]
        self.sled, self.leg, self.pads, self.haptic, buzzer = self.parts
        self.wall = WallClock()
        self.recorder = None if blocks is None else self._make_recorder(blocks, session)
        self.player = CuePlayer(self.haptic, buzzer, self.clock, boot)
        self.guard = None
        if self.recorder is not None:
            self.guard = Guard(self.player, self.recorder.gate, self.clock, self.outbox, boot)
        self.flow = Flow(self.outbox, self.recorder, self.guard)
        self.sampler = Sampler(self.sled, self.leg, self.pads, self.flow, self.clock, self.notices, boot)
        self.link = UsbLink(stream, self.outbox)
        self.commands = Commands(self)
        self._panel = panel
        self._heard = time.ticks_us()  # the host on the cable, last
        self._battery_due = self._heard
        self.sender = None
        self.pinged_at = None  # by the host that streams, last; None before its first
        if self.recorder is not None:
            self.sender = LogSender(self.recorder, self.outbox, self.flow, self.sampler, boot)
            self.outbox.last_resort = self.sender.fill
            self.outbox.tap = self.recorder.note
            self.sampler.start()
        self.commands.handlers.update(self.access.handlers)
        self._make_watchdog = watchdog
        self._watchdog = None
        self.power = Power(self, chip, keys)

    def _make_recorder(self, blocks, session):
        region = Region(blocks, board.LOG_READY_BLOCKS)
        region.mount(session)
        return Recorder(region, self.clock, self.wall, self.boot, self.notices, self._preamble, self._status)

    def _preamble(self, session, wall_ms):
        from presscue_node.description import preamble

        on_demand.drop("description")
        return preamble(self, session, wall_ms)

    def _status(self):
        return status(self, self.clock.us(time.ticks_us()))

    def stream(self):
        """Send samples, from now on."""
        if not self.sampler.running:
            self.sampler.start()
        self.flow.streaming = True

    def stop_streaming(self):
        """Send no more; what has been gathered is still sent. Readings go on for the log."""
        self.sampler.flush()
        self.flow.streaming = False
        if self.recorder is None:
            self.sampler.stop()

    def watch(self, timeout_ms):
        """Start the watchdog, or change its time."""
        self._watchdog = self._make_watchdog(timeout_ms)

    def poll(self):
        """One turn; returns for how long (us) nothing will be due."""
        began = self.clock.update()
        self.player.poll(began)
        self.sampler.poll(began)
        if self.recorder is not None and self.guard is not None:
            self.recorder.keep = self.flow.streaming and self._is_away(began)
            self.recorder.poll(began)
            self.guard.poll(began, self.flow.streaming and self.pinged_at is not None and not self.recorder.keep)
        messages = self.link.receive()
        for message in messages:
            self._heard = began
            self.power.stir(began)
            self.commands.handle(message, USB)
        # To handle a command takes long enough: what there is to send then waits for the next turn.
        left = True if messages else self.link.send()
        if self.radio is not None:
            self._poll_radio(self.radio, began)
        self.commands.poll(began)
        if self._panel is not None:
            self._panel.poll(began, self)
        self.power.poll(began)
        summing = self.sender is not None and self.sender.poll()
        if self._watchdog is not None:
            self._watchdog.feed()
        now = time.ticks_us()
        took = time.ticks_diff(now, began)
        if took > self.loop_max_us:
            self.loop_max_us = took
        if left or summing or (self.recorder is not None and self.recorder.busy):
            return 0
        wait = self.sampler.wait_us(now)
        beat = self.player.wait_us(now)
        return beat if beat < wait else wait

    def _poll_radio(self, radio, now):
        radio.poll(now)
        for host, message in radio.receive():
            message = self.access.unseal(host, message)
            if message is not None:
                self.power.stir(now)
                self.commands.handle(message, host)
        radio.send(hold=self.sampler.draining)
        if time.ticks_diff(now, self._battery_due) >= 0:
            self._battery_due = time.ticks_add(now, _BATTERY_US)
            radio.show_battery(battery_percent(self.battery_mv()))

    def _is_away(self, now):
        """Whether the host that streams is silent, and has not been for so long that it will not come back."""
        if self.pinged_at is None:
            return False
        away_us = time.ticks_diff(now, self.pinged_at)
        if away_us > _GONE_US:
            self.pinged_at = None
        return away_us > _AWAY_US

    def is_there(self, host):
        """Whether a host is: a central that is connected, a cable over which something has come of late."""
        if host == USB:
            return time.ticks_diff(time.ticks_us(), self._heard) < _CABLE_US
        return host != NOBODY and self.outbox.present[host]

    def run(self):
        self.watch(board.WATCHDOG_MS)
        while True:
            wait_us = self.poll()
            if wait_us:
                self.link.wait(wait_us)
