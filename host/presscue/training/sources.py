"""Where each piece of advice comes from, and how sure it is."""

from typing import Literal

Sureness = Literal["firm", "fair", "weak", "opinion"]
"""firm: trials and reviews agree. fair: some trials, or one good review. weak: little or contradictory. opinion: what
experienced people advise; nobody has tested it on the leg press.

What is said of a source was read in its abstract; of `escamilla2001` without its last lines. The first printings of the
two formulas were not to be had: others quote them alike."""

SOURCES: dict[str, str] = {
    "practice": "Physiotherapists' practice on the leg press; not tested in trials",
    "acsm2009": (
        "American College of Sports Medicine: Progression Models in Resistance Training for Healthy Adults. "
        "Med Sci Sports Exerc 41 (2009) 687–708"
    ),
    "currier2023": (
        "Currier and others: Resistance training prescription for muscle strength and hypertrophy, a network "
        "meta-analysis. Br J Sports Med 57 (2023) 1211–1220"
    ),
    "schoenfeld2015": (
        "Schoenfeld, Ogborn and Krieger: Effect of repetition duration on muscle hypertrophy, a meta-"
        "analysis. Sports Med 45 (2015) 577–585"
    ),
    "schoenfeld2017": (
        "Schoenfeld, Ogborn and Krieger: Dose-response relationship between weekly volume and muscle mass, a "
        "meta-analysis. J Sports Sci 35 (2017) 1073–1082"
    ),
    "pelland2024": (
        "Pelland and others: The resistance training dose-response, meta-regressions of weekly volume and frequency. "
        "SportRxiv preprint (2024)"
    ),
    "conceicao2016": (
        "Conceição and others: Movement velocity as a measure of exercise intensity in three lower limb "
        "exercises. J Sports Sci 34 (2016) 1099–1106"
    ),
    "epley1985": "Epley: Poundage chart. Boyd Epley Workout, Lincoln 1985",
    "brzycki1993": "Brzycki: Strength testing, predicting a one-rep max from reps to fatigue. JOPERD 64 (1993) 88–90",
    "reynolds2006": (
        "Reynolds, Gordon and Robergs: Prediction of one repetition maximum strength. J Strength Cond Res 20 "
        "(2006) 584–592"
    ),
    "pareja2017": (
        "Pareja-Blanco and others: Effects of velocity loss during resistance training. Scand J Med Sci "
        "Sports 27 (2017) 724–735"
    ),
    "parkinson2021": (
        "Parkinson and others: The calculation, thresholds and reporting of inter-limb strength asymmetry, a "
        "systematic review. J Sports Sci Med 20 (2021) 594–617"
    ),
    "asymmetry2025": (
        "Reliability of bilateral strength asymmetry in knee extension. Front Sports Act Living (2025), doi "
        "10.3389/fspor.2025.1635685"
    ),
    "escamilla2001": (
        "Escamilla and others: Effects of technique variations on knee biomechanics during the squat and leg "
        "press. Med Sci Sports Exerc 33 (2001) 1552–1566"
    ),
}
"""Every source by its key."""

METHOD_SOURCES = {"reps": ("epley1985", "brzycki1993", "reynolds2006"), "speed": ("conceicao2016",)}
"""Where each way to estimate a maximum comes from."""
