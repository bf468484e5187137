"""One SQL database whose shape Alembic keeps."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from assistant.conversation import Base, TurnRow
from assistant.database import HEAD, MIGRATIONS, open_database
from retrieval.profile.tables import metadata


def test_head_is_the_last_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def is_declared(name: str | None, kind: str, parents: object) -> bool:
    """Some parts write their own SQL: what they keep is declared by its step alone."""
    return kind != "table" or name in {*metadata.tables, *Base.metadata.tables}


def test_the_steps_lead_to_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/aisle.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        found = compare_metadata(context, [metadata, Base.metadata])
    assert found == []


def test_a_database_of_before_keeps_its_conversations(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/aisle.db"
    old = create_engine(url)
    Base.metadata.create_all(old, tables=[TurnRow.__table__])
    with old.begin() as link:
        link.execute(text("INSERT INTO turns VALUES ('t1', 'c1', 1, '{}')"))
    old.dispose()
    engine = open_database(url)
    with engine.connect() as link:
        assert link.scalar(text("SELECT count(*) FROM turns")) == 1
    assert inspect(engine).has_table("events")
