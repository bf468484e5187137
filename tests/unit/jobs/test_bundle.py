"""Several things under one budget: read in both languages, solved exactly, told truly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product as combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.jobs_store import open_small_assistant

from assistant.assistant import Assistant
from assistant.jobs.bundle import Candidate, plan_bundle
from assistant.types import BundleEvent, CartEvent, ReplyEvent, TextEvent
from assistant.understand.bundle import read_bundle
from assistant.understand.lexicon import Lexicon
from assistant.understand.scan import Scan
from retrieval.types import (
    CategoryProfile,
    Hit,
    Language,
    Product,
    StoreInfo,
    Translation,
    Vocabulary,
)

CHINESE = {"Desk": "书桌", "Lamp": "台灯", "Chair": "椅子"}


def product(key: str, title: str, kind: str, price: str, stock: int = 9) -> Product:
    return Product(
        id=key,
        title=title,
        price=Decimal(price),
        currency="USD",
        category=("Home", kind),
        stock=stock,
        translations={Language.CHINESE: Translation(title=CHINESE[kind])},
    )


ROOM = (
    product("d1", "Oak desk", "Desk", "200"),
    product("d2", "Steel desk", "Desk", "120"),
    product("l1", "Desk lamp brass", "Lamp", "60"),
    product("l2", "Desk lamp plain", "Lamp", "20"),
    product("l3", "Free desk lamp", "Lamp", "1", stock=0),
    product("c1", "Office chair", "Chair", "150"),
    product("c2", "Folding chair", "Chair", "40"),
)
WORDS = Vocabulary(
    categories=tuple(
        CategoryProfile(path=("Home", name), products=2, surfaces=(name.lower(), zh))
        for name, zh in (("Desk", "书桌"), ("Lamp", "台灯"), ("Chair", "椅子"))
    )
)
STORE = StoreInfo(name="room", title="Room", currency="USD")


@pytest.mark.parametrize(
    ("text", "items", "budget"),
    [
        (
            "a desk, a lamp and a chair for under 500 together",
            [("desk", 1), ("lamp", 1), ("chair", 1)],
            "500",
        ),
        (
            "I need a desk, two chairs and a lamp, 300 in total",
            [("desk", 1), ("chairs", 2), ("lamp", 1)],
            "300",
        ),
        ("an oak desk and a brass lamp", [("oak desk", 1), ("brass lamp", 1)], None),
        ("desk plus chair, altogether below $250", [("desk", 1), ("chair", 1)], "250"),
        ("a desk and a floor mat, 100 together", [("desk", 1), ("floor mat", 1)], "100"),
        ("书桌、台灯和椅子，一共500以内", [("书桌", 1), ("台灯", 1), ("椅子", 1)], "500"),
        ("我要一张书桌和两把椅子，总共300美元", [("书桌", 1), ("椅子", 2)], "300"),
        ("a desk lamp under 50", None, None),
        ("desk and chair", None, None),
        ("a black and white lamp", None, None),
        ("a desk with drawers and a cable tray", None, None),
        ("书桌和椅子", None, None),
        ("a guitar and a drum, 100 together", None, None),
        ("a lamp, no glass, under 30", None, None),
        ("not a desk, a lamp", None, None),
        ("I already have a desk, need a lamp", None, None),
        ("a desk or a chair, 200 together", None, None),
    ],
)
def test_reads_a_set_and_its_budget(
    text: str, items: list[tuple[str, int]] | None, budget: str | None
) -> None:
    language = Language.ENGLISH if text.isascii() else Language.CHINESE
    job = read_bundle(Scan(text), language, Lexicon(WORDS), STORE)
    if items is None:
        assert job is None
        return
    assert job is not None
    assert [(item.text, item.quantity) for item in job.items] == items
    assert job.budget == (None if budget is None else Decimal(budget))


def candidate(cost: int, fit: int) -> Candidate:
    return Candidate(Hit(product=ROOM[0], score=fit), Decimal(cost), fit)


CHOICES = st.lists(
    st.lists(
        st.builds(candidate, st.integers(1, 40), st.integers(0, 20)),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=4,
)


@given(choices=CHOICES, budget=st.integers(1, 120))
def test_no_other_set_within_the_budget_fits_better(
    choices: Sequence[Sequence[Candidate]], budget: int
) -> None:
    sets = list(combinations(*choices))
    able = [s for s in sets if sum(c.cost for c in s) <= budget]
    plan = plan_bundle(choices, Decimal(budget))
    if not able:
        assert plan is None
        return
    assert plan is not None
    assert plan.cost == sum(c.cost for c in plan.chosen) <= budget
    best = max(sum(c.fit for c in s) for s in able)
    assert plan.fit == best
    equals = [s for s in able if sum(c.fit for c in s) == best]
    assert plan.cost == min(sum(c.cost for c in s) for s in equals)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with open_small_assistant(tmp_path, ROOM, WORDS) as opened:
        yield opened


async def say(assistant: Assistant, message: str) -> list[ReplyEvent]:
    return [event async for event in assistant.reply(message, "c")]


def bundle(events: list[ReplyEvent]) -> BundleEvent:
    return next(e for e in events if isinstance(e, BundleEvent))


@pytest.mark.parametrize(
    "ask", ["a desk, a lamp and a chair, 200 together", "一张书桌、一盏台灯和一把椅子，一共200以内"]
)
async def test_the_set_fits_the_budget_and_goes_into_the_cart(
    assistant: Assistant, ask: str
) -> None:
    events = await say(assistant, ask)
    found = bundle(events).bundle
    chosen = [item.products[0].hit.product for item in found.items]
    assert [p.category[-1] for p in chosen] == ["Desk", "Lamp", "Chair"]
    assert found.total == sum(p.price or 0 for p in chosen) <= 200
    assert [item.products[0].position for item in found.items] == [1, 2, 3]
    for item in found.items:
        for other in item.products[1:]:
            own, new = item.products[0].hit.product.price, other.hit.product.price
            assert own is not None and new is not None
            assert found.total - own + new <= 200
    assert "l3" not in {c.hit.product.id for item in found.items for c in item.products}
    added = await say(assistant, "add the first three to my cart")
    cart = next(e for e in added if isinstance(e, CartEvent)).cart
    assert cart.total == found.total


async def test_a_budget_too_small_is_told_with_the_cheapest_set(assistant: Assistant) -> None:
    events = await say(assistant, "a desk, a lamp and two chairs, 150 together")
    assert bundle(events).bundle.total == Decimal(120 + 20 + 2 * 40)
    told = " ".join(e.sentence.text for e in events if isinstance(e, TextEvent))
    assert "cheapest is $220, $70 over" in told


async def test_what_the_store_does_not_sell_is_not_replaced(assistant: Assistant) -> None:
    events = await say(assistant, "a desk and a rowing machine, 500 together")
    assert not any(isinstance(e, BundleEvent) for e in events)
    told = " ".join(e.sentence.text for e in events if isinstance(e, TextEvent))
    assert "rowing machine" in told


async def test_all_of_a_set_goes_into_the_cart_with_its_quantities(assistant: Assistant) -> None:
    await say(assistant, "a desk, a lamp and two chairs for under 500 together")
    added = await say(assistant, "add them all to my cart")
    (event,) = [e for e in added if isinstance(e, CartEvent)]
    assert sorted(line.quantity for line in event.cart.lines) == [1, 1, 2]
