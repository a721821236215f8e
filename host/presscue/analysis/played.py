"""The cues that a recording says were felt: the host's and the node's own."""

from typing import Any

from ..session import events as ev


class Played:
    """Which of its own cues, and which of the host's, the node has played. Tell it every event, in order."""

    def __init__(self, played: list[dict[str, Any]]):
        self._played = played
        self._sent: dict[int, ev.CueSent] = {}
        self._guarded: dict[int, ev.GuardCue] = {}

    def hear(self, event: ev.SessionEvent) -> None:
        match event:
            case ev.CueSent():
                self._sent[event.cue] = event
            case ev.GuardCue():
                self._guarded[event.cue] = event
            case ev.CueAck(outcome="started"):
                self._played.append(self._cue(event))

    def _cue(self, ack: ev.CueAck) -> dict[str, Any]:
        """Its latency is None where it is not known what was answered."""
        sent = None if ack.by == "guard" else self._sent.get(ack.cue)
        own = self._guarded.get(ack.cue) if ack.by == "guard" else None
        found_s = own.t_s if own else sent.detected_s if sent else None
        return {
            "time_s": ack.start_s,
            "cue_latency_ms": None if found_s is None else 1000.0 * (ack.start_s - found_s),
            "by": ack.by,
            "cue": ack.cue,
            "pattern": sent and sent.pattern,
            "kind": own and own.kind,
        }
