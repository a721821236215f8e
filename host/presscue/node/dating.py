"""When a node's logs were recorded: by a host's clock, by the node's own within a boot, or by the count of boots."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..session.events import LogEntry


@dataclass(frozen=True)
class Dating:
    """wall_ms: Unix time at the start. clock: one of wire.CLOCKS. early_s: it may have been that much earlier, None
    if nothing is known to bound it."""

    wall_ms: int
    clock: str
    early_s: float | None = 0.0

    def __str__(self) -> str:
        if self.clock != "boots":
            return self.clock
        return "boots: " + ("or earlier" if self.early_s is None else f"or up to {self.early_s:.0f} s earlier")


def date_logs(entries: Sequence[LogEntry], now_ms: int, uptime_us: int) -> dict[int, Dating]:
    """Of each session its date. entries: all of a node, oldest first; now_ms: Unix time at its uptime_us."""
    dates: dict[int, Dating] = {}
    for entry in entries:
        if entry.wall_ms and not (entry.clock == "slept" and entry.boots_ago == 0):  # uptime is better than that
            dates[entry.session] = Dating(entry.wall_ms, entry.clock)
    for entry in entries:  # another log of the same boot is dated: the node's own clock leads from one to the other
        of_boot = [other for other in entries if other.boot == entry.boot and other.boots_ago == entry.boots_ago]
        known = next((other for other in of_boot if other.wall_ms and other.clock != "slept"), None)
        if entry.session in dates:
            continue
        if known is not None:
            dates[entry.session] = Dating(known.wall_ms + (entry.start_us - known.start_us) // 1000, "uptime")
        elif entry.boots_ago == 0:
            dates[entry.session] = Dating(now_ms - (uptime_us - entry.start_us) // 1000, "uptime")
    latest_ms = now_ms - uptime_us // 1000  # the present boot began: logs of boots before had ended
    for at in range(len(entries) - 1, -1, -1):
        entry = entries[at]
        if entry.session not in dates:
            wall_ms = latest_ms - round(entry.length_s * 1000)
            before = next((other for other in entries[at - 1 :: -1] if other.session in dates), None) if at else None
            early_s = None
            if before is not None:
                ended_ms = dates[before.session].wall_ms + before.length_s * 1000
                early_s = max(0.0, (wall_ms - ended_ms) / 1000)
            dates[entry.session] = Dating(wall_ms, "boots", early_s)
        latest_ms = min(latest_ms, dates[entry.session].wall_ms)
    return dates
