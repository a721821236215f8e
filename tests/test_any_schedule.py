"""Any schedule of drops, losses, restarts of either side and hostile writes ends well, after some quiet.

Every samples message that the firmware made is recorded once or counted as lost, with the reason; what was written to
the node's flash is recorded; no cue was played twice; the node streams. A boot that ended before any host had heard of
it is counted as lost by reboot: what it wrote is in its own log, for `pull`.
"""

import contextlib
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from presscue import wire
from presscue.errors import PresscueError
from presscue.links.ble import BleLink
from presscue.live.session import LiveSession
from presscue.readings.messages import Messages
from presscue.readings.packed import expanded
from test_download import Pressed
from troubled_link import Gym, Numbered, numbered

QUIET_S = 25.0
STRANGER = "C0:C1:C2:C3:C4:C7"

SECONDS = st.floats(0.1, 4.0)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("drop"), SECONDS),
        st.tuples(st.just("losses"), st.floats(0.2, 0.9)),
        st.tuples(st.just("wait"), SECONDS),
        st.tuples(st.just("cue"), st.sampled_from(wire.PATTERNS)),
        st.tuples(st.just("reset node"), st.none()),
        st.tuples(st.just("crash host"), st.none()),
        st.tuples(st.just("hostile"), st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5)),
    ),
    min_size=2,
    max_size=6,
)


def crashed(live: LiveSession) -> None:
    """The host's program is gone from one moment to the next; the system closes what it had open."""
    live.link.close()
    if live.kept.recorder is not None:
        live.kept.recorder._file.close()


def attack(gym: Gym, writes: list[bytes]) -> None:
    """A stranger writes whatever it likes: over the air where there is one, else onto the cable."""
    if gym.room is None:
        gym.node.write(b"".join(writes))
        return
    with contextlib.suppress(PresscueError):
        stranger = BleLink("", gym.room.host(STRANGER))
        stranger._seal = None
        for data in writes:
            with contextlib.suppress(PresscueError):
                stranger.write(data)
        stranger.close()


def play(gym: Gym, steps: list[tuple]) -> tuple[LiveSession, int]:
    """All steps, then quiet. The last host's session, and how often the node was restarted in it."""
    live, resets = gym.host(), 0
    run(gym, live, 2.0)
    for kind, what in steps:
        if kind == "drop":
            gym.reach(False)
            gym.at(gym.now_s + what, lambda: gym.reach(True))
            run(gym, live, what)
        elif kind == "losses" and gym.room is not None:
            gym.room.air.loss = what
            run(gym, live, 1.0)
            gym.room.air.loss = 0.0
        elif kind == "cue" and live.state == "streaming":
            live.play(what)
        elif kind == "reset node":
            gym.node.reset()
            resets += 1
        elif kind == "crash host":
            crashed(live)
            live, resets = gym.host(), 0
        elif kind == "hostile":
            attack(gym, what)
        run(gym, live, what if kind == "wait" else 0.3)
    began_s = gym.now_s
    while gym.now_s < began_s + 3.0 or (not at_rest(live) and gym.now_s < began_s + QUIET_S):
        live.step(0.02)
    return live, resets


def run(gym: Gym, live: LiveSession, seconds: float) -> None:
    until_s = gym.now_s + seconds
    while gym.now_s < until_s:
        live.step(0.02)


def at_rest(live: LiveSession) -> bool:
    return live.state == "streaming" and not live.session.wanted()


def flashed(gym: Gym) -> Numbered:
    """Samples messages in intact pages of the node's flash."""
    decoder = wire.PageDecoder()
    messages = [message for page in decoder.feed(bytes(gym.node.hardware.flash.data)) for message in page[3]]
    return numbered(expanded(Messages.of(messages)))[0]


def held(kind: str, steps: list[tuple], folder: Path) -> None:
    with Gym(Pressed((3.0,), 5.0), kind, folder, seed=3) as gym:
        live, resets = play(gym, steps)
        assert at_rest(live), (live.state, live.trouble, live.session.wanted())
        assert live.status is not None
        assert live.status.state == "streaming"
        live.finish()
        made, (got, repeated) = gym.made(), gym.recorded()
        missing, boots = live.session.missing(), [boot for boot, _ in got]
        began = next(index for index, number in enumerate(made) if number in got)
        wanted = list(made)[began:]
        lost = [number for number in wanted if number not in got]
        assert not repeated
        assert all(made[number] == message for number, message in got.items() if number in made)
        assert set(missing) <= {"rest", "full", "reboot", "sensor"}
        readings = sum(made[number][24] for number in lost)
        assert readings <= sum(missing[reason] for reason in ("rest", "full", "reboot")), (readings, missing)
        assert resets or not lost
        met = set(boots)
        assert not [number for number in lost if number[0] in met and number in flashed(gym)]
        assert len(met) <= resets + 1
        started = [ack.cue for ack in live.acks if ack.outcome == "started"]
        assert len(set(started)) == len(started)


def example(kind: str, steps: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        held(kind, steps, Path(folder))


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("ble", [("drop", 3.0), ("reset node", None), ("cue", "pulse"), ("hostile", [b"\x10\x01\x00", b"\xff" * 40])]),
        ("ble", [("crash host", None), ("reset node", None)]),
        ("usb", [("hostile", [b"\x00\x07\x10\x00"]), ("reset node", None), ("crash host", None), ("drop", 2.5)]),
    ],
)
def test_a_schedule_of_everything_ends_with_each_sample_there_once_or_counted(kind, steps):
    example(kind, steps)


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.sampled_from(["ble", "ble", "usb"]), STEPS)
def test_any_schedule_ends_with_each_sample_there_once_or_counted(kind, steps):
    example(kind, steps)


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.sampled_from(["ble", "usb"]), STEPS)
def test_a_few_schedules_end_so(kind, steps):
    example(kind, steps)
