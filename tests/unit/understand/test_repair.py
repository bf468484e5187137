"""The reader mends slips, and says so."""

from __future__ import annotations

from assistant.types import Conversation
from assistant.understand.quick import RuleReader
from retrieval.types import StoreInfo, Vocabulary

READER = RuleReader(
    Vocabulary(words={"wireless": 50, "keyboard": 40, "mouse": 60, "mose": 1}),
    StoreInfo(name="s", title="S", currency="USD"),
)


def read(message: str):  # type: ignore[no-untyped-def]
    return READER.read(message, Conversation(id="c"), ())


def test_a_sure_repair_takes_the_place_of_the_query() -> None:
    understanding = read("wireles keybord under 40")
    assert understanding.query == "wireless keyboard"
    assert understanding.rewrites == ()
    assert [c.typed for c in understanding.repair.changes] == ["wireles", "keybord"]


def test_a_word_the_catalogue_has_is_searched_as_typed() -> None:
    understanding = read("wireless mose")
    assert understanding.query == "wireless mose"


def test_nothing_is_said_of_a_query_without_slips() -> None:
    assert read("wireless mouse").repair is None
