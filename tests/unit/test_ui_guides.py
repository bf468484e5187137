"""Guides over HTTP: whole by id, and beside a broad search; review counts on a product's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from assistant.types import DoneEvent, GuideEvent
from retrieval.recommend.guides import GuideCard
from retrieval.reviews import count_reviews
from retrieval.types import Language, Review
from ui.app import create_app
from ui.samples import (
    SAMPLE_GUIDE,
    sample_products,
    sample_service,
    sample_store,
    sample_vocabulary,
)
from ui.scripted import ScriptedService

EN, ZH = Language.ENGLISH, Language.CHINESE
REVIEWS = tuple(Review(id=f"r{n}", rating=n, text="Fine.") for n in (5, 4, 5, 1))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> ScriptedService:
    media: Path = tmp_path_factory.mktemp("store") / "media"
    sample_service(media)
    first = sample_products()[0].model_copy(update={"reviews": REVIEWS})
    more = [first.model_copy(update={"id": f"h1-{n}"}) for n in range(6)]
    return ScriptedService(
        (first, *sample_products()[1:], *more),
        store=sample_store(),
        vocabulary=sample_vocabulary(),
        media_path=media,
    )


@pytest.fixture(scope="module")
async def client(service: ScriptedService) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


@pytest.mark.parametrize("language", [EN, ZH])
async def test_a_guide_is_given_whole_in_the_language_asked_for(
    client: httpx.AsyncClient, language: Language
) -> None:
    found = await client.get("/v1/guides/guide-headphones", params={"language": language.value})
    assert found.json() == {
        "id": "guide-headphones",
        "category": ["Audio", "Headphones"],
        "language": language.value,
        "title": SAMPLE_GUIDE.titles[language],
        "text": SAMPLE_GUIDE.texts[language],
    }


async def test_a_guide_in_one_language_is_given_in_it(
    client: httpx.AsyncClient, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = SAMPLE_GUIDE.model_copy(
        update={"titles": {EN: "Only English"}, "texts": {EN: "Read this."}}
    )
    store = service.store.model_copy(update={"guides": (english,)})
    monkeypatch.setattr(service, "store", store)
    found = (await client.get("/v1/guides/guide-headphones?language=zh")).json()
    assert (found["language"], found["title"]) == ("en", "Only English")
    assert (await client.get("/v1/search?q=耳机")).json()["guide"] is None


async def test_an_unknown_guide_is_a_404_that_says_where_ids_come_from(
    client: httpx.AsyncClient,
) -> None:
    missing = await client.get("/v1/guides/none")
    assert missing.status_code == 404
    assert missing.json()["error"] == "This store has no guide 'none'."
    assert "kind=content" in missing.json()["remedy"]
    page = await client.get("/shop/guides/none?lang=zh")
    assert page.status_code == 404 and "没有这篇指南" in page.text


async def test_a_broad_search_carries_a_guide_and_an_exact_one_does_not(
    client: httpx.AsyncClient,
) -> None:
    broad = (await client.get("/v1/search?q=headphones")).json()
    assert broad["guide"] == {
        "list_id": f"{broad['list_id']}-guide",
        "id": "guide-headphones",
        "title": "Headphones: fit first, sound second",
        "sentence": "Wear them for ten minutes before you listen.",
        "language": "en",
    }
    for path in ("q=headphones+wh-1000xm5", "q=kettle", "q=headphones&sort=price_asc", "offset=2"):
        assert (await client.get(f"/v1/search?{path}")).json()["guide"] is None
    chinese = (await client.get("/v1/search", params={"q": "headphones", "language": "zh"})).json()
    assert chinese["guide"]["sentence"] == "先戴十分钟再听。"


async def test_the_chat_streams_it_as_an_event(
    client: httpx.AsyncClient, service: ScriptedService
) -> None:
    card = GuideCard(list_id="t-guide", id="g", title="T", sentence="S.", language=EN)
    done = DoneEvent(turn_id="t", trace={})
    service.enqueue(service.cards("h1"), GuideEvent(guide=card), done)
    body = (await client.post("/v1/chat", json={"message": "headphones"})).text
    names = [line for line in body.splitlines() if line.startswith("event: ")]
    assert names == ["event: products", "event: guide", "event: done"]
    assert '"guide":{"list_id":"t-guide","id":"g","title":"T","sentence":"S."' in body
    described = (await client.get("/openapi.json")).json()["paths"]["/v1/chat"]["post"]
    assert "event: guide" in described["x-event-example"]


async def test_pages_escape_what_a_guide_says(client: httpx.AsyncClient) -> None:
    page = (await client.get("/shop/guides/guide-headphones?lang=en")).text
    assert "&lt;b onmouseover" in page and "<b onmouseover" not in page
    assert 'data-id="guide-headphones"' in (await client.get("/shop?q=headphones&lang=en")).text


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "3 of the 4 reviews here give 4 stars or more."),
        ("zh", "这里的4条评价中，3条给了4星及以上。"),
    ],
)
async def test_a_products_page_counts_its_real_reviews(
    client: httpx.AsyncClient, lang: str, told: str
) -> None:
    page = (await client.get(f"/shop/products/h1?lang={lang}")).text
    assert told in page
    assert ("5 stars: 2" if lang == "en" else "5星：2条") in page
    one = (await client.get(f"/shop/products/h2?lang={lang}")).text
    assert ("One review here, with 4 stars." if lang == "en" else "这里有1条评价，4星。") in one


def test_reviews_are_counted_and_nothing_else() -> None:
    assert count_reviews(()) is None
    counted = count_reviews(REVIEWS)
    assert counted is not None
    assert (counted.count, counted.good) == (4, 3)
    assert counted.stars == {5: 2, 4: 1, 3: 0, 2: 0, 1: 1}
