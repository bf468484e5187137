"""Where preferences are kept: one table in the SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

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

# A memory that nobody can read through is no help to anybody.
MOST_KEPT = 50


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
    PreferenceRow.owner.in_(bindparam("owners", expanding=True)),
    PreferenceRow.expires > bindparam("now"),
)


class PreferenceStore:
    """Preferences by owner; saying the same again renews it."""

    def __init__(
        self, database: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def all(self, *owners: str) -> tuple[Preference, ...]:
        """What is kept of these owners and has not expired, oldest first."""
        asked = {"owners": owners, "now": self._clock()}
        with self._database.connect() as link:
            found = [Preference.model_validate(each) for each in link.scalars(_KEPT, asked)]
        return tuple(sorted(found, key=lambda preference: preference.kept))

    def keep(self, owner: str, preferences: Iterable[Preference]) -> None:
        """Keep these; beyond the bound the oldest go."""
        with Session(self._database) as session, session.begin():
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
        with Session(self._database) as session, session.begin():
            return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]

    def erase(self, owners: Iterable[str]) -> None:
        """Forget all that is kept of these owners."""
        gone = delete(PreferenceRow).where(PreferenceRow.owner.in_(list(owners)))
        with Session(self._database) as session, session.begin():
            session.execute(gone)

    def move(self, owner: str, to: str) -> None:
        """After signing in: what was said before is the shopper's own; theirs stays."""
        known = {p.text for p in self.all(to)}
        with Session(self._database) as session, session.begin():
            session.execute(
                delete(PreferenceRow).where(
                    PreferenceRow.owner == owner, PreferenceRow.text.in_(known)
                )
            )
            session.execute(
                update(PreferenceRow).where(PreferenceRow.owner == owner).values(owner=to)
            )
