"""The set-up in virtual time: from a bare node to the first analysed rep in few keys, and what it finds wrong."""

import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from browser import PHONE, barriers, chromium, page_of
from presscue.archive.journal import read_journal
from presscue.errors import UsageError
from presscue.fitting import core_of
from presscue.lifters import lifter_path, read_lifter, save_lifter
from presscue.links import Link
from presscue.links.sim import open_sim
from presscue.live.saying import Sayings
from presscue.live.session import LiveSession
from presscue.profile import Profile
from presscue.recording import Recorder
from presscue.results import Samples
from presscue.setup import STEPS, Facts, Setup
from presscue.setup.leader import Leader
from presscue.setup.start import keep_lifter, note_profile, patient_sim
from presscue.setup.terminal import Terminal
from presscue.setup.who import Who
from presscue.units import METRIC, Units
from presscue.web.feed import Page
from presscue.web.picture import Painter
from presscue.wire import LEG, PADS, SLED

SIM = "sets=6,rest_s=4,hold_s=20,clean_first=4,fast,seed="
STEPS_MOST = 5
"""What a new user does, the command included, up to the first analysed rep."""


def led(
    options: str, folder: Path | None = None, observe: bool = False, link: Link | None = None, name: str | None = None
) -> Leader:
    """A set-up in virtual time, recorded to `folder`, which has the lifters' profiles too."""
    link = link or open_sim(options)
    who = Who(folder or Path("nowhere"), name, METRIC, observe)
    who.know(height_m=1.75)
    core = core_of(who.profile, patient=False, observe_only=observe)

    def record(info, rows):
        assert folder is not None
        return Recorder(folder / "s.presscue", info, rows, wall_ms=0, session=7)

    keep = record if folder is not None else None
    live = LiveSession(link, core, fits="inline", record=keep, wall_ms=lambda: 0, sleep=lambda _: None)
    return Leader(live, Setup(observe_first=observe), who)


def through(leader: Leader, until_s: float = 120.0, say=None) -> int:
    """A lifter who presses a key whenever one is waited for. How many presses it took."""
    presses = 0
    setup, live = leader.setup, leader.live
    while not setup.done and live.step() and setup.motion.t_s < until_s:
        leader.turn(live)
        if say is not None:
            say()
        asks = (setup.step == "cues" and setup.progress()[0] == "setup.cues.done") or setup.step in ("wear", "hold")
        if asks and not setup.measuring:
            setup.press("next")
            presses += 1
    return presses


def test_a_new_user_reaches_the_first_analysed_rep_in_five_steps(tmp_path: Path):
    leader = led(f"{SIM}10", tmp_path, observe=True, name="Ann B.")
    live, setup = leader.live, leader.setup
    presses = through(leader)
    print(f"keys pressed: {presses}")
    assert setup.done
    assert len(live.findings.reps) >= 2
    assert 1 + presses + 1 <= STEPS_MOST  # the command, the keys, and pressing the reps themselves
    assert [ack.by for ack in live.acks][:4] == ["host"] * 4
    assert setup.hold_s is not None
    assert setup.hold_s[1] < 20.0
    assert live.core.policy.params.observe_only
    while live.step() and live.core.merge.watermark < live.link.duration_s - 0.5:  # type: ignore[attr-defined]
        leader.turn(live)
    leader.turn(live)
    live.finish()
    note_profile(leader)
    keep_lifter(leader, tmp_path)
    (entry,) = read_journal(tmp_path / "s.presscue").standing()
    assert "straight_leg_hold_s" in entry["toml"]
    kept, new = read_lifter(tmp_path, None)
    assert (kept.lifter, kept.straight_leg_hold_s, new) == ("Ann B.", None, False)
    assert kept.rail_deg == pytest.approx(live.core.calibration.rail_deg, abs=0.06)  # type: ignore[union-attr]


def test_the_first_set_of_a_new_lifter_is_only_watched():
    leader = led(f"{SIM}10,faults=lockout,sets=3+3,clean_first=0", observe=True)
    live = leader.live
    through(leader)
    while live.step() and live.core.merge.watermark < live.link.duration_s - 0.5:  # type: ignore[attr-defined]
        leader.turn(live)
        if not live.findings.sets:
            assert live.findings.cues == []
    live.finish()
    assert not live.core.policy.params.observe_only


def readings(source: int, from_s: float, rate: float = 0.0, pads=(2.0, 2.0)) -> Samples:
    t_s = from_s + np.arange(10) / 100.0
    if source == PADS:
        return Samples(source, t_s, np.tile([*pads, np.nan], (10, 1)))
    return Samples(source, t_s, np.tile([0.0, 0.0, 9.8, rate, 0.0, 0.0], (10, 1)))


def at_press(sled_rate: float, leg_rate: float, pads=(2.0, 2.0)) -> Setup:
    setup = Setup(step="press")
    for i in range(20):
        setup.feed(
            [readings(SLED, i / 10, sled_rate), readings(LEG, i / 10, leg_rate), readings(PADS, i / 10, 0, pads)]
        )
    setup.look(Facts(2.0, "streaming"))
    return setup


@pytest.mark.parametrize(
    ("setup", "problem"),
    [
        (at_press(1.0, 0.01), ["swapped"]),
        (at_press(0.01, 1.0), []),
        (at_press(0.01, 1.0, (0.1, 2.0)), ["pad_left"]),
        (at_press(0.01, 1.0, (2.0, 0.0)), ["pad_right"]),
        (at_press(0.01, 1.0, (0.02, 0.01)), ["pad_left", "pad_right"]),
    ],
)
def test_what_is_wrong_is_said_at_once(setup: Setup, problem: list[str]):
    assert [name for name, _ in setup.problems()] == problem


def test_missing_gone_and_loose_are_said():
    setup = Setup()
    for i in range(50):
        setup.feed([readings(SLED, i / 10)])
        setup.look(Facts(i / 10, "streaming"))
    assert setup.step == "cues"
    assert setup.problems() == [("missing", {"part": "leg"}), ("missing", {"part": "pads"})]
    setup.look(Facts(6.0, "streaming", faults=("leg",)))
    assert setup.problems() == [("gone", {"part": "leg"}), ("missing", {"part": "pads"})]
    setup.look(Facts(6.0, "lost", "unplugged"))
    assert setup.problems()[0] == ("lost", {"trouble": "unplugged"})
    setup = at_press(0.0, 1.0)
    setup.look(
        Facts(
            3.0, "streaming", advice={"leg_imu_loose": ("it creeps", "tighten"), "hold_not_straight": ("bent", "again")}
        )
    )
    assert setup.problems() == [("loose", {}), ("other", {"what": "bent", "action": "again"})]


def pushed(swing_rad: float, stays_rad: float, source: int, for_s: float = 0.4) -> Samples:
    """Three seconds of an IMU that a finger turns about x by swing_rad within for_s; stays_rad of it remain."""
    t_s = np.arange(300) / 100.0
    share = np.clip((t_s - 0.7) / for_s, 0.0, 1.0)
    turn = swing_rad * np.sin(np.pi * share) + stays_rad * share
    values = np.zeros((300, 6))
    values[:, 1], values[:, 2] = 9.81 * np.sin(turn), 9.81 * np.cos(turn)
    values[:, 3] = np.gradient(turn, t_s) + 0.02
    return Samples(source, t_s, values + np.random.default_rng(1).normal(0.0, 0.01, values.shape))


@pytest.mark.parametrize(
    ("swing_deg", "stays_deg", "for_s", "said"),
    [(3, 0, 0.4, []), (5, 1, 0.4, []), (15, 0, 0.4, ["slips"]), (4, 8, 0.4, ["slips"]), (30, 0, 1.7, [])],
)
def test_a_strap_that_gives_way_is_said_as_soon_as_it_is_pushed(swing_deg, stays_deg, for_s, said):
    """The last one is a leg that moves: no push."""
    setup = Setup(step="wear")
    setup.feed([readings(SLED, -0.1, 0.02), readings(LEG, -0.1, 0.02)])
    setup.press("next")
    sled, leg = pushed(0.03, 0.0, SLED), pushed(math.radians(swing_deg), math.radians(stays_deg), LEG, for_s)
    quiet = replace(sled, values=np.tile([0.0, 0.0, 9.81, 0.02, 0.0, 0.0], (300, 1)))
    longer = [(sled, leg, 0.0), (quiet, replace(quiet, source=LEG), 3.0), (quiet, replace(quiet, source=LEG), 6.0)]
    for one, other, after_s in longer:
        for at in range(0, 300, 10):
            part = slice(at, at + 10)
            setup.feed([Samples(b.source, b.t_s[part] + after_s, b.values[part]) for b in (one, other)])
            setup.look(Facts(after_s + at / 100, "streaming"))
            if setup.step == "wear":
                slips = [name for name, _ in setup.problems() if name == "slips"]
                assert after_s == 0.0 or slips == said
    assert setup.step == ("wear" if said else "hold")
    if not said:
        assert setup.behind()[0] == ("setup.wear.firm" if for_s < 1 else "setup.wear.done")
    else:
        setup.press("next")  # fastened, and to be pushed again
        assert [name for name, _ in setup.problems() if name == "slips"] == []


def test_a_hold_in_which_the_leg_moves_begins_anew():
    setup = Setup(step="hold")
    setup.feed([readings(SLED, 0.0), readings(LEG, 0.0)])
    setup.press("next")
    for i in range(1, 70):
        setup.feed([readings(SLED, i / 10), readings(LEG, i / 10, 1.0 if i == 20 else 0.0)])
        setup.look(Facts(i / 10, "streaming"))
        if i == 25:
            assert setup.progress()[0] == "setup.hold.moved"
        if setup.step != "hold":
            break
    assert setup.hold_s is not None
    assert setup.hold_s[0] > 2.1
    assert setup.step == "press"


def test_unknown_keys_do_nothing_and_the_list_can_be_ticked():
    setup = Setup(step="press")
    for key in ("", "check:", "check:nose", "again", "next", "x" * 999):
        setup.press(key)
    assert (setup.step, setup.checked) == ("press", set())
    setup.press("check:toes")
    assert setup.checked == {"toes"}
    setup.press("check:toes")
    assert setup.checked == set()


def test_profiles_of_several_lifters(tmp_path: Path):
    assert read_lifter(tmp_path, None) == (Profile(), True)
    for name in ("Ann", "Zoë / 2"):
        save_lifter(tmp_path, Profile(lifter=name, height_m=1.7))
    assert read_lifter(tmp_path, "ann")[0].lifter == "Ann"
    assert read_lifter(tmp_path, "Zoë / 2") == (Profile(lifter="Zoë / 2", height_m=1.7), False)
    assert lifter_path(tmp_path, "../../etc").parent == tmp_path / "lifters"
    with pytest.raises(UsageError, match="letters"):
        lifter_path(tmp_path, "…")


def test_the_form_takes_all_or_says_why_not(tmp_path: Path):
    save_lifter(tmp_path, Profile(lifter="Zoë", height_m=1.6, sled_load_kg=80, max_flexion_deg=85))
    who = Who(tmp_path, "Ann", METRIC)
    assert (who.is_new, who.observes, who.names) == (True, True, ["Zoë"])
    assert not who.enter({"height": "five", "load": "60"})
    assert "178" in who.trouble
    assert who.profile.sled_load_kg is None
    assert who.enter({"height": "178", "load": "62,5 kg", "observe": False, "nonsense": 3})
    assert (who.profile.height_m, who.profile.sled_load_kg, who.observes, who.trouble) == (1.78, 62.5, False, "")
    assert not who.enter(who.picture())
    assert who.enter({"lifter": "zoë"})
    assert (who.profile.lifter, who.profile.max_flexion_deg) == ("Zoë", 85)
    assert read_lifter(tmp_path, "Ann")[0].height_m == 1.78
    imperial = Who(tmp_path, "Ann", Units("imperial"))
    assert imperial.picture()["height"] == "5'10\""
    assert imperial.enter({"height": "5'11", "load": "200"})
    assert imperial.profile.height_m == pytest.approx(1.8034, abs=1e-4)
    assert imperial.profile.sled_load_kg == pytest.approx(90.72, abs=0.01)


def test_another_lifter_brings_another_core_and_the_recording_says_so(tmp_path: Path):
    save_lifter(tmp_path, Profile(lifter="Zoë", height_m=1.6, max_flexion_deg=85))
    leader = led(f"{SIM}10", tmp_path, name="Ann")
    live = leader.live
    typed = [["name Zoë", "height 161"], ["observe yes"]]
    said = io.StringIO()
    terminal = Terminal(leader, Console(file=said, width=200), lambda: typed.pop(0) if typed else [])
    through(leader, say=lambda: terminal.turn(live))
    note_profile(leader)
    assert live.core.config.priors.height_m == 1.61
    assert live.core.config.limits["max_flexion_deg"] == 85
    assert leader.setup.observe_first
    (entry,) = read_journal(tmp_path / "s.presscue").standing()
    assert 'name = "Zoë"' in entry["toml"]
    live.finish()
    out = said.getvalue()
    for words in (
        "1 of 5",
        "is here: sled sensor, leg sensor, heel pads",
        "Zoë, 161 cm",
        "Held for 3 s",
        "5 ☐",
        "✔ Ready",
    ):
        assert words in out, words


class Changed:
    """A link whose readings another board might have sent: `change` gets each block."""

    def __init__(self, leader: Leader, change):
        feed, leader.live.watch = leader.setup.feed, None
        leader.live.watch = lambda blocks: feed([one for block in blocks if (one := change(block)) is not None])


def exchanged(block: Samples) -> Samples:
    other = {SLED: LEG, LEG: SLED}.get(block.source, block.source)
    return replace(block, source=other)


def without_left(block: Samples) -> Samples:
    return replace(block, values=block.values * (0.0, 1.0, 1.0)) if block.source == PADS else block


def no_leg(block: Samples) -> Samples | None:
    return None if block.source == LEG else block


def leg_until_30(block: Samples) -> Samples | None:
    return None if block.source == LEG and block.t_s[-1] > 30.0 else block


@pytest.mark.parametrize(
    ("change", "words", "within_s"),
    [
        (exchanged, "sensors are swapped", 3.0),
        (without_left, "left heel pad", 3.0),
        (no_leg, "No sign of the leg sensor", 0.0),
        (leg_until_30, "leg sensor has gone silent", 1.2),
    ],
)
def test_what_is_wrong_in_a_real_set_up_is_said_before_the_first_rep_is_done(change, words: str, within_s: float):
    """within_s: after the sled first moved, or after the sensor was last heard."""
    leader = led(f"{SIM}10")
    Changed(leader, change)
    said: list[float] = []

    def look() -> None:
        shown = leader.picture(leader.live)["setup"]
        if shown is not None and any(words in problem for problem in shown["problems"]):
            said.append(leader.setup.motion.t_s)

    through(leader, until_s=60.0, say=look)
    truth = leader.live.link.truth  # type: ignore[attr-defined]
    leader.live.finish()
    began_s = 30.0 if change is leg_until_30 else truth.reps[0].start_s
    print(f"{words}: {said[0] - began_s:+.2f} s")
    assert said[0] <= began_s + within_s
    assert change is no_leg or said[0] < truth.reps[0].end_s or change is leg_until_30


def test_over_bluetooth_it_leads_to_the_first_rep_too(tmp_path: Path):
    pytest.importorskip("bumble")
    leader = led("", tmp_path, link=open_sim(f"{SIM}10,ble"))
    presses = through(leader)
    assert leader.setup.done
    assert 1 + presses + 1 <= STEPS_MOST
    assert [ack.by for ack in leader.live.acks][:4] == ["host"] * 4
    leader.live.finish()


def test_a_virtual_lifter_waits():
    assert patient_sim("sim:seed=3") == "sim:seed=3,hold_s=20"
    assert patient_sim("sim:") == "sim:hold_s=20"
    assert patient_sim("sim:hold_s=2") == "sim:hold_s=2"
    assert patient_sim("serial:/dev/x") == "serial:/dev/x"


def fill_in(view, leader: Leader, page: Page) -> None:
    """The form of who trains, which is open for someone new; answered while the set-up goes on."""
    for name, value in (("lifter", "Ann"), ("height", "1,74 m"), ("load", "60")):
        view.fill(f"#who-form [name={name}]", value)
    view.click("#who-form button")
    while leader.who.profile.lifter != "Ann":
        page.update(leader.live)
    page._drawn_s = -1.0
    page.update(leader.live)
    view.wait_for_function("document.getElementById('who-line').textContent.includes('174 cm')")
    assert leader.live.core.config.priors.height_m == 1.74


@pytest.mark.slow
def test_the_page_leads_to_the_first_rep(tmp_path: Path):
    page = Page(Painter(Profile(), "set-up"), port=0)
    try:
        with chromium() as browser, page_of(browser, size=PHONE, bypass_csp=True) as view:
            leader = led(f"{SIM}10", tmp_path)
            page.listeners += [leader, Sayings(METRIC, leader.who.names)]
            view.goto(page.url)
            shown = []

            def say() -> None:
                name = leader.setup.step
                if name in STEPS and name not in shown and view.locator("#setup-title").inner_text():
                    shown.append(name)
                    assert barriers(view) == []

            setup, live = leader.setup, leader.live
            presses = 0
            while not setup.done and live.step() and setup.motion.t_s < 120.0:
                leader.turn(live)
                page.update(live)
                say()
                asks = (setup.step == "cues" and setup.progress()[0] == "setup.cues.done") or setup.step in (
                    "wear",
                    "hold",
                )
                if asks and not setup.measuring:
                    page._drawn_s = -1.0
                    page.update(live)
                    step = setup.step
                    if step == "cues":
                        fill_in(view, leader, page)
                    view.locator("#setup-keys [data-do=next]:enabled").click()
                    presses += 1
                    while setup.step == step and not setup.measuring:
                        page.update(live)
            assert setup.done
            assert presses <= 3
            assert {"cues", "wear", "hold", "press"} <= set(shown)
            page._drawn_s = -1.0
            page.update(live)
            view.wait_for_selector("#setup", state="hidden")
            live.finish()
    finally:
        page.close()
