"""Where learning while serving keeps its state: one row of the SQL database a store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from retrieval.profile.tables import UtcDateTime, metadata
from retrieval.rank.online import OnlineState
from retrieval.sql import retryable

online_models = Table(
    "online_models",
    metadata,
    Column("application", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("state", JSON, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
NAME = "clicks"
# What a face says when the database fails, and what helps.
_UNAVAILABLE = (
    "The state of online learning",
    "It is tried again; lists are ordered as they were.",
)


class OnlineStore:
    """The state of one application; a change is kept only over the state it was made from, so
    that of several processes one counts each batch."""

    def __init__(self, database: Engine, application: str) -> None:
        self._database = database
        self._key = {"application": application, "name": NAME}

    def load(self) -> tuple[int, OnlineState | None]:
        """(revision, state); revision 0 and None where there is none or it cannot be read."""
        query = select(online_models.c.revision, online_models.c.state).where(*self._mine())
        with retryable(*_UNAVAILABLE), self._database.connect() as link:
            row = link.execute(query).first()
        if row is None:
            return 0, None
        try:
            return int(row.revision), OnlineState.model_validate(row.state)
        except ValidationError:
            # Of another version of Aisle: what was trained is still there.
            return int(row.revision), None

    def revision(self) -> int:
        """Grows with every change; 0 before the first."""
        query = select(online_models.c.revision).where(*self._mine())
        with retryable(*_UNAVAILABLE), self._database.connect() as link:
            return int(link.scalar(query) or 0)

    def save(self, revision: int, state: OnlineState) -> bool:
        """Replace the state of `revision`; False when another process did so before."""
        fields = {
            "revision": revision + 1,
            "state": state.model_dump(mode="json"),
            "changed_at": datetime.now(UTC),
        }
        with retryable(*_UNAVAILABLE):
            try:
                with self._database.begin() as link:
                    return self._replace(link, revision, fields)
            except IntegrityError:
                return False

    def _replace(self, link: Connection, revision: int, fields: dict[str, Any]) -> bool:
        if revision == 0:
            link.execute(insert(online_models).values(**self._key, **fields))
            return True
        same = online_models.c.revision == revision
        changed = update(online_models).where(*self._mine(), same).values(**fields)
        return int(link.execute(changed).rowcount) == 1

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return tuple(online_models.c[name] == value for name, value in self._key.items())
