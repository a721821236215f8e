"""A dataset of a chain of gyms, made of numbers: what its lifters are like is planted, to be found by questions."""

from pathlib import Path

import numpy as np

from presscue.archive.facts import Origin, Study
from presscue.fleet.dataset import Dataset
from presscue.fleet.schema import rows_of
from presscue.fleet.task import STAGING
from report_fakes import session_tree

FIRST_MS = 1_735_689_600_000  # 2025-01-01
DAY_MS = 86_400_000
DEEPER, HURTS, LEANS, QUIET = "Deniz", "Hana", "Lea", "Quinn"
"""Goes a degree a week deeper; said a pain of 6; leans to the left of late; has stopped coming."""
NAMES = (DEEPER, HURTS, LEANS, QUIET, *(f"Lifter {n:02d}" for n in range(16)))
SETS, REPS = 3, 12
NODES = 20


def chain(address: str, sessions: int, days: int = 180) -> Dataset:
    """So many sessions over so many days, each of three sets of twelve reps; heavier loads bring more lockouts."""
    dataset = Dataset(address, create=True)
    template = session_tree(SETS, REPS)
    for number in range(sessions):
        rng = np.random.default_rng([number, 5])
        name = NAMES[number % len(NAMES)]
        day = days * number / sessions
        if name == QUIET and day > 0.6 * days:
            name = NAMES[-1]
        load_kg = float(60 + 20 * (number // len(NAMES) % 5))
        tree = _tree(template, rng, name, day, days, load_kg)
        origin = Origin(FIRST_MS + round(day * DAY_MS), f"{number % NODES:016x}", f"press-{number % NODES}", number)
        statements = [{"id": "a", "op": "pain", "where": "knee", "level": 6}] if name == HURTS else []
        study = Study(f"{number:064x}", "0.1.0+synthetic", "", origin, tree)
        dataset.stage(f"{STAGING}/{number}.arrows", rows_of(f"/made/{number}.presscue", "1 1", study, statements))
    dataset.settle()
    return dataset


def _tree(template: dict, rng: np.random.Generator, name: str, day: float, days: int, load_kg: float) -> dict:
    share = 0.62 if name == LEANS and day > days - 28 else 0.5
    deep = 78.0 + (day / 7.0 if name == DEEPER else 0.0)
    reps = [
        {**rep, "max_flexion_deg": deep + rng.normal(), "left_share": share + 0.01 * rng.normal()}
        for rep in template["reps"]
    ]
    events = [
        {"kind": "lockout", "side": None, "rep": rep["rep"], "onset_s": rep["start_s"] + 2.0, "severity": 0.5,
         "detected_s": rep["start_s"] + 2.1, "end_s": None, "confidence": 0.9, "late": False, "predicted": False}
        for rep in reps
        if rng.random() < (load_kg - 40.0) / 1000.0
    ]  # fmt: skip
    sets = [{**one, "lifter": name, "sled_load_kg": load_kg} for one in template["sets"]]
    return {**template, "reps": reps, "events": events, "sets": sets}


def thousand(folder: Path) -> str:
    """The address of a dataset of 1,000 sessions."""
    address = str(folder / "chain")
    chain(address, 1000)
    return address
