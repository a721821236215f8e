"""The node itself: identity, versions, parts that answer or do not, bus, counters, battery, storage, actuators."""

from .. import __version__
from ..node.power import said_of
from .check import Check, judged
from .listening import Heard

BUS_PARTS = ("sled", "leg", "pads", "haptic")
"""They share one I²C bus (firmware, wiring.py)."""
TIMED_OUT = 110
"""ETIMEDOUT: the bus itself hangs, where ENODEV means that nobody answers at an address."""
BATTERY_LOW_MV = 3500
STALL_S = 0.5
"""The IMUs' FIFOs hold 0.8 s."""
NAMES = {
    "sled": "IMU on the sled (address 0x6A)",
    "leg": "IMU on the leg (address 0x6B)",
    "pads": "converter of the pads (address 0x48)",
    "haptic": "motor driver (address 0x5A)",
    "buzzer": "piezo",
}
SWAPPED = "if a chip was put to another address, set its jumper back (hardware/assembly.md)"


def checks(heard: Heard) -> list[Check]:
    """All but sensors and link."""
    info = heard.session.info
    assert info is not None
    firmware = ".".join(map(str, info.version))
    same = firmware.split(".")[:2] == __version__.split(".")[:2]
    found = [
        Check("node", True, f"{info.name or 'presscue node'} {info.device}, boot {info.boot}"),
        judged("versions", same, f"firmware {firmware}, protocol {info.protocol}; presscue {__version__}",
               "bring the node up to date: presscue flash"),
    ]  # fmt: skip
    if not heard.statuses:
        return [*found, Check("status", False, "none came", "bring the node up to date: presscue flash")]
    return found + _parts(heard) + _counters(heard) + _storage(heard) + _actuators(heard)


def _parts(heard: Heard) -> list[Check]:
    faults = heard.statuses[-1].faults
    why = {notice.part: notice for notice in heard.notices if notice.code == "lost"}
    stuck = all(part in faults for part in BUS_PARTS) or any(
        part in faults and part in why and why[part].value == TIMED_OUT for part in BUS_PARTS
    )
    found = [
        judged("I²C bus", not stuck, "stuck: a line is held down" if stuck else "free",
               "unplug the chips one by one from the far end until it is free; then that cable or chip is the one; "
               "none: check the 3.3 V of the connector"),
    ]  # fmt: skip
    for part in (*BUS_PARTS, "buzzer"):
        bad = part in faults and not (part == "pads" and why.get(part) is not None and why[part].text in PADS)
        found.append(judged(f"part {part}", not bad, _reason(part, why) if bad else f"{NAMES[part]} answers",
                            _advice(part, why, stuck)))  # fmt: skip
    return found


PADS = ("heel_left_v", "heel_right_v", "seat_v")
"""A notice with such a text is about one pad, not about the converter."""


def _reason(part: str, why: dict) -> str:
    notice = why.get(part)
    if notice is None:
        return f"{NAMES[part]} does not work"
    if notice.text == "wrong identity":
        return f"another chip answers there, identity 0x{notice.value & 0xFF:02X}: not the {NAMES[part]}"
    return f"{NAMES[part]}: {notice.text or 'lost'}" + (f" (error {notice.value})" if notice.value else "")


def _advice(part: str, why: dict, stuck: bool) -> str:
    if stuck and part in BUS_PARTS:
        return "first free the bus, see above"
    notice = why.get(part)
    if notice is not None and notice.text == "wrong identity":
        return SWAPPED
    return f"plug its cable in at both ends; {SWAPPED}"


def _counters(heard: Heard) -> list[Check]:
    status = heard.statuses[-1]
    counts = {
        "dropped messages": status.dropped_messages, "FIFO overruns": status.fifo_overruns,
        "bad frames": status.bad_frames,
    }  # fmt: skip
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    lost = status.dropped_messages + status.fifo_overruns
    found = [
        judged("bus errors", status.bus_errors == 0, f"{status.bus_errors} since its start",
               "shorter or newer I²C cables, plugs pushed home; then restart it and look again"),
        judged("drop counters", lost == 0, said,
               "another USB cable or port, or nearer to the laptop; then restart it"),
        Check("loop", None, f"longest turn {status.loop_max_us / 1000:.1f} ms; {status.heap_free:,} bytes of heap"),
    ]  # fmt: skip
    if status.battery_mv:
        found.append(judged("battery", status.battery_mv >= BATTERY_LOW_MV, f"{status.battery_mv / 1000:.2f} V",
                            "charge it: two hours at a USB charger"))  # fmt: skip
    else:
        found.append(Check("battery", None, "not measured by this board"))
    if heard.health is not None:
        found.append(Check("power", None, said_of(heard.health)))
    return found


def _storage(heard: Heard) -> list[Check]:
    log = heard.log
    if log is None or log.state == "absent":
        return [judged("storage", False, "no recorder", "give it a partition for logs: presscue flash --image")]
    spoilt = [notice.value for notice in heard.notices if notice.part == "log" and notice.code == "lost"]
    if heard.health is not None and heard.health.spoilt:
        spoilt.append(heard.health.spoilt)
    waiting = f"{log.kept / 1e6:.1f} of {log.size / 1e6:.1f} MB wait to be pulled"
    used = f"{log.state}; {waiting}, {log.ready / 1e6:.1f} MB erased"
    if spoilt:
        said = f"worn: {max(spoilt)} pages did not keep what was written; {used}"
        advice = "pull the logs now; then presscue flash --image --erase; if it stays, another board"
        return [judged("storage", False, said, advice)]
    if log.state == "full":
        return [judged("storage", False, f"{used}: it records no more", "presscue pull")]
    slow = log.stall_max_s > STALL_S
    said = f"{used}; {log.stalls} stalls" + (f", the longest {1000 * log.stall_max_s:.0f} ms" if log.stalls else "")
    return [judged("storage", not slow, said, "let it rest a minute between long sets, so that it can erase")]


def _actuators(heard: Heard) -> list[Check]:
    if heard.felt is None and not heard.acks:
        return [Check("motor and buzzer", None, "not tried: run it in a terminal, and it asks")]
    outcome = heard.acks[-1].outcome if heard.acks else "no answer"
    found = [judged("test cue", outcome == "started", outcome,
                    "switch cues on again (button of the case)" if outcome == "silenced"
                    else "see the parts haptic and buzzer above")]  # fmt: skip
    for name, said, advice in (
        ("motor", heard.felt, "the motor's two leads, the driver's screw terminals, the strap over the motor"),
        ("buzzer", heard.sounded, "the piezo's plug; its pin in the board's file"),
    ):
        if said is not None:
            found.append(
                judged(name, said, "felt" if said and name == "motor" else "heard" if said else "not noticed", advice)
            )
    return found
