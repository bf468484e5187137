"""Preference memory: what is kept, where it holds, how it is applied, shown and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.jobs_store import VOCABULARY, catalog_of, open_small_assistant

from assistant.assistant import Assistant
from assistant.memory.memory import Memory
from assistant.memory.statements import take_statements
from assistant.memory.store import PreferenceStore
from assistant.types import PreferencesEvent, ProductsEvent, ReplyEvent, TextEvent
from retrieval.types import Attribute, CategoryProfile, Product, Vocabulary

BAGS = tuple(
    Product(
        id=key,
        title=title,
        price="50",
        currency="USD",
        category=("Shop", "Bags"),
        attributes=(Attribute(name="material", value=material),),
        stock=5,
    )  # type: ignore[arg-type]
    for key, title, material in (
        ("b1", "City bag leather", "leather"),
        ("b2", "City bag canvas", "canvas"),
        ("b3", "Travel bag leather", "leather"),
        ("m1", "Quiet mouse", "plastic"),
        ("m2", "Left-handed mouse", "plastic"),
    )
)
WORDS = Vocabulary(
    categories=(
        CategoryProfile(path=("Shop", "Bags"), products=3, surfaces=("bag", "bags", "包")),
        CategoryProfile(path=("Office", "Mouse"), products=2, surfaces=("mouse", "鼠标")),
    ),
)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with open_small_assistant(tmp_path, BAGS, WORDS) as opened:
        yield opened


async def say(assistant: Assistant, message: str, shopper: str | None = None) -> list[ReplyEvent]:
    return [e async for e in assistant.reply(message, "c", shopper_id=shopper)]


def kept(events: list[ReplyEvent]) -> list[str]:
    return [p.text for e in events if isinstance(e, PreferencesEvent) for p in e.preferences]


def ids(events: list[ReplyEvent]) -> set[str]:
    last = [e for e in events if isinstance(e, ProductsEvent)][-1]
    return {card.hit.product.id for card in last.products}


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("boots, i wear size 42", [("size", "42")], "boots"),
        ("i never wear leather", [("avoid", "leather")], ""),
        ("i'm allergic to wool", [("avoid", "wool")], ""),
        ("remember: no plastic", [("avoid", "plastic")], ""),
        ("i'm left-handed", [("trait", "left-handed")], ""),
        ("a mouse for my left-handed son", [("person", "left-handed")], None),
        ("我穿42码的鞋", [("size", "42")], None),
        ("我对羊毛过敏", [("avoid", "羊毛")], ""),
        ("我从不穿皮的", [("avoid", "皮")], ""),
        ("以后都不要塑料的", [("avoid", "塑料")], ""),
        ("给左撇子的儿子买鼠标", [("person", "左撇子")], None),
        ("i want a size m shirt", [], None),
        ("i take the train to work", [], None),
        ("does it come in size 42?", [], None),
        ("我不要黑色的", [], None),
        ("i am looking for tall boots", [], None),
    ],
)
def test_reads_what_is_said_of_oneself(
    text: str, found: list[tuple[str, str]], rest: str | None
) -> None:
    statements, left = take_statements(text)
    assert [(s.kind.value, s.words) for s in statements] == found
    if rest is not None:
        assert left == rest
    if not found:
        assert left == text


async def test_a_refusal_holds_for_the_next_search_of_that_kind_only(assistant: Assistant) -> None:
    assert kept(await say(assistant, "a bag, no leather")) == ["no leather"]
    later = await say(assistant, "a travel bag")
    assert kept(later) == ["no leather"]
    assert not ids(later) & {"b1", "b3"}
    other = await say(assistant, "a mouse")
    assert kept(other) == []


async def test_what_is_asked_for_now_outweighs_what_was_said(assistant: Assistant) -> None:
    await say(assistant, "a bag, no leather")
    assert "b1" in ids(await say(assistant, "a leather bag"))


async def test_never_holds_everywhere_and_searches_nothing(assistant: Assistant) -> None:
    events = await say(assistant, "I never buy leather")
    assert not any(isinstance(e, ProductsEvent) for e in events)
    assert kept(await say(assistant, "a bag")) == ["no leather"]


async def test_a_trait_is_searched_beside_the_wish(assistant: Assistant) -> None:
    await say(assistant, "I'm left-handed")
    events = await say(assistant, "a mouse")
    last = [e for e in events if isinstance(e, ProductsEvent)][-1]
    assert "left-handed" in last.understanding.wishes
    assert any("left-handed" in r for r in last.understanding.rewrites)


@pytest.mark.parametrize(
    ("wish", "forget", "again"),
    [
        ("a bag, no leather", "forget that", "a bag"),
        ("a bag, no leather", "forget about the leather", "in black"),
        ("包，不要leather", "忘掉我不要leather的", "包"),
        ("a bag, no leather", "forget everything about me", "a bag"),
    ],
)
async def test_forgetting_in_chat(assistant: Assistant, wish: str, forget: str, again: str) -> None:
    assert kept(await say(assistant, wish))
    told = " ".join(
        e.sentence.text for e in await say(assistant, forget) if isinstance(e, TextEvent)
    )
    assert "leather" in told
    assert assistant.preferences.all("conversation:c") == ()
    events = await say(assistant, again)
    last = [e for e in events if isinstance(e, ProductsEvent)][-1]
    assert not last.understanding.filters.excluded_terms


async def test_what_is_kept_is_told_with_its_source(assistant: Assistant) -> None:
    await say(assistant, "a bag, no leather")
    source = assistant.conversation("c").turns[0].id
    for question in ("what do you know about me?", "你记住了我什么"):
        (sentence,) = [
            e.sentence for e in await say(assistant, question) if isinstance(e, TextEvent)
        ]
        assert "no leather" in sentence.text
        assert sentence.evidence == (f"turn:{source}",)


async def test_tastes_are_the_shoppers_own(assistant: Assistant) -> None:
    await say(assistant, "a bag, no leather", "ann")
    assert kept(await say(assistant, "a bag", "bob")) == []
    assert kept(await say(assistant, "a bag", "ann")) == ["no leather"]


def test_saying_it_again_renews_it_and_time_ends_it(database: Engine) -> None:
    now = datetime.now(UTC)
    catalog = catalog_of(VOCABULARY)

    def memory(days: int) -> Memory:
        def clock() -> datetime:
            return now + timedelta(days=days)

        return Memory(
            PreferenceStore(database, clock=clock), VOCABULARY, catalog.reader, clock=clock
        )

    from assistant.types import Conversation

    read = catalog.reader.read("desk, no glass", Conversation(id="x"), ())
    memory(0).note("me", "t1", read, Conversation(id="x"))
    memory(20).note("me", "t2", read, Conversation(id="x"))
    (only,) = memory(40).store.all("me")
    assert only.source == "t2"
    assert memory(51).store.all("me") == ()


def test_signing_in_takes_tastes_along(database: Engine, memory: Memory) -> None:
    from assistant.types import Conversation

    reader = catalog_of(VOCABULARY).reader
    for owner, said in (("c", "desk, no glass"), ("ann", "desk, no glass"), ("c", "lamp, no gold")):
        memory.note(owner, "t", reader.read(said, Conversation(id="x"), ()), Conversation(id="x"))
    memory.store.move("c", "ann")
    assert {p.text for p in memory.store.all("ann")} == {"no glass", "no gold"}
    assert memory.store.all("c") == ()


async def test_what_is_kept_is_shown_where_it_is_asked_for(assistant: Assistant) -> None:
    await say(assistant, "a bag, no leather")
    assert kept(await say(assistant, "what do you know about me?")) == ["no leather"]
    (event,) = [e for e in await say(assistant, "forget that") if isinstance(e, PreferencesEvent)]
    assert event.preferences == ()


@pytest.mark.parametrize("message", ["I don't like leather", "我不喜欢leather"])
async def test_a_dislike_said_of_nothing_is_kept_and_searches_nothing(
    assistant: Assistant, message: str
) -> None:
    events = await say(assistant, message)
    assert len(kept(events)) == 1
    assert not any(isinstance(event, ProductsEvent) for event in events)
    assert not ids(await say(assistant, "a bag")) & {"b1", "b3"}
