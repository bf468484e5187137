"""Leaves out of a shopper's acts what no shopper did, and says how much that was."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from retrieval.profile.types import Action, StoredEvent

# Nobody opens or buys more than this in a minute for minutes on end; scripts do.
MOST_A_MINUTE = 40
# A session with more acts than this says something of a script or a shared screen.
MOST_A_SESSION = 500
# A second tap, or the page of what was just tapped: one sign of interest, not two.
SAME_WITHIN = timedelta(seconds=60)
# More pieces than a household buys: an order of a reseller is no taste.
MOST_PIECES = 50
# Clocks that differ; what lies further ahead has not happened.
AHEAD = timedelta(minutes=10)

_INTEREST = (Action.CLICK, Action.DETAIL_VIEW)


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many events were left out, by why."""

    bots: int = 0
    duplicates: int = 0
    outliers: int = 0


def clean(acts: Sequence[StoredEvent], now: datetime) -> tuple[list[StoredEvent], Dropped]:
    """What is left of acts that are given oldest first."""
    scripted = _scripted_sessions(acts)
    kept: list[StoredEvent] = []
    bots = duplicates = outliers = 0
    last: dict[tuple[str, str, str | None], datetime] = {}
    for stored in acts:
        event = stored.event
        if event.automated or event.session_id in scripted:
            bots += 1
            continue
        if event.timestamp > now + AHEAD or (event.quantity or 0) > MOST_PIECES:
            outliers += 1
            continue
        kind = "interest" if event.action_name in _INTEREST else event.action_name.value
        place = (event.session_id, kind, event.object_id)
        before = last.get(place)
        if event.object_id and before and event.timestamp - before <= SAME_WITHIN:
            duplicates += 1
            continue
        last[place] = event.timestamp
        kept.append(stored)
    return kept, Dropped(bots, duplicates, outliers)


def _scripted_sessions(acts: Sequence[StoredEvent]) -> set[str]:
    """Sessions that act faster or longer than people do."""
    minutes: Counter[tuple[str, int]] = Counter()
    total: Counter[str] = Counter()
    for stored in acts:
        session = stored.event.session_id
        minutes[session, int(stored.event.timestamp.timestamp() // 60)] += 1
        total[session] += 1
    busiest: dict[str, int] = defaultdict(int)
    for (session, _), count in minutes.items():
        busiest[session] = max(busiest[session], count)
    return {s for s in total if busiest[s] > MOST_A_MINUTE or total[s] > MOST_A_SESSION}
