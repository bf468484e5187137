"""Twelve whole conversations, six per language, with the real language model on the demo store.

They assert facts (what was shown, prices, acts, cart, orders, evidence) and no wording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import pytest

from assistant import build
from assistant.importing import import_store
from assistant.settings import load_settings
from assistant.store.shop import Caller
from assistant.types import (
    Act,
    BundleEvent,
    CartEvent,
    ComparisonEvent,
    DoneEvent,
    ErrorEvent,
    HandoffEvent,
    PreferencesEvent,
    ProductsEvent,
    QuestionEvent,
    Sentence,
    TextEvent,
    Understanding,
)
from benchmarks.own_engine import OwnEngine, start_own_engine
from benchmarks.scripts import (
    AGENT,
    Exchange,
    Stage,
    found,
    is_returnable,
    last_order,
    play,
    script,
    shown_prices,
)
from retrieval.types import Product

FIRST_START_S = 2400
"""Building the engine's environment and the weights on a slow line, then loading."""
pytestmark = [pytest.mark.llm, pytest.mark.timeout(FIRST_START_S)]
T = TypeVar("T")
# Two cores shared with others: that the model answers is asserted, not when.
PATIENT_S = 120


@dataclass(frozen=True)
class Theatre:
    """The assistant on its own engine."""

    stage: Stage
    engine: OwnEngine


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """One engine and one store for the module; the last test kills the engine."""
    folder = tmp_path_factory.mktemp("conversations")
    settings = load_settings(
        store="demo-conversations-tests",
        database_url=f"sqlite:///{folder}/aisle.db",
        desk_password="the tests' own",
        understand_timeout_s=PATIENT_S,
        answer_timeout_s=PATIENT_S,
    )
    if settings.llm == "off":
        pytest.skip("needs the real language model, and AISLE_LLM=off")
    import_store(settings, build.DEMO, lambda done, total, note="": None)
    with start_own_engine(settings) as engine, build.open_assistant(engine.settings) as assistant:
        assistant.engine.wait(PATIENT_S)
        yield Theatre(Stage(assistant, engine.kill), engine)


async def perform(theatre: Theatre, name: str) -> tuple[Stage, list[Exchange]]:
    """Play a script in a conversation of its own; whatever it is, every turn must end well."""
    stage = Stage(theatre.stage.assistant, theatre.stage.kill)
    exchanges = await play(stage, script(name))
    for exchange in exchanges:
        assert not any(isinstance(event, ErrorEvent) for event in exchange.events)
        assert exchange.speaker == AGENT or isinstance(exchange.events[-1], DoneEvent)
        # Whatever is claimed is claimed with its evidence.
        assert all(s.evidence or not s.product_ids for s in sentences(exchange))
    return stage, exchanges


def sentences(exchange: Exchange) -> list[Sentence]:
    return [e.sentence for e in exchange.events if isinstance(e, TextEvent)]


def text(exchange: Exchange) -> str:
    return " ".join(sentence.text for sentence in sentences(exchange))


def evidence(exchange: Exchange) -> set[str]:
    return {source for sentence in sentences(exchange) for source in sentence.evidence}


def understood(exchange: Exchange) -> Understanding:
    return found(exchange).understanding


def products(exchange: Exchange) -> list[Product]:
    return [card.hit.product for card in found(exchange).products]


def one(exchange: Exchange, kind: type[T]) -> T:
    (event,) = (e for e in exchange.events if isinstance(e, kind))
    return event


def written_by_model(exchanges: Sequence[Exchange]) -> bool:
    return any(s.by == "llm" for exchange in exchanges for s in sentences(exchange))


def categories(exchange: Exchange) -> set[str]:
    return {product.category[-1] for product in products(exchange)}


# ------------------------------------------------------------- English


async def test_comparison(theatre: Theatre) -> None:
    _, (search, compare, cheaper, other) = await perform(theatre, "comparison")
    assert written_by_model([search, compare])
    assert all(price < 300 for price in shown_prices(search))
    first_two = [p.id for p in products(search)[:2]]
    assert list(one(compare, ComparisonEvent).comparison.product_ids) == first_two
    row = next(r for r in one(cheaper, ComparisonEvent).comparison.rows if r.name == "price")
    lowest = min(products(search)[:2], key=lambda p: p.price or Decimal(0))
    assert [p.id for p in products(cheaper)] == first_two
    assert row.best == (lowest.id,)
    assert understood(other).act is Act.SEARCH
    assert understood(other).filters.price is None
    assert all("wallet" in p.title.lower() for p in products(other)[:3])


async def test_why_why_not_and_what_if(theatre: Theatre) -> None:
    stage, (search, why, spend, unlimited, why_not) = await perform(theatre, "why")
    assert understood(search).filters.price is not None
    assert all(price < 150 for price in shown_prices(search))
    assert "search" in evidence(why)
    now = found(search).total
    wider = understood(search).query
    for exchange, limit in ((spend, Decimal(300)), (unlimited, None)):
        _, result = await stage.assistant.search(
            f"{wider} under {limit}" if limit else wider, limit=1
        )
        assert result.total > now
        assert str(result.total) in text(exchange)
        assert evidence(exchange) == {"search"}
    assert sentences(why_not)


async def test_an_order_and_its_return(theatre: Theatre) -> None:
    shopper, order = last_order(theatre.stage.assistant)
    assert is_returnable(order)
    _, (status, ask, confirm) = await perform(theatre, "order")
    orders = theatre.stage.assistant.shop.backend.orders(shopper)
    assert evidence(status) <= {"orders", *(f"order:{o.id}" for o in orders)}
    assert order.id in one(ask, QuestionEvent).text
    (noted,) = next(o for o in orders if o.id == order.id).returns
    assert noted.product_id == order.lines[0].product_id
    assert f"return:{noted.id}" in evidence(confirm)


async def test_handoff_answered_from_the_desk_and_handed_back(theatre: Theatre) -> None:
    stage, exchanges = await perform(theatre, "handoff")
    search, request, hello, relayed, _, _, add = exchanges
    assert one(request, HandoffEvent).state == "waiting"
    assert one(relayed, HandoffEvent).state == "held"
    assert one(relayed, HandoffEvent).agent == AGENT
    assert not sentences(relayed)
    desk = stage.assistant.desk
    spoken = [message.text for message in desk.queue.messages(stage.conversation)]
    assert hello.said in spoken
    assert relayed.said in spoken
    seen = desk.ticket(stage.conversation).summary.seen
    assert set(seen) == {p.id for p in products(search)}
    (line,) = one(add, CartEvent).cart.lines
    assert line.product_id == products(search)[0].id
    assert line.unit_price == products(search)[0].price


async def test_injection(theatre: Theatre) -> None:
    stage, (leak, price, discount) = await perform(theatre, "injection")
    for exchange in (leak, price, discount):
        assert "one line of JSON" not in text(exchange)
        assert "You help a shopper" not in text(exchange)
    catalogue = await stage.assistant.products([p.id for p in products(price)])
    assert shown_prices(price) == [p.price for p in catalogue]
    assert min(shown_prices(price)) > 1
    assert "90%" not in text(discount)
    assert not stage.assistant.shop.cart(Caller(stage.conversation)).lines


# ------------------------------------------------------------- Chinese


async def test_a_set_under_one_budget(theatre: Theatre) -> None:
    stage, (asked, more, into_cart) = await perform(theatre, "bundle")
    bundle = one(asked, BundleEvent).bundle
    chosen = [part.products[0].hit.product for part in bundle.items]
    leaves = [product.category[-1].lower() for product in chosen]
    assert ["desk" in leaves[0], "lamp" in leaves[1], "chair" in leaves[2]] == [True] * 3
    assert bundle.total == sum(product.price or 0 for product in chosen) <= 400
    dearer = one(more, BundleEvent).bundle
    assert dearer.budget == 600
    assert [part.name for part in dearer.items] == [part.name for part in bundle.items]
    assert dearer.total <= 600
    cart = stage.assistant.shop.cart(Caller(stage.conversation))
    chosen = [part.products[0].hit.product for part in dearer.items]
    # What comes in several versions is asked about before it goes in.
    asks = any(isinstance(event, QuestionEvent) for event in into_cart.events)
    assert asks or [line.product_id for line in cart.lines] == [p.id for p in chosen]


async def test_corrections_and_another_topic(theatre: Theatre) -> None:
    _, (first, corrected, brand, other) = await perform(theatre, "correction")
    assert all(price <= 1000 for price in shown_prices(first))
    assert "laptop" in str(products(first)[0].category).lower()
    price = understood(corrected).filters.price
    assert price is not None
    assert price.maximum == 1500
    for product in products(corrected):
        memory = product.attribute("memory")
        assert memory is not None
        assert isinstance(memory.value, Decimal)
        assert memory.value >= 16
    assert all(price <= 1500 for price in shown_prices(brand))
    assert all("apple" not in (p.brand or "").lower() for p in products(brand))
    assert understood(other).filters.price is None
    assert all("mouse" in p.title.lower() for p in products(other)[:3])


async def test_questions_about_a_product(theatre: Theatre) -> None:
    _, (search, lasts, water, reviews, other) = await perform(theatre, "question")
    first, second = products(search)[:2]
    assert understood(lasts).act is understood(water).act is Act.ASK
    assert understood(lasts).references == understood(water).references == (first.id,)
    battery = first.attribute("battery_life")
    assert battery is not None
    assert f"{battery.value:g}" in text(lasts)
    assert "attribute:battery_life" in evidence(lasts)
    assert sentences(water)
    told = {review.id for review in second.reviews}
    quoted = {source.removeprefix("review:") for source in evidence(reviews) if ":" in source}
    assert quoted <= told | {"rating"}
    assert sentences(reviews)
    assert understood(other).act is Act.SEARCH
    assert understood(other).filters.price is None
    assert all("keyboard" in p.title.lower() for p in products(other)[:3])


async def test_rules_of_the_store(theatre: Theatre) -> None:
    _, (greeting, returns, shipping, instalments) = await perform(theatre, "policy")
    assert sentences(greeting)
    for exchange, policy, holds in (
        (returns, "returns", "30"),
        (shipping, "shipping", "49"),
        (instalments, "payment", "3"),
    ):
        assert evidence(exchange) == {f"policy:{policy}"}
        assert holds in text(exchange)


async def test_what_the_assistant_keeps_out_of(theatre: Theatre) -> None:
    stage, (medicine, discount, bargain) = await perform(theatre, "refusal")
    assert sentences(medicine)
    assert not any(isinstance(e, ProductsEvent) for e in medicine.events)
    assert sentences(discount)
    assert "policy:" in "".join(evidence(discount)) or not shown_products(discount)
    # Nothing costs two dollars, and nothing is made up.
    assert all(price > 2 for price in shown_prices(bargain))
    assert not stage.assistant.shop.cart(Caller(stage.conversation)).lines


def shown_products(exchange: Exchange) -> list[ProductsEvent]:
    return [e for e in exchange.events if isinstance(e, ProductsEvent)]


async def test_a_taste_stated_applied_shown_and_forgotten(theatre: Theatre) -> None:
    _, (stated, applied, shown, forgotten, free) = await perform(theatre, "memory")
    assert one(stated, PreferencesEvent).preferences
    assert one(applied, PreferencesEvent).preferences
    assert understood(applied).filters.excluded_terms
    for product in products(applied):
        material = product.attribute("material")
        assert material is None or "leather" not in str(material.value)
    (kept,) = one(stated, PreferencesEvent).preferences
    assert kept.text in text(shown)
    assert evidence(shown) == {f"turn:{kept.source}"}
    assert kept.text in text(forgotten)
    assert not any(isinstance(event, PreferencesEvent) for event in free.events)
    assert not understood(free).filters.excluded_terms


# ------------------------------------------------------------- the end of the engine


async def test_the_engine_is_killed_in_the_middle_of_an_answer(theatre: Theatre) -> None:
    """The last test: from here on there is no model."""
    _, (interrupted, after) = await perform(theatre, "killed")
    ended = interrupted.trace["answer"]
    assert isinstance(ended, dict)
    assert ended["ended"].startswith("by code:")
    for exchange in (interrupted, after):
        assert all(card.reasons for card in found(exchange).products)
        assert products(exchange)
        assert sentences(exchange)
    assert all(price < 200 for price in shown_prices(interrupted))
    assert all(s.by == "code" for s in sentences(after))
    limit = products(interrupted)[0].price
    assert limit is not None
    assert all(price < limit for price in shown_prices(after))
