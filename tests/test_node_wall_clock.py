"""The node's wall clock: told by hosts, kept over its own microseconds, never turned back."""

from node_shims import firmware

WallClock = firmware.wall_clock.WallClock
NOON_MS = 1_700_000_000_000


def test_nobody_has_told():
    clock = WallClock()
    assert clock.ms(5_000_000) == clock.ms_at(1) == 0
    assert clock.tell(0, 1_000_000) == 0
    assert not clock.known


def test_it_goes_on_from_what_it_was_told():
    clock = WallClock()
    clock.tell(NOON_MS, 10_000_000)
    assert clock.ms(70_000_000) == NOON_MS + 60_000
    assert clock.ms_at(4_000_000) == NOON_MS - 6_000  # what happened before it was told


def test_it_never_goes_back_and_the_correction_and_the_drift_are_known():
    clock = WallClock()
    clock.tell(NOON_MS, 0)
    before = clock.ms(3_600_000_000)
    assert clock.tell(NOON_MS + 3_600_000 - 72, 3_600_000_000) == -72  # 20 ppm fast
    assert clock.drift_ppm == -20
    assert clock.ms(3_600_000_000) == before
    assert clock.ms(3_700_000_000) == before + 100_000 - 72
