"""The funnel over a real SQLite log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.database import open_database
from assistant.settings import load_settings
from retrieval.analytics.funnel import report_funnel
from retrieval.analytics.log import read_log
from retrieval.analytics.types import FunnelSteps, Period
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Action, Consent, Event

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)


def event(name: str, action: Action, who: str, seconds: float = 0, auto: bool = False) -> Event:
    return Event(
        event_id=name,
        action_name=action,
        timestamp=NOW - timedelta(hours=1) + timedelta(seconds=seconds),
        client_id=who,
        session_id=f"s-{who}",
        object_id="p1",
        surface="search",
        automated=auto,
    )


def day_until(end: datetime) -> Period:
    return Period(since=end - timedelta(days=1), until=end)


def test_steps_are_counted_without_bots_and_duplicates(tmp_path: Path) -> None:
    log = SqlEventStore(open_database(f"sqlite:///{tmp_path / 'log.db'}"), "demo")
    batch = [
        event("i1", Action.IMPRESSION, "ann"),
        event("i2", Action.IMPRESSION, "bob"),
        event("c1", Action.CLICK, "ann", 5),
        event("d1", Action.DETAIL_VIEW, "ann", 6),  # the page of what was clicked
        event("k1", Action.CART, "ann", 20),
        event("o1", Action.ORDER, "ann", 40),
        event("i3", Action.IMPRESSION, "bot", auto=True),
        event("c3", Action.CLICK, "bot", auto=True),
        event("i4", Action.IMPRESSION, "script"),
        *(event(f"x{n}", Action.CLICK, "script", n / 10) for n in range(41)),
    ]
    log.append(batch)
    log.append(batch)
    log.append([event("c9", Action.CLICK, "left"), event("i9", Action.IMPRESSION, "left")])
    log.record_consent("left", Consent.DENIED)
    report = report_funnel(read_log(log, day_until(NOW), NOW))
    (row,) = report.rows
    assert row.day == NOW.date() and row.surface == "search"
    assert (row.impressions, row.opened, row.carts, row.orders, row.shoppers) == (2, 1, 1, 1, 2)
    assert report.total == FunnelSteps(impressions=2, opened=1, carts=1, orders=1, shoppers=2)
    assert report.reached == {"impressions": 2, "opened": 1, "carts": 1, "orders": 1}
    assert report.left_out == {"bots": 42, "duplicates": 1, "outliers": 0}
    assert report_funnel(read_log(log, day_until(NOW - timedelta(days=1)), NOW)).rows == ()


def test_the_command_prints_the_funnel_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_HOME", str(tmp_path))
    asked = ["events", "funnel", "--store", "demo", "--json", str(tmp_path / "funnel.json")]
    assert "Nothing is logged" in CliRunner().invoke(app, asked[:4]).output
    log = SqlEventStore(open_database(load_settings().sql_url), "demo")
    now = datetime.now(UTC)
    log.append([event("now", Action.CLICK, "anna").model_copy(update={"timestamp": now})])
    assert CliRunner().invoke(app, asked).exit_code == 0
    (row,) = json.loads((tmp_path / "funnel.json").read_text())
    assert (row["opened"], row["shoppers"], row["orders"]) == (1, 1, 0)
