"""Advertisements in the lists of a whole assistant: labelled, beside, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from support.jobs_store import open_small_assistant

from assistant.advertising import say_sponsored
from assistant.assistant import Assistant
from assistant.database import open_database
from assistant.types import (
    ComparisonEvent,
    Conversation,
    DoneEvent,
    ProductsEvent,
    ReplyEvent,
    TextEvent,
)
from retrieval.ads.offers import OfferSigner
from retrieval.ads.server import AdServer
from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdSettings
from retrieval.types import CategoryProfile, Hit, Language, Placement, Product, Sort, Vocabulary
from ui.render import Renderer

from .conftest import SECRET, Always, campaign

MICE = tuple(
    Product(
        id=f"m{n}",
        title=f"{brand} wireless mouse {n}",
        price=Decimal(20 + n),
        currency="USD",
        brand=brand,
        category=("Office", "Mice"),
        stock=5,
    )
    for n, brand in enumerate(["Tavrik", "Okoro", "Velmont", "Linnea"] * 4)
)
LAMP = Product(
    id="lamp", title="Desk lamp", price=Decimal(5), currency="USD", category=("Home", "Lamps")
)
WORDS = Vocabulary(
    categories=(CategoryProfile(path=("Office", "Mice"), products=16, surfaces=("mouse", "鼠标")),)
)
ALL = campaign("all", *(p.id for p in MICE), "lamp", bid=Decimal("99"), sponsor="Linnea")


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with open_small_assistant(tmp_path, (*MICE, LAMP), WORDS) as opened:
        yield opened


@pytest.fixture
def ads(tmp_path: Path) -> Iterator[AdServer]:
    database = open_database(f"sqlite:///{tmp_path}/ads.db")
    store = SqlAdStore(database, "shop")
    store.put(ALL)
    yield AdServer(store, OfferSigner(SECRET, "shop"), AdSettings(floor=0.2), random=Always())
    database.dispose()


def found(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.product.id for hit in hits]


@pytest.mark.parametrize("sort", [None, Sort.PRICE_ASCENDING])
@pytest.mark.parametrize("text", ["wireless mouse", "mouse under $30", "Velmont mouse", "xyzzy"])
async def test_the_organic_order_is_blind_to_bids(
    assistant: Assistant, ads: AdServer, text: str, sort: Sort | None
) -> None:
    for offset in (0, 6):
        assistant.front.ads = None
        _, without = await assistant.search(text, sort=sort, limit=6, offset=offset)
        assistant.front.ads = ads
        _, beside = await assistant.search(text, sort=sort, limit=6, offset=offset)
        assert found(beside.hits) == found(without.hits) and beside.total == without.total
        assert not set(found(beside.sponsored)) & set(found(beside.hits))
        assert not offset or not beside.sponsored


async def test_search_sells_what_is_relevant_and_passes_the_conditions(
    assistant: Assistant, ads: AdServer
) -> None:
    assistant.front.ads = ads
    _, result = await assistant.search("mouse under $30", limit=4)
    (ad,) = result.sponsored
    assert ad.product.id != "lamp" and ad.product.price and ad.product.price < 30
    assert ad.sponsored is not None and ad.sponsored.sponsor == "Linnea"
    _, lamps = await assistant.search("", limit=4)
    assert not lamps.sponsored  # a list of everything is about nothing


async def test_a_page_labels_an_advertisement_and_names_its_offer(
    assistant: Assistant, ads: AdServer
) -> None:
    assistant.front.ads = ads
    read, result = await assistant.search("wireless mouse", limit=6)
    for language, label in ((Language.ENGLISH, "Sponsored"), (Language.CHINESE, "赞助")):
        html = Renderer(assistant).results(read, result, language, 1.0)
        assert html.count(f">{label}<") == 1 == html.count("data-placement=")
        assert 'data-campaign="all"' in html
        # The first card is what was found first.
        assert html.index(f'data-id="{result.hits[0].product.id}"') < html.index(label)


async def test_similar_items_keep_their_order_and_may_have_one(
    assistant: Assistant, ads: AdServer
) -> None:
    _, without = await assistant.similar("m0", limit=4)
    assistant.front.ads = ads
    _, beside = await assistant.similar("m0", limit=4)
    assert without and beside
    assert found(beside.result.hits) == found(without.result.hits)
    (ad,) = beside.result.sponsored
    assert ad.product.id not in {"m0", "lamp", *found(beside.result.hits)}


async def talk(assistant: Assistant, message: str) -> list[ReplyEvent]:
    return [event async for event in assistant.reply(message, "talk")]


def cards(events: list[ReplyEvent]) -> ProductsEvent:
    return [event for event in events if isinstance(event, ProductsEvent)][-1]


async def test_chat_shows_it_last_without_a_number_and_says_what_it_is(
    assistant: Assistant, ads: AdServer
) -> None:
    assistant.front.ads = ads
    events = await talk(assistant, "a wireless mouse")
    shown = cards(events).products
    assert [card.position for card in shown] == [1, 2, 3, 4, 5, 0]
    assert [card.sponsored for card in shown] == [False] * 5 + [True]
    name = shown[-1].hit.product.title
    texts = [event.sentence.text for event in events if isinstance(event, TextEvent)]
    assert texts[-1] == f"Sponsored: “{name}” – shown because Linnea paid for it."
    assert sum(name in text for text in texts) == 1  # nothing else is said of it
    assert isinstance(events[-1], DoneEvent)


async def test_chat_says_it_in_chinese(assistant: Assistant, ads: AdServer) -> None:
    assistant.front.ads = ads
    texts = [
        e.sentence.text
        for e in await talk(assistant, "我要wireless mouse")
        if isinstance(e, TextEvent)
    ]
    assert texts[-1].startswith("赞助：「") and "Linnea付费" in texts[-1]


async def test_no_comparison_or_superlative_means_an_advertisement(
    assistant: Assistant, ads: AdServer
) -> None:
    assistant.front.ads = ads
    ad = cards(await talk(assistant, "a wireless mouse")).products[-1].hit.product.id
    for message in ("compare the first two", "compare the first and the fifth"):
        events = await talk(assistant, message)
        compared = [e.comparison for e in events if isinstance(e, ComparisonEvent)]
        assert compared and all(ad not in each.product_ids for each in compared)
        said = [e.sentence for e in events if isinstance(e, TextEvent)]
        assert all(ad not in sentence.product_ids for sentence in said)


async def test_what_was_shown_as_an_advertisement_may_go_into_the_cart(
    assistant: Assistant, ads: AdServer
) -> None:
    assistant.front.ads = ads
    ad = cards(await talk(assistant, "a wireless mouse")).products[-1].hit.product.id
    kept: Conversation = assistant.conversation("talk")
    assert ad in kept.seen and ad not in kept.shown


async def test_pacing_leaves_campaigns_out_by_lot(assistant: Assistant, ads: AdServer) -> None:
    class Never(Random):
        def random(self) -> float:
            return 1.0

    assistant.front.ads = AdServer(
        ads.store, OfferSigner(SECRET, "shop"), AdSettings(floor=0.2), random=Never()
    )
    _, result = await assistant.search("wireless mouse", limit=4)
    assert not result.sponsored


def test_several_are_named_in_one_sentence() -> None:
    hits = [
        Hit(
            product=product,
            score=0,
            sponsored=Placement(campaign_id="c", sponsor=str(product.brand), token="t"),
        )
        for product in MICE[:2]
    ]
    told = say_sponsored(hits, Language.ENGLISH)
    assert told and told.text == (
        "Sponsored: “Tavrik wireless mouse 0” and “Okoro wireless mouse 1” – shown because "
        "Tavrik and Okoro paid for it."
    )
    assert say_sponsored([], Language.ENGLISH) is None
