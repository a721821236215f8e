"""What a drop cost, in words: what is being fetched, what came late, what never will, by reason; and what the node has
cued by itself meanwhile."""

from collections import Counter
from collections.abc import Iterable, Mapping

from ..session import Session
from ..texts import text

REASONS = ("link", "rest", "full", "reboot", "sensor")


def losses_text(missing: Mapping[str, int], fetched: int) -> str:
    """missing: readings by reason, as Session.missing gives them. fetched: readings. Nothing to say: an empty text."""
    words = [text("losses.fetched", n=f"{fetched:,}")] if fetched else []
    reasons = [f"{missing[reason]:,} {text('losses.' + reason)}" for reason in REASONS if missing.get(reason)]
    if reasons:
        words.append(text("losses.lost", reasons=", ".join(reasons)))
    return "; ".join(words)


def losses_now(session: Session) -> str:
    """The same of a session that goes on: what may still come is not lost."""
    missing = session.missing()
    words = losses_text({**missing, "link": 0} if session.wanted() else missing, session.counts.filled_readings)
    if session.wanted():
        words = "; ".join(filter(None, (text("losses.fetching", n=f"{missing['link']:,}"), words)))
    return words


def guarded_text(kinds: Iterable[str]) -> str:
    """As: lockout 2×, heel lift, left 1×. kinds: of wire.GUARDED."""
    words = []
    for kind, count in Counter(kinds).items():
        name, _, side = kind.partition(" ")
        words.append(text(f"fault.{name}.name") + (f", {text('side.' + side)}" if side else "") + f" {count}×")
    return "; ".join(words)
