"""Opens the one SQL database (people, events, conversations) in its present shape."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant.errors import RetryableError

# The last of the steps in assistant/migrations; opening a database at it loads no Alembic.
HEAD = "0005"
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 5_000


def open_database(url: str) -> Engine:
    """Open the database at an SQLAlchemy `url`; create it or bring it up to date first.

    SQLite runs in WAL mode, so that readers never wait for a writer.
    """
    # A file does not go away between two uses of a connection; a server may.
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    try:
        with engine.connect() as connection:
            current = _version(connection) == HEAD
        if not current:
            with _one_at_a_time(engine), engine.begin() as connection:
                upgrade(connection)
    except (SQLAlchemyError, OSError) as error:
        raise RetryableError(
            f"The database at {engine.url.render_as_string(hide_password=True)} does not open: "
            f"{error.__class__.__name__}.",
            remedy="Check AISLE_DATABASE_URL and that the folder is writable.",
        ) from error
    return engine


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Take the steps up to `to` that this database has not taken."""
    if connection.dialect.name == "postgresql":
        # Held to the end of the transaction: processes that start together wait here.
        connection.execute(text("SELECT pg_advisory_xact_lock(4153971)"))
    if _version(connection) == to:
        return
    from alembic import command  # takes a third of a second to import
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


def _one_at_a_time(engine: Engine) -> AbstractContextManager[Any]:
    """SQLite's changes of shape are not one transaction: a file keeps others out."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        return nullcontext()
    return FileLock(f"{path}.lock")


def _tune_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()
