"""Answers to the core's wish for a calibration: the fit at once, after a fixed virtual delay (offline and in virtual
time), and what goes into a recording of it."""

from collections.abc import Callable, Iterable

from .calibration.fit import fit
from .calibration.model import Calibration, NoFit, Priors
from .core import Core, CoreConfig
from .cues import Params as CueParams
from .faults import CUE_LATENCY_S, Pads
from .profile import Profile
from .recording import calibration_message
from .results import CalibrationWanted, Output, Samples, Stretch
from .session.events import CalibrationRead


def core_of(
    profile: Profile,
    *,
    patient: bool,
    trace: bool = False,
    observe_only: bool = False,
    horizon_s: float | None = None,
) -> Core:
    """A core for a profile. patient, trace, horizon_s: as in CoreConfig. observe_only: no cues."""
    priors = Priors(
        profile.height_m, profile.rail_deg, profile.straight_leg_hold_s, profile.segment != "thigh", profile.leg
    )
    cues = CueParams(observe_only=observe_only, fade_after=int(profile.fade_after or 0))
    pads = Pads(profile.pads == "load_cell", profile.usual_left_share)
    latency_s = CUE_LATENCY_S if profile.cue_latency_ms is None else 1e-3 * profile.cue_latency_ms
    return Core(
        CoreConfig(priors, profile.limits(), cues, pads, latency_s, patient=patient, trace=trace, horizon_s=horizon_s)
    )


def begin(core: Core, wanted: CalibrationWanted) -> Callable[[], tuple[Calibration, str]]:
    """The fit that the core asks for, still to be done: its readings are copied now, so any thread may do it."""
    history, previous, prior = core.history(wanted.since_s, wanted.until_s), core.calibration, core.learning.prior
    refined = core.learning.refined

    def finish() -> tuple[Calibration, str]:
        try:
            return fit(history, core.config.priors, wanted.effective_s, previous, prior, refined), ""
        except NoFit as error:
            return Calibration(wanted.effective_s, False, False, remarks=error.remarks), str(error)

    return finish


def answer(core: Core, wanted: CalibrationWanted) -> tuple[Calibration, str]:
    """The fit that the core asks for; an unusable one, and why, if there is none. The core is not told yet."""
    return begin(core, wanted)()


def feed_answering(core: Core, blocks: Stretch | Iterable[Samples]) -> list[Output]:
    """Feed a patient core, and answer whatever it asks for before it goes on."""
    return _answering(core, core.feed(blocks))


def finish_answering(core: Core) -> list[Output]:
    """End a patient core, answering to the last."""
    outs = core.finish()
    if any(isinstance(out, CalibrationWanted) for out in outs):
        outs = _answering(core, outs)
        outs += core.finish()
    return outs


def _answering(core: Core, outs: list[Output]) -> list[Output]:
    done = list(outs)
    while wanted := [out for out in outs if isinstance(out, CalibrationWanted)]:
        core.calibrate(answer(core, wanted[-1])[0])
        outs = core.feed(())
        done += outs
    return done


def message_of(calibration: Calibration) -> bytes:
    """A calibration as taken into use, for the recording; or that a fit was tried and failed."""
    return calibration_message(round(calibration.effective_s * 1e6), calibration.layout, calibration.values())


def calibration_of(read: CalibrationRead) -> Calibration:
    """The calibration of a recording. Raises ValueError for one of another version."""
    return Calibration.from_values(read.effective_s, read.layout, read.values)
