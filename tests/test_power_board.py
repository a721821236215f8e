"""The node asleep on the virtual board: what wakes it, what that costs the first set, and what it lives on."""

import csv
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

import power
from presscue import wire
from presscue.simulator.board import charges
from presscue.simulator.performance import Performance, perform
from presscue.simulator.scenario import random_scenario
from presscue.simulator.virtual_node import VirtualNode
from test_board_node import Host, StandIn
from test_flash_shrink import run_small

SLEEP_MIN = wire.SETTINGS.index("sleep_min")
WALL_MS = 1_763_700_000_000
PACES_HZ = {"streaming": 160_000_000, "advertising": 80_000_000, "sleep": 0}
"""The processor's clock in each state of the budget that a node without a host can be in."""


@cache
def session_of(seed: int) -> Performance:
    return perform(random_scenario(seed))


class Later:
    """Nobody touches the machine until `start_s`; then the session."""

    def __init__(self, session: Performance, start_s: float):
        self._session, self._start_s = session, start_s
        self.duration_s = start_s + session.duration_s

    def imu(self, which, t_s):
        return self._session.imu(which, np.maximum(t_s - self._start_s, 0.0))

    def pads(self, t_s):
        return self._session.pads(np.maximum(t_s - self._start_s, 0.0))


class Radio:
    """Hears how often the node advertises: (t_us, interval_ms), 0 for off."""

    def __init__(self):
        self.said: list[tuple[int, int]] = []
        self.node: VirtualNode | None = None

    def execute(self, operation, argument, data):
        if operation == 2 and self.node is not None:
            self.said.append((self.node.now_us, argument))
        return 0, b""

    def available(self, t_us):
        return 0

    def next_event_us(self):
        return None

    def reset(self):
        pass


def asleep(node: VirtualNode, minutes: int = 1) -> Host:
    """Tell the node the time and after how many minutes to sleep, and leave it alone until it does."""
    host = Host(node)
    host.until(200_000)
    host.send("clock", 1, WALL_MS)
    host.send("configure", 2, SLEEP_MIN, minutes)
    for second in range(1, 60 * minutes + 20):
        if not node.asleep:
            node.run_until(second * 1_000_000)
    assert node.asleep
    return host


def logs(host: Host) -> list[dict]:
    host.send("log_list", 3, 0)
    host.until(host.node.now_us + 200_000)
    return host.all("log_entry")


def drawn(node: VirtualNode) -> dict[str, str]:
    """What the parts of the budget's sleep row do, of those whose current depends on it."""
    haptic = node.hardware.haptic
    return {
        "LSM6DSOX accelerometer 12.5 Hz low power": node.hardware.imus["sled"].drawing,
        "LSM6DSOX power-down": node.hardware.imus["leg"].drawing,
        "ADS1115 power-down and DRV2605L standby": "off" if haptic.standby else "on",
        "Connector's regulator held on": "on" if node.hardware.bus.powered else "off",
    }


def test_left_alone_it_goes_from_state_to_state_of_the_budget():
    radio = Radio()
    with VirtualNode(StandIn(), seed=4) as node:
        node.hardware.bluetooth = radio
        radio.node = node
        asleep(node)
        states = {pace: name for name, pace in PACES_HZ.items()}
        went = [(states[pace], t_us / 1e6) for t_us, pace in node.hardware.pace_log]
        print(", ".join(f"{name} from {t_s:.1f} s" for name, t_s in went))
        assert [name for name, _ in went] == ["streaming", "advertising", "sleep"]
        assert went[1][1] == pytest.approx(10, abs=2)
        assert went[2][1] == pytest.approx(62, abs=4)
        assert [(interval, round(t_us / 1e7)) for t_us, interval in radio.said] == [(100, 0), (1000, 6)]
        assert drawn(node) == {
            "LSM6DSOX accelerometer 12.5 Hz low power": "watching",
            "LSM6DSOX power-down": "off",
            "ADS1115 power-down and DRV2605L standby": "off",
            "Connector's regulator held on": "on",
        }
        with open(power.CURRENTS, newline="", encoding="utf-8") as file:
            parts = {row["part"] for row in csv.DictReader(file) if row["state"] == "sleep"}
        assert drawn(node).keys() <= parts
        node.run_until(3600 * 1_000_000)
        assert node.asleep
        assert node.boots == 1
        charge_mah = spent_mah(node)
        by_hand = sum(power.currents()[name][0] * s / 3600 for name, s in (("streaming", 11), ("advertising", 51)))
        assert charge_mah == pytest.approx(by_hand + 3538 / 3600 * power.currents()["sleep"][0], rel=0.01)
        print(f"an hour: {charge_mah:.2f} mAh, {charge_mah - by_hand:.2f} of them asleep")


def spent_mah(node: VirtualNode) -> float:
    """What the budget says that the node's life so far has cost."""
    currents = {PACES_HZ[name]: typical for name, (typical, _) in power.currents().items() if name in PACES_HZ}
    ends = [*node.hardware.pace_log, (node.now_us, None)]
    return sum(currents[pace] * (after - t_us) / 3.6e9 for (t_us, pace), (after, _) in pairwise(ends))


@pytest.mark.parametrize(
    ("seed", "whole"),
    [(3, False), *(pytest.param(seed, True, marks=pytest.mark.slow) for seed in (3, 6, 11))],
)
def test_the_sled_wakes_it_and_the_first_set_is_logged(seed, whole):
    """Lost are the seconds before the set, and of its motion what the wake takes."""
    session = session_of(seed)
    start_s = 600.0
    first, *_ = session.truth.sets
    with VirtualNode(Later(session, start_s), seed=seed) as node:
        asleep(node)
        node.run_until(int((start_s + (first.end_s + 12 if whole else first.start_s + 15)) * 1e6))
        woken_s = node.hardware.pace_log[-1][0] / 1e6 - start_s
        host = Host(node)
        (log, *_) = logs(host)
        host.send("start", 4, 1, 0)
        host.until(node.now_us + 200_000)
    samples = host.all("samples", source=wire.SLED)[0]
    booted_s = woken_s + charges.BOOT_US / 1e6
    taken_s = booted_s + (samples["t_us"] - samples["seq"] * samples["period_ns"] / 1000) / 1e6
    moving = np.arange(0, first.start_s + 5, 0.001)
    moved_s = moving[np.argmax(np.abs(session.truth.at("sled_velocity_mps", moving)) > 0.02)]
    rep_s = session.truth.reps[0].start_s
    print(f"after motion: woken {woken_s - moved_s:.2f} s, first reading {taken_s - moved_s:.2f} s, "
          f"first rep {rep_s - moved_s:.2f} s")  # fmt: skip
    logged_s = booted_s + log["t_us"] / 1e6
    assert log["sets"] == 1
    assert log["pages"] > 100
    assert woken_s - moved_s < 1.0
    assert 0.3 < taken_s - woken_s < 0.6
    assert taken_s < rep_s
    assert logged_s < rep_s
    assert wire.CLOCKS[log["clock"]] == "slept"
    truth_ms = WALL_MS + (start_s + logged_s) * 1000
    assert abs(log["wall_ms"] - truth_ms) < 1_500 + 0.011 * start_s * 1000  # the slow clock's one per cent


@pytest.mark.parametrize("package", ["sources", "small"])
def test_the_button_wakes_it_and_nothing_is_logged(package, tmp_path, monkeypatch):
    if package == "small":
        run_small(tmp_path, monkeypatch)
    with VirtualNode(StandIn(), seed=4) as node:
        host = asleep(node)
        node.run_until(100_000_000)
        node.press()
        node.run_until(101_000_000)
        node.press(False)
        assert not node.asleep
        assert node.boots == 2
        assert logs(host) == []
        assert host.all("health")[0]["woke"] == wire.WAKES.index("button")
        assert [f["value"] for f in host.all("notice") if wire.NOTICES[f["code"]] == "reset"][-1] == 4


def test_a_sleeping_node_whose_sled_sensor_is_pulled_off_wakes_by_its_button_alone():
    with VirtualNode(Later(session_of(3), 120.0), seed=3) as node:
        asleep(node)
        node.unplug("sled")
        node.run_until(150_000_000)
        assert node.asleep
        node.press()
        node.run_until(151_000_000)
        assert not node.asleep


def test_on_a_charger_it_stays_awake():
    with VirtualNode(StandIn(), seed=4) as node:
        node.hardware.charging = True
        host = Host(node)
        host.until(200_000)
        host.send("configure", 2, SLEEP_MIN, 1)
        host.until(75_000_000)
        assert not node.asleep
        logs(host)
        assert host.all("health")[0]["usb"] == 1
