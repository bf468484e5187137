"""The HTTP interface, in process: no socket is opened."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from assistant.types import (
    Act,
    DoneEvent,
    EngineState,
    EngineStatus,
    ErrorEvent,
    Sentence,
    TextEvent,
    Understanding,
)
from retrieval.errors import IndexUnavailableError
from retrieval.types import AttributeFilter, Filters, Language, Range, Sort
from ui.app import create_app
from ui.samples import sample_service
from ui.scripted import ScriptedService


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScriptedService, FastAPI]:
    service = sample_service(tmp_path_factory.mktemp("store") / "media")
    return service, create_app(service)


@pytest.fixture
def service(built: tuple[ScriptedService, FastAPI]) -> Iterator[ScriptedService]:
    service = built[0]
    yield service
    service.scripts.clear()
    service.received.clear()
    service.cancelled.clear()


@pytest.fixture
async def client(
    built: tuple[ScriptedService, FastAPI], service: ScriptedService
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=built[1], raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


def read_events(body: str) -> list[dict[str, Any]]:
    """The data of each event; its name must be its type."""
    events = []
    for block in body.strip().split("\n\n"):
        if block.startswith(":"):
            continue
        name, data = block.split("\n", 1)
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def assert_problem(response: httpx.Response, status: int) -> dict[str, str]:
    assert response.status_code == status, response.text
    problem = response.json()
    assert set(problem) == {"error", "remedy"}
    assert problem["error"] and "\n" not in problem["error"] + problem["remedy"]
    assert "Traceback" not in response.text
    return problem


# ---------------------------------------------------------------------- chat


async def test_chat_streams_products_before_text_and_ends_with_the_conversation(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post("/v1/chat", json={"message": "headphones"})

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    events = read_events(response.text)
    assert [event["type"] for event in events] == ["products", "text", "done"]
    ids = [card["hit"]["product"]["id"] for card in events[0]["products"]]
    assert ids == ["h1", "h2", "h3", "h4", "x1"]
    conversation = response.headers["x-conversation-id"]
    assert conversation and events[-1]["conversation_id"] == conversation


async def test_chat_goes_on_with_the_conversation_and_passes_the_language(
    client: httpx.AsyncClient, service: ScriptedService
) -> None:
    body = {"message": "耳机 🎧", "conversation_id": "abc-1", "language": "zh"}
    response = await client.post("/v1/chat", json=body)

    assert response.headers["x-conversation-id"] == "abc-1"
    assert service.received == [("耳机 🎧", "abc-1", Language.CHINESE)]
    assert "为您找到" in read_events(response.text)[1]["sentence"]["text"]


@pytest.mark.parametrize(
    ("message", "word"), [("", "empty"), ("  \n\t ", "empty"), ("x" * 10_000, "10000")]
)
async def test_messages_out_of_bounds_are_refused(
    client: httpx.AsyncClient, message: str, word: str
) -> None:
    response = await client.post("/v1/chat", json={"message": message})
    assert word in assert_problem(response, 400)["error"]


@pytest.mark.parametrize(
    "message",
    [
        "🎧🎧🎧",
        "'; DROP TABLE products; --",
        "a\x00b\x07\x1b[31m",
        "‮abc",
        "{{7*7}}",
        "\ud83c\udfa7",
    ],
)
async def test_odd_messages_are_answered(client: httpx.AsyncClient, message: str) -> None:
    content = json.dumps({"message": message})
    response = await client.post(
        "/v1/chat", content=content, headers={"content-type": "application/json"}
    )
    assert read_events(response.text)[-1]["type"] == "done"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{not json", "JSON"),
        ("{}", "message"),
        ('{"message": 5}', "message"),
        ('{"message": "a", "conversation_id": "../etc"}', "conversation_id"),
        ('{"message": "a", "language": "fr"}', "language"),
        ('{"message": "a", "massage": "b"}', "massage"),
        ("[]", "object"),
    ],
)
async def test_malformed_chat_requests_are_explained_in_one_line(
    client: httpx.AsyncClient, content: str, word: str
) -> None:
    response = await client.post(
        "/v1/chat", content=content, headers={"content-type": "application/json"}
    )
    assert word in assert_problem(response, 422)["error"]


async def test_a_huge_body_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/chat", json={"message": "x" * 1_000_000})
    assert response.status_code == 413 and response.text == "Content Too Large"


async def test_an_error_in_mid_answer_is_one_line_and_keeps_what_was_sent(
    client: httpx.AsyncClient, service: ScriptedService
) -> None:
    service.enqueue(
        service.cards("h1"), IndexUnavailableError("The index is away.", remedy="Wait.")
    )
    events = read_events((await client.post("/v1/chat", json={"message": "a"})).text)
    assert [event["type"] for event in events] == ["products", "error"]
    assert events[1] == {"type": "error", "message": "The index is away.", "remedy": "Wait."}


async def test_a_bug_in_mid_answer_shows_nothing_of_its_insides(
    client: httpx.AsyncClient, service: ScriptedService
) -> None:
    service.enqueue(service.cards("h1"), ZeroDivisionError("secret 42"))
    response = await client.post("/v1/chat", json={"message": "a"})
    assert read_events(response.text)[-1]["type"] == "error"
    assert "secret" not in response.text and "ZeroDivision" not in response.text


async def test_what_follows_an_error_event_is_still_sent(
    client: httpx.AsyncClient, service: ScriptedService
) -> None:
    service.enqueue(ErrorEvent(message="Slow today."), DoneEvent(turn_id="t", trace={}))
    events = read_events((await client.post("/v1/chat", json={"message": "a"})).text)
    assert [event["type"] for event in events] == ["error", "done"]


async def test_newlines_in_a_sentence_do_not_break_the_framing(
    client: httpx.AsyncClient, service: ScriptedService
) -> None:
    text = "one\n\nevent: done\ndata: {}\n\n"
    service.enqueue(TextEvent(sentence=Sentence(text=text)), DoneEvent(turn_id="t", trace={}))
    events = read_events((await client.post("/v1/chat", json={"message": "a"})).text)
    assert events[0]["sentence"]["text"] == text


# -------------------------------------------------------------------- search


async def test_search_answers_hits_total_understanding_and_timings(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get("/v1/search", params={"q": "headphones", "limit": 2})).json()
    assert [hit["product"]["id"] for hit in found["result"]["hits"]] == ["h1", "h2"]
    assert found["result"]["total"] == 5
    assert found["understanding"]["query"] == "headphones"
    assert found["elapsed_ms"] >= 0 and found["result"]["timings_ms"] == {"search": 1.0}


async def test_search_pages_with_offset(client: httpx.AsyncClient) -> None:
    params = {"q": "headphones", "limit": 2, "offset": 4}
    found = (await client.get("/v1/search", params=params)).json()
    assert [hit["product"]["id"] for hit in found["result"]["hits"]] == ["x1"]


async def test_filters_of_the_url_reach_the_search_as_typed_conditions(
    client: httpx.AsyncClient,
) -> None:
    params = [
        ("price_min", "10"),
        ("price_max", "100.50"),
        ("brand", "lumen"),
        ("brand", "Pip"),
        ("category", "audio > headphones"),
        ("attribute", "color:黑色"),
        ("attribute", "weight:..300"),
        ("in_stock", "true"),
        ("rating_min", "4"),
        ("sort", "price_asc"),
    ]
    found = (await client.get("/v1/search", params=params)).json()

    read = Understanding.model_validate(found["understanding"])
    assert read.sort is Sort.PRICE_ASCENDING
    assert read.filters == Filters(
        price=Range(minimum="10", maximum="100.50"),  # type: ignore[arg-type]
        brands=("Lumen", "Pip"),
        categories=(("Audio", "Headphones"),),
        attributes=(
            AttributeFilter(name="color", values=("black",)),
            AttributeFilter(name="weight", range=Range(maximum=300), unit="g"),  # type: ignore[arg-type]
        ),
        in_stock=True,
        minimum_rating=4,  # type: ignore[arg-type]
    )
    assert [hit["product"]["id"] for hit in found["result"]["hits"]] == ["h4"]


async def test_every_chip_can_be_taken_away_by_its_key(client: httpx.AsyncClient) -> None:
    service_params = {"q": "headphones", "brand": "Lumen", "price_max": "200", "in_stock": "1"}
    chips = (await client.get("/v1/search", params=service_params)).json()["chips"]
    assert [chip["key"] for chip in chips] == ["brand:Lumen", "price", "stock"]
    assert [chip["label"] for chip in chips] == ["Lumen", "up to $200", "In stock"]


async def test_without_drops_what_was_read_from_the_text(
    client: httpx.AsyncClient, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Understanding | None] = []
    search = service.search

    async def reading(text: str, **options: Any) -> Any:
        """As a real service: the text "under 50" reads as a price."""
        calls.append(options.get("understanding"))
        if options.get("understanding") is None:
            options["understanding"] = Understanding(
                act=Act.SEARCH,
                language=Language.ENGLISH,
                query="headphones",
                filters=Filters(price=Range(maximum=50), brands=("Pip",)),  # type: ignore[arg-type]
            )
        return await search(text, **options)

    monkeypatch.setattr(service, "search", reading)
    params = {"q": "pip headphones under 50", "without": "price", "language": "zh"}
    found = (await client.get("/v1/search", params=params)).json()
    assert [chip["key"] for chip in found["chips"]] == ["brand:Pip"]
    assert calls[-1] is not None and calls[-1].filters.price is None


@pytest.mark.parametrize(
    ("params", "status", "word"),
    [
        ({"price_min": "900", "price_max": "100"}, 400, "above"),
        ({"price_min": "NaN"}, 422, "price_min"),
        ({"price_max": "Infinity"}, 422, "price_max"),
        ({"price_max": "-1"}, 422, "price_max"),
        ({"price_max": "cheap"}, 422, "price_max"),
        ({"sort": "random"}, 422, "sort"),
        ({"limit": "-1"}, 422, "limit"),
        ({"limit": "100000"}, 422, "limit"),
        ({"offset": "-5"}, 422, "offset"),
        ({"language": "xx"}, 422, "language"),
        ({"brand": "Lumenn"}, 400, "Lumenn"),
        ({"category": "Spaceships"}, 400, "Spaceships"),
        ({"attribute": "colour"}, 400, "attribute"),
        ({"attribute": "wings:2"}, 400, "wings"),
        ({"attribute": "weight:heavy"}, 400, "weight"),
        ({"attribute": "weight:NaN..3"}, 400, "weight"),
        ({"attribute": "weight:9..3"}, 400, "above"),
        ({"rating_min": "7"}, 422, "rating_min"),
        ({"q": "x" * 10_000}, 400, "10000"),
    ],
)
async def test_wrong_search_values_are_explained_in_one_line(
    client: httpx.AsyncClient, params: dict[str, str], status: int, word: str
) -> None:
    assert word in assert_problem(await client.get("/v1/search", params=params), status)["error"]


async def test_an_unknown_brand_names_the_closest(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/search", params={"brand": "Lumenn"})
    assert "Lumen" in assert_problem(response, 400)["remedy"]


@pytest.mark.parametrize("q", ["", "🎧", "a\x00b", "' OR 1=1 --", "price:[* TO 5]", "的 the and"])
async def test_odd_queries_are_answered(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get("/v1/search", params={"q": q})).status_code == 200


async def test_a_part_that_is_away_is_a_503_that_says_when_to_retry(
    client: httpx.AsyncClient, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise IndexUnavailableError("The vector store does not answer.", remedy="Try again.")

    monkeypatch.setattr(service, "search", away)
    response = await client.get("/v1/search")
    assert_problem(response, 503)
    assert int(response.headers["retry-after"]) > 0


async def test_a_bug_is_a_500_without_a_traceback(
    client: httpx.AsyncClient, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(service, "search", broken)
    assert "secret" not in str(assert_problem(await client.get("/v1/search"), 500))


# ------------------------------------------------------------------- lookups


async def test_a_product_has_all_its_fields(client: httpx.AsyncClient) -> None:
    product = (await client.get("/v1/products/h1")).json()
    assert product["price"] == "149" and product["translations"]["zh"]["title"] == "静音头戴式耳机"


@pytest.mark.parametrize("path", ["/v1/products/none", "/v1/nothing", "/v1/products/..%2F..%2Fx"])
async def test_what_is_not_there_is_a_404(client: httpx.AsyncClient, path: str) -> None:
    assert_problem(await client.get(path), 404)


async def test_health_is_200_while_the_engine_loads_and_says_so(
    client: httpx.AsyncClient, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = EngineStatus(state=EngineState.PULLING, detail="part 3 of 22")
    monkeypatch.setattr(service, "engine", loading)
    response = await client.get("/health")
    assert response.status_code == 200
    assert response.json()["engine"] == {"state": "pulling", "detail": "part 3 of 22", "model": ""}


async def test_openapi_describes_every_route_with_examples(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    assert set(schema["paths"]) == {
        "/v1/chat",
        "/v1/search",
        "/v1/cart",
        "/v1/cart/lines",
        "/v1/cart/lines/{line_id}",
        "/v1/cart/claim",
        "/v1/cart/checkout",
        "/v1/privacy",
        "/v1/account",
        "/v1/account/demo",
        "/v1/handoff",
        "/v1/preferences",
        "/v1/preferences/{preference_id}",
        "/v1/search/image",
        "/v1/products/{product_id}",
        "/v1/products/{product_id}/similar",
        "/v1/events",
        "/v1/consent",
        "/v1/recommendations",
        "/v1/profile",
        "/v1/guides/{guide_id}",
        "/health",
    }
    chat = schema["paths"]["/v1/chat"]["post"]
    assert chat["x-event-schema"]["discriminator"]["propertyName"] == "type"
    assert "text/event-stream" in chat["responses"]["200"]["content"]
    assert schema["components"]["schemas"]["ChatRequest"]["examples"]
    for path in schema["paths"].values():
        for operation in path.values():
            assert operation["summary"] and operation["description"]


# --------------------------------------------------------------------- media


async def test_pictures_are_served_safe_and_cacheable(client: httpx.AsyncClient) -> None:
    response = await client.get("/media/h1.svg")
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert "max-age" in response.headers["cache-control"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


def plant_secret(media: Path) -> None:
    """A file beside the media folder, and a link to it inside."""
    secret = media.parent / "secret.txt"
    secret.write_text("secret")
    if not (media / "link.txt").is_symlink():
        (media / "link.txt").symlink_to(secret)


@pytest.mark.parametrize(
    "path", ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "link.txt", "a%00b", "", "."]
)
async def test_no_path_leaves_the_media_folder(
    client: httpx.AsyncClient, service: ScriptedService, path: str
) -> None:
    plant_secret(service.media_path)
    response = await client.get(f"http://shop.test/media/{path}")
    assert response.status_code in (404, 405) and response.text != "secret"


# ---------------------------------------------------------------------- CORS


async def test_other_origins_may_call_the_interface_but_not_the_pages(
    client: httpx.AsyncClient,
) -> None:
    origin = {"Origin": "https://shop.example"}
    response = await client.post("/v1/chat", json={"message": "a b"}, headers=origin)
    assert response.headers["access-control-allow-origin"] == "*"
    assert "X-Conversation-Id" in response.headers["access-control-expose-headers"]
    preflight = await client.options(
        "/v1/chat",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert preflight.status_code == 200
    assert "access-control-allow-origin" not in (await client.get("/shop", headers=origin)).headers


# ---------------------------------------------------------------------- shop


async def test_the_shop_escapes_what_the_catalogue_says(client: httpx.AsyncClient) -> None:
    for path in ("/shop", "/shop/products/x1", "/shop?lang=zh"):
        page = await client.get(path)
        assert page.status_code == 200
        assert "<script>window.hacked" not in page.text and "<img src=x" not in page.text
        assert "<b onmouseover" not in page.text
    assert "&lt;script&gt;window.hacked" in (await client.get("/shop")).text


async def test_the_shop_speaks_the_shoppers_language(client: httpx.AsyncClient) -> None:
    chinese = await client.get("/shop", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert "静音头戴式耳机" in chinese.text and 'lang="zh-CN"' in chinese.text
    assert "Quiet over-ear headphones" in (await client.get("/shop?lang=en")).text


async def test_the_shop_explains_what_is_missing(client: httpx.AsyncClient) -> None:
    page = await client.get("/shop/products/none?lang=en")
    assert page.status_code == 404 and "no such product" in page.text
    assert (await client.get("/shop", params={"q": "x" * 5000})).status_code == 400


async def test_nobody_can_fill_the_disk_through_the_pages(client: httpx.AsyncClient) -> None:
    response = await client.post("/gradio_api/upload", files={"files": ("a.bin", b"x" * 100_000)})
    assert response.status_code in (413, 422)
