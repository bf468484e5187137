"""Store jobs over the demo store with its real index and encoders; the language model is off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from assistant import build
from assistant.assistant import Assistant
from assistant.importing import import_store
from assistant.settings import load_settings
from assistant.types import (
    BundleEvent,
    CartEvent,
    DoneEvent,
    ErrorEvent,
    PreferencesEvent,
    ProductsEvent,
    QuestionEvent,
    ReplyEvent,
    TextEvent,
)
from retrieval.types import Language

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The demo store in a store of the tests' own, with a database of its own."""
    folder: Path = tmp_path_factory.mktemp("jobs")
    settings = load_settings(
        store="demo-jobs-tests", llm="off", database_url=f"sqlite:///{folder}/aisle.db"
    )
    import_store(settings, build.DEMO, lambda done, total, note="": None)
    with build.open_assistant(settings) as opened:
        yield opened


async def say(
    assistant: Assistant, message: str, conversation: str, shopper: str | None = None
) -> list[ReplyEvent]:
    events = [e async for e in assistant.reply(message, conversation, shopper_id=shopper)]
    assert not any(isinstance(event, ErrorEvent) for event in events)
    assert isinstance(events[-1], DoneEvent)
    return events


def text(events: list[ReplyEvent]) -> str:
    return " ".join(e.sentence.text for e in events if isinstance(e, TextEvent))


def cart(events: list[ReplyEvent]) -> CartEvent:
    return next(e for e in events if isinstance(e, CartEvent))


@pytest.mark.parametrize(
    ("wish", "add", "more", "view", "remove"),
    [
        (
            "a coffee grinder",
            "add the second one to my cart",
            "make it two",
            "what's in my cart?",
            "remove it",
        ),
        ("咖啡研磨机", "把第二个加入购物车", "改成两个", "看看购物车", "把它删掉"),
    ],
)
async def test_a_cart_from_the_list_to_empty(
    assistant: Assistant, wish: str, add: str, more: str, view: str, remove: str
) -> None:
    talk = "cart-en" if wish.isascii() else "cart-zh"
    found = await say(assistant, wish, talk)
    second = [e for e in found if isinstance(e, ProductsEvent)][-1].products[1].hit.product
    events = await say(assistant, add, talk)
    while question := next((e for e in events if isinstance(e, QuestionEvent)), None):
        events = await say(assistant, question.options[0], talk)
    (line,) = cart(events).cart.lines
    assert line.product_id == second.id
    events = await say(assistant, more, talk)
    after = cart(events).cart
    assert after.lines[0].quantity == 2
    assert after.total == line.unit_price * 2
    assert after.lines == cart(await say(assistant, view, talk)).cart.lines
    assert not cart(await say(assistant, remove, talk)).cart.lines


@pytest.mark.parametrize(
    ("question", "policy", "holds"),
    [
        ("how long do I have to return something?", "returns", "30"),
        ("can I return opened earbuds?", "returns", "earbuds"),
        ("how long does express delivery take?", "shipping", "next working day"),
        ("is the battery covered by the warranty?", "warranty", "12 months"),
        ("can I pay in instalments?", "payment", "3 monthly"),
        ("多久之内可以退货？", "returns", "30天"),
        ("加急配送要多久？", "shipping", "次个工作日"),
        ("电池保修多久？", "warranty", "12个月"),
        ("可以分期付款吗？", "payment", "3期"),
    ],
)
async def test_policies_are_quoted_with_their_source(
    assistant: Assistant, question: str, policy: str, holds: str
) -> None:
    events = await say(assistant, question, "policies")
    sentence = next(e.sentence for e in events if isinstance(e, TextEvent))
    assert sentence.evidence == (f"policy:{policy}",)
    assert holds in sentence.text


@pytest.mark.parametrize("question", ["where is my order?", "我的订单到哪了？"])
async def test_orders_are_told_to_their_owner_only(assistant: Assistant, question: str) -> None:
    shopper = assistant.shop.demo_shoppers[0]
    order = assistant.shop.backend.orders(shopper.id)[0]
    assert order.id not in text(await say(assistant, f"{question} {order.id}", "stranger"))
    told = text(await say(assistant, question, "owner", shopper.id))
    assert order.id in told
    amounts = [Decimal(a.replace(",", "")) for a in re.findall(r"[\d,]+\.\d{2}", told)]
    assert not amounts or order.total in amounts


# ------------------------------------------------------------- memory, why, bundles


def found(events: list[ReplyEvent]) -> ProductsEvent:
    return [e for e in events if isinstance(e, ProductsEvent)][-1]


def kept(events: list[ReplyEvent]) -> list[str]:
    return [p.text for e in events if isinstance(e, PreferencesEvent) for p in e.preferences]


@pytest.mark.parametrize(
    ("wish", "other", "forget", "banned"),
    [
        ("handbags, no leather", "a tote bag", "forget about the leather", "leather"),
        ("单肩包，不要皮的", "手提包", "忘掉我不要皮的", "皮"),
    ],
)
async def test_a_taste_holds_until_it_is_forgotten(
    assistant: Assistant, wish: str, other: str, forget: str, banned: str
) -> None:
    talk = "taste-en" if wish.isascii() else "taste-zh"
    assert kept(await say(assistant, wish, talk))
    later = await say(assistant, other, talk)
    assert kept(later)
    for card in found(later).products:
        product = card.hit.product
        material = product.attribute("material")
        title = product.title_in(found(later).understanding.language).lower()
        assert banned not in title
        assert material is None or "leather" not in str(material.value)
    assert not kept(await say(assistant, forget, talk))
    assert not found(await say(assistant, other, talk)).understanding.filters.excluded_terms


@pytest.mark.parametrize(
    ("wish", "question"),
    [
        ("wireless mouse under 30, rated at least 4.5", "why not the {name}?"),
        ("无线鼠标，30美元以内，评分4.5以上", "为什么没有{name}？"),
    ],
)
async def test_why_not_is_exact(assistant: Assistant, wish: str, question: str) -> None:
    talk = "why-en" if wish.isascii() else "why-zh"
    asked = found(await say(assistant, wish, talk)).understanding
    assert asked.filters.minimum_rating == Decimal("4.5")
    _, all_mice = await assistant.search("wireless mouse", limit=50)
    rated = next(
        hit.product
        for hit in all_mice.hits
        if hit.product.rating
        and hit.product.rating < Decimal("4.5")
        and hit.product.price
        and hit.product.price < 30
    )
    told = text(await say(assistant, question.format(name=rated.title), talk))
    assert str(rated.rating) in told
    assert "4.5" in told


@pytest.mark.parametrize(
    ("wish", "budget"),
    [
        ("a desk, a lamp and an office chair for under 500 together", 500),
        ("书桌、台灯和办公椅，一共400美元以内", 400),
    ],
)
async def test_a_set_keeps_to_its_budget(assistant: Assistant, wish: str, budget: int) -> None:
    events = await say(assistant, wish, "set-en" if wish.isascii() else "set-zh")
    bundle = next(e for e in events if isinstance(e, BundleEvent)).bundle
    chosen = [item.products[0].hit.product for item in bundle.items]
    leaves = [product.category[-1].lower() for product in chosen]
    assert ["desk" in leaves[0], "lamp" in leaves[1], "chair" in leaves[2]] == [True] * 3
    assert bundle.total == sum(product.price or 0 for product in chosen) <= budget


@pytest.mark.parametrize("question", ["how do I choose a laptop?", "笔记本电脑怎么选？"])
async def test_guides_are_quoted(assistant: Assistant, question: str) -> None:
    events = await say(assistant, question, "guide")
    sentence = next(e.sentence for e in events if isinstance(e, TextEvent))
    guide = next(g for g in assistant.store.guides if f"guide:{g.id}" in sentence.evidence)
    quote = sentence.text.split("“", 1)[1].rstrip("”")
    language = Language.ENGLISH if question.isascii() else Language.CHINESE
    assert all(part.strip() in guide.texts[language] for part in quote.split("…"))
