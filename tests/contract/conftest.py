"""An index on each adapter, empty or filled with the tests' products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qdrant_client import QdrantClient
from support.index_products import PRODUCTS, HashingEncoder

from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_embedded import open_embedded_index
from retrieval.index.qdrant_server import open_server_index
from retrieval.index.schema import index_schema
from retrieval.index.types import ProductIndex
from retrieval.search import HybridSearcher

Opener = Callable[[HashingEncoder], ProductIndex]
ENCODER = HashingEncoder()


@pytest.fixture(params=["embedded", "server"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the index of this test; opening again after close finds what was written."""
    if request.param == "embedded":
        return lambda e: open_embedded_index(tmp_path / "index", index_schema(e, e))
    return lambda e: open_server_index(
        QdrantClient(path=str(tmp_path / "qdrant")), "store", index_schema(e, e)
    )


@pytest.fixture
def index(opener: Opener) -> Iterator[ProductIndex]:
    opened = opener(ENCODER)
    indexer = Indexer(opened, ENCODER, ENCODER)
    indexer.index(PRODUCTS)
    indexer.flush()
    yield opened
    opened.close()


@pytest.fixture
def searcher(index: ProductIndex) -> HybridSearcher:
    return HybridSearcher(index, ENCODER, ENCODER)
