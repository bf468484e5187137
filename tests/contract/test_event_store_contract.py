"""What the event log must do; runs on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from support.events import NOW, event

from assistant.database import HEAD
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Action, Consent


@pytest.fixture
def store(database: Engine) -> SqlEventStore:
    return SqlEventStore(database, "shop", lambda: NOW)


def test_the_database_is_at_the_last_step(database: Engine) -> None:
    with database.connect() as link:
        assert link.scalar(text("SELECT version_num FROM alembic_version")) == HEAD


def test_events_come_back_as_they_were_sent(store: SqlEventStore) -> None:
    sent = event(
        Action.IMPRESSION,
        "p1",
        query_id="q1",
        user_query="红色耳机",
        ordinal=3,
        surface="search",
        propensity=0.25,
        model_version="r1",
        experiments={"ranker": "b"},
        detail={"why": ["é"]},
    )
    order = event(Action.ORDER, "p2", price=19.99, quantity=2, transaction_id="o1", ago=5)
    store.append([sent, order])
    assert [stored.event for stored in store.events_of("c1")] == [order, sent]
    assert [stored.event for stored in store.scan()] == [sent, order]


def test_sending_again_changes_nothing(store: SqlEventStore) -> None:
    one, two = event(Action.CLICK, "p1"), event(Action.CLICK, "p2")
    assert len(store.append([one, one]).new) == 1
    again = store.append([one, two, one])
    assert [s.event for s in again.new] == [two] and again.duplicates == 2
    assert store.state_of("c1")[0] == 2
    assert store.knows(one.event_id) and not store.knows("other")


def test_another_application_has_its_own_log(store: SqlEventStore, database: Engine) -> None:
    other = SqlEventStore(database, "other", lambda: NOW)
    one = event(Action.CLICK, "p1")
    assert len(store.append([one]).new) == len(other.append([one]).new) == 1
    other.erase("c1")
    assert store.state_of("c1")[0] == 1 and other.state_of("c1")[0] == 0


def test_many_writers_at_once_lose_and_double_nothing(store: SqlEventStore) -> None:
    shared = [event(Action.CLICK, f"p{n}", client_id="many") for n in range(200)]

    def send(own: int) -> None:
        for start in range(0, 200, 10):
            store.append(shared[start : start + 10])
            store.append([event(Action.CART, "p1", client_id="many", session_id=f"s{own}")])

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.state_of("many")[0] == 200 + 6 * 20
    while store.count_new(70):
        pass
    assert store.counts() == {"click": 200, "add_to_cart": 120}


def test_an_event_is_counted_once_by_however_many(store: SqlEventStore) -> None:
    late = event(Action.CLICK, "p1", ago=3 * 24 * 60)
    store.append([event(Action.CLICK, "p1"), event(Action.CLICK, "p1", surface="chat"), late])
    counted: list[int] = []
    threads = [threading.Thread(target=lambda: counted.append(store.count_new())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counted) == 3
    store.append([late, event(Action.CART, "p1")])
    assert store.count_new() == 1 and store.count_new() == 0
    assert store.counts("p1") == {"click": 3, "add_to_cart": 1}
    assert store.counts("p2") == {}


def test_the_anonymous_past_becomes_the_users(store: SqlEventStore) -> None:
    store.append([event(Action.CLICK, "p1", ago=60), event(Action.CLICK, "p2", client_id="c2")])
    signed = store.append([event(Action.CART, "p3", user_id="u1", ago=10)])
    assert signed.merged == ("c1",) and signed.new[0].shopper_id == "u1"
    assert store.resolve("c1") == "u1" and store.resolve("c2") == "c2"
    # What was delayed on the phone, and what comes without the id afterwards.
    late = store.append([event(Action.CLICK, "p4", ago=120), event(Action.CLICK, "p5")])
    assert {s.shopper_id for s in late.new} == {"u1"}
    assert [s.event.object_id for s in store.events_of("u1")] == ["p4", "p1", "p3", "p5"]
    assert store.state_of("c1")[0] == 0 and store.state_of("c2")[0] == 1


def test_a_second_user_of_a_client_keeps_apart(store: SqlEventStore) -> None:
    store.append([event(Action.CLICK, "p1"), event(Action.CLICK, "p2", user_id="u1")])
    store.append([event(Action.CLICK, "p3", user_id="u2")])
    assert [s.event.object_id for s in store.events_of("u2")] == ["p3"]
    assert store.state_of("u1")[0] == 2


def test_the_latest_events_are_remembered_by_their_own_time(store: SqlEventStore) -> None:
    store.append([event(Action.CLICK, f"p{n}", ago=n) for n in range(9)])
    assert [s.event.object_id for s in store.events_of("c1", limit=3)] == ["p2", "p1", "p0"]


def test_the_log_is_read_by_time_action_and_place(store: SqlEventStore) -> None:
    store.append([event(Action.CLICK, "old", ago=1000), event(Action.CART, "new")])
    assert [s.event.object_id for s in store.scan(since=NOW - timedelta(hours=1))] == ["new"]
    assert [s.event.object_id for s in store.scan(actions=["click"])] == ["old"]
    first = next(store.scan()).seq
    assert [s.event.object_id for s in store.scan(first)] == ["new"]


def test_consent_is_what_was_said_last(store: SqlEventStore) -> None:
    store.record_consent("c1", Consent.GRANTED)
    store.record_consent("c1", Consent.DENIED)
    assert store.consents_of(["c1", "c2"]) == {"c1": Consent.DENIED}


def test_erasing_removes_a_shopper_whole(store: SqlEventStore) -> None:
    store.append([event(Action.CLICK, "p1"), event(Action.CART, "p1", user_id="u1")])
    store.append([event(Action.CLICK, "p1", client_id="c2")])
    store.record_consent("c1", Consent.GRANTED)
    store.count_new()
    assert store.clients_of("u1") == ("c1", "u1")
    assert store.erase("u1") == 2
    assert store.state_of("u1")[0] == 0 and store.resolve("c1") == "c1"
    assert store.consents_of(["c1"]) == {}
    assert store.state_of("c2")[0] == 1 and store.counts("p1")["click"] == 2
