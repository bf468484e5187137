"""The log of a period as reports read it: what shoppers did, and how much they were shown.

Left out are bots and whole sessions of scripts, repeats, bulk orders, what lies in the future
(retrieval/profile/cleaning.py) and everything of shoppers who withdrew their consent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Date, cast, func, select
from sqlalchemy.sql.elements import ColumnElement

from retrieval.analytics.types import Period
from retrieval.profile.cleaning import AHEAD, Dropped, clean
from retrieval.profile.events import SqlEventStore, not_refused
from retrieval.profile.tables import events
from retrieval.profile.types import Action, StoredEvent
from retrieval.sql import retryable

_REMEDY = ("The event log", "Try again in a moment.")
_ABOUT_ITEMS = 500  # ids in one query: SQLite takes 32,766 parameters


@dataclass(frozen=True, slots=True)
class Shown:
    """How many impressions a session had on one day and surface."""

    session_id: str
    shopper_id: str
    day: date
    surface: str
    number: int


@dataclass(frozen=True)
class CleanLog:
    """The acts of people, oldest first, and sums of what they were shown."""

    period: Period
    acts: tuple[StoredEvent, ...]
    shown: tuple[Shown, ...]
    dropped: Dropped
    scripted: frozenset[str]

    @property
    def left_out(self) -> dict[str, int]:
        """Acts that no shopper did, by why."""
        dropped = self.dropped
        return {
            "bots": dropped.bots,
            "duplicates": dropped.duplicates,
            "outliers": dropped.outliers,
        }


def read_log(store: SqlEventStore, period: Period, now: datetime) -> CleanLog:
    """The cleaned log of a period.

    Acts are held in memory, of impressions only sums by session: whether a session is a
    script's is known by its acts.
    """
    scanned = store.scan(
        since=period.since, until=period.until, without=[Action.IMPRESSION], consented=True
    )
    acts = sorted(scanned, key=lambda stored: (stored.event.timestamp, stored.seq))
    kept, dropped = clean(acts, now)
    people = {stored.event.session_id for stored in kept}
    scripted = frozenset(s.event.session_id for s in acts) - people
    shown = tuple(s for s in _read_shown(store, period, now) if s.session_id not in scripted)
    return CleanLog(period, tuple(kept), shown, dropped, scripted)


def _read_shown(store: SqlEventStore, period: Period, now: datetime) -> list[Shown]:
    with retryable(*_REMEDY), store.database.connect() as link:
        day = day_of(link)
        columns = (events.c.session_id, events.c.shopper_id, day, events.c.surface)
        query = (
            select(*columns, func.count())
            .where(*_impressions(store, period, now))
            .group_by(*columns)
        )
        return [Shown(*row) for row in link.execute(query)]


def count_shown(
    store: SqlEventStore, log: CleanLog, now: datetime, object_ids: Collection[str]
) -> dict[str, int]:
    """Impressions of these objects (guides, say) by people; those never shown are left out."""
    found: dict[str, int] = {}
    wanted = sorted(object_ids)
    columns = (events.c.object_id, events.c.session_id)
    with retryable(*_REMEDY), store.database.connect() as link:
        for start in range(0, len(wanted), _ABOUT_ITEMS):
            query = (
                select(*columns, func.count())
                .where(
                    *_impressions(store, log.period, now),
                    events.c.object_id.in_(wanted[start : start + _ABOUT_ITEMS]),
                )
                .group_by(*columns)
            )
            for name, session, number in link.execute(query):
                if session not in log.scripted:
                    found[name] = found.get(name, 0) + number
    return found


def first_seen(store: SqlEventStore, since: datetime) -> set[str]:
    """Shoppers of whom something was logged before `since`."""
    query = (
        select(events.c.shopper_id)
        .where(events.c.application == store.application, events.c.timestamp < since)
        .distinct()
    )
    with retryable(*_REMEDY), store.database.connect() as link:
        return set(link.scalars(query))


def _impressions(
    store: SqlEventStore, period: Period, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        events.c.application == store.application,
        events.c.action_name == Action.IMPRESSION.value,
        events.c.timestamp >= period.since,
        events.c.timestamp < min(period.until, now + AHEAD),
        events.c.automated.is_(False),
        not_refused(),
    )


def day_of(link: Connection) -> ColumnElement[date]:
    """The UTC day of an event: PostgreSQL would take the connection's zone."""
    if link.dialect.name == "postgresql":
        return cast(func.timezone("UTC", events.c.timestamp), Date)
    return func.date(events.c.timestamp, type_=Date)
