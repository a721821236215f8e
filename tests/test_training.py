"""The training log: figures with their errors, advice by rule, and a pain guide that stays education."""

import math

import pytest

from presscue import texts
from presscue.commands.annotate import KINDS, PLACES, WHEN
from presscue.training import pain, rules, strength
from presscue.training.figures import figures_of
from presscue.training.log import DAY_MS, SetDone, Training, Workout, quantile, trainings
from presscue.training.sources import SOURCES
from presscue.training.trend import trend

NOW_MS = 1_800_000_000_000
SEEN = dict.fromkeys(KINDS, "leg+sled")


def workout(days_ago: float, *sets: SetDone, **more) -> Workout:
    return Workout(f"s{days_ago}", int(NOW_MS - days_ago * DAY_MS), sets or (SetDone(0, 10, 100.0),), **more)


def training(*workouts: Workout) -> Training:
    return Training("Ada", tuple(sorted(workouts, key=lambda one: one.start_ms)), NOW_MS)


def said(*workouts: Workout) -> set[str]:
    return {piece.rule.name for piece in rules.advise(training(*workouts))}


# --- the one-repetition maximum ---


def test_formulas_give_their_published_values():
    assert strength.epley(100.0, 10) == pytest.approx(133.3, abs=0.1)
    assert strength.brzycki(100.0, 10) == pytest.approx(133.4, abs=0.1)
    assert strength.epley(100.0, 1) == 100.0
    assert strength.brzycki(100.0, 1) == pytest.approx(100.0)


def test_effort_tells_the_reps_that_were_left():
    hard, easy = (strength.from_reps(SetDone(0, 6, 100.0, rpe=rpe)) for rpe in (10.0, 7.0))
    assert hard is not None
    assert easy is not None
    assert easy.kg > hard.kg
    assert hard.low_kg <= 0.91 * hard.kg < 1.09 * hard.kg <= hard.high_kg
    assert not hard.at_least


def test_without_an_effort_the_maximum_is_a_lower_bound():
    found = strength.from_reps(SetDone(0, 8, 100.0))
    assert found is not None
    assert found.at_least


@pytest.mark.parametrize(
    "one", [SetDone(0, 8), SetDone(0, 12, 100.0), SetDone(0, 8, 100.0, rpe=6.0), SetDone(0, 5, 100.0, rpe=3.0)]
)
def test_a_set_that_cannot_tell_gives_no_maximum(one: SetDone):
    assert strength.from_reps(one) is None


def test_speed_counts_only_with_maximal_intent():
    slow = SetDone(0, 3, 150.0, speeds_mps=(0.50, 0.55))
    assert strength.from_speed(slow) is None
    found = strength.from_speed(SetDone(0, 3, 150.0, maximal=True, speeds_mps=(0.50, 0.55)))
    assert found is not None
    assert found.kg == pytest.approx(150.0 / 0.80)  # 0.55 m/s is 20 % of 1RM above 0.21 m/s
    assert found.low_kg < found.kg < found.high_kg
    assert strength.from_speed(SetDone(0, 3, 20.0, maximal=True, speeds_mps=(1.5,))) is None  # far too light


def test_the_sure_estimate_goes_before_the_great_one():
    sure, bound = SetDone(0, 5, 100.0, rpe=9.0), SetDone(1, 9, 140.0)
    found = strength.best([bound, sure])
    assert found is not None
    assert not found.at_least


# --- trends ---


def test_a_trend_says_when_it_is_chance():
    weeks = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    rising = trend(weeks, [80 + 3 * week for week in weeks], sd=2.0)
    flat = trend(weeks, [80, 82, 79, 81, 80, 82], sd=2.0)
    assert rising is not None
    assert rising.is_sure
    assert rising.per_week == pytest.approx(3.0)
    assert rising.high - rising.low > 1.0  # a perfect line is still no better than its readings
    assert flat is not None
    assert not flat.is_sure
    assert trend(weeks[:3], [1, 2, 3], sd=1.0) is None
    assert trend([0.0, 0.1, 0.2, 0.3], [1, 2, 3, 4], sd=1.0) is None


def test_clean_depth_leaves_out_reps_that_lifted():
    assert workout(1).clean_depth_deg is None
    assert workout(1, clean_depths_deg=(80.0, 82.0, 84.0)).clean_depth_deg == pytest.approx(83.0)
    assert quantile([5.0], 0.75) == 5.0


# --- advice ---


def test_every_rule_has_words_and_sources():
    for rule in rules.RULES:
        assert texts.has(f"advice.{rule.name}.title"), rule.name
        assert texts.has(f"advice.{rule.name}.text"), rule.name
        assert texts.has(f"sure.{rule.sure}")
        assert set(rule.sources) <= SOURCES.keys()
        if rule.sure in ("weak", "opinion"):
            assert texts.has(f"advice.{rule.name}.but"), f"{rule.name}: what is not sure must say so"


def test_rest_under_two_days_is_advice_not_law():
    short = said(workout(2.0), workout(1.0), workout(9.0))
    assert "rest_short" in short
    assert "rest_short" not in said(workout(3.0), workout(1.0))
    assert "law" in texts.text("advice.rest_short.but")


def test_a_beginner_is_told_two_ways_to_begin():
    assert "beginner" in said(workout(1), workout(4))
    assert "beginner" not in said(*(workout(3 * n) for n in range(12)))


def test_too_few_and_too_many_sessions_a_week():
    assert "too_seldom" in said(workout(1), workout(12), workout(26), workout(40))
    assert "too_often" in said(*(workout(1.5 * n) for n in range(18)))
    assert not {"too_seldom", "too_often"} & said(*(workout(2.8 * n) for n in range(12)))


def test_loads_outside_the_band_and_inside_it():
    top = workout(10, SetDone(0, 3, 200.0, rpe=10.0))
    many = [workout(3 * n + 12) for n in range(9)]
    assert "intensity" in said(top, workout(1, SetDone(0, 10, 80.0)))
    assert "intensity" not in said(top, workout(1, SetDone(0, 10, 160.0)))
    assert "heavier_for_strength" in said(top, workout(1, SetDone(0, 10, 150.0)), *many)


def test_sets_to_failure_are_seen_by_speed_and_by_effort():
    hard = SetDone(0, 8, 100.0, velocity_loss=0.5)
    spent = SetDone(1, 8, 100.0, rpe=10.0)
    fresh = SetDone(2, 8, 100.0, velocity_loss=0.1)
    assert "often_to_failure" in said(workout(1, hard, spent, fresh))
    assert "often_to_failure" not in said(workout(1, hard, fresh, fresh))


def test_sides_count_only_when_they_stay_the_same():
    left = {("imbalance", "left"): 1}
    right = {("imbalance", "right"): 1}
    assert "sides" in said(workout(1, sides=left), workout(4, sides=left))
    assert "sides" not in said(workout(1, sides=left), workout(4, sides=right))
    assert "sides" not in said(workout(1, sides=left))


def test_volume_reps_tempo_and_what_was_not_said():
    assert "volume" in said(workout(1), workout(35))
    assert "reps_out_of_range" in said(workout(1, *(SetDone(n, 4, 100.0) for n in range(3))))
    assert "tempo" in said(workout(1, faults={"tempo": 3}))
    assert "load_missing" in said(workout(1, SetDone(0, 10)))
    assert "rpe_missing" in said(workout(1, SetDone(0, 8, 100.0)))
    assert rules.advise(training()) == []


# --- figures ---


def test_what_a_session_could_not_see_is_no_zero():
    blind = workout(1, measured={"heel_lift": "not measured: no heel pad"})
    seeing = workout(2, measured=SEEN, faults={"heel_lift": 2})
    assert blind.per_ten_reps("heel_lift") is None
    assert seeing.per_ten_reps("heel_lift") == pytest.approx(2.0)
    now = {one.kind: one.now for one in figures_of(training(blind, seeing)).rates}
    assert now["heel_lift"] == pytest.approx(2.0)


def test_lifters_are_kept_apart_within_a_session():
    sessions = [{"name": "a", "start_ms": NOW_MS, "number": 1, "measured": SEEN, "annotations": {}}]
    row = {"name": "a", "start_s": 0.0, "end_s": 9.0, "reps": 1, "velocity_loss": None, "sled_load_kg": 50.0}
    sets = [{**row, "set": 0, "lifter": "Ada"}, {**row, "set": 1, "lifter": None}]
    rep = {"name": "a", "mean_concentric_velocity_mps": 0.2, "max_flexion_deg": math.nan}
    reps = [{**rep, "rep": 0, "set": 0}, {**rep, "rep": 1, "set": 1}]
    events = [{"name": "a", "kind": "lockout", "side": None, "rep": 1, "onset_s": 3.0, "predicted": 0}]
    ada, nobody = trainings(sessions, sets, reps, events, NOW_MS)
    assert (ada.lifter, ada.workouts[0].faults.get("lockout", 0)) == ("Ada", 0)
    assert (nobody.lifter, nobody.workouts[0].faults["lockout"]) == (None, 1)


# --- pain ---


def entry(where: str, level: float | None = 3.0, side: str | None = None) -> dict:
    return {"where": where, "side": side, "level": level, "when": "bottom"}


def test_every_place_and_time_of_pain_has_guidance_in_words():
    assert set(pain.GUIDE) == set(PLACES)
    for place in PLACES:
        assert texts.has(f"pain.place.{place}")
        for fault in pain.GUIDE[place].faults:
            assert texts.has(f"pain.cause.{fault}")
            assert texts.has(f"pain.change.{fault}")
        assert all(texts.has(f"pain.other.{name}") for name in pain.GUIDE[place].others)
        assert all(texts.has(f"pain.alternative.{name}") for name in pain.GUIDE[place].alternatives)
        assert all(texts.has(f"pain.flag.{name}") for name in (*pain.RED_FLAGS.get(place, ()), *pain.GENERAL))
    assert all(texts.has(f"pain.when.{when}") for when in WHEN)


def test_faults_of_ones_own_reps_come_first():
    (found,) = pain.guide(
        training(
            workout(1, pain=(entry("knee"),), measured=SEEN, faults={"depth": 4}),
            workout(3, measured=SEEN, faults={"lockout": 1}),
        )
    )
    assert [cause.fault for cause in found.found] == ["depth", "lockout"]
    assert found.stop == ()
    assert "locking" in found.red_flags


def test_what_was_not_measured_is_not_excluded():
    measured = {**SEEN, "heel_lift": "not measured: no heel pad"}
    (found,) = pain.guide(training(workout(1, pain=(entry("ankle"),), measured=measured)))
    assert [cause.fault for cause in found.unmeasured] == ["heel_lift"]
    assert found.found == ()


def test_strong_and_lasting_pain_is_for_a_professional():
    (strong,) = pain.guide(training(workout(1, pain=(entry("lower_back", 8.0),))))
    assert strong.stop == ("severe",)
    (lasting,) = pain.guide(training(*(workout(n, pain=(entry("hip"),)) for n in (1, 8, 16))))
    assert lasting.stop == ("lasting",)


def test_old_pain_is_past_and_unknown_places_are_other():
    assert pain.guide(training(workout(60, pain=(entry("knee"),)))) == []
    (found,) = pain.guide(training(workout(1, pain=(entry("left ear", None),))))
    assert found.where == "other"
