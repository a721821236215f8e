"""The link: keys, rate, round trip, clock, readings lost, damage."""

import numpy as np

from .check import Check, judged
from .listening import Heard

ROUND_TRIP_MS = 30.0
SKEW_PPM = 200.0
"""Two crystals together are off by less."""
BASELINE_S = 3.0


def checks(heard: Heard) -> list[Check]:
    counts = heard.session.counts
    found = [
        *_access(heard),
        Check("link rate", None, f"{heard.data_bytes / max(heard.listened_s, 1e-3) / 1000:.1f} kB/s"),
    ]
    if not heard.pongs:
        return [*found, Check("round trip", False, "no answer to any ping", "unplug the node and plug it in again")]
    trips_ms = np.array([arrived - sent for sent, _, arrived in heard.pongs]) / 1000
    found.append(
        judged("round trip", float(np.median(trips_ms)) < ROUND_TRIP_MS,
               f"{np.median(trips_ms):.1f} ms (worst {trips_ms.max():.1f})",
               "close other programs that use the port; another port, no hub; over Bluetooth, come nearer")
    )  # fmt: skip
    if heard.clock.known:
        found.append(Check("clock", None, f"known to {heard.clock.error_us / 1000:.1f} ms"))
    found.append(_skew(heard))
    if heard.losses:
        found.append(Check("readings", None, heard.losses))
    bad = counts.bad_frames + counts.malformed
    found.append(judged("frames", bad <= 1, f"{counts.messages} good, {bad} damaged", "another USB cable"))
    return found


def _access(heard: Heard) -> list[Check]:
    """Whose keys the node has, and what others have tried over the air. That they tried is no fault of the node's."""
    counts = heard.access
    if counts is None:
        return [Check("keys", None, "the firmware knows none", "update it: presscue flash")]
    owners = ", ".join(f"{key.slot} {key.owner}" for key in heard.keys)
    checks = [Check("keys", None, owners or "none: closed to Bluetooth", "" if owners else "presscue pair opens it")]
    tried = {
        "wrong keys": counts.refused, "commands without a seal": counts.unsealed, "forged": counts.forged,
        "replayed": counts.replayed, "too many": counts.flooded,
    }  # fmt: skip
    if said := ", ".join(f"{name} {count}" for name, count in tried.items() if count):
        checks.append(Check("strangers", None, f"refused since boot: {said}"))
    return checks


def _skew(heard: Heard) -> Check:
    """Slope of the node's clock over the host's, from the quickest half of the pings; its error from their spread."""
    sent, node, arrived = (np.array(column, float) for column in zip(*heard.pongs, strict=True))
    trip_us = arrived - sent
    quick = trip_us <= np.median(trip_us)
    host_s = (sent + arrived)[quick] / 2e6
    span_s = float(np.ptp(host_s))
    if span_s < BASELINE_S * 0.5 or quick.sum() < 5:
        return Check("clock skew", None, "too few pings to tell")
    ahead_us = node[quick] - 1e6 * host_s
    slope, level = np.polyfit(host_s - host_s.mean(), ahead_us, 1)
    rest_us = float(np.std(ahead_us - level - slope * (host_s - host_s.mean())))
    error = rest_us / (np.std(host_s) * np.sqrt(len(host_s)))
    certainly = abs(slope) - 3 * error > SKEW_PPM
    return judged("clock skew", not certainly, f"{slope:+.0f} ± {error:.0f} ppm",
                  "reset the node; if it stays, its crystal is off: times drift, reps do not")  # fmt: skip
