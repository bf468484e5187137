"""The log of events in SQL: idempotent, in one transaction a batch, anonymous pasts merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from retrieval.profile.tables import action_counts, clients, consents, events
from retrieval.profile.types import Action, Appended, Consent, Event, StoredEvent
from retrieval.sql import retryable, upserting_insert
from retrieval.types import Language

# Rows read at once when the whole log is gone through.
PAGE = 5_000
# A shopper's older events hardly weigh in the profile (see retrieval/profile/profile.py).
REMEMBERED = 3_000
_FIELDS = [events.c[name] for name in ("seq", "shopper_id", *Event.model_fields)]
# Asked for every list that is recommended: made once.
_OWNER = select(clients.c.user_id).where(
    clients.c.application == bindparam("application"), clients.c.client_id == bindparam("name")
)
_EVENTS = (
    select(*_FIELDS)
    .where(
        events.c.application == bindparam("application"), events.c.shopper_id == bindparam("name")
    )
    .order_by(events.c.timestamp.desc(), events.c.seq.desc())
    .limit(bindparam("limit", type_=Integer))
)
_ACTS = _EVENTS.where(events.c.action_name != Action.IMPRESSION.value)
_CONSENTS = select(consents.c.client_id, consents.c.choice).where(
    consents.c.application == bindparam("application"),
    consents.c.client_id.in_(bindparam("names", expanding=True)),
)
_STATE = select(func.count(), func.max(events.c.seq)).where(
    events.c.application == bindparam("application"),
    events.c.shopper_id == bindparam("name"),
    events.c.action_name != Action.IMPRESSION.value,
)
_KNOWN_USER = select(
    exists().where(
        clients.c.application == bindparam("application"), clients.c.user_id == bindparam("name")
    )
    | exists().where(
        events.c.application == bindparam("application"),
        events.c.shopper_id == bindparam("name"),
        events.c.user_id == bindparam("name"),
    )
)

# What a face says when the database fails, and what helps.
_UNAVAILABLE = ("The event log", "Send the same events again; what was kept is kept once.")

T = TypeVar("T")


class SqlEventStore:
    """Events of one application (the store's name) in SQLite or PostgreSQL; thread-safe.

    Methods raise RetryableError when the database does not answer.
    """

    def __init__(
        self,
        database: Engine,
        application: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._application = application
        self._now = now

    @property
    def database(self) -> Engine:
        """Where the log is, for reports with SQL of their own."""
        return self._database

    @property
    def application(self) -> str:
        """Whose events these are."""
        return self._application

    # ---------------------------------------------------------------- writing

    def append(self, batch: Sequence[Event], *, counted: bool = False) -> Appended:
        """Commit the events that are new; those whose id is known are left as they are.

        The first event that names both a client and a signed-in shopper makes the client's
        anonymous past the shopper's, also what of it arrives later.
        """
        if not batch:
            return Appended()
        return self._write(partial(self._append, batch, counted))

    def _append(self, batch: Sequence[Event], counted: bool, link: Connection) -> Appended:
        received = self._now()
        unique = {event.event_id: event for event in batch}
        rows = [self._row(event, received, counted) for event in unique.values()]
        insert = (
            upserting_insert(link, events)
            .on_conflict_do_nothing(index_elements=["application", "event_id"])
            .returning(events.c.seq, events.c.event_id)
        )
        added = {name: seq for seq, name in link.execute(insert, rows)}
        new = [unique[name] for name in added]
        merged = self._sign_in(link, new)
        owners = self._owners(link, new)
        moved = {e.event_id for e in new if owners[e.event_id] != (e.user_id or e.client_id)}
        for owner in {owners[name] for name in moved}:
            names = [name for name in moved if owners[name] == owner]
            self._own(link, owner, events.c.seq.in_([added[name] for name in names]))
        stored = [StoredEvent(added[e.event_id], owners[e.event_id], e) for e in new]
        stored.sort(key=lambda item: item.seq)
        return Appended(tuple(stored), len(batch) - len(new), merged)

    def _row(self, event: Event, received: datetime, counted: bool) -> dict[str, Any]:
        row = event.model_dump()
        row["action_name"] = event.action_name.value
        row["language"] = event.language.value if event.language else None
        return {
            **row,
            "application": self._application,
            "shopper_id": event.user_id or event.client_id,
            "received_at": received,
            "counted": counted,
        }

    def _sign_in(self, link: Connection, new: Sequence[Event]) -> tuple[str, ...]:
        """Remember who uses which client, and give them its anonymous past."""
        first: dict[str, Event] = {}
        for event in sorted(new, key=lambda e: e.timestamp):
            if event.user_id and event.user_id != event.client_id:
                first.setdefault(event.client_id, event)
        if not first:
            return ()
        rows = [
            {
                "application": self._application,
                "client_id": client,
                "user_id": event.user_id,
                "signed_in_at": event.timestamp,
            }
            for client, event in first.items()
        ]
        insert = (
            upserting_insert(link, clients)
            .on_conflict_do_nothing(index_elements=["application", "client_id"])
            .returning(clients.c.client_id, clients.c.user_id)
        )
        fresh = link.execute(insert, rows).all()
        for client, user in fresh:
            anonymous = (events.c.client_id == client) & (events.c.shopper_id == client)
            self._own(link, user, anonymous & events.c.user_id.is_(None))
        return tuple(client for client, _ in fresh)

    def _owners(self, link: Connection, new: Sequence[Event]) -> dict[str, str]:
        """Event id → whose it is: anonymous events of a known client are its user's."""
        anonymous = {event.client_id for event in new if not event.user_id}
        known = {}
        if anonymous:
            query = select(clients.c.client_id, clients.c.user_id).where(
                clients.c.application == self._application, clients.c.client_id.in_(anonymous)
            )
            known = {row.client_id: row.user_id for row in link.execute(query)}
        return {
            event.event_id: event.user_id or known.get(event.client_id, event.client_id)
            for event in new
        }

    def _own(self, link: Connection, owner: str, which: Any) -> None:
        own = events.c.application == self._application
        link.execute(update(events).where(own & which).values(shopper_id=owner))

    # ---------------------------------------------------------------- reading

    def resolve(self, name: str) -> str:
        """The shopper of a client or user id: the user who signed in on that client."""
        named = {"application": self._application, "name": name}
        return self._read(lambda link: link.scalar(_OWNER, named)) or name

    def state_of(self, shopper_id: str) -> tuple[int, int]:
        """(number of acts, last place in the log): changes whenever what the shopper did does."""
        named = {"application": self._application, "name": shopper_id}
        count, last = self._read(lambda link: link.execute(_STATE, named).one())
        return int(count), int(last or 0)

    def acts_of(self, shopper_id: str, limit: int = REMEMBERED) -> list[StoredEvent]:
        """What a shopper did last, by the events' own time, oldest first; no impressions."""
        return self._latest(_ACTS, shopper_id, limit)

    def events_of(self, shopper_id: str, limit: int = REMEMBERED) -> list[StoredEvent]:
        """A shopper's latest events by their own time, oldest first."""
        return self._latest(_EVENTS, shopper_id, limit)

    def _latest(self, query: Select[Any], shopper_id: str, limit: int) -> list[StoredEvent]:
        named = {"application": self._application, "name": shopper_id, "limit": limit}
        rows = self._read(lambda link: link.execute(query, named).all())
        return [_stored(row) for row in reversed(rows)]

    def scan(
        self,
        after: int = 0,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        actions: Sequence[str] = (),
        without: Sequence[str] = (),
        consented: bool = False,
    ) -> Iterator[StoredEvent]:
        """The log in its order from place `after` on, page by page; `without` leaves actions out,
        `consented` those who withdrew their consent since."""
        while True:
            query = select(*_FIELDS).where(
                events.c.application == self._application, events.c.seq > after
            )
            if since is not None:
                query = query.where(events.c.timestamp >= since)
            if until is not None:
                query = query.where(events.c.timestamp < until)
            if without:
                query = query.where(events.c.action_name.not_in(without))
            if consented:
                query = query.where(not_refused())
            if actions:
                query = query.where(events.c.action_name.in_(actions))
            page = query.order_by(events.c.seq).limit(PAGE)
            rows = self._read(lambda link, page=page: link.execute(page).all())  # type: ignore[misc]
            yield from map(_stored, rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].seq

    def last_place(self) -> int:
        """The last place in the log; 0 when it is empty."""
        query = select(func.max(events.c.seq)).where(events.c.application == self._application)
        return int(self._read(lambda link: link.scalar(query)) or 0)

    def impressions_after(self, after: int, received: datetime, limit: int) -> list[StoredEvent]:
        """Impressions from place `after` on that came in before `received`, in the log's order."""
        query = (
            select(*_FIELDS)
            .where(
                events.c.application == self._application,
                events.c.seq > after,
                events.c.received_at <= received,
                events.c.action_name == Action.IMPRESSION.value,
            )
            .order_by(events.c.seq)
            .limit(limit)
        )
        return [_stored(row) for row in self._read(lambda link: link.execute(query).all())]

    def knows_user(self, name: str) -> bool:
        """Whether anything is logged of a signed-in shopper of this id."""
        named = {"application": self._application, "name": name}
        return bool(self._read(lambda link: link.scalar(_KNOWN_USER, named)))

    def knows(self, event_id: str) -> bool:
        """Whether an event of this id is in the log."""
        query = select(events.c.seq).where(
            events.c.application == self._application, events.c.event_id == event_id
        )
        return self._read(lambda link: link.scalar(query)) is not None

    # ---------------------------------------------------------------- counting

    def count_new(self, most: int = PAGE) -> int:
        """Add events that are not counted yet to the daily counts; gives their number.

        An event is marked and counted in one transaction, so that it counts once however
        often, by whomever and in whatever order this is called; the day is the event's own.
        """
        return self._write(partial(self._count, most))

    def _count(self, most: int, link: Connection) -> int:
        own = events.c.application == self._application
        uncounted = select(events.c.seq).where(own, events.c.counted.is_(False)).limit(most)
        # PostgreSQL: others that count at the same time take other rows.
        picked = uncounted.with_for_update(skip_locked=True)
        mark = (
            update(events)
            .where(events.c.seq.in_(picked), events.c.counted.is_(False))
            .values(counted=True)
            .returning(
                events.c.timestamp, events.c.action_name, events.c.surface, events.c.object_id
            )
        )
        tally: dict[tuple[Any, ...], int] = {}
        for row in link.execute(mark):
            key = (row.timestamp.date(), row.action_name, row.surface, row.object_id or "")
            tally[key] = tally.get(key, 0) + 1
        if tally:
            self._add_counts(link, tally)
        return sum(tally.values())

    def _add_counts(self, link: Connection, tally: Mapping[tuple[Any, ...], int]) -> None:
        names = ("day", "action_name", "surface", "object_id")
        # In one order, so that two writers wait for each other rather than deadlock.
        rows = [
            {**dict(zip(names, key, strict=True)), "application": self._application, "count": n}
            for key, n in sorted(tally.items())
        ]
        insert = upserting_insert(link, action_counts)
        added = insert.on_conflict_do_update(
            index_elements=["application", *names],
            set_={"count": action_counts.c["count"] + insert.excluded["count"]},
        )
        link.execute(added, rows)

    def counts(self, object_id: str | None = None) -> dict[str, int]:
        """Action → number of counted events, of one product or of all."""
        total = func.sum(action_counts.c["count"])
        query = select(action_counts.c.action_name, total).where(
            action_counts.c.application == self._application
        )
        if object_id is not None:
            query = query.where(action_counts.c.object_id == object_id)
        rows = self._read(
            lambda link: link.execute(query.group_by(action_counts.c.action_name)).all()
        )
        return {action: int(count) for action, count in rows}

    # ---------------------------------------------------------------- consent and erasure

    def record_consent(self, client_id: str, choice: Consent) -> None:
        """Keep what a shopper answered, with the time."""
        row = {
            "application": self._application,
            "client_id": client_id,
            "choice": choice.value,
            "decided_at": self._now(),
        }

        def write(link: Connection) -> None:
            insert = upserting_insert(link, consents)
            changed = {"choice": insert.excluded.choice, "decided_at": insert.excluded.decided_at}
            link.execute(
                insert.on_conflict_do_update(
                    index_elements=["application", "client_id"], set_=changed
                ),
                row,
            )

        self._write(write)

    def consents_of(self, client_ids: Sequence[str]) -> dict[str, Consent]:
        """Client → what its shopper answered; those who were not asked are left out."""
        named = {"application": self._application, "names": list(client_ids)}
        rows = self._read(lambda link: link.execute(_CONSENTS, named).all())
        return {client: Consent(choice) for client, choice in rows}

    def clients_of(self, shopper_id: str) -> tuple[str, ...]:
        """The browsers and apps of a shopper."""
        logged = select(events.c.client_id).where(self._of(shopper_id)).distinct()
        linked = select(clients.c.client_id).where(
            clients.c.application == self._application, clients.c.user_id == shopper_id
        )
        names = self._read(lambda link: [*link.scalars(logged), *link.scalars(linked)])
        return tuple(sorted({shopper_id, *names}))

    def erase(self, shopper_id: str) -> int:
        """Remove everything logged of a shopper; gives the number of events.

        Daily counts stay: they name nobody.
        """
        names = self.clients_of(shopper_id)

        def write(link: Connection) -> int:
            gone = link.execute(delete(events).where(self._of(shopper_id)))
            for table in (clients, consents):
                own = (table.c.application == self._application) & table.c.client_id.in_(names)
                link.execute(delete(table).where(own))
            return int(gone.rowcount)

        return self._write(write)

    # ---------------------------------------------------------------- plumbing

    def _of(self, shopper_id: str) -> Any:
        return (events.c.application == self._application) & (events.c.shopper_id == shopper_id)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with retryable(*_UNAVAILABLE), self._database.connect() as link:
            return work(link)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with retryable(*_UNAVAILABLE), self._database.begin() as link:
            return work(link)


def not_refused() -> ColumnElement[bool]:
    """That neither the client nor the shopper of an event has withdrawn consent."""
    denied = exists().where(
        consents.c.application == events.c.application,
        consents.c.client_id.in_([events.c.client_id, events.c.shopper_id]),
        consents.c.choice == Consent.DENIED.value,
    )
    return ~denied


def _stored(row: Row[Any]) -> StoredEvent:
    fields = dict(row._mapping)
    seq, shopper = fields.pop("seq"), fields.pop("shopper_id")
    # Rows were validated on their way in; reading a profile must not pay for it again.
    fields["experiments"] = fields["experiments"] or {}
    fields["detail"] = fields["detail"] or {}
    return StoredEvent(seq, shopper, Event.model_construct(**_typed(fields)))


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    fields["action_name"] = Action(fields["action_name"])
    if fields["language"]:
        fields["language"] = Language(fields["language"])
    return fields
