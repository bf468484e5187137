"""An index on each adapter, empty or filled with the tests' products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from qdrant_client import QdrantClient
from support.index_products import PRODUCTS, HashingEncoder
from support.local_qdrant import one_at_a_time

from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage, IndexStorage
from retrieval.index.types import IndexSchema, ProductIndex
from retrieval.search import HybridSearcher

Opener = Callable[[HashingEncoder], ProductIndex]
ENCODER = HashingEncoder()


class OwnedIndex:
    """An index whose storage closes with it, as a process that ends does."""

    def __init__(self, storage: IndexStorage, schema: IndexSchema) -> None:
        self._storage = storage
        self._index = storage.open(schema).index

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def close(self) -> None:
        self._index.close()
        self._storage.close()


@pytest.fixture(params=["embedded", "server"])
def new_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], IndexStorage]:
    """Makes the storage of this test's store; again after close it finds what was written."""
    if request.param == "embedded":
        return lambda: EmbeddedStorage(tmp_path / "index")
    return lambda: ServerStorage(
        one_at_a_time(QdrantClient(path=str(tmp_path / "qdrant"))), "store"
    )


@pytest.fixture
def opener(new_storage: Callable[[], IndexStorage]) -> Opener:
    """Opens the index of this test; opening again after close finds what was written."""

    def open_it(encoder: HashingEncoder) -> ProductIndex:
        storage = new_storage()
        try:
            return cast(ProductIndex, OwnedIndex(storage, index_schema(encoder, encoder)))
        except Exception:
            storage.close()
            raise

    return open_it


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
