"""How far the sled goes from turn to turn, by its own acceleration: what the calibration's lengths are held to."""

import numpy as np
import pytest

from presscue.calibration.ways import ways_of, ways_off_m
from presscue.estimation.linkage import Links, pose

HZ = 52.0
METRES_PER_RAD = 0.5


def strokes(times: list[float], metres: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, the sled's acceleration and the shank's rate: minimum-jerk strokes there and back between these times."""
    t_s = np.arange(0.0, times[-1] + 1.0, 1.0 / HZ)
    place = np.zeros_like(t_s)
    for k, (begin, end) in enumerate(zip(times[::2], times[1::2], strict=True)):
        part = np.clip((t_s - begin) / (end - begin), 0.0, 1.0)
        place += (-metres if k % 2 == 0 else metres) * (10 * part**3 - 15 * part**4 + 6 * part**5)
    velocity = np.gradient(place, t_s)
    return t_s, np.gradient(velocity, t_s), velocity / METRES_PER_RAD


def found(t_s, along, rate, noise=0.0, breaks=()):
    rng = np.random.default_rng(3)
    along = along + noise * rng.normal(size=t_s.size)
    return ways_of(t_s, along, np.full(t_s.size, noise), t_s, rate, np.array(breaks, float))


def test_a_biased_accelerometer_tells_each_way_to_two_millimetres():
    t_s, along, rate = strokes([1.0, 3.0, 3.0, 4.5, 5.5, 7.5, 7.5, 8.5])
    ways = found(t_s, along + 0.08, rate)
    assert ways.way_m == pytest.approx([-0.2, 0.2, -0.2, 0.2], abs=0.002)


def test_what_noise_leaves_open_is_said():
    off, sd = [], []
    t_s, along, rate = strokes([1.0 + 2.0 * k for k in range(40)])
    ways = found(t_s, along, rate, noise=0.1)
    assert len(ways.way_m) == 20
    off, sd = np.abs(ways.way_m) - 0.2, ways.sd_m
    print(f"ways off by {1e3 * np.std(off):.1f} mm, said to be {1e3 * sd.mean():.1f} mm")
    assert 0.3 < np.std(off) / sd.mean() < 1.5


def test_a_stroke_cut_off_by_the_end_of_the_readings_is_none():
    t_s, along, rate = strokes([1.0, 3.0, 4.0, 6.0])
    part = t_s < 4.9
    assert found(t_s[part], along[part], rate[part]).way_m == pytest.approx([-0.2], abs=0.002)


def test_nothing_is_integrated_over_a_gap_or_a_new_start():
    t_s, along, rate = strokes([1.0, 3.0, 4.0, 6.0])
    assert len(found(t_s, along, rate, breaks=(2.0, 5.0)).way_m) == 0
    kept = (t_s < 1.9) | (t_s > 2.1)
    assert found(t_s[kept], along[kept], rate[kept]).way_m == pytest.approx([0.2], abs=0.002)


def test_a_stroke_that_does_not_end_at_a_stand_is_left_out():
    """A knee that falls as the press begins turns the shank before the sled moves."""
    t_s, along, rate = strokes([1.0, 3.0, 4.0, 6.0, 7.0, 9.0, 10.0, 12.0])
    rate[(t_s > 9.95) & (t_s < 10.4)] = 0.0
    ways = found(t_s, along, rate)
    assert ways.way_m == pytest.approx([-0.2, 0.2, -0.2], abs=0.002)


def test_a_slow_stroke_that_turns_without_a_stand_is_not_taken_for_short():
    """Down in five seconds and up in four, 15 to 80 degrees: where the shank hardly turns any more, the sled still goes
    at 5 to 10 mm/s."""
    links, tissue = Links(0.43, 0.42, 0.1), 0.03
    t_s = np.arange(0.0, 11.0, 1.0 / HZ)
    down, up = (np.clip((t_s - begin) / length_s, 0.0, 1.0) for begin, length_s in ((1.0, 5.0), (6.0, 4.0)))
    shares = [10 * part**3 - 15 * part**4 + 6 * part**5 for part in (down, up)]
    phi = np.radians(15.0 + 65.0 * (shares[0] - shares[1]))
    poses = [pose(links, each) for each in phi]
    place, theta = (np.array([getattr(each, name) for each in poses]) for name in ("D", "theta"))
    rate = np.gradient(theta + tissue * phi, t_s) + np.random.default_rng(4).normal(0.0, 0.002, t_s.size)
    ways = found(t_s, np.gradient(np.gradient(place, t_s), t_s) + 0.05, rate, noise=0.05)
    assert len(ways.way_m) == 2
    short = np.abs(place[ways.end] - place[ways.start]) - np.abs(ways.way_m)
    off = ways_off_m(links, tissue, phi, *(ways[i] for i in (0, 1, 2, 4, 5, 6)))
    print(f"as if it stood: short by {1e3 * short} mm; off {1e3 * off} mm")
    assert np.all(short > 0.01)
    assert np.abs(off).max() < 0.004
