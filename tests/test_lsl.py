"""Streams for a laboratory: real inlets on loopback get every reading with its name, its unit and its own time."""

import importlib.util
import os
import time

import numpy as np
import pytest

from live_fakes import PROFILE, session
from presscue import wire
from presscue.analysis.analyze import open_source
from presscue.cli import main
from presscue.errors import UsageError
from presscue.fitting import core_of
from presscue.kernel import COLUMNS as TRACE
from presscue.laboratory.outlet import Outlets
from presscue.laboratory.streams import EVENTS, KNEE, KNEE_COLUMNS, RAW, Markers
from presscue.links import open_link
from presscue.links.sim import FastSimLink, open_sim
from presscue.live.coach import coach
from presscue.results import Event

OPTIONS = "seed=10,faults=heel_lift+lockout,sets=5,hold_s=0.5,lower_s=1.0+1.2,fault_share=0.5,clean_first=2"
UNTIL_S = 33.0
ROUNDED_S = 1e-4
"""Of pings, whose times are whole microseconds, and of the skew, which is taken as none for the first 5 s."""
NAMES = {stream.name for stream in (*RAW.values(), KNEE, EVENTS)}
LOOPBACK = """
[ports]
IPv6 = disable
[multicast]
ResolveScope = machine
ListenAddress = 127.0.0.1
MachineAddresses = {{127.0.0.1}}
[lab]
KnownPeers = {{127.0.0.1}}
SessionID = presscue-{}
[log]
level = -9
"""


class OtherClock:
    """A link to a machine whose clock shows something else than the node's, and goes slower."""

    AHEAD_S, SKEW = 5_000.0, -60e-6
    envelope, name = "frames", "other clock"

    def __init__(self, link):
        self.link = link
        self.read, self.write, self.close = link.read, link.write, link.close

    def now_s(self) -> float:
        return self.of(self.link.now_s())

    def of(self, node_s):
        return self.AHEAD_S + node_s * (1.0 + self.SKEW)


class Laboratory:
    """Somebody who listens to all streams from before the first sample, as a view around the outlets."""

    def __init__(self, lsl, outlets: Outlets):
        self._lsl, self._outlets = lsl, outlets
        self.inlets = {}
        self.infos = {}
        self.error_s: list[float] = []
        """How far off the clock said it may be, at each step."""
        self.ahead_s: tuple[float, float] | None = None
        """LSL's clock less the link's when the outlets looked at both: just before, just after."""
        self.stamps: dict[str, list[float]] = {name: [] for name in NAMES}
        self.values: dict[str, list] = {name: [] for name in NAMES}

    def update(self, live) -> None:
        before_s = self._ahead_s(live)
        self._outlets.update(live)
        if self.ahead_s is None and self._outlets.streams:
            self.ahead_s = before_s, self._ahead_s(live)
        if not self.inlets and self._outlets.streams.keys() >= NAMES:
            assert not live.clock.known, "samples were sent before anybody could listen"
            for name in NAMES:
                (found,) = self._lsl.resolve_byprop("source_id", f"{live.session.info.device}-{name}", 1, 10.0)
                self.inlets[name] = self._lsl.StreamInlet(found)
                self.inlets[name].open_stream(10.0)
                self.infos[name] = self.inlets[name].info(10.0)
                assert self._outlets.streams[name].wait_for_consumers(10.0)
        if live.clock.known:
            self.error_s.append(1e-6 * live.clock.error_us)
        self._pull()

    def close(self) -> None:
        self._outlets.close()
        self._pull()
        for inlet in self.inlets.values():
            inlet.close_stream()

    def of(self, link: OtherClock, node_s):
        """Times of the node as LSL's clock showed them, and how sure that is: virtual time stood, LSL's did not."""
        assert self.ahead_s is not None
        return link.of(node_s) + sum(self.ahead_s) / 2, ROUNDED_S + self.ahead_s[1] - self.ahead_s[0]

    def _ahead_s(self, live) -> float:
        return self._lsl.local_clock() - live.link.now_s()

    def _pull(self) -> None:
        for name, inlet in self.inlets.items():
            values, stamps = inlet.pull_chunk(0.0, 4096)
            while stamps:
                self.stamps[name] += stamps
                self.values[name] += values
                values, stamps = inlet.pull_chunk(0.0, 4096)


@pytest.fixture(scope="module")
def lsl(tmp_path_factory):
    """pylsl, on loopback and in a session of its own: nothing of it is seen beyond this process."""
    import pylsl

    pylsl.set_config_content(LOOPBACK.format(os.getpid()))
    return pylsl


@pytest.fixture(scope="module")
def listened(lsl, tmp_path_factory):
    """A session of a virtual lifter that was listened to, and its recording."""
    path = tmp_path_factory.mktemp("lsl") / "session.presscue"
    link = OtherClock(open_sim(OPTIONS + ",fast"))
    live = session(link, path)
    live.use(core_of(PROFILE, patient=False, trace=True))
    outlets = Outlets()
    laboratory = Laboratory(lsl, outlets)
    live.watch = outlets.take
    began_s = time.perf_counter()
    coach(live, laboratory, UNTIL_S)
    print(f"{UNTIL_S:.0f} s of training streamed in {time.perf_counter() - began_s:.1f} s")
    return live, laboratory, path, link


def recorded(path, source: int) -> tuple[np.ndarray, np.ndarray]:
    times, values = [], []
    for piece in open_source(path, None).pieces:
        own = piece.readings.of_source(source)
        times.append(piece.readings.t_s[own])
        values.append(piece.readings.values[own])
    return np.concatenate(times), np.concatenate(values)


@pytest.mark.parametrize("source", RAW)
def test_an_inlet_gets_every_reading_that_was_recorded(listened, source: int):
    _, laboratory, path, _ = listened
    t_s, values = recorded(path, source)
    name = RAW[source].name
    got = np.array(laboratory.values[name])
    assert len(t_s) > 500
    assert got.shape == (len(t_s), len(RAW[source].columns))
    np.testing.assert_array_equal(got, values[:, : got.shape[1]].astype(np.float32))


def test_the_knee_is_that_of_the_same_session_replayed(listened):
    _, laboratory, path, _ = listened
    again = session(open_link(f"replay:{path}"), fits="recorded")
    again.use(core_of(PROFILE, patient=False, trace=True))
    while again.step():
        pass
    again.finish()
    trace = again.core.trace()
    got = np.array(laboratory.values[KNEE.name])
    assert len(got) == len(trace) > 1000
    np.testing.assert_array_equal(got, trace[:, [TRACE.index(name) for name in KNEE_COLUMNS]].astype(np.float32))
    assert np.nanmax(got[:, 0]) > 60.0, "no rep in it"


def test_channels_have_names_and_units(listened):
    live, laboratory, _, _ = listened
    infos = laboratory.infos
    imu = ["m/s^2"] * 3 + ["rad/s"] * 3
    axes = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
    expected = {
        "presscue_sled_imu": ("IMU", [f"sled_{axis}" for axis in axes], imu),
        "presscue_leg_imu": ("IMU", [f"leg_{axis}" for axis in axes], imu),
        "presscue_pads": ("Force", ["heel_left", "heel_right", "seat"], ["V"] * 3),
        "presscue_knee": (
            "Kinematics",
            ["knee_flexion", "knee_rate", "sled_position", "sled_velocity", "leg_pitch", "valgus"],
            ["deg", "deg/s", "m", "m/s", "deg", "deg"],
        ),
    }
    for name, (kind, labels, units) in expected.items():
        info = infos[name]
        assert (info.type(), info.get_channel_labels(), info.get_channel_units()) == (kind, labels, units)
        assert info.desc().child_value("device") == live.session.info.device
    for source in (wire.SLED, wire.LEG):
        nominal_hz = 1.0 / live.session.channels.layout(source).period_s
        assert nominal_hz > 100
        assert infos[RAW[source].name].nominal_srate() == pytest.approx(nominal_hz)


@pytest.mark.parametrize("source", RAW)
def test_each_sample_has_the_time_at_which_it_was_measured(listened, source: int):
    _, laboratory, path, link = listened
    t_s, _ = recorded(path, source)
    true_s, sure_s = laboratory.of(link, t_s)
    off_s = np.abs(np.array(laboratory.stamps[RAW[source].name]) - true_s)
    first_s, last_s = laboratory.error_s[0], laboratory.error_s[-1]
    end_s = off_s[t_s > UNTIL_S - 5.0].max()
    print(f"{RAW[source].name}: off by {1e3 * off_s.max():.2f} ms at first (bound {1e3 * first_s:.2f}), by "
          f"{1e3 * end_s:.2f} ms in the end (bound {1e3 * last_s:.2f})")  # fmt: skip
    assert first_s >= last_s
    assert off_s.max() < first_s + sure_s
    assert end_s < last_s + sure_s
    assert (np.diff(laboratory.stamps[RAW[source].name]) >= 0.0).all()


def test_markers_say_what_happened_when(listened):
    live, laboratory, _, link = listened
    markers, expected = Markers(), []
    for out in live.outputs:
        expected += markers.of(out)
    expected += [(ack.start_s, f"cue {ack.cue} felt") for ack in live.acks if ack.outcome == "started"]
    got = list(zip(laboratory.stamps[EVENTS.name], (words for (words,) in laboratory.values[EVENTS.name]), strict=True))
    assert sorted(words for _, words in got) == sorted(words for _, words in expected)
    assert {"rep 1 start", "rep 1 bottom", "rep 1 end"} <= {words for _, words in got}
    at_s = {words: laboratory.of(link, t_s) for t_s, words in expected if words.startswith("rep")}
    for stamp_s, words in got:
        if words in at_s:
            true_s, sure_s = at_s[words]
            assert stamp_s == pytest.approx(true_s, abs=laboratory.error_s[0] + sure_s)


def test_a_fault_starts_and_ends_once():
    markers = Markers()
    fault = Event("valgus", "left", 0, 2.0, 2.5, float("nan"), 1.0, 1.0)
    ended = Event("valgus", "left", 0, 2.0, 2.5, 4.0, 1.0, 1.0)
    expected = Event("lockout", None, 0, 3.1, 3.0, float("nan"), 1.0, 1.0, predicted=True)
    said = [*markers.of(fault), *markers.of(ended), *markers.of(expected), *markers.of(expected)]
    assert said == [(2.0, "fault valgus left start"), (4.0, "fault valgus left end"), (3.0, "expected lockout")]


def test_after_a_restart_of_the_node_times_are_still_right(lsl):
    link = open_sim("seed=3,sets=2,fast")
    assert isinstance(link, FastSimLink)
    live = session(link)
    live.use(core_of(PROFILE, patient=False, trace=True))
    outlets = Outlets()
    seen = []

    def watch(blocks) -> None:
        outlets.take(blocks)
        seen.extend((block.t_s[-1], link.now_s()) for block in blocks)

    live.watch = watch
    restarted = False
    while live.step() and link.now_s() < 9.0:
        outlets.update(live)
        if not restarted and link.now_s() > 4.0:
            restarted = True
            link.node.reset()
    measured_s = outlets._stamps(np.array([t_s for t_s, _ in seen])) - outlets._ahead_s
    late_s = np.array([arrived_s for _, arrived_s in seen]) - measured_s
    live.finish()
    outlets.close()
    assert live.session.counts.reboots == 1
    assert len(outlets._boots) == 2
    assert np.isfinite(late_s).all()
    print(f"readings arrive {1e3 * late_s.min():.1f} to {1e3 * late_s.max():.1f} ms after their time stamps")
    assert late_s.min() > -1e-6 * live.clock.error_us, "a reading cannot come before it was measured"
    assert late_s.max() < 0.1


def test_a_better_estimate_never_lets_the_time_of_a_stream_go_back(lsl):
    class Sent(list):
        def push_chunk(self, values, stamps):
            self.extend(stamps)

    outlets = Outlets()
    outlets.streams = {KNEE.name: Sent(), EVENTS.name: Sent()}
    for stamps in ([1.000, 1.005, 1.010], [1.007, 1.012]):
        outlets._send(KNEE, np.array(stamps), np.zeros((len(stamps), len(KNEE.columns))))
        outlets._send(EVENTS, np.array(stamps[:1]), [["rep 1 end"]])
    assert outlets.streams[KNEE.name] == [1.000, 1.005, 1.010, 1.010, 1.012]
    outlets._send(EVENTS, np.array([0.5]), [["rep 1 start"]])
    assert outlets.streams[EVENTS.name] == [1.000, 1.007, 0.5]


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pylsl" else found(name, *rest)
    )
    with pytest.raises(UsageError, match=r"this needs pylsl, which is not installed: pip install 'presscue\[lsl\]'"):
        Outlets()


@pytest.mark.parametrize("arguments", [["--all", "sim:"], ["replay:session.presscue"]])
def test_what_cannot_be_streamed_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["live", "--lsl", *arguments])
    assert ended.value.code == 2
    assert "--lsl streams" in capsys.readouterr().err
