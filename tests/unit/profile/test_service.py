"""The service over a real SQLite log: consent, reaction, merging, refusal, erasure."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from support.events import NOW

from retrieval.errors import InvalidRequestError
from retrieval.profile.profile import Stage
from retrieval.profile.types import Action, Consent, ConsentMode, Visitor
from retrieval.recommend.service import Learning, seed_log
from retrieval.recommend.types import Kind, RecommendationRequest
from retrieval.types import Hit, Language

Open = Callable[..., Learning]
VISITOR = Visitor("c1", "s1")


def row(action: str = "click", item: str = "bag-okoro-red", **fields: Any) -> dict[str, Any]:
    return {
        "event_id": uuid.uuid4().hex,
        "action_name": action,
        "timestamp": NOW.isoformat(),
        "object_id": item,
        **fields,
    }


def test_an_event_shows_in_the_next_profile(open_learning: Open) -> None:
    learning = open_learning()
    assert learning.profile("c1").stage is Stage.POPULARITY
    assert learning.receive([row()], VISITOR).accepted == 1
    assert learning.profile("c1").liked == ("bag-okoro-red",)
    assert learning.receive([row("impression", "lamp-okoro-red")], VISITOR).accepted == 1
    assert learning.profile("c1").liked == ("bag-okoro-red",)


def test_what_another_process_logs_shows_as_well(
    open_learning: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.recommend.service.CHECKED_S", 0.0)
    here, there = open_learning(), open_learning()
    assert here.profile("c1").liked == ()
    there.receive([row()], VISITOR)
    assert here.profile("c1").liked == ("bag-okoro-red",)


def test_asking_first_means_nothing_is_kept_before(open_learning: Open) -> None:
    learning = open_learning(ConsentMode.ASK)
    assert learning.receive([row()], VISITOR).without_consent == 1
    learning.log_act(VISITOR, Action.CHAT_TURN, user_query="a bag")
    assert learning.events.state_of("c1") == (0, 0)
    assert learning.receive([row()], VISITOR, vouched=True).accepted == 1
    learning.decide("c1", Consent.DENIED)
    assert learning.receive([row()], VISITOR, vouched=True).without_consent == 1
    assert learning.profile("c1").stage is Stage.POPULARITY
    learning.decide("c1", Consent.GRANTED)
    assert learning.receive([row()], VISITOR).accepted == 1
    assert learning.profile("c1").liked


def test_off_is_off(open_learning: Open) -> None:
    learning = open_learning(ConsentMode.OFF)
    with pytest.raises(InvalidRequestError, match="AISLE_CONSENT"):
        learning.receive([row()], VISITOR, vouched=True)
    learning.log_act(VISITOR, Action.CHAT_TURN)
    assert learning.events.state_of("c1") == (0, 0)


def test_too_large_a_batch_is_refused_in_one_line(open_learning: Open) -> None:
    with pytest.raises(InvalidRequestError, match="1000 is the most"):
        open_learning().receive([row()] * 1001, VISITOR)


def test_signing_in_brings_the_anonymous_session_along(open_learning: Open) -> None:
    learning = open_learning()
    learning.receive([row()], VISITOR)
    assert learning.profile("c1").liked and learning.profile("u1").liked == ()
    learning.receive([row("add_to_cart", "lamp-okoro-red")], Visitor("c1", "s1", "u1"))
    assert set(learning.profile("u1").liked) == {"bag-okoro-red", "lamp-okoro-red"}
    assert learning.profile("c1").shopper_id == "u1"


def test_erased_is_forgotten_at_once(open_learning: Open) -> None:
    learning = open_learning()
    learning.receive([row()], VISITOR)
    assert learning.profile("c1").liked
    assert learning.erase("c1") == 1
    assert learning.profile("c1").liked == ()


def test_statistics_start_from_the_log_and_follow_it(open_learning: Open) -> None:
    first = open_learning()
    first.receive([row(), row("add_to_cart")], VISITOR)
    second = open_learning()
    assert second.settle()
    assert [item for item, _ in second.statistics.popularity()] == ["bag-okoro-red"]
    second.receive([row("click", "lamp-okoro-red")], Visitor("c2", "s2"))
    assert second.settle()
    assert len(second.statistics.popularity()) in (1, 2)  # sorted lists are kept for a moment
    assert second.statistics.lookers("lamp-okoro-red", days=100_000) == 1
    assert second.events.counts() == {"click": 2, "add_to_cart": 1}


def test_results_are_ordered_by_taste_where_that_is_wanted(open_learning: Open) -> None:
    learning = open_learning()
    learning.receive(
        [row(item=f"{k}-okoro-{c}") for k in ("bag", "mouse") for c in ("red", "green")], VISITOR
    )
    shelf = learning._shelf
    page = [
        Hit(product=p, score=1.0)
        for p in shelf.products(["lamp-velmont-black", "lamp-linnea-black", "lamp-okoro-black"])
    ]
    plain = tuple(page)
    moved = learning.personalise(page, "lamp", VISITOR, Language.ENGLISH)
    assert any(hit.reasons for hit in moved)
    assert learning.personalise(page, "lamp", None, Language.ENGLISH) == plain
    # A model number names one thing; taste has no say in it.
    assert learning.personalise(page, "lamp TN-2110", VISITOR, Language.ENGLISH) == plain
    off = open_learning(personal=False)
    assert off.personalise(page, "lamp", VISITOR, Language.ENGLISH) == plain
    asked = RecommendationRequest(kind=Kind.FOR_YOU, shopper="c1", limit=3)
    assert off.recommend(asked).stage is not Stage.POPULARITY


def test_a_stores_own_log_is_read_once_and_brought_to_the_present(open_learning: Open) -> None:
    learning = open_learning()
    rows = [
        row(timestamp=f"2026-08-{day:02d}T10:00:00Z", client_id="u1", session_id="s")
        for day in (1, 20)
    ]
    assert seed_log(learning.events, rows, NOW, shift=True) == 2
    assert seed_log(learning.events, rows, NOW, shift=True) == 0
    first, last = (each.event.timestamp for each in learning.events.events_of("u1"))
    assert (NOW.date() - last.date()).days == 1 and (last - first).days == 19
    with pytest.raises(InvalidRequestError, match="Event 1 of the log"):
        seed_log(learning.events, [{"action_name": "click"}], NOW, shift=False)
