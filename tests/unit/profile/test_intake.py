"""Rows become events one by one; a bad row costs itself only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.events import NOW

from retrieval.profile.intake import read_events
from retrieval.profile.types import Action

GOOD = {
    "event_id": "e1",
    "action_name": "click",
    "timestamp": NOW.isoformat(),
    "client_id": "c1",
    "session_id": "s1",
    "object_id": "p1",
}


def test_the_nested_form_of_ubi_reads_like_the_flat_one() -> None:
    nested = {
        **{k: v for k, v in GOOD.items() if k != "object_id"},
        "application": "any",
        "message_type": "INFO",
        "message": "clicked",
        "event_attributes": {
            "object": {"object_id": "p1", "object_id_field": "sku", "name": "A thing"},
            "position": {"ordinal": 4, "x": 10, "y": 20},
            "surface": "search",
            "unknown": 1,
        },
    }
    (one,), rejected = read_events([nested], NOW)
    assert not rejected
    assert (one.object_id, one.ordinal, one.surface) == ("p1", 4, "search")


def test_the_demo_stores_log_reads() -> None:
    row = {
        "event_id": "e000001",
        "timestamp": "2026-08-03T08:14:55+00:00",
        "user_id": "u149",
        "session_id": "u149-s04",
        "query_id": "u149-s04-q0",
        "action_name": "purchase",
        "query": "激光打印机",
        "object_id": "printer-005",
        "position": 1,
        "price": "19.90",
        "order_id": "o1",
    }
    (one,), _ = read_events([row], NOW)
    assert one.action_name is Action.ORDER and one.price == 19.9
    assert (one.client_id, one.user_query, one.ordinal) == ("u149", "激光打印机", 1)
    assert one.transaction_id == "o1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"action_name": "stare"}, "action_name"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-20T12:00:00"}, "timestamp"),
        ({"timestamp": (NOW + timedelta(days=2)).isoformat()}, "future"),
        ({"event_id": ""}, "event_id"),
        ({"client_id": "a\nb"}, "client_id"),
        ({"object_id": None}, "object_id"),
        ({"action_name": "rating"}, "value"),
        ({"action_name": "rating", "value": 9}, "value"),
        ({"ordinal": 0}, "ordinal"),
        ({"propensity": 0}, "propensity"),
        ({"price": "nan"}, "price"),
        ({"detail": {"text": "x" * 5000}}, "detail"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_row_is_told_in_one_line_and_the_good_ones_stay(
    change: dict[str, object], said: str
) -> None:
    rows = [GOOD, {**GOOD, "event_id": "e2", **change}, {**GOOD, "event_id": "e3"}]
    events, (rejected,) = read_events(rows, NOW)
    assert [e.event_id for e in events] == ["e1", "e3"]
    assert rejected.index == 1 and said in rejected.error and "\n" not in rejected.error


def test_what_is_no_object_is_a_bad_row() -> None:
    events, rejected = read_events(["click", None, GOOD], NOW)
    assert len(events) == 1 and [r.index for r in rejected] == [0, 1]


def test_defaults_fill_what_is_left_out() -> None:
    row = {k: v for k, v in GOOD.items() if k != "client_id"}
    (one, two), _ = read_events([row, {**row, "user_id": "u1"}], NOW, {"client_id": "cookie"})
    assert one.client_id == two.client_id == "cookie" and two.user_id == "u1"
