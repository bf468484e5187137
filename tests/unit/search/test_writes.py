"""The log of an index's writes, and rows that are kept until they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.index import writes
from retrieval.index.qdrant_embedded import EmbeddedIndex, create_shard
from retrieval.index.rows import RowCache
from retrieval.index.tuning import IndexTuning
from retrieval.index.types import IndexSchema, Point, VectorName
from retrieval.index.writes import WriteLog
from retrieval.types import SparseVector


def test_a_log_tells_what_was_written_since() -> None:
    log = WriteLog()
    log.note(["1", "2"])
    log.note(["3"])
    log.note(())
    assert log.count == 3
    assert log.since(0) == {"1", "2", "3"}
    assert log.since(1) == {"3"}
    assert log.since(3) == frozenset()


def test_a_log_says_when_it_has_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "REMEMBERED", 3)
    log = WriteLog()
    for n in range(10):
        log.note([str(n)])
    assert log.since(5) is None
    assert log.since(7) == {"7", "8", "9"}
    log.note(map(str, range(100)))
    assert log.since(10) is None
    assert log.since(11) == frozenset()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    schema = IndexSchema(1, {"english": "test"}, {"english": 2})
    shard = create_shard(tmp_path / "shard", schema, IndexTuning())
    shard.upsert([point(n) for n in range(1, 6)])
    yield shard
    shard.close()


def point(number: int, price: float = 1.0) -> Point:
    vector = np.array([1.0, number], np.float32)
    payload = {"id": f"p{number}", "price": price}
    return Point(
        str(number), payload, {VectorName.ENGLISH: vector}, SparseVector(indices=(), values=())
    )


class Reading(RowCache[float]):
    """Prices, with a count of those that were read."""

    def __init__(self, index: EmbeddedIndex, most: int = 100) -> None:
        self.reads = 0
        super().__init__(index, ("price",), self.count, most=most)

    def count(self, key: str, payload: dict[str, float]) -> float:
        self.reads += 1
        return payload["price"]


def test_rows_are_read_once_and_again_when_written(index: EmbeddedIndex) -> None:
    rows = Reading(index)
    assert rows.read(["3", "1", "9", "3"]) == {"3": 1.0, "1": 1.0}
    assert list(rows.read(["1", "3"])) == ["1", "3"]
    assert rows.reads == 2
    index.overwrite({"3": point(3, 2.0).payload})
    assert rows.read(["1", "3"]) == {"1": 1.0, "3": 2.0}
    assert rows.reads == 3
    index.delete(["1"])
    index.upsert([point(9, 5.0)])
    assert rows.read(["1", "3", "9"]) == {"3": 2.0, "9": 5.0}


def test_a_row_written_while_it_was_read_is_not_kept(index: EmbeddedIndex) -> None:
    rows = Reading(index)
    fetch = index.fetch

    def fetch_then_write(keys, fields=None):  # type: ignore[no-untyped-def]
        found = fetch(keys, fields)
        index.overwrite({"1": point(1, 8.0).payload})
        return found

    index.fetch = fetch_then_write  # type: ignore[method-assign]
    assert rows.read(["1", "2"]) == {"1": 1.0, "2": 1.0}
    index.fetch = fetch  # type: ignore[method-assign]
    assert rows.read(["1", "2"]) == {"1": 8.0, "2": 1.0}
    assert rows.reads == 3


def test_rows_start_anew_when_the_log_has_forgotten(
    index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Reading(index)
    rows.read(["1", "2"])
    monkeypatch.setattr(writes, "REMEMBERED", 1)
    index.overwrite({key: {"price": 4.0} for key in ("2", "3", "4")})
    assert rows.read(["1", "2"]) == {"1": 1.0, "2": 4.0}


def test_no_more_rows_are_kept_than_asked(index: EmbeddedIndex) -> None:
    rows = Reading(index, most=2)
    rows.read(["1", "2", "3", "4"])
    rows.read(["3", "4"])
    assert rows.reads == 4
    rows.read(["1"])
    assert rows.reads == 5


def test_where_others_write_rows_are_kept_for_their_time_or_not_at_all(
    index: EmbeddedIndex,
) -> None:
    index.writes = None  # type: ignore[assignment]  # as a server's index has it
    index._update = lambda operation, ids: index._shard.update(operation)  # type: ignore[method-assign, assignment]
    for stale_s, expected in ((0.0, 2.0), (1000.0, 1.0)):
        index.overwrite({"1": {"price": 1.0}})
        rows = RowCache(
            index, ("price",), lambda key, p: float(p["price"]), most=9, stale_s=stale_s
        )
        assert rows.read(["1"]) == {"1": 1.0}
        index.overwrite({"1": {"price": 2.0}})
        assert rows.read(["1"]) == {"1": expected}
