"""A coached session in virtual time, and links that misbehave."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from presscue.errors import LinkLost
from presscue.fitting import core_of
from presscue.links import Link, open_link
from presscue.links.sim import open_sim
from presscue.live.session import LiveSession
from presscue.profile import Profile
from presscue.recording import Recorder
from presscue.results import CalibrationWanted

OPTIONS = "seed=10,faults=heel_lift+lockout,sets=4+3,rest_s=4,hold_s=2.5,clean_first=3,fault_share=0.5,lower_s=1.5+1.8"
PROFILE = Profile(height_m=1.75, straight_leg_hold_s=(0.2, 2.4))


def session(link: Link, path: Path | None = None, **options) -> LiveSession:
    """A live session in virtual time, recorded to `path`."""

    def record(info, rows):
        assert path is not None
        return Recorder(path, info, rows, wall_ms=0, session=7, profile=PROFILE.to_toml())

    core = core_of(PROFILE, patient=False)
    keep = record if path is not None else None
    return LiveSession(
        link, core, **{"fits": "inline", "record": keep, "wall_ms": lambda: 0, "sleep": lambda _: None, **options}
    )


def play(live: LiveSession, until_s: float, each: Callable[[LiveSession], None] = lambda live: None) -> LiveSession:
    """Run a session up to a time of the node's clock, and finish it."""
    try:
        while live.step() and live.core.merge.watermark < until_s:
            each(live)
    finally:
        live.finish()
    return live


def coached(path: Path) -> LiveSession:
    """A whole session of a virtual lifter, recorded to `path`; it is played once, however often it is asked for."""
    data, live = _played()
    path.write_bytes(data)
    return live


@cache
def _played() -> tuple[bytes, LiveSession]:
    link = open_sim(OPTIONS + ",fast")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.presscue"
        live = play(session(link, path), link.duration_s - 0.5)
        return path.read_bytes(), live


def replayed(path: Path, link: Link | None = None) -> LiveSession:
    return play(session(link or open_link(f"replay:{path}"), fits="recorded"), float("inf"))


def said(live: LiveSession) -> list[str]:
    """Every output to the last bit, but for what the core asks."""
    return [repr(out) for out in live.outputs if not isinstance(out, CalibrationWanted)]


class Pulled:
    """A link that is pulled between two times of its clock; how, says `read`."""

    envelope = "frames"

    def __init__(self, link, from_s: float, until_s: float):
        self.link, self.name = link, type(self).__name__.lower()
        self.from_s, self.until_s = from_s, until_s
        self.lost = 0

    def write(self, data: bytes) -> None:
        self.link.write(data)

    def now_s(self) -> float:
        return self.link.now_s()

    def close(self) -> None:
        pass


class Flaky(Pulled):
    """What the node says meanwhile is gone."""

    def read(self, timeout_s: float) -> bytes:
        if self.from_s <= self.link.now_s() < self.until_s:
            self.lost += 1
            while self.link.now_s() < self.until_s:
                self.link.read(0.01)  # what the node says meanwhile is gone
            raise LinkLost("flaky: unplugged")
        return self.link.read(timeout_s)
