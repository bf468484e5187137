"""Whole conversations over the demo store with the real language model and a real index.

Facts are asserted, never wording: what a small model says differs, what is true does not.
"""

from __future__ import annotations

import os
import re
import signal
import uuid
from collections.abc import Iterator
from decimal import Decimal

import psutil
import pytest

from assistant import build
from assistant.assistant import Assistant
from assistant.importing import import_store
from assistant.llm.engine import Engine
from assistant.llm.engine_record import SharedRecord
from assistant.settings import load_settings
from assistant.types import (
    Act,
    ComparisonEvent,
    DoneEvent,
    ErrorEvent,
    ProductsEvent,
    ReplyEvent,
    TextEvent,
)
from retrieval.types import Language, Product

pytestmark = [pytest.mark.llm, pytest.mark.timeout(2400)]

MONEY = re.compile(r"(?:\$\s?|US\$\s?)(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?美元")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def assistant() -> Iterator[Assistant]:
    """The demo store in a store of the tests' own: the shopper's may be being served."""
    settings = load_settings(store="demo-tests")
    import_store(settings, build.DEMO, lambda done, total, note="": None)
    with build.open_assistant(settings) as opened:
        yield opened


@pytest.fixture
def ready(assistant: Assistant, real_engine: Engine) -> Assistant:
    """The assistant with its model ready."""
    assistant.engine.wait(2400)
    return assistant


async def say(assistant: Assistant, message: str, conversation: str) -> list[ReplyEvent]:
    events = [event async for event in assistant.reply(message, conversation)]
    assert not any(isinstance(event, ErrorEvent) for event in events)
    assert isinstance(events[-1], DoneEvent)
    return events


def cards(events: list[ReplyEvent]) -> list[Product]:
    last = [event for event in events if isinstance(event, ProductsEvent)][-1]
    return [card.hit.product for card in last.products]


def texts(events: list[ReplyEvent]) -> list[str]:
    return [event.sentence.text for event in events if isinstance(event, TextEvent)]


def written_by_model(events: list[ReplyEvent]) -> list[str]:
    done = events[-1]
    assert isinstance(done, DoneEvent)
    return list(done.trace["answer"]["written"])


def assert_amounts_are_backed(events: list[ReplyEvent], budget: Decimal | None) -> None:
    """Every amount of money said is a price, a list price, a difference of two, or the budget."""
    shown = cards(events)
    known = {p.price for p in shown if p.price} | {p.list_price for p in shown if p.list_price}
    if budget:
        known.add(budget)
    backed = known | {abs(a - b) for a in known for b in known}
    for text in texts(events):
        for match in MONEY.finditer(text):
            amount = Decimal((match[1] or match[2]).replace(",", ""))
            assert amount in backed, f"{amount} in {text!r}"


async def test_english_search_refine_compare_ask_thank(ready: Assistant) -> None:
    conversation = uuid.uuid4().hex
    found = await say(ready, "a quiet mouse for a left-handed kid, under 30", conversation)
    assert isinstance(found[0], ProductsEvent)
    assert cards(found)
    assert all(p.price is not None and p.price <= 30 for p in cards(found))
    assert any(
        (a := p.attribute("hand_orientation")) and a.value == "left-handed" for p in cards(found)
    )
    assert written_by_model(found), "the real model wrote nothing"
    assert texts(found)
    assert_amounts_are_backed(found, Decimal(30))

    cheaper = await say(ready, "something cheaper than the second one", conversation)
    limit = cards(found)[1].price
    assert limit is not None
    assert cards(cheaper)
    assert all(p.price is not None and p.price < limit for p in cards(cheaper))

    compared = await say(ready, "compare the first two", conversation)
    assert [p.id for p in cards(compared)] == [p.id for p in cards(cheaper)[:2]]
    assert any(isinstance(event, ComparisonEvent) for event in compared)
    assert texts(compared)

    asked = await say(ready, "is the first one wireless?", conversation)
    assert [p.id for p in cards(asked)] == [cards(cheaper)[0].id]
    assert texts(asked)

    thanks = await say(ready, "great, thank you!", conversation)
    assert not cards(thanks)
    assert texts(thanks)


async def test_chinese_search_refine_compare_ask(ready: Assistant) -> None:
    conversation = uuid.uuid4().hex
    found = await say(ready, "想买一个静音鼠标，两百元以内", conversation)
    shown = next(event for event in found if isinstance(event, ProductsEvent))
    assert shown.understanding.language is Language.CHINESE
    rate = ready.store.exchange_rates["CNY"]
    assert cards(found)
    assert all(p.price is not None and p.price <= 200 / rate for p in cards(found))
    assert any((a := p.attribute("silent")) and a.value is True for p in cards(found))
    assert written_by_model(found)
    assert texts(found)
    assert all(CHINESE.search(text) for text in texts(found))

    compared = await say(ready, "前两款有什么区别？", conversation)
    last = [event for event in compared if isinstance(event, ProductsEvent)][-1]
    assert last.understanding.act is Act.COMPARE
    assert [p.id for p in cards(compared)] == [p.id for p in cards(found)[:2]]

    asked = await say(ready, "第一款支持蓝牙吗？", conversation)
    assert [p.id for p in cards(asked)] == [cards(found)[0].id]
    assert all(CHINESE.search(text) for text in texts(asked))


async def test_the_engine_killed_mid_answer_still_ends_the_turn(ready: Assistant) -> None:
    killed = False
    events: list[ReplyEvent] = []
    async for event in ready.reply("a warm blanket for the sofa, any colour", uuid.uuid4().hex):
        events.append(event)
        if isinstance(event, ProductsEvent) and not killed:
            killed = kill_engine()
    assert killed
    assert cards(events)
    assert texts(events)
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert "by code" in done.trace["answer"]["ended"]


def kill_engine() -> bool:
    """SIGKILL to the vLLM server of this AISLE_HOME; its supervisor starts it again."""
    record = SharedRecord(load_settings().engine_path).read()
    if record is None:
        return False
    os.kill(psutil.Process(record.pid).children()[0].pid, signal.SIGKILL)
    return True
