"""Why this, why not, what if and advice: exact numbers of the search itself."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from support.jobs_store import open_small_assistant

from assistant.assistant import Assistant
from assistant.types import ProductsEvent, QuestionEvent, ReplyEvent, Sentence, TextEvent
from retrieval.types import (
    Attribute,
    AttributeKind,
    AttributeProfile,
    CategoryProfile,
    Language,
    Product,
    Vocabulary,
)


def laptop(key: str, brand: str, price: str, memory: int | None, rating: str = "4.5") -> Product:
    attributes = (
        (Attribute(name="memory", value=Decimal(memory), unit="GB"),) if memory is not None else ()
    )
    return Product(
        id=key,
        title=f"{brand} {key.title()} laptop",
        price=Decimal(price),
        currency="USD",
        brand=brand,
        category=("Computers", "Laptop"),
        attributes=attributes,
        rating=Decimal(rating),
        rating_count=9,
        stock=3,
    )


LAPTOPS = (
    laptop("alpha", "Acme", "700", 16),
    laptop("beta", "Acme", "812", 16),
    laptop("gamma", "Bolt", "650", 8),
    laptop("delta", "Bolt", "790", None),
    laptop("omega", "Cray", "950", 32),
    laptop("sigma", "Cray", "640", 16, "3.1"),
)
WORDS = Vocabulary(
    brands={"Acme": 2, "Bolt": 2, "Cray": 2},
    brand_surfaces={"acme": "Acme", "bolt": "Bolt", "cray": "Cray"},
    categories=(
        CategoryProfile(
            path=("Computers", "Laptop"), products=6, surfaces=("laptop", "laptops", "笔记本")
        ),
    ),
    attributes={
        "memory": AttributeProfile(
            name="memory",
            kind=AttributeKind.NUMBER,
            products=5,
            unit="GB",
            surfaces={"memory": "memory", "ram": "memory", "内存": "memory"},
        )
    },
)
ASK = "laptop under 800, at least 16 GB memory, not Cray"


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with open_small_assistant(tmp_path, LAPTOPS, WORDS) as opened:
        yield opened


async def say(assistant: Assistant, message: str) -> list[ReplyEvent]:
    return [event async for event in assistant.reply(message, "c")]


def sentences(events: list[ReplyEvent]) -> list[Sentence]:
    return [e.sentence for e in events if isinstance(e, TextEvent)]


async def told(assistant: Assistant, message: str) -> str:
    return " ".join(s.text for s in sentences(await say(assistant, message)))


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("why not the Acme Beta?", ["$812", "$12 over your limit of $800", "one more"]),
        ("why not the Bolt Gamma?", ["memory is 8 GB", "at least 16 GB"]),
        ("why not the Bolt Delta?", ["doesn't say the memory"]),
        ("why no Cray?", ["from Cray, which you ruled out"]),
        ("why not the Zeta Nine?", ["no “Zeta Nine”"]),
        ("why not the first one?", ["in the list, at number 1"]),
    ],
)
async def test_why_not_names_the_condition_and_by_how_much(
    assistant: Assistant, question: str, holds: list[str]
) -> None:
    events = await say(assistant, ASK)
    (shown,) = next(e for e in events if isinstance(e, ProductsEvent)).products
    assert shown.hit.product.id == "alpha"
    answer = await told(assistant, question)
    assert all(part in answer for part in holds), answer


async def test_why_not_in_chinese(assistant: Assistant) -> None:
    await say(assistant, "笔记本，800美元以内")
    answer = await told(assistant, "为什么没有Acme Beta？")
    assert "比您的上限800美元高12美元" in answer


async def test_why_not_works_where_nothing_was_found(assistant: Assistant) -> None:
    await say(assistant, "laptop under 100")
    assert "$600 over" in await told(assistant, "why not the Acme Alpha?")


async def test_why_this_tells_its_place_and_its_facts(assistant: Assistant) -> None:
    await say(assistant, "laptop under 800")
    said = sentences(await say(assistant, "why did you recommend the first one?"))
    assert "place 1 of the 4" in said[0].text
    assert said[0].evidence == ("search",)
    assert any("under your budget" in s.text and "price" in s.evidence for s in said)


@pytest.mark.parametrize(
    ("ask", "question", "holds"),
    [
        ("laptop under 800", "what if I go up to 1000?", "6 instead of 4: 2 more"),
        ("laptop under 800", "what if I spend 650", "2 instead of 4: 2 fewer"),
        ("laptop，800美元以内的", "如果预算加到1000美元呢", "6件，而不是4件：多2件"),
    ],
)
async def test_what_if_counts_and_changes_nothing(
    assistant: Assistant, ask: str, question: str, holds: str
) -> None:
    await say(assistant, ask)
    events = await say(assistant, question)
    assert holds in " ".join(s.text for s in sentences(events))
    asked = next(e for e in events if isinstance(e, QuestionEvent))
    again = await say(assistant, "why did you recommend the first one?")
    assert "of the 4" in sentences(again)[0].text or "4件" in sentences(again)[0].text
    shown = [e for e in await say(assistant, asked.options[0]) if isinstance(e, ProductsEvent)]
    assert str(shown[-1].total) == holds.split("件")[0].split(" ")[0]


async def test_without_a_search_there_is_nothing_to_explain(assistant: Assistant) -> None:
    assert "not searched" in await told(assistant, "what if I go up to 500?")


@pytest.mark.parametrize("question", ["how do I choose a laptop?", "笔记本怎么选"])
async def test_without_a_guide_none_is_made_up(assistant: Assistant, question: str) -> None:
    said = sentences(await say(assistant, question))
    assert len(said) == 1
    language = Language.CHINESE if not question.isascii() else Language.ENGLISH
    assert ("没有" if language is Language.CHINESE else "no buying guide") in said[0].text
