"""Answers from memory: given again while they hold, never longer, on each kind of index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest
from support.index_products import MONITOR, PRODUCTS, TONER, HashingEncoder

from retrieval.index.indexer import Indexer
from retrieval.index.memory import AnswerMemory
from retrieval.index.tuning import IndexTuning
from retrieval.index.types import ProductIndex
from retrieval.index.writes import WriteLog
from retrieval.recall import HIT_BYTES, RecallingSearcher, recall_answers
from retrieval.search import HybridSearcher
from retrieval.types import (
    Filters,
    Product,
    Range,
    Searcher,
    SearchRequest,
    SearchResult,
    SearchTreatment,
    SimilarResult,
    Sort,
)

ENCODER = HashingEncoder()
PAGE = SearchRequest(text=MONITOR.title, relevant=True, diverse=True, facets=True, relax=True)


class Counting:
    """A real searcher that counts what reaches it; `then` runs before its answer is given."""

    def __init__(self, searcher: HybridSearcher) -> None:
        self._searcher = searcher
        self.asked = 0
        self.then: Callable[[], object] = lambda: None

    def search(self, request: SearchRequest) -> SearchResult:
        self.asked += 1
        found = self._searcher.search(request)
        self.then()
        return found

    def similar(self, product_id: str, request: SearchRequest) -> SimilarResult | None:
        self.asked += 1
        return self._searcher.similar(product_id, request)

    @property
    def photo_limit(self) -> int:
        return self._searcher.photo_limit

    def encode_image(self, data: bytes) -> tuple[float, ...]:
        return self._searcher.encode_image(data)

    def get(self, ids: Iterable[str]) -> tuple[Product, ...]:
        return self._searcher.get(ids)


@pytest.fixture
def counting(searcher: HybridSearcher) -> Counting:
    return Counting(searcher)


@pytest.fixture
def recalling(counting: Counting, index: ProductIndex) -> Searcher:
    """The searcher that is served: with a memory where the index is this process's own."""
    return recall_answers(counting, index, 64)


@pytest.fixture
def write(index: ProductIndex) -> Indexer:
    return Indexer(index, ENCODER, ENCODER)


def priced(product: Product, price: str) -> Product:
    return product.model_copy(update={"price": Decimal(price)})


def only(result: SearchResult, product: Product) -> Product:
    return next(hit.product for hit in result.hits if hit.product.id == product.id)


def test_what_was_asked_before_is_answered_from_memory_on_an_index_of_ones_own(
    recalling: Searcher, counting: Counting, index: ProductIndex
) -> None:
    first, second = recalling.search(PAGE), recalling.search(PAGE)
    without_times = {"timings_ms": {}}
    assert first.model_copy(update=without_times) == second.model_copy(update=without_times)
    assert counting.asked == (1 if index.writes else 2)
    again = [recalling.similar(MONITOR.id, SearchRequest(text="")) for _ in range(2)]
    assert again[0] == again[1]
    assert counting.asked == (2 if index.writes else 4)


@pytest.mark.parametrize(
    "other",
    [
        {"sort": Sort.PRICE_ASCENDING},
        {"offset": 1},
        {"filters": Filters(price=Range(maximum=Decimal(100)))},
        {"treatment": SearchTreatment(lexical_share=1.0)},
        {"candidates": (TONER.id,)},
        {"facets": False},
    ],
)
def test_another_request_is_another_answer(
    recalling: Searcher, searcher: HybridSearcher, other: dict[str, object]
) -> None:
    recalling.search(PAGE)
    asked = PAGE.model_copy(update=other)
    made, expected = recalling.search(asked), searcher.search(asked)
    assert made.model_copy(update={"timings_ms": {}}) == expected.model_copy(
        update={"timings_ms": {}}
    )


def test_every_kind_of_write_is_in_the_next_answer(recalling: Searcher, write: Indexer) -> None:
    def ask() -> SearchResult:
        return recalling.search(PAGE)

    assert only(ask(), MONITOR).price == MONITOR.price
    write.update([priced(MONITOR, "12.50")])
    assert only(ask(), MONITOR).price == Decimal("12.50")
    alike = recalling.similar(TONER.id, SearchRequest(text=""))
    write.update([TONER.model_copy(update={"stock": 0})])
    again = recalling.similar(TONER.id, SearchRequest(text=""))
    assert alike is not None and again is not None
    assert (alike.product.stock, again.product.stock) == (TONER.stock, 0)
    write.delete([MONITOR.id])
    assert MONITOR.id not in [hit.product.id for hit in ask().hits]
    write.index([MONITOR])
    assert only(ask(), MONITOR).price == MONITOR.price


def test_totals_follow_a_write(recalling: Searcher, write: Indexer) -> None:
    request = SearchRequest(text="", relevant=True)
    before = recalling.search(request).total
    write.delete([MONITOR.id])
    assert recalling.search(request).total == before - 1


def test_an_answer_made_while_something_was_written_is_not_kept(
    recalling: Searcher, counting: Counting, write: Indexer
) -> None:
    counting.then = lambda: write.update([priced(MONITOR, "9.99")])
    assert only(recalling.search(PAGE), MONITOR).price == MONITOR.price
    counting.then = lambda: None
    assert only(recalling.search(PAGE), MONITOR).price == Decimal("9.99")


def test_what_another_process_wrote_to_a_server_is_in_the_next_answer(
    recalling: Searcher, index: ProductIndex
) -> None:
    if index.writes is not None:
        pytest.skip("an embedded index belongs to one process")
    recalling.search(PAGE)
    inner = index._index  # type: ignore[attr-defined]
    other = type(inner)(inner._client, inner._name, IndexTuning(), inner._names)
    Indexer(other, ENCODER, ENCODER).update([priced(MONITOR, "7.77")])
    assert only(recalling.search(PAGE), MONITOR).price == Decimal("7.77")


def test_what_a_photo_found_is_not_kept(recalling: Searcher, counting: Counting) -> None:
    request = PAGE.model_copy(update={"image": (0.0,) * ENCODER.dimensions, "text": ""})
    counting.search = lambda asked: SearchResult(request=asked, hits=(), total=0)  # type: ignore[method-assign]
    recalling.search(request)
    if isinstance(recalling, RecallingSearcher):
        assert recalling._memory.get(request) is None


def test_an_answer_tells_the_request_as_it_was_written(recalling: Searcher) -> None:
    one, other = (
        PAGE.model_copy(update={"filters": Filters(price=Range(maximum=Decimal(price)))})
        for price in ("400", "400.00")
    )
    recalling.search(one)
    assert str(recalling.search(other).request.filters.price) == str(other.filters.price)


def test_without_memory_the_searcher_itself_is_served(
    counting: Counting, index: ProductIndex
) -> None:
    assert recall_answers(counting, index, 0) is counting


def test_a_memory_keeps_to_its_bounds_and_gives_up_the_oldest() -> None:
    memory = AnswerMemory[str](WriteLog(), 10 * HIT_BYTES, lambda answer: len(answer) * HIT_BYTES)
    for key in range(20):
        memory.make(key, lambda: "four")
    assert [key for key in range(20) if memory.get(key)] == [18, 19]
    memory.make("large", lambda: "eleven long")
    assert memory.get("large") is None and memory.get(19) == "four"


def test_hybrid_search_finds_every_product_with_and_without_memory(
    recalling: Searcher, searcher: HybridSearcher
) -> None:
    for product in PRODUCTS:
        request = SearchRequest(text=product.title)
        for _ in range(2):
            found = [hit.product.id for hit in recalling.search(request).hits]
            assert found == [hit.product.id for hit in searcher.search(request).hits]
