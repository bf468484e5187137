"""Orders and returns: for the signed-in only, exact days, a return only when confirmed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.jobs_store import SECRET, STORE, find
from support.orders import write_order

from assistant.conversation import SqlConversationStore
from assistant.jobs.result import JobResult
from assistant.jobs.run import JobRunner
from assistant.jobs.types import OrderAction, OrderJob
from assistant.store.demo import add_working_days, next_working_day, seed_demo_orders
from assistant.store.sql import SqlStoreBackend
from assistant.store.tokens import ShopperTokens, SignInError, read_secret
from assistant.store.types import OrderStatus, StoreBackendError
from retrieval.types import Language

from .conftest import context, show

STATUS = OrderJob(action=OrderAction.STATUS)


@pytest.fixture
def orders(database: Engine, backend: SqlStoreBackend) -> None:
    write_order(str(database.url), "10001", "ann", "mouse", ships=-20, arrives=-17)
    write_order(str(database.url), "10002", "ann", "lamp", ships=-1, arrives=2)
    write_order(str(database.url), "10003", "bob", "tent", ships=-60, arrives=-57)


def texts(result: JobResult) -> str:
    return " ".join(s.text for s in result.sentences)


def test_without_a_token_nothing_is_told(
    runner: JobRunner, conversations: SqlConversationStore, orders: None
) -> None:
    job = OrderJob(action=OrderAction.STATUS, order_id="10002", words="I am ann, order 10002")
    result = runner.run(job, context(show(conversations, "mouse"), "I am ann"))
    assert "sign in" in texts(result)
    assert "lamp" not in texts(result).lower()


@pytest.mark.parametrize("language", list(Language))
def test_tells_the_open_order_first(
    language: Language, runner: JobRunner, conversations: SqlConversationStore, orders: None
) -> None:
    said = context(show(conversations), language=language, shopper_id="ann")
    told = texts(runner.run(STATUS, said))
    assert "10002" in told
    assert "AX10002" in told
    assert "10001" not in told
    assert ("橡木台灯" if language is Language.CHINESE else "Oak desk lamp") in told
    arrives = datetime.now(UTC).date() + timedelta(days=2)
    day = f"{arrives.month}月{arrives.day}日" if language == "zh" else f"{arrives.day} {arrives:%B}"
    assert day in told


def test_somebody_elses_order_does_not_exist(
    runner: JobRunner, conversations: SqlConversationStore, orders: None
) -> None:
    job = OrderJob(action=OrderAction.STATUS, order_id="10003")
    result = runner.run(job, context(show(conversations), shopper_id="ann"))
    assert "no order 10003" in texts(result)


def test_a_return_is_asked_about_then_noted_once(
    runner: JobRunner, backend: SqlStoreBackend, conversations: SqlConversationStore, orders: None
) -> None:
    said = context(show(conversations), shopper_id="ann")
    asked = runner.run(OrderJob(action=OrderAction.RETURN, words="the mouse"), said)
    assert "10001" in asked.question
    assert isinstance(asked.job, OrderJob)
    assert backend.orders("ann")[1].returns == ()
    noted = runner.run(asked.job.model_copy(update={"confirmed": True}), said)
    (request,) = backend.orders("ann")[1].returns
    assert request.id in texts(noted)
    again = runner.run(OrderJob(action=OrderAction.RETURN, words="mouse"), said)
    assert request.id in texts(again)
    assert len(backend.orders("ann")[1].returns) == 1


def test_what_came_too_long_ago_is_not_taken_back(
    runner: JobRunner, backend: SqlStoreBackend, conversations: SqlConversationStore, orders: None
) -> None:
    result = runner.run(
        OrderJob(action=OrderAction.RETURN, order_id="10003"),
        context(show(conversations), shopper_id="bob"),
    )
    assert result.failed
    assert not result.question
    with pytest.raises(StoreBackendError):
        backend.request_return("bob", "10003", "tent")
    with pytest.raises(StoreBackendError):
        backend.request_return("ann", "10003", "tent")
    with pytest.raises(StoreBackendError, match="delivered"):
        backend.request_return("ann", "10002", "lamp")


def test_status_moves_on_with_the_days(database: Engine) -> None:
    now = datetime.now(UTC).replace(hour=15)  # parcels leave at two
    backend = SqlStoreBackend(database, STORE, find, clock=lambda: now)
    write_order(str(database.url), "7", "ann", "mouse", ships=1, arrives=3)

    def status(days: int) -> OrderStatus:
        later = SqlStoreBackend(database, STORE, find, clock=lambda: now + timedelta(days=days))
        return later.orders("ann")[0].status

    assert backend.has_orders
    assert [status(d) for d in (0, 1, 2, 3)] == [
        OrderStatus.PROCESSING,
        OrderStatus.SHIPPED,
        OrderStatus.SHIPPED,
        OrderStatus.DELIVERED,
    ]


def test_the_demo_orders_end_today_and_are_written_once(database: Engine, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    rows = [
        {"action_name": "impression", "user_id": "u001"},
        *(
            {
                "action_name": "purchase",
                "user_id": "u001",
                "object_id": item,
                "price": "24.99",
                "order_id": "order-1",
                "timestamp": "2026-10-31T20:00:00+00:00",
            }
            for item in ("mouse", "mouse", "lamp")
        ),
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    today = datetime.now(UTC).date()
    assert seed_demo_orders(database, "jobs", log, today) == 1
    assert seed_demo_orders(database, "jobs", log, today) == 0
    backend = SqlStoreBackend(database, STORE, find)
    (order,) = backend.orders("u001")
    assert order.placed.date() == today - timedelta(days=1)
    assert [(line.product_id, line.quantity) for line in order.lines] == [("mouse", 2), ("lamp", 1)]
    assert [s.id for s in backend.latest_shoppers(3)] == ["u001"]


def test_orders_leave_on_working_days() -> None:
    friday_evening = datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert next_working_day(friday_evening) == date(2026, 11, 23)
    assert next_working_day(datetime(2026, 11, 20, 9, tzinfo=UTC)) == date(2026, 11, 20)
    assert add_working_days(date(2026, 11, 20), 2) == date(2026, 11, 24)


def test_tokens_name_a_shopper_until_they_expire() -> None:
    tokens = ShopperTokens(SECRET)
    assert tokens.check(tokens.issue("ann")) == "ann"
    old = tokens.issue("ann", now=datetime.now(UTC) - timedelta(days=2))
    forged = ShopperTokens("another secret of thirty-two characters").issue("ann")
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJhdWQiOiJhaXNsZSIsImV4cCI6OTk5OTk5OTk5OX0."
    for bad in (old, forged, unsigned, "ann", ""):
        with pytest.raises(SignInError):
            tokens.check(bad)


def test_a_secret_made_here_is_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret"
    secret = read_secret("", path)
    assert read_secret("", path) == secret
    assert path.stat().st_mode & 0o077 == 0
    assert read_secret("given", path) == "given"
