"""Haptic driver and cue player: what is written to the chip, what plays, what is acknowledged and when."""

from itertools import pairwise

import pytest

import node_time
from node_fakes import Bus, Pwm, SteadyHaptic
from node_shims import firmware
from presscue import wire

ADDRESS = firmware.board.HAPTIC_ADDRESS
RHYTHMS = firmware.cue_player.RHYTHMS_MS
BOOT = 77


class Bench:
    """A cue player with both actuators; `history`: (ms, motor, buzzer) at each change."""

    def __init__(self):
        node_time.reset(node_time.PERIOD - 1_000_000)
        self.chip = SteadyHaptic()
        self.pwm = Pwm()
        self.clock = firmware.clock.Clock()
        self.outbox = firmware.outbox.Outbox(samples=1)
        notices = firmware.part.Notices(self.outbox, self.clock, BOOT)
        driver = firmware.drv2605l.Drv2605l(Bus({ADDRESS: self.chip}), ADDRESS)
        self.haptic = firmware.part.Part("haptic", driver, notices)
        self.buzzer = firmware.part.Part("buzzer", firmware.buzzer.Buzzer(self.pwm), notices)
        self.player = firmware.cue_player.CuePlayer(self.haptic, self.buzzer, self.clock, BOOT)
        self.player.poll(self.clock.update())
        self.history: list[tuple[int, int, int]] = []

    def now_us(self):
        return self.clock.us(node_time.ticks_us())

    def run_ms(self, ms):
        for _ in range(ms):
            self.player.poll(self.clock.update())
            state = (self.chip.registers[2], self.pwm.duty)
            if not self.history or self.history[-1][1:] != state:
                self.history.append((self.now_us() // 1000, *state))
            node_time.advance(1000)

    def play(self, cue=1, pattern=0, priority=5, strength=100, ttl_ms=200, detected_us=None):
        detected_us = self.now_us() if detected_us is None else detected_us
        self.outbox.put(self.player.play(cue, pattern, priority, strength, ttl_ms, detected_us))
        return self.acks()[-1]

    def messages(self, wanted):
        found = []
        while self.outbox.take():
            message = wire.decode(bytes(self.outbox.message[: self.outbox.length]))
            if message is not None and message[0] == wanted:
                found.append(message[1])
        return found

    def acks(self):
        return [(wire.OUTCOMES[ack["outcome"]], ack["start_us"]) for ack in self.messages("cue_ack")]


@pytest.fixture
def bench():
    return Bench()


def test_the_driver_is_set_up_by_the_data_sheet(bench):
    registers = bench.chip.registers
    assert registers[0x01] == 0x05  # real-time playback, out of standby
    assert registers[0x02] == 0x00
    assert registers[0x1A] & 0x80  # LRA
    assert registers[0x16] == 0x53  # 2.0 V rms at 175 Hz
    assert registers[0x17] == 0x8D  # 3.0 V peak
    assert registers[0x1B] == 0x80 | 24  # half a period of 175 Hz is 2.9 ms
    assert not registers[0x1D] & 0x09  # closed loop, signed input


def test_another_chip_is_refused(bench):
    bench.chip.registers[0] = 0x60
    with pytest.raises(firmware.registers.WrongChip) as caught:
        bench.haptic.device.setup()
    assert caught.value.found == 3


def test_patterns_are_short_and_told_apart_by_rhythm():
    assert len(RHYTHMS) == len(wire.PATTERNS) <= 4
    assert all(sum(rhythm) <= 600 and len(rhythm) % 2 == 1 for rhythm in RHYTHMS)
    beats = [(len(rhythm), rhythm[0]) for rhythm in RHYTHMS]
    assert [count for count, _ in beats] == [1, 3, 5, 1]
    assert beats[0][1] > 4 * beats[3][1]


@pytest.mark.parametrize("pattern", range(4))
def test_motor_and_buzzer_play_the_rhythm_alike(bench, pattern):
    bench.run_ms(1)
    bench.play(pattern=pattern)
    bench.run_ms(700)
    steps = bench.history[1:]
    assert [(motor, duty) for _, motor, duty in steps] == [(127, 32768), (0, 0)] * ((len(RHYTHMS[pattern]) + 1) // 2)
    assert tuple(b[0] - a[0] for a, b in pairwise(steps)) == RHYTHMS[pattern]


def test_the_acknowledgement_tells_when_it_started(bench):
    node_time.advance(123_456)
    assert bench.play() == ("started", 123_456)
    assert bench.player.played == 1


@pytest.mark.parametrize(
    ("first", "second", "outcome"), [(5, 5, "started"), (5, 6, "started"), (5, 4, "outranked"), (0, 0, "started")]
)
def test_the_latest_cue_of_no_lower_priority_wins(bench, first, second, outcome):
    bench.play(pattern=0, priority=first)
    bench.run_ms(100)
    assert bench.play(pattern=3, priority=second)[0] == outcome
    bench.run_ms(100)
    assert (bench.chip.registers[2] == 0) == (outcome == "started")  # the pulse is over, the long one is not


def test_a_lower_cue_may_follow_when_the_higher_has_ended(bench):
    bench.play(priority=9)
    bench.run_ms(600)
    assert bench.play(priority=1)[0] == "started"


@pytest.mark.parametrize(("age_us", "outcome"), [(200_000, "started"), (200_001, "expired")])
def test_a_cue_lives_as_long_as_it_says(bench, age_us, outcome):
    node_time.advance(500_000)
    assert bench.play(ttl_ms=200, detected_us=500_000 - age_us)[0] == outcome


def test_expiry_works_across_a_wrap_of_the_ticks(bench):
    node_time.advance(1_500_000)
    bench.clock.update()
    assert bench.play(ttl_ms=1_000, detected_us=600_000)[0] == "started"
    assert bench.play(ttl_ms=1_000, detected_us=400_000)[0] == "expired"


def test_strength_is_scaled_by_the_setting(bench):
    bench.player.strength_percent = 50
    bench.play(strength=60)
    assert bench.chip.registers[2] == 127 * 30 // 100
    assert bench.pwm.duty == 32768 * 30 // 100


def test_silence_mutes(bench):
    bench.player.silence = True
    assert bench.play()[0] == "silenced"
    assert (bench.chip.registers[2], bench.pwm.duty) == (0, 0)


def test_an_unknown_pattern_fails(bench):
    assert bench.play(pattern=4)[0] == "failed"


def test_the_buzzer_goes_on_without_the_motor(bench):
    bench.play(pattern=1)
    bench.chip.absent = True
    bench.run_ms(700)
    assert not bench.haptic.working
    assert [duty for _, _, duty in bench.history] == [32768, 0, 32768, 0]
    (notice,) = bench.messages("notice")
    assert (wire.PARTS[notice["part"]], wire.NOTICES[notice["code"]]) == ("haptic", "lost")
    assert bench.play()[0] == "started"


def test_a_cue_fails_only_if_both_fail(bench):
    bench.chip.absent = True
    bench.pwm.broken = True
    assert bench.play()[0] == "failed"
    assert bench.player.played == 0


def test_the_motor_comes_back_quiet(bench):
    bench.play()
    bench.chip.absent = True
    bench.run_ms(700)
    assert bench.chip.registers[2] == 127, "the chip still shakes on its own, out of reach"
    bench.chip.absent = False
    bench.run_ms(1_100)
    assert bench.haptic.working
    assert bench.chip.registers[2] == 0
    assert [wire.NOTICES[notice["code"]] for notice in bench.messages("notice")] == ["lost", "back"]


def test_a_driver_that_lost_power_is_set_up_again(bench):
    bench.chip.registers[0x01] = 0x40
    bench.run_ms(1_100)
    assert bench.chip.registers[0x01] == 0x05
