"""What the stores over the SQL database share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from retrieval.errors import RetryableError


@contextmanager
def retryable(what: str, remedy: str) -> Iterator[None]:
    """Errors of the database as RetryableError, which says that `what` does not answer."""
    try:
        yield
    except SQLAlchemyError as error:
        raise RetryableError(
            f"{what} does not answer: {error.__class__.__name__}.", remedy=remedy
        ) from error


def upserting_insert(link: Connection, table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    maker = postgresql.insert if link.dialect.name == "postgresql" else sqlite.insert
    return maker(table)
