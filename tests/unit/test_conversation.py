from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.conversation import REMEMBERED_TURNS, SqlConversationStore
from assistant.database import open_database
from assistant.errors import RetryableError
from assistant.types import Act, Sentence, Turn, Understanding
from retrieval.types import Language


def turn(number: int, shown: tuple[str, ...] = ()) -> Turn:
    return Turn(
        id=f"t{number}",
        message=f"message {number}",
        understanding=Understanding(act=Act.SEARCH, language=Language.ENGLISH, query="mouse"),
        shown=shown,
        sentences=(Sentence(text="It costs $20.", product_ids=("a",), evidence=("price",)),),
        started=datetime(2026, 1, 1, tzinfo=UTC),
        trace={"quick_ms": 3.2},
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlConversationStore]:
    store = SqlConversationStore(open_database(f"sqlite:///{tmp_path}/aisle.db"))
    yield store
    store.close()


def test_an_unknown_conversation_is_empty(store: SqlConversationStore) -> None:
    conversation = store.load("new")
    assert conversation.turns == ()
    assert conversation.last is None


def test_turns_come_back_in_order_and_unchanged(store: SqlConversationStore) -> None:
    turns = tuple(turn(number, shown=("a", "b")) for number in range(3))
    for one in turns:
        store.append("c", one)
    store.append("other", turn(99))
    assert store.load("c").turns == turns


def test_a_turn_stored_twice_stays_one(store: SqlConversationStore) -> None:
    store.append("c", turn(1))
    store.append("c", turn(2))
    store.append("c", turn(1, shown=("z",)))
    loaded = store.load("c").turns
    assert [one.id for one in loaded] == ["t1", "t2"]
    assert loaded[0].shown == ("z",)


def test_only_the_latest_turns_are_loaded(store: SqlConversationStore) -> None:
    for number in range(REMEMBERED_TURNS + 5):
        store.append("c", turn(number))
    loaded = store.load("c").turns
    assert len(loaded) == REMEMBERED_TURNS
    assert loaded[-1].id == f"t{REMEMBERED_TURNS + 4}"


def test_shown_is_the_latest_list(store: SqlConversationStore) -> None:
    store.append("c", turn(1, shown=("a", "b")))
    store.append("c", turn(2))
    assert store.load("c").shown == ("a", "b")


def test_the_file_survives_reopening(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/aisle.db"
    first = SqlConversationStore(open_database(url))
    first.append("c", turn(1))
    first.close()
    again = SqlConversationStore(open_database(url))
    assert again.load("c").turns == (turn(1),)
    again.close()


def test_a_database_that_cannot_open_is_one_clear_line() -> None:
    with pytest.raises(RetryableError, match="AISLE_DATABASE_URL"):
        open_database("sqlite:////nowhere/at/all/aisle.db")
