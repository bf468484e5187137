"""Where preferences are kept: one table in the SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    JSON,
    DateTime,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column

from assistant.conversation import Base
from assistant.memory.types import Preference
from retrieval.profile.reads import CHECKED_S, RecentReads

# A memory that nobody can read through is no help to anybody.
MOST_KEPT = 50
# Sets of owners whose preferences are remembered for a moment.
REMEMBERED = 5_000

Kept = tuple[Preference, ...]
# One for a database, whichever store writes to it.
_READS: WeakKeyDictionary[Engine, RecentReads[tuple[str, ...], Kept]] = WeakKeyDictionary()


class PreferenceRow(Base):
    """One preference of a shopper, or of a conversation nobody signed in to."""

    __tablename__ = "stated_preferences"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(128))
    text: Mapped[str] = mapped_column(String(256))
    expires: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("owner", "text"),)


# Asked for every list that is recommended: made once, and read without objects.
_KEPT = select(PreferenceRow.content).where(
    PreferenceRow.owner.in_(bindparam("owners", expanding=True))
)


class PreferenceStore:
    """Preferences by owner; saying the same again renews it."""

    def __init__(
        self, database: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock
        self._reads = _READS.setdefault(database, RecentReads(REMEMBERED, CHECKED_S))

    def all(self, *owners: str) -> Kept:
        """What is kept of these owners and has not expired, oldest first."""
        return self._current(self._read(owners))

    def recent(self, *owners: str) -> Kept:
        """The same for what is asked with every list: another process's words, whether said or
        taken back, are heard within `CHECKED_S`."""
        return self._current(self._reads.read(owners, partial(self._read, owners)))

    def _current(self, kept: Kept) -> Kept:
        now = self._clock()
        return tuple(preference for preference in kept if preference.expires > now)

    def _read(self, owners: Sequence[str]) -> Kept:
        with self._database.connect() as link:
            rows = link.scalars(_KEPT, {"owners": owners})
            found = [Preference.model_validate(each) for each in rows]
        return tuple(sorted(found, key=lambda preference: preference.kept))

    @contextmanager
    def _write(self) -> Iterator[Session]:
        """A transaction after which what was read before is forgotten."""
        try:
            with Session(self._database) as session, session.begin():
                yield session
        finally:
            self._reads.forget()

    def keep(self, owner: str, preferences: Iterable[Preference]) -> None:
        """Keep these; beyond the bound the oldest go."""
        with self._write() as session:
            for preference in preferences:
                session.execute(
                    delete(PreferenceRow).where(
                        PreferenceRow.owner == owner, PreferenceRow.text == preference.text
                    )
                )
                session.add(
                    PreferenceRow(
                        id=preference.id,
                        owner=owner,
                        text=preference.text,
                        expires=preference.expires,
                        content=preference.model_dump(mode="json"),
                    )
                )
        self.forget(owner, [p.id for p in self.all(owner)[:-MOST_KEPT]])

    def forget(self, owner: str, ids: Iterable[str]) -> int:
        """Forget these of `owner`; gives how many there were."""
        statement = delete(PreferenceRow).where(
            PreferenceRow.owner == owner, PreferenceRow.id.in_(list(ids))
        )
        with self._write() as session:
            return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]

    def erase(self, owners: Iterable[str]) -> None:
        """Forget all that is kept of these owners."""
        gone = delete(PreferenceRow).where(PreferenceRow.owner.in_(list(owners)))
        with self._write() as session:
            session.execute(gone)

    def move(self, owner: str, to: str) -> None:
        """After signing in: what was said before is the shopper's own; theirs stays."""
        known = {p.text for p in self.all(to)}
        with self._write() as session:
            session.execute(
                delete(PreferenceRow).where(
                    PreferenceRow.owner == owner, PreferenceRow.text.in_(known)
                )
            )
            session.execute(
                update(PreferenceRow).where(PreferenceRow.owner == owner).values(owner=to)
            )
