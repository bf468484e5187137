"""An index built beside the one in use takes its place whole, on each adapter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge as edge
from qdrant_client import QdrantClient
from support.index_products import MONITOR, PRODUCTS, TONER, HashingEncoder

from retrieval.errors import IndexIncompatibleError
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.qdrant_embedded import create_shard, load_shard
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage, IndexStorage, is_outdated, stored_schema
from retrieval.index.tuning import IndexTuning, Quantization
from retrieval.index.types import Group, VectorName, point_id
from retrieval.search import HybridSearcher
from retrieval.types import SearchRequest

NewStorage = Callable[[], IndexStorage]
OLD, NEW = HashingEncoder("old"), HashingEncoder("new", dimensions=64)


def test_readers_keep_the_old_index_and_openers_get_the_new(new_storage: NewStorage) -> None:
    storage = new_storage()
    old = storage.open(index_schema(OLD, OLD))
    Indexer(old.index, OLD, OLD).index(PRODUCTS)
    new = storage.begin(index_schema(NEW, NEW))
    Indexer(new.index, NEW, NEW).index([TONER])
    assert old.index.count(Group()) == len(PRODUCTS)
    storage.commit(new)
    assert stored_schema(storage) == index_schema(NEW, NEW)
    hits = HybridSearcher(old.index, OLD, OLD).search(SearchRequest(text="monitor")).hits
    assert hits[0].product.id.startswith("monitor"), "who reads the old index goes on reading it"
    old.index.close()
    storage.remove(old.name)
    new.index.close()
    again = storage.open(index_schema(NEW, NEW))
    assert again.name == new.name
    assert again.index.count(Group()) == 1
    again.index.close()
    with pytest.raises(IndexIncompatibleError):
        storage.open(index_schema(OLD, OLD))
    storage.close()


def test_what_was_not_committed_is_forgotten(new_storage: NewStorage) -> None:
    storage = new_storage()
    first = storage.open(index_schema(OLD, OLD))
    Indexer(first.index, OLD, OLD).index([MONITOR])
    storage.begin(index_schema(NEW, NEW)).index.close()
    first.index.close()
    storage.close()
    storage = new_storage()
    again = storage.open(index_schema(OLD, OLD))
    assert again.index.count(Group()) == 1
    again.index.close()
    storage.close()


def test_whole_points_come_back(new_storage: NewStorage) -> None:
    storage = new_storage()
    index = storage.open(index_schema(OLD, OLD)).index
    Indexer(index, OLD, OLD).index(PRODUCTS)
    points = {p.id: p for p in index.scan_points()}
    assert len(points) == len(PRODUCTS)
    toner = points[point_id(TONER.id)]
    assert toner.payload["id"] == TONER.id
    assert toner.lexical.indices
    assert toner.dense[VectorName.ENGLISH].shape == (OLD.dimensions,)
    (fetched,) = index.fetch_points([point_id(TONER.id), point_id("no such")])
    np.testing.assert_allclose(fetched.dense[VectorName.ENGLISH], toner.dense[VectorName.ENGLISH])
    index.close()
    storage.close()


def test_destroy_removes_every_generation(new_storage: NewStorage) -> None:
    storage = new_storage()
    storage.open(index_schema(OLD, OLD)).index.close()
    storage.begin(index_schema(NEW, NEW)).index.close()
    storage.destroy()
    assert storage.stored() is None
    fresh = storage.open(index_schema(NEW, NEW)).index
    assert fresh.count(Group()) == 0
    fresh.close()
    storage.close()


def test_stores_of_similar_names_do_not_meet() -> None:
    client = QdrantClient(":memory:")
    demo, other = ServerStorage(client, "demo"), ServerStorage(client, "demo-2")
    for storage in (demo, other):
        Indexer(storage.open(index_schema(OLD, OLD)).index, OLD, OLD).index([MONITOR])
    demo.destroy()
    assert demo.stored() is None
    assert other.open(index_schema(OLD, OLD)).index.count(Group()) == 1


@pytest.mark.parametrize("kind", list(Quantization))
@pytest.mark.parametrize("adapter", ["embedded", "server"])
def test_every_tuning_finds_the_same(kind: Quantization, adapter: str, tmp_path: Path) -> None:
    if adapter == "server" and kind is not Quantization.NONE:
        pytest.skip("local mode knows neither graphs nor quantisation and warns of both")
    hnsw_ef = 64 if adapter == "embedded" else 0
    tuning = IndexTuning(
        hnsw_m=8, hnsw_ef=hnsw_ef, exact_up_to_kb=1000, quantization=kind, on_disk=True
    )
    storage: IndexStorage
    if adapter == "embedded":
        storage = EmbeddedStorage(tmp_path, tuning)
    else:
        storage = ServerStorage(QdrantClient(":memory:"), "store", tuning)
    index = storage.open(index_schema(OLD, OLD)).index
    Indexer(index, OLD, OLD).index(
        copies := [
            p.model_copy(update={"id": f"{p.id}-{n}", "title": f"{p.title} {n}"})
            for n in range(150)
            for p in PRODUCTS
        ]
    )
    index.flush()
    assert index.count(Group()) == len(copies)
    hits = HybridSearcher(index, OLD, OLD).search(SearchRequest(text="leather headphones")).hits
    assert all("headphones" in h.product.title for h in hits)
    stored = storage.stored()
    assert stored is not None
    assert stored["tuning"]["quantization"] == kind.value
    index.close()
    storage.close()


KILLED = """
import os, sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from support.index_products import PRODUCTS, HashingEncoder
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_embedded import create_shard, load_shard
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage
storage = EmbeddedStorage(Path({path!r}))
old, new = HashingEncoder("old"), HashingEncoder("new")
first = storage.open(index_schema(old, old))
Indexer(first.index, old, old).index(PRODUCTS)
second = storage.begin(index_schema(new, new))
Indexer(second.index, new, new).index(PRODUCTS[:3])
if {commit}:
    storage.commit(second)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("commit", "left"), [(False, len(PRODUCTS)), (True, 3)])
def test_a_kill_leaves_one_whole_generation(tmp_path: Path, commit: bool, left: int) -> None:
    tests = str(Path(__file__).parent.parent)
    script = KILLED.format(tests=tests, path=str(tmp_path), commit=commit)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    storage = EmbeddedStorage(tmp_path)
    generation = storage.open(stored_schema(storage))
    assert generation.index.count(Group()) == left
    assert len([p for p in tmp_path.iterdir() if p.is_dir()]) == 1
    generation.index.close()


def test_an_older_index_gets_the_fields_it_lacks(tmp_path: Path) -> None:
    """Without its payload index a filter reads every payload: right, but slow."""
    tuning = IndexTuning()
    create_shard(tmp_path / "shard", index_schema(OLD, OLD), tuning).close()
    older = edge.EdgeShard.load(str(tmp_path / "shard"))
    older.update(edge.UpdateOperation.delete_field_index("family"))
    older.flush()
    assert "family" not in older.info().payload_schema
    older.close()
    load_shard(tmp_path / "shard", tuning).close()
    again = edge.EdgeShard.load(str(tmp_path / "shard"))
    assert "family" in again.info().payload_schema
    again.close()


def test_an_index_of_an_earlier_version_is_told_and_can_be_started_anew(
    new_storage: NewStorage,
) -> None:
    storage = new_storage()
    assert not is_outdated(storage), "there is none yet"
    earlier = storage.open(replace(index_schema(OLD, OLD), version=1))
    Indexer(earlier.index, OLD, OLD).index(PRODUCTS)
    earlier.index.close()
    assert is_outdated(storage)
    storage.destroy()
    anew = storage.open(index_schema(OLD, OLD))
    assert anew.index.count(Group()) == 0
    assert not is_outdated(storage)
    anew.index.close()
    storage.close()
