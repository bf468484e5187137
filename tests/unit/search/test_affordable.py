"""Cheap things of the kind come first, and no cheap thing of another kind."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from qdrant_client import QdrantClient
from support.index_products import HashingEncoder

from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.search import HybridSearcher
from retrieval.types import Product, SearchRequest, Sort


def lamp(id: str, title: str, price: str | None) -> Product:
    return Product(id=id, title=title, price=price and Decimal(price), currency="EUR")


PRODUCTS = (
    lamp("dear", "reading lamp for the desk", "90"),
    lamp("middle", "reading lamp for the desk", "40"),
    lamp("cheap", "reading lamp for the desk", "12"),
    lamp("unknown", "reading lamp for the desk", None),
    lamp("screw", "screw", "1"),
)


@pytest.fixture
def search() -> Iterator[HybridSearcher]:
    encoder = HashingEncoder("one")
    index = (
        ServerStorage(QdrantClient(":memory:"), "test").open(index_schema(encoder, encoder)).index
    )
    Indexer(index, encoder, encoder).index(PRODUCTS)
    yield HybridSearcher(index, encoder, encoder)
    index.close()


def test_of_equally_good_ones_the_cheaper_comes_first(search: HybridSearcher) -> None:
    request = SearchRequest(text="reading lamp", limit=10, sort=Sort.AFFORDABLE, relevant=True)
    ids = [hit.product.id for hit in search.search(request).hits]
    assert ids.index("cheap") < ids.index("dear")
    assert ids.index("unknown") > ids.index("cheap")
    assert "screw" not in ids[:4]


def test_without_a_text_the_cheapest_comes_first(search: HybridSearcher) -> None:
    request = SearchRequest(text="", limit=10, sort=Sort.AFFORDABLE, relevant=True)
    ids = [hit.product.id for hit in search.search(request).hits]
    assert ids == ["screw", "cheap", "middle", "dear", "unknown"]
