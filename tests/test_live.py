"""Coaching live: the promise of replay to the bit, links that go, nodes that cannot be talked to, full disks."""

import errno
import random
from pathlib import Path

import pytest

from live_fakes import OPTIONS, Flaky, coached, play, replayed, said, session
from presscue import wire
from presscue.analysis.analyze import analyze
from presscue.errors import LinkEnded, LinkLost, PeerError
from presscue.links import open_link
from presscue.links.sim import FastSimLink, open_sim
from presscue.live.session import LiveSession
from presscue.recording import read_recording


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[Path, LiveSession]:
    path = tmp_path_factory.mktemp("live") / "session.presscue"
    return path, coached(path)


class Chunks:
    """A session file in pieces of any size."""

    envelope = "pages"

    def __init__(self, data: bytes, sizes):
        self.name, self._data, self._sizes = "chunks", data, sizes

    def read(self, timeout_s: float) -> bytes:
        if not self._data:
            raise LinkEnded("chunks: at the end")
        size = next(self._sizes)
        piece, self._data = self._data[:size], self._data[size:]
        return piece

    def write(self, data: bytes) -> None:
        pass

    def now_s(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


def test_reps_are_counted_and_cues_are_felt_in_time(recorded):
    _, live = recorded
    assert len(live.findings.reps) == 7
    assert len(live.findings.sets) == 2
    assert live.findings.cues
    assert {ack.outcome for ack in live.acks} <= {"started", "outranked"}
    latency = live.cue_latency_ms()
    assert latency is not None
    print(f"cue latency p50 {latency['p50']:.0f} p95 {latency['p95']:.0f} ms, {live.fits.calibrations} calibrations")
    assert latency["p95"] <= 75
    assert live.clock.round_trip_us < 30_000


def test_a_replay_gives_what_live_gave_to_the_bit(recorded):
    path, live = recorded
    again = replayed(path)
    assert said(again) == said(live)
    assert again.latencies_ms == pytest.approx(live.latencies_ms, abs=1e-3)  # the wire carries whole microseconds


@pytest.mark.parametrize("seed", [1, 2])
def test_in_any_chunking(recorded, seed: int):
    path, live = recorded
    rng = random.Random(seed)
    sizes = iter(lambda: rng.choice((1, 100, 256, 1000, 70_000)) if seed == 1 else 50_021, None)
    again = replayed(path, Chunks(path.read_bytes(), sizes))
    assert said(again) == said(live)


def test_drops_that_are_filled_later_change_nothing(recorded, tmp_path: Path):
    path, _ = recorded
    messages = [message for chunk in read_recording(path).messages() for message in chunk]
    rng = random.Random(3)
    held, shuffled = [], []
    for message in messages:
        if message[0] == wire.TYPES["samples"] and rng.random() < 0.05:
            held.append(message)
        else:
            shuffled.append(message)
        if held and rng.random() < 0.01:
            shuffled += held
            held = []
    writer = wire.PageWriter(1, 7)
    pages = [writer.add(message) for message in [*shuffled, *held]] + [writer.flush()]
    other = tmp_path / "filled.presscue"
    other.write_bytes(b"".join(page for page in pages if page))
    one, two = analyze(path).to_json(), analyze(other).to_json()
    for key in ("reps", "sets", "events", "cues", "calibration"):
        assert repr(one[key]) == repr(two[key]), key
    assert one["quality"]["samples"] == two["quality"]["samples"]


def test_unplugged_in_a_set_the_set_is_kept(tmp_path: Path):
    link = open_sim(OPTIONS + ",fast")
    cut_s = [link.truth.reps[2].start_s + 0.5, link.truth.reps[2].start_s + 1.0]
    flaky = Flaky(link, *cut_s)
    states = []
    live = session(flaky, tmp_path / "cut.presscue", reopen=lambda: flaky)
    play(live, link.duration_s - 0.5, lambda live: states.append(live.state))
    link.close()
    assert flaky.lost == 1
    assert "lost" in states
    assert states[-1] == "streaming"
    assert live.session.counts.lost_readings > 100
    firsts = [rep for rep in live.findings.reps.values() if rep.set == 0]
    assert len(live.findings.sets) == 2
    assert len(firsts) >= 3  # the rep that was cut may be gone, not the set
    assert said(replayed(tmp_path / "cut.presscue")) == said(live)


def test_a_node_that_restarts_goes_on(tmp_path: Path):
    link = open_sim(OPTIONS + ",fast")
    assert isinstance(link, FastSimLink)
    done = []

    def reset_once(live: LiveSession) -> None:
        if not done and live.core.merge.watermark > 8:
            done.append(1)
            link.node.reset()

    live = play(session(link, tmp_path / "reset.presscue"), 14.0, reset_once)
    assert live.session.counts.reboots == 1
    assert live.core.merge.watermark >= 14.0
    assert said(replayed(tmp_path / "reset.presscue")) == said(live)


def test_a_link_that_stays_away_is_lost_for_good():
    link = open_sim("seed=1,sets=1,rest_s=4,fast")

    def gone():
        raise LinkLost("serial:X: there is no such port")

    flaky = Flaky(link, 2.0, 2.1)
    with pytest.raises(LinkLost, match="given up after 5 minutes"):
        play(session(flaky, reopen=gone), 10.0)
    link.close()


class Says:
    """A peer that says the same thing for ever, 10 ms at a time."""

    envelope = "frames"

    def __init__(self, data: bytes):
        self.name, self._data, self._now_s = "serial:X", data, 0.0

    def read(self, timeout_s: float) -> bytes:
        self._now_s += 0.01
        return self._data

    def write(self, data: bytes) -> None:
        pass

    def now_s(self) -> float:
        return self._now_s

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "no answer"),
        (b"$GPGGA,123519,4807.038,N*47\r\n", "not a presscue node"),
        (wire.frame(wire.encode("info", 9, 1, 9, 0, 0, 5, b"12345678", tail=b"new")), "speaks protocol 9"),
    ],
)
def test_who_is_no_node_is_told_in_a_line(data: bytes, line: str):
    with pytest.raises(PeerError, match=line) as caught:
        play(session(Says(data)), 10.0)
    assert "\n" not in str(caught.value)


def test_a_full_disk_does_not_end_the_training(tmp_path: Path):
    link = open_sim("seed=1,sets=1,rest_s=4,fast")
    live = session(link, tmp_path / "full.presscue")

    class Full:
        closed = False

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def fileno(self):
            raise OSError(errno.EBADF, "closed")

        def close(self):
            self.closed = True

    def fill(live: LiveSession) -> None:
        if live.kept.recorder is not None and live.kept.path is not None and live.core.merge.watermark > 2:
            live.kept.recorder._file.close()
            live.kept.recorder._file = Full()  # type: ignore[assignment]

    play(live, 6.0, fill)
    assert "No space left" in str(live.kept.error)
    assert live.core.merge.watermark >= 6.0


def test_a_replay_of_a_recording_without_calibrations_is_fitted(recorded, tmp_path: Path):
    path, live = recorded
    bare = tmp_path / "bare.presscue"
    writer = wire.PageWriter(1, 7)
    messages = [m for chunk in read_recording(path).messages() for m in chunk if m[0] != wire.TYPES["calibration"]]
    pages = [writer.add(message) for message in messages] + [writer.flush()]
    bare.write_bytes(b"".join(page for page in pages if page))
    core = session(open_link(f"replay:{bare}"), fits="anew")
    core.core.config = type(core.core.config)(priors=core.core.config.priors, patient=True)
    assert len(play(core, float("inf")).findings.reps) == len(live.findings.reps)
