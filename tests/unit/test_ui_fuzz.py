"""Whatever a URL says, the HTTP interface answers in its own form: never a 500.

Over real parts: rules, filters, hybrid search in Qdrant's own code. No socket is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient
from support.answer_products import EVERYTHING, STORE, VOCABULARY
from support.index_products import HashingEncoder
from support.jobs_store import make_jobs

import prompts
from assistant.answer.verify import ClaimVerifier
from assistant.answer.write import LLMAnswerWriter
from assistant.assistant import Assistant
from assistant.conversation import SqlConversationStore
from assistant.database import open_database
from assistant.llm.client import ChatModelClient
from assistant.llm.scripted import ScriptedModel
from assistant.storefront import Storefront
from assistant.turn import Catalog, TurnLimits
from assistant.types import EngineState, EngineStatus
from assistant.understand.quick import RuleReader
from assistant.understand.rewrite import LLMRewriter
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.search import HybridSearcher
from ui.app import create_app
from ui.facets import FacetView


class Off:
    status = EngineStatus(state=EngineState.OFF, model="")

    def wait(self, timeout: float | None = None) -> EngineStatus:
        return self.status


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    path: Path = tmp_path_factory.mktemp("fuzz")
    encoders = HashingEncoder("one"), HashingEncoder("two")
    index = ServerStorage(QdrantClient(":memory:"), "test").open(index_schema(*encoders)).index
    Indexer(index, *encoders).index(EVERYTHING)
    searcher = HybridSearcher(index, *encoders, VOCABULARY)
    database = open_database(f"sqlite:///{path}/aisle.db")
    conversations = SqlConversationStore(database)
    client = ChatModelClient(ScriptedModel())
    catalog = Catalog(
        store=STORE,
        vocabulary=VOCABULARY,
        media_path=path,
        searcher=searcher,
        reader=RuleReader(VOCABULARY, STORE),
        verifier=ClaimVerifier(VOCABULARY),
    )
    yield create_app(
        Assistant(
            catalog=catalog,
            front=Storefront(searcher),
            rewriter=LLMRewriter(client, prompts.load),
            writer=LLMAnswerWriter(client),
            conversations=conversations,
            **make_jobs(database, STORE, searcher, conversations),
            engine=Off(),
            limits=TurnLimits(cards=3, message=2000, understand_s=0.3, answer_s=0.5),
            version="0",
        )
    )
    index.close()
    database.dispose()


def get(app: FastAPI, path: str, params: list[tuple[str, str]]) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            return await client.get(path, params=params)

    return asyncio.run(ask())


def assert_clear(response: httpx.Response) -> None:
    """A result, or a refusal in one line that says how to mend it."""
    assert response.status_code in (200, 400, 404, 422), response.text
    body = response.json()
    if response.status_code != 200:
        assert body["error"]
        assert "\n" not in body["error"]


WORDS = (
    "mouse mice laptop 鼠标 无线 under $30 不要 but not brand:Tavrik OR 1=1 -- ' \" ; { } ( ) * "
    "~ ^ 27 inch 百元以内 NaN 1e309 -5 € 🎧 %00 ../ <b> similar 藍牙 \u202e \x00 \x07 \ufeff"
)
PARTS = st.sampled_from(WORDS.split(" "))
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PARTS, max_size=12).map(" ".join),
    st.text(alphabet="🎧🙂🖱️❤️\u200d", min_size=1, max_size=30),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Zs", "Mn"]), max_size=30),
)
NUMBERS = st.one_of(
    st.sampled_from(
        ["NaN", "nan", "inf", "-Infinity", "1e400", "-1", "0", "30", "", " ", "٣", "1_0"]
    ),
    st.floats().map(str),
    st.text(max_size=12),
)
FILTERS: dict[str, st.SearchStrategy[str]] = {
    "price_min": NUMBERS,
    "price_max": NUMBERS,
    "rating_min": NUMBERS,
    "limit": NUMBERS,
    "offset": NUMBERS,
    "brand": st.one_of(st.sampled_from(["Tavrik", "tavrik "]), TEXTS),
    "category": st.one_of(st.sampled_from(["Mice", "Electronics > Mice", " > "]), TEXTS),
    "attribute": st.one_of(
        st.tuples(st.sampled_from(["color", "weight", "capacity", "", "x"]), NUMBERS | TEXTS).map(
            ":".join
        ),
        st.sampled_from(["color:..", "weight:1..", "weight:9..1", "weight:NaN..", "color", "::"]),
        TEXTS,
    ),
    "without": st.one_of(st.sampled_from(["price", "brand", "all"]), TEXTS),
    "sort": st.one_of(st.sampled_from(["relevance", "price_ascending", "newest"]), TEXTS),
    "facets": st.sampled_from(["true", "1", "maybe", ""]),
    "in_stock": st.sampled_from(["true", "no", "2"]),
    "language": st.sampled_from(["en", "zh", "fr", ""]),
    "unknown": TEXTS,
}
PAIRS = st.one_of(
    [values.map(lambda value, name=name: (name, value)) for name, values in FILTERS.items()]  # type: ignore[misc]
)
RUNS = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@RUNS
@given(TEXTS, st.lists(PAIRS, max_size=4))
def test_any_search_is_answered_clearly(
    app: FastAPI, text: str, pairs: list[tuple[str, str]]
) -> None:
    assert_clear(get(app, "/v1/search", [("q", text), *pairs]))


@RUNS
@given(st.sampled_from(["m1", "l1", "none"]), TEXTS, st.lists(PAIRS, max_size=3))
def test_any_wish_beside_a_product_is_answered_clearly(
    app: FastAPI, product: str, text: str, pairs: list[tuple[str, str]]
) -> None:
    assert_clear(get(app, f"/v1/products/{product}/similar", [("text", text), *pairs]))


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ([("q", "x" * 10_000)], 400),
        ([("q", "🎧" * 40)], 200),
        ([("q", "\x00\x01\x02")], 400),
        ([("q", "the of and")], 200),
        ([("q", "")], 200),
        ([("q", "mouse 鼠标 Maus мышь")], 200),
        ([("q", "'; DROP TABLE products; --")], 200),
        ([("price_min", "NaN")], 422),
        ([("price_max", "inf")], 422),
        ([("price_min", "50"), ("price_max", "10")], 400),
        ([("attribute", "flavour:sweet")], 400),
        ([("attribute", "weight")], 400),
        ([("brand", "Nobody Inc.")], 400),
        ([("limit", "1000")], 422),
    ],
)
def test_bad_input_of_every_kind_has_its_answer(
    app: FastAPI, params: list[tuple[str, str]], status: int
) -> None:
    response = get(app, "/v1/search", params)
    assert response.status_code == status, response.text
    assert_clear(response)


def test_the_schema_shows_how_filters_and_facets_are_written(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/v1/search"]["get"]
    shown = {
        p["name"]: p["schema"].get("examples") or p.get("examples") for p in operation["parameters"]
    }
    for name in ("q", "brand", "category", "attribute", "price_min", "price_max", "facets", "sort"):
        assert shown[name], name
    example = app.openapi()["components"]["schemas"]["FacetView"]["example"]
    assert FacetView.model_validate(example).choices[0].count > 0
