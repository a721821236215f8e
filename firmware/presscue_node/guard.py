"""Cues without a host: the leg's angle and the heels against limits that a host has sent (SPEC.md). Integers only.

The angle is the gyro's counts about the flexion axis, summed up and drawn slowly to where gravity says it is, in 64ths
of a count for one reading. A lockout counts once after each bend, a depth once after each rise, a heel while the sled
moves. `take` sees every samples message and allocates nothing; `poll` plays what it has found, if no host does.
"""

import struct
import time

from micropython import const

from presscue import wire
from presscue_node.packer import COUNT, DATA, SOURCE

LOCKOUT, HEEL_LEFT, HEEL_RIGHT, DEPTH = range(len(wire.GUARDED))
_PATTERNS = (0, 1, 1, 2)  # as the host's: long, double, triple
_PRIORITIES = (7, 5, 5, 4)
_STRENGTHS = (100, 80, 80, 80)
_TTL_MS = const(300)
_CALM_US = const(1_500_000)  # after a cue, only a more important one
_MOVED_US = const(400_000)  # a sled that has not moved for so long rests
_SLOWED_US = const(1_500_000)  # under a leg that turns; who gets up does so later
_REST_US = const(5_000_000)  # the set is over: a slow sled may seem to rest for three seconds
_TURNED_US = const(60_000)  # a leg that has not turned for so long stands
_TURNING = const(100)  # counts of rate: 1.8 degrees a second
_OVER_US = const(500_000_000)  # without movement: who trains next may be another
_AXES = "<9h"  # flexion axis, direction of gravity half-way, the one across; in 4096ths
_SHIFT = const(12)
_SLOW, _QUICK = const(11), const(6)  # how the angle is drawn to gravity, moving and at rest: 10 s, 0.3 s
_LEAP = const(4_000_000)  # most of the difference that counts: some 5 degrees
_FAR = const(1 << 28)  # turns; keeps the sum a small integer
_LOW, _DEEP = const(6), const(3)  # readings beyond the limit: 30 ms, 15 ms
_LIFTED = const(8)  # readings of the pads: 120 ms
_STOOD = const(40)  # readings of a light heel while the leg stands: it is no lift
_FULL = const(27_500)  # counts, just above the supply: a pad's load goes with V / (supply - V)
_WARM = const(20)  # readings of the pads from which a set's level is taken
_KEPT = const(16)
_BY_GUARD = const(1)


class Guard:
    """gate: a MotionGate that sees the same messages. player: plays, and says what became of it."""

    def __init__(self, player, gate, clock, outbox, boot):
        self._player = player
        self._gate = gate
        self._clock = clock
        self._outbox = outbox
        self._boot = boot
        self.ready = False
        self._axes = [0] * 9
        self._bias = self._gain = self._straight = self._middle = self._deep = 0
        self._share = [0, 0]  # of the usual load of each heel, in 256ths; 0: not judged
        self._angle = 0
        self._known = 0  # readings so far, up to 255
        self._beyond = 0  # readings in a row beyond a limit
        self._bent = self._risen = False  # since the last lockout, the last depth
        self._level = [0, 0]  # usual load of each heel, times 16
        self._warm = 0
        self._light = [0, 0]  # readings of each heel below its part, the leg turning
        self._stood = [0, 0]  # and standing
        self._turned_at = time.ticks_us()
        self._found = -1
        self._found_at = self._played_at = time.ticks_us()
        self._priority = 0
        self._number = 0
        self._kept = []  # what no host knows of yet

    def set(self, fields):
        """Limits of a `guard_limits` message; a gain of 0 ends the guard."""
        self.ready = fields["gain"] > 0
        self._axes = list(struct.unpack(_AXES, fields["axes"]))
        self._bias = fields["bias"]
        self._gain = fields["gain"]
        self._straight = fields["straight"]
        self._middle = fields["middle"]
        self._deep = fields["deep"]
        self._share = [fields["heel_left"], fields["heel_right"]]
        self._known = 0
        self._bent = self._risen = False

    def take(self, buffer, now):
        """A samples message that has just been made."""
        if not self.ready:
            return
        rested_us = self._gate.rested_us(now)
        turning = time.ticks_diff(now, self._turned_at) < _TURNED_US
        moving = rested_us < (_SLOWED_US if turning else _MOVED_US)
        if rested_us > _OVER_US:
            self.ready = False
        at = DATA
        if buffer[SOURCE] == wire.LEG:
            for _ in range(buffer[COUNT]):
                self._turn(buffer, at, moving, now)
                if moving:
                    self._judge(now)
                at += 12
        elif buffer[SOURCE] == wire.PADS:
            if rested_us > _REST_US:
                self._warm = 0
            for _ in range(buffer[COUNT]):
                self._weigh(buffer, at, turning, now)
                at += 6

    def _turn(self, buffer, at, moving, now):
        """One reading of the leg's IMU into the angle."""
        axes = self._axes
        rate = along = across = 0
        for i in range(3):
            force = _i16(buffer, at + 2 * i)
            rate += _i16(buffer, at + 6 + 2 * i) * axes[i]
            along += force * axes[3 + i]
            across += force * axes[6 + i]
        rate = (rate >> (_SHIFT - 6)) - self._bias
        if rate > _TURNING << 6 or rate < -(_TURNING << 6):
            self._turned_at = now
        angle = self._angle + rate
        along >>= _SHIFT
        across >>= _SHIFT
        if along > across and along > -across:
            z = (across << 10) // along
            tilt = (z << 14) // (1024 + (3 * z * z // 10 >> 10))  # atan z, in 16384ths, to 0.1 degrees
            step = (tilt >> 2) * self._gain - angle
            if moving and self._known == 255:
                step = step if step < _LEAP else _LEAP
                angle += (step if step > -_LEAP else -_LEAP) >> _SLOW
            elif self._known:
                self._known += self._known < 255
                angle += step >> _QUICK
            else:
                self._known = 1
                angle += step
        self._angle = angle if -_FAR < angle < _FAR else 0

    def _judge(self, now):
        angle = self._angle
        if angle > self._middle:
            self._bent = True
        else:
            self._risen = True
        if angle < self._straight and self._bent:
            self._beyond += 1
            if self._beyond >= _LOW:
                self._bent = False
                self._find(LOCKOUT, now)
        elif angle > self._deep and self._risen:
            self._beyond += 1
            if self._beyond >= _DEEP:
                self._risen = False
                self._find(DEPTH, now)
        else:
            self._beyond = 0

    def _weigh(self, buffer, at, turning, now):
        """One reading of the pads. A sled put down takes the load off the heels too, but stands at once."""
        if self._warm < _WARM:
            self._warm += turning
        for side in range(2):
            load = _i16(buffer, at + 2 * side)
            level = self._level[side]
            if load < 0:  # the pad is open
                self._light[side] = 0
            elif self._warm < _WARM:
                if turning:
                    self._level[side] = load << 4 if self._warm == 1 else level + ((load << 4) - level >> 3)
                self._light[side] = self._stood[side] = 0
            elif load * (_FULL - (level >> 4)) >= ((level >> 4) * (_FULL - load) >> 8) * self._share[side]:
                self._light[side] = self._stood[side] = 0
                self._level[side] = level + ((load << 4) - level >> 7)
            elif not turning:
                self._stood[side] += self._stood[side] < _STOOD
            elif self._light[side] < _LIFTED and self._stood[side] < _STOOD:
                self._light[side] += 1
                if self._light[side] == _LIFTED:
                    self._find(HEEL_LEFT + side, now)

    def _find(self, kind, now):
        if self._found < 0 or _PRIORITIES[kind] > _PRIORITIES[self._found]:
            self._found = kind
            self._found_at = now

    def poll(self, now, coached):
        """Play what was found, unless a host does the coaching."""
        kind = self._found
        if kind < 0:
            return
        self._found = -1
        calm = time.ticks_diff(now, self._played_at) > _CALM_US
        if coached or not (calm or _PRIORITIES[kind] > self._priority):
            return
        self._played_at = now
        self._priority = _PRIORITIES[kind]
        found_us = self._clock.us(self._found_at)
        self._keep(wire.encode("guard_cue", self._boot, self._number, found_us, kind))
        self._keep(
            self._player.play(
                self._number, _PATTERNS[kind], _PRIORITIES[kind], _STRENGTHS[kind], _TTL_MS, found_us, _BY_GUARD
            )
        )
        self._number = (self._number + 1) & 0xFFFF

    def _keep(self, message):
        """For the log now, for the host when it is back; of too many the oldest goes."""
        self._outbox.tap(message)
        if len(self._kept) == _KEPT:
            self._kept.pop(0)
        self._kept.append(message)

    def hand_over(self, host):
        """A host is there: what it has missed."""
        for message in self._kept:
            self._outbox.tell(message, host)
        self._kept = []


def _i16(buffer, at):
    raw = buffer[at] | buffer[at + 1] << 8
    return raw - 0x10000 if raw & 0x8000 else raw
