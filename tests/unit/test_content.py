"""A chat turn offers a guide below its products, with no model, and never the same one twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from support.jobs_store import STORE, open_small_assistant

from assistant.answer.verify import ClaimVerifier
from assistant.assistant import Assistant
from assistant.conversation import REMEMBERED_TURNS
from assistant.turn import Catalog
from assistant.types import DoneEvent, GuideEvent, ReplyEvent
from assistant.understand.quick import RuleReader
from retrieval.types import (
    CategoryProfile,
    Guide,
    Language,
    Product,
    Translation,
    Vocabulary,
)

EN, ZH = Language.ENGLISH, Language.CHINESE
KINDS = {"Lamp": "台灯", "Tent": "帐篷"}
NAMES = ("Oak", "Fjord", "Luna", "Arc", "Nimbus", "Pico", "Vela", "Iris", "Onyx", "Sol")
PRODUCTS = tuple(
    Product(
        id=f"{kind.lower()}-{name.lower()}",
        title=f"{name} {kind.lower()}",
        price=Decimal(20 + place),
        currency="USD",
        stock=4,
        category=("Shop", kind),
        translations={ZH: Translation(title=f"{name} {chinese}")},
    )
    for kind, chinese in KINDS.items()
    for place, name in enumerate(NAMES)
)
VOCABULARY = Vocabulary(
    categories=tuple(
        CategoryProfile(
            path=("Shop", kind), products=10, surfaces=(kind.lower(), zh), labels={ZH: zh}
        )
        for kind, zh in KINDS.items()
    )
)
GUIDES = tuple(
    Guide(
        id=f"guide-{kind.lower()}",
        category=("Shop", kind),
        titles={EN: f"How to choose a {kind.lower()}", ZH: f"{zh}怎么选"},
        texts={EN: "Measure first. Then look around.", ZH: "先量尺寸。再看别的。"},
    )
    for kind, zh in KINDS.items()
)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    store = STORE.model_copy(update={"guides": GUIDES})
    with open_small_assistant(tmp_path, PRODUCTS, VOCABULARY) as opened:
        opened.use(
            Catalog(
                store=store,
                vocabulary=VOCABULARY,
                media_path=tmp_path,
                searcher=opened.front.searcher,
                reader=RuleReader(VOCABULARY, store),
                verifier=ClaimVerifier(VOCABULARY),
            )
        )
        yield opened


async def reply(assistant: Assistant, message: str, conversation: str = "c") -> list[ReplyEvent]:
    return [event async for event in assistant.reply(message, conversation)]


def guides(events: list[ReplyEvent]) -> list[str]:
    return [event.guide.id for event in events if isinstance(event, GuideEvent)]


async def test_below_the_products_and_above_the_answer(assistant: Assistant) -> None:
    events = await reply(assistant, "I am looking for a lamp")
    kinds = [event.type for event in events]
    assert kinds[:3] == ["products", "guide", "text"]
    assert kinds.count("guide") == 1
    shown = next(event.guide for event in events if isinstance(event, GuideEvent))
    assert (shown.title, shown.sentence) == ("How to choose a lamp", "Measure first.")
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert shown.list_id == f"{done.turn_id}-guide"


async def test_in_chinese(assistant: Assistant) -> None:
    events = await reply(assistant, "想买个台灯")
    shown = next(event.guide for event in events if isinstance(event, GuideEvent))
    assert (shown.title, shown.sentence, shown.language) == ("台灯怎么选", "先量尺寸。", ZH)


async def test_once_a_conversation_however_long_it_gets(assistant: Assistant) -> None:
    assert guides(await reply(assistant, "lamp")) == ["guide-lamp"]
    assert guides(await reply(assistant, "tents")) == ["guide-tent"]
    for _ in range(REMEMBERED_TURNS + 1):
        await reply(assistant, "hello")
    assert guides(await reply(assistant, "lamp")) == []
    assert guides(await reply(assistant, "帐篷")) == []
    assert guides(await reply(assistant, "lamp", "another")) == ["guide-lamp"]


async def test_what_was_quoted_is_not_offered_again(assistant: Assistant) -> None:
    told = await reply(assistant, "how do I choose a lamp?")
    assert any("Measure first." in e.sentence.text for e in told if e.type == "text")
    assert guides(told) == []
    assert guides(await reply(assistant, "show me lamps")) == []
    assert guides(await reply(assistant, "tents")) == ["guide-tent"]


@pytest.mark.parametrize(
    "message", ["the cheapest lamp", "Oak lamp", "lamp-oak", "hello", "sofa", "lamps under $21"]
)
async def test_not_where_the_shopper_knows(assistant: Assistant, message: str) -> None:
    assert guides(await reply(assistant, message)) == []


async def test_not_about_products_on_the_screen(assistant: Assistant) -> None:
    await reply(assistant, "lamp under $24")
    for message in ("is the first one in stock?", "compare the first two", "more like the first"):
        assert guides(await reply(assistant, message)) == []
