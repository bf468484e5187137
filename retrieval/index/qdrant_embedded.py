"""The product index in this process: Qdrant Edge, Qdrant's Rust engine as a library.

The only importer of qdrant_edge. One process may hold an index (its write-ahead log is
locked); within it any number of threads may read and write, the engine releases the GIL.
A write that returned survives the death of the process: it is in the write-ahead log.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import qdrant_edge as edge

from retrieval.errors import IndexUnavailableError, StoreInUseError
from retrieval.index.schema import (
    KEYWORD_FIELDS,
    NUMBER_FIELDS,
    check_schema,
    schema_dict,
)
from retrieval.index.types import (
    Between,
    Condition,
    Equals,
    Group,
    HasId,
    IndexSchema,
    Missing,
    Payload,
    Point,
    Scored,
    VectorName,
    VectorQuery,
)
from retrieval.types import SparseVector, Vectors

MANIFEST = "index.json"
# Below this many KB of vectors a segment is scanned exactly: 19,406 × 384 floats take 1 ms
# so, and building the HNSW graphs would take longer than all the rest of an import.
EXACT_UP_TO_KB = 200_000
_PAGE = 1000

_KIND = edge.PayloadSchemaType
_INDEXED = {
    **dict.fromkeys(KEYWORD_FIELDS, _KIND.Keyword),
    **dict.fromkeys(NUMBER_FIELDS, _KIND.Float),
}

T = TypeVar("T")


def open_embedded_index(path: Path, schema: IndexSchema) -> EmbeddedIndex:
    """The index in folder `path`, created where there is none.

    Raises StoreInUseError when another process holds it, IndexIncompatibleError when it was
    written with another schema or encoder.
    """
    manifest, shard_path = path / MANIFEST, path / "shard"
    if not manifest.is_file():
        return _create(path, schema)
    check_schema(json.loads(manifest.read_text("utf-8")), schema)
    return EmbeddedIndex(_guarded(lambda: edge.EdgeShard.load(str(shard_path))))


def destroy_embedded_index(path: Path) -> None:
    """Remove the index in folder `path`; raises StoreInUseError while a process holds it."""
    if (path / MANIFEST).is_file():
        _guarded(lambda: edge.EdgeShard.load(str(path / "shard"))).close()
        (path / MANIFEST).unlink()
    shutil.rmtree(path / "shard", ignore_errors=True)


class EmbeddedIndex:
    """A `ProductIndex` over one Qdrant Edge shard."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        self._shard = shard
        self._declared: set[str] = set(_guarded(shard.info).payload_schema)

    def upsert(self, points: Sequence[Point]) -> None:
        """Insert or replace points with their vectors."""
        self._update(edge.UpdateOperation.upsert_points([_point(p) for p in points]))

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace whole payloads, leaving vectors alone."""
        for key, payload in payloads.items():
            self._update(edge.UpdateOperation.overwrite_payload([key], payload))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""
        self._update(edge.UpdateOperation.delete_points(list(ids)))

    def fetch(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Payloads by id; unknown ids are left out."""
        selected = True if fields is None else list(fields)
        records = _guarded(
            lambda: self._shard.retrieve(list(ids), with_payload=selected, with_vector=False)
        )
        return {str(r.id): r.payload or {} for r in records}

    def vectors(self, using: VectorName, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors by id; points without one are left out."""
        records = _guarded(
            lambda: self._shard.retrieve(list(ids), with_payload=False, with_vector=[using.value])
        )
        return {
            str(record.id): np.asarray(record.vector[using.value], np.float32)
            for record in records
            if isinstance(record.vector, dict) and using.value in record.vector
        }

    def search(self, queries: Sequence[VectorQuery]) -> list[list[Scored]]:
        """One ranked list per query, all planned as one batch."""
        batch = edge.QueryBatchRequest([_query(q) for q in queries])
        answers = _guarded(lambda: self._shard.query_batch(batch))
        return [[Scored(str(p.id), float(p.score)) for p in answer] for answer in answers]

    def browse(
        self,
        condition: Group,
        *,
        limit: int,
        offset: int = 0,
        key: str = "",
        descending: bool = False,
    ) -> list[str]:
        """Ids that meet `condition`, by the number in `key` or in the store's order."""
        order = None
        if key:
            direction = edge.Direction.Desc if descending else edge.Direction.Asc
            order = edge.OrderBy(key, direction)
        request = edge.QueryRequest(
            limit=limit, offset=offset, query=order, filter=_filter(condition)
        )
        return [str(p.id) for p in _guarded(lambda: self._shard.query(request))]

    def count(self, condition: Group) -> int:
        """The exact number of points that meet `condition`."""
        # Without a condition the store's own total is exact and needs no scan.
        request = edge.CountRequest(exact=condition != Group(), filter=_filter(condition))
        return int(_guarded(lambda: self._shard.count(request)))

    def facet(self, key: str, condition: Group, limit: int) -> dict[str, int]:
        """The most frequent values of a keyword field with exact counts."""
        request = edge.FacetRequest(key, limit=limit, exact=True, filter=_filter(condition))
        return {str(h.value): h.count for h in _guarded(lambda: self._shard.facet(request)).hits}

    def scan(self, fields: Sequence[str]) -> Iterator[tuple[str, Payload]]:
        """Every point, page by page."""
        offset: Any = None
        while True:
            records, offset = self._page(offset, fields)
            yield from ((str(r.id), r.payload or {}) for r in records)
            if offset is None:
                return

    def _page(self, offset: Any, fields: Sequence[str]) -> tuple[list[Any], Any]:
        request = edge.ScrollRequest(
            offset=offset, limit=_PAGE, with_payload=list(fields), with_vector=False
        )
        return _guarded(lambda: self._shard.scroll(request))

    def declare_number(self, key: str) -> None:
        """Index the number field `key`."""
        if key not in self._declared:
            self._update(edge.UpdateOperation.create_field_index(key, _KIND.Float))
            self._declared.add(key)

    def flush(self) -> None:
        """Write everything to the segments and merge them where that pays."""
        _guarded(self._shard.flush)
        _guarded(self._shard.optimize)

    def close(self) -> None:
        """Let go of the folder; another process may open it then."""
        _guarded(self._shard.close)

    def _update(self, operation: edge.UpdateOperation) -> None:
        _guarded(lambda: self._shard.update(operation))


def _create(path: Path, schema: IndexSchema) -> EmbeddedIndex:
    """A new shard; the manifest comes last, so a folder without it holds nothing of worth."""
    shard_path = path / "shard"
    shutil.rmtree(shard_path, ignore_errors=True)
    shard_path.mkdir(parents=True)
    config = edge.EdgeConfig(
        vectors={
            name: edge.EdgeVectorParams(size=size, distance=edge.Distance.Cosine)
            for name, size in schema.dimensions.items()
        },
        sparse_vectors={
            VectorName.LEXICAL.value: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
        },
        optimizers=edge.EdgeOptimizersConfig(
            indexing_threshold=EXACT_UP_TO_KB, default_segment_number=1
        ),
    )
    shard = _guarded(lambda: edge.EdgeShard.create(str(shard_path), config))
    for field, kind in _INDEXED.items():
        shard.update(edge.UpdateOperation.create_field_index(field, kind))
    shard.flush()
    draft = path / f"{MANIFEST}.tmp"
    draft.write_text(json.dumps(schema_dict(schema)), "utf-8")
    draft.replace(path / MANIFEST)
    return EmbeddedIndex(shard)


def _guarded(call: Callable[[], T]) -> T:
    """`call()`, its untyped engine errors turned into ours."""
    try:
        return call()
    except Exception as error:  # the engine raises bare Exception only
        text = str(error)
        if "WouldBlock" in text:
            raise StoreInUseError(
                "Another process has this store open.",
                remedy="Stop it, or talk to it over HTTP while it runs.",
            ) from None
        line = text.splitlines()[0] if text else type(error).__name__
        raise IndexUnavailableError(
            f"The embedded index failed: {line}",
            remedy="If it stays so, remove the store with `aisle reset` and import it again.",
        ) from error


def _point(point: Point) -> edge.Point:
    vectors: dict[str, Any] = {name.value: v.tolist() for name, v in point.dense.items()}
    if point.lexical.indices:
        vectors[VectorName.LEXICAL.value] = _sparse(point.lexical)
    return edge.Point(point.id, vectors, point.payload)


def _sparse(vector: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(list(vector.indices), list(vector.values))


def _query(query: VectorQuery) -> edge.QueryRequest:
    vector: Any = query.vector
    vector = _sparse(vector) if isinstance(vector, SparseVector) else vector.tolist()
    return edge.QueryRequest(
        limit=query.limit,
        query=edge.Query.Nearest(vector, query.using.value),
        filter=_filter(query.condition),
        with_payload=False,
    )


def _filter(group: Group) -> edge.Filter | None:
    if group == Group():
        return None
    return edge.Filter(
        must=[_condition(c) for c in group.must] or None,
        should=[_condition(c) for c in group.should] or None,
        must_not=[_condition(c) for c in group.must_not] or None,
    )


def _condition(condition: Condition) -> Any:
    match condition:
        case Equals(key, values) if len(values) == 1:
            return edge.FieldCondition(key, match=edge.MatchValue(values[0]))
        case Equals(key, values):
            return edge.FieldCondition(key, match=edge.MatchAny(list(values)))
        case Between(key, gte, gt, lte, lt):
            return edge.FieldCondition(key, range=edge.RangeFloat(gte=gte, gt=gt, lte=lte, lt=lt))
        case HasId(ids):
            return edge.HasIdCondition(set(ids))
        case Missing(key):
            return edge.IsEmptyCondition(key)
        case Group():
            return _filter(condition) or edge.Filter()
