"""What talks, carts, orders, hand-offs, tastes, campaigns and online learning keep; on SQLite and
on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.events import NOW, event
from support.jobs_store import open_small_assistant
from support.orders import write_order

from assistant.assistant import Assistant
from assistant.errors import CallerError
from assistant.privacy import PrivacyOffice
from assistant.store.shop import Caller
from assistant.store.types import OrderStatus
from assistant.types import TextEvent
from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdEvent, AdKind, Offer
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Action
from retrieval.rank.online import OnlineState
from retrieval.rank.online_store import OnlineStore
from retrieval.types import Campaign


@pytest.fixture
def assistant(database_url: str, tmp_path: Path) -> Iterator[Assistant]:
    with open_small_assistant(
        tmp_path, password="a long password", database_url=database_url
    ) as opened:
        yield opened


async def say(assistant: Assistant, message: str, shopper: str | None = None) -> str:
    events = [each async for each in assistant.reply(message, "c", shopper_id=shopper)]
    return " ".join(each.sentence.text for each in events if isinstance(each, TextEvent))


async def test_a_talk_its_cart_and_its_hand_off(assistant: Assistant) -> None:
    await say(assistant, "a quiet mouse")
    assert "24.99" in await say(assistant, "add the first one to my cart")
    assert assistant.shop.backend.cart(Caller("c").owner).count == 1
    await say(assistant, "talk to a human")
    queue = assistant.desk.queue
    assert [ticket.conversation_id for ticket in queue.waiting()] == ["c"]
    queue.take("c", "Ana")
    assistant.desk.reply("c", "Ana", "I am here.", ("lamp",))
    assert [each.text for each in queue.messages("c")] == ["I am here."]
    queue.hand_back("c", "Ana")
    assert not queue.waiting()
    assert [turn.message for turn in assistant.conversation("c").turns][:1] == ["a quiet mouse"]


async def test_a_taste_is_kept_and_forgotten(assistant: Assistant) -> None:
    await say(assistant, "a bag, no leather", "ann")
    owner = Caller("c", "ann").remembered
    (kept,) = assistant.preferences.all(owner)
    assert assistant.preferences.forget(owner, [kept.id]) == 1
    assert not assistant.preferences.all(owner)


async def test_an_order_and_its_return(database_url: str, assistant: Assistant) -> None:
    write_order(database_url, "10001", "ann", "mouse", ships=-4, arrives=-2)
    backend = assistant.shop.backend
    (order,) = backend.orders("ann")
    assert (order.status, order.total) == (OrderStatus.DELIVERED, Decimal("10"))
    asked = backend.request_return("ann", "10001", "mouse")
    assert backend.orders("ann")[0].returns == (asked,)


def test_a_campaign_is_never_overspent(database: Engine) -> None:
    store = SqlAdStore(database, "jobs", lambda: NOW)
    campaign = Campaign(
        id="c",
        sponsor="s",
        product_ids=("mouse",),
        bid=Decimal("1"),
        daily_budget=Decimal("2.00"),
        starts=date(2026, 1, 1),
        ends=date(2099, 1, 1),
    )
    store.seed([campaign])
    store.put(campaign)

    def click(number: int) -> bool:
        offer = Offer(f"p{number}", "c", "mouse", Decimal("0.35"))
        return store.count(AdEvent(f"e{number}", AdKind.CLICK, offer, "search", "ann", NOW))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(click, range(8)))
    assert not click(0)
    assert store.spent("c", NOW.date()).today == Decimal("2.00")
    (day,) = store.days(NOW.date(), NOW.date())["c"]
    assert (day.clicks, day.spend) == (8, Decimal("2.00"))


def test_of_several_learners_one_counts_a_batch(database: Engine) -> None:
    store = OnlineStore(database, "jobs")
    first = OnlineState(version="1", layer=(0.5,), precision=((1.0,),))
    assert store.load() == (0, None)
    assert store.save(0, first) and not store.save(0, first)
    second = first.model_copy(update={"cursor": 7})
    assert store.save(1, second) and not store.save(1, first)
    assert store.load() == (2, second)


def test_what_is_kept_is_shown_and_erased(database: Engine) -> None:
    SqlEventStore(database, "jobs", lambda: NOW).append([event(Action.CLICK, "mouse")])
    office = PrivacyOffice(database, "jobs")
    assert [each["object_id"] for each in office.export("c1")["events"]] == ["mouse"]
    assert office.erase("c1").events == 1
    with pytest.raises(CallerError, match="Nothing is kept"):
        office.export("c1")
