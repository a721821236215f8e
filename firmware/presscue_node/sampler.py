"""Takes the readings and gathers them into messages. From the bus to the outbox nothing here allocates.

Every tick one pad input; every batch both FIFOs, one long bus transfer per call of `poll`, so that the node sends
and obeys in between however much has piled up. After a stall the FIFOs are simply read until they are empty;
missed pad readings are counted in `seq`.
"""

import time

from micropython import const

from presscue import wire
from presscue_node import board, pads
from presscue_node.batch import Batch
from presscue_node.part import BACK, LOST, OVERRUN

_IMU_CHANNELS = const(6)
_CONVERSION_US = const(2_000)  # least time between two pad inputs
_SELDOM_US = const(100_000)
_FAR_US = const(1 << 28)
_PAD_LAG_US = const(15_000)  # a tick later than this is skipped: a whole reading


class Sampler:
    """sled, leg, pads_part: Parts whose devices are two Lsm6dsox and the Pads. `batch_us` may change at any time."""

    def __init__(self, sled, leg, pads_part, flow, clock, notices, boot):
        self.running = False
        self._every_us = 0  # in place of `batch_us`
        self.batch_us = board.BATCH_MS * 1000
        self._imus = (sled, leg)
        self._pads = pads_part
        self._notices = notices
        self._imu_batches = (
            Batch(flow, clock, boot, wire.SLED, _IMU_CHANNELS),
            Batch(flow, clock, boot, wire.LEG, _IMU_CHANNELS),
        )
        self._pads_batch = Batch(flow, clock, boot, wire.PADS, pads.CHANNELS)
        self._pads_batch.period_ns = pads.PERIOD_NS
        self._turn = len(self._imus)  # the IMU being drained; past the last one, none is
        self._tick_at = time.ticks_us()
        self._ticked_at = self._tick_at
        self._drain_at = self._tick_at
        self._round_at = self._tick_at  # moment of the last pad reading
        self._rounds = False  # there has been one since the start
        self._skipped = False  # a tick has been skipped since; one that is merely late is not
        self._open_told = 0

    @property
    def draining(self):
        """In the midst of a batch: more messages are about to come."""
        return self.running and self._turn < len(self._imus)

    def start(self):
        """Begin to sample, with readings from now on."""
        for part in self._imus:
            if part.working:
                try:
                    part.device.restart()
                except OSError as error:
                    part.failed(error)
        self.pause(False)
        now = self._tick_at
        self._drain_at = time.ticks_add(now, self.batch_us)
        self._turn = len(self._imus)
        self.running = True

    def pause(self, still):
        """still: both IMUs seldom, the pads not at all, for the next four minutes. Else as ever."""
        self._every_us = _SELDOM_US if still else 0
        self._pads.device.restart()
        self._rounds = False
        self._tick_at = time.ticks_add(time.ticks_us(), _FAR_US if still else 0)

    def stop(self):
        """End; what has been gathered is still handed on."""
        self.running = False
        self.flush()

    def flush(self):
        """Hand on what has been gathered."""
        for batch in self._imu_batches:
            batch.flush()
        self._pads_batch.flush()

    def wait_us(self, now):
        """Time until `poll` has something to do."""
        if not self.running:
            return board.TICK_US
        if self._turn < len(self._imus):
            return 0
        tick = time.ticks_diff(self._tick_at, now)
        ready = _CONVERSION_US - time.ticks_diff(now, self._ticked_at)
        if tick < ready:
            tick = ready
        drain = time.ticks_diff(self._drain_at, now)
        wait = tick if tick < drain else drain
        return wait if wait > 0 else 0

    def poll(self, now):
        """Do what is due at the moment `now`, at most one long bus transfer of it."""
        for part in self._imus:
            part.tend(now)
        if self._pads.tend(now):
            self._rounds = False
        if not self.running:
            return
        if time.ticks_diff(now, self._tick_at) >= 0 and time.ticks_diff(now, self._ticked_at) >= _CONVERSION_US:
            self._tick_at = time.ticks_add(self._tick_at, board.TICK_US)
            if time.ticks_diff(now, self._tick_at) > _PAD_LAG_US:
                self._tick_at = now
                self._skipped = True
            self._ticked_at = now
            self._step_pads(now)
        if self._turn == len(self._imus) and time.ticks_diff(now, self._drain_at) >= 0:
            every_us = self._every_us or self.batch_us
            self._drain_at = time.ticks_add(self._drain_at, every_us)
            if time.ticks_diff(now, self._drain_at) >= 0:  # behind by more than a batch: no need to run after it
                self._drain_at = time.ticks_add(now, every_us)
            self._pads_batch.flush()
            self._turn = 0
        turn = self._turn
        if turn < len(self._imus) and self._drain(self._imus[turn], self._imu_batches[turn]):
            self._turn = turn + 1

    def _drain(self, part, batch):
        """One transfer from an IMU's FIFO; True if that emptied it."""
        if not part.working:
            batch.flush()
            return True
        imu = part.device
        lost = 0
        try:
            overrun = imu.refill()
        except OSError as error:
            imu.abandon()
            part.failed(error)
            batch.flush()
            return True
        part.succeeded()
        batch.period_ns = imu.period_ns
        while imu.next():
            lost += imu.lost
            batch.add(imu.reading, imu.ticks(), imu.lost)
        if overrun:
            self._notices.send(part.index, OVERRUN, lost)
        if imu.pending:
            return False
        batch.flush()
        return True

    def _step_pads(self, now):
        part = self._pads
        if not part.working:
            return
        device = part.device
        try:
            complete = device.step(now)
        except OSError as error:
            part.failed(error)
            self._skipped = True
            return
        part.succeeded()
        if not complete:
            return
        lost = 0
        if self._rounds and self._skipped:
            period_us = pads.PERIOD_NS // 1000
            lost = (time.ticks_diff(device.ticks, self._round_at) + period_us // 2) // period_us - 1
            if lost < 0:
                lost = 0
        self._rounds = True
        self._skipped = False
        self._round_at = device.ticks
        self._pads_batch.add(device.reading, device.ticks, lost)
        if device.open_mask != self._open_told:
            self._tell_open(device.open_mask)

    def _tell_open(self, mask):
        for channel in range(pads.CHANNELS):
            bit = 1 << channel
            if (mask ^ self._open_told) & bit:
                code = LOST if mask & bit else BACK
                self._notices.send(self._pads.index, code, channel, board.PAD_LABELS[channel])
        self._open_told = mask
