"""The product index in this process: Qdrant Edge, Qdrant's Rust engine as a library.

The only importer of qdrant_edge. One process may hold an index (its write-ahead log is
locked); within it any number of threads may read and write, one at a time: the engine (0.9)
holds Python's lock through each call. So what is asked of it again is kept (`retrieval.recall`).
A write that returned survives the death of the process: it is in the write-ahead log.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import qdrant_edge as edge

from retrieval.errors import IndexUnavailableError, StoreInUseError
from retrieval.index.memory import AnswerMemory
from retrieval.index.schema import KEYWORD_FIELDS, NUMBER_FIELDS
from retrieval.index.tuning import IndexTuning, Quantization
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
    RecommendQuery,
    Scored,
    VectorName,
    VectorQuery,
    read_point,
)
from retrieval.index.writes import WriteLog
from retrieval.types import SparseVector, Vectors

_PAGE = 1000
# Below this many KB of candidates a filtered query compares them all; the engine's own default.
_SCAN_BELOW_KB = 10_000

# Edges among the products of each payload value: a catalogue has thousands of values, and on
# one machine building them takes many times the graph itself. Filtered walks go by ACORN
# instead (Patel et al., SIGMOD 2024): over the neighbours of what a filter leaves out.
_PAYLOAD_LINKS = 0

_KIND = edge.PayloadSchemaType
_INDEXED = {
    **dict.fromkeys(KEYWORD_FIELDS, _KIND.Keyword),
    **dict.fromkeys(NUMBER_FIELDS, _KIND.Float),
}

# Counts that are kept, and what one takes with its condition, roughly.
COUNTS_BYTES, COUNT_BYTES = 4 * 2**20, 1000

T = TypeVar("T")


def create_shard(path: Path, schema: IndexSchema, tuning: IndexTuning) -> EmbeddedIndex:
    """An empty index in folder `path`; what lay there is removed."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    shard = _guarded(lambda: edge.EdgeShard.create(str(path), _config(schema, tuning)))
    _index_fields(shard)
    shard.flush()
    return EmbeddedIndex(shard, tuning, schema.dimensions)


def load_shard(
    path: Path,
    tuning: IndexTuning,
    dimensions: Mapping[str, int] | None = None,
    missing: Collection[str] = (),
) -> EmbeddedIndex:
    """The index in folder `path`, whose vectors have these `dimensions`; those that are still
    `missing` are added, empty.

    Raises StoreInUseError while another process holds it.
    """
    sizes = dimensions or {}
    shard = _guarded(lambda: edge.EdgeShard.load(str(path)))
    _guarded(lambda: _index_fields(shard))
    for name in missing:
        adding = edge.UpdateOperation.create_dense_vector(name, sizes[name], edge.Distance.Cosine)
        _guarded(partial(shard.update, adding))
    return EmbeddedIndex(shard, tuning, sizes)


def _index_fields(shard: edge.EdgeShard) -> None:
    """Index the fields that filters read; a shard of an older version may lack the newer ones,
    and filtering by one then reads every payload."""
    for field in _INDEXED.keys() - set(shard.info().payload_schema):
        shard.update(edge.UpdateOperation.create_field_index(field, _INDEXED[field]))


class EmbeddedIndex:
    """A `ProductIndex` over one Qdrant Edge shard."""

    def __init__(
        self, shard: edge.EdgeShard, tuning: IndexTuning, names: Collection[str] = ()
    ) -> None:
        self._shard = shard
        self._names = frozenset(names)
        self._params = _search_params(tuning)
        self._declared: set[str] = set(_guarded(shard.info).payload_schema)
        # The shard's lock keeps other processes out, so this is all that is written.
        self.writes = WriteLog()
        # Of a million products counting half takes a sixth of a second.
        self._counts = AnswerMemory[int](self.writes, COUNTS_BYTES, lambda _: COUNT_BYTES)

    def upsert(self, points: Sequence[Point]) -> None:
        """Insert or replace points with their vectors."""
        operation = edge.UpdateOperation.upsert_points([_point(p) for p in points])
        self._update(operation, [p.id for p in points])

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace whole payloads, leaving vectors alone."""
        for key, payload in payloads.items():
            self._update(edge.UpdateOperation.overwrite_payload([int(key)], payload), [key])

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""
        self._update(edge.UpdateOperation.delete_points(_numbers(ids)), ids)

    def fetch(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Payloads by id; unknown ids are left out."""
        selected = True if fields is None else list(fields)
        records = _guarded(
            lambda: self._shard.retrieve(_numbers(ids), with_payload=selected, with_vector=False)
        )
        return {str(r.id): r.payload or {} for r in records}

    def vectors(self, using: VectorName, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors by id; points without one are left out."""
        records = _guarded(
            lambda: self._shard.retrieve(
                _numbers(ids), with_payload=False, with_vector=[using.value]
            )
        )
        return {
            str(record.id): np.asarray(record.vector[using.value], np.float32)
            for record in records
            if isinstance(record.vector, dict) and using.value in record.vector
        }

    def search(self, queries: Sequence[VectorQuery | RecommendQuery]) -> list[list[Scored]]:
        """One ranked list per query, all planned as one batch."""
        # The queries of a batch mostly share one condition, of hundreds of ids perhaps.
        filters = {id(q.condition): _filter(q.condition) for q in queries}
        batch = edge.QueryBatchRequest(
            [_query(q, filters[id(q.condition)], self._params) for q in queries]
        )
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
        if (known := self._counts.get(condition)) is not None:
            return known
        return self._counts.make(
            condition, lambda: int(_guarded(lambda: self._shard.count(request)))
        )

    def facet(self, key: str, condition: Group, limit: int) -> dict[str, int]:
        """The most frequent values of a keyword field with exact counts."""
        request = edge.FacetRequest(key, limit=limit, exact=True, filter=_filter(condition))
        return {str(h.value): h.count for h in _guarded(lambda: self._shard.facet(request)).hits}

    def scan(self, fields: Sequence[str]) -> Iterator[tuple[str, Payload]]:
        """Every point, page by page."""
        yield from ((str(r.id), r.payload or {}) for r in self._pages(list(fields), False))

    def scan_points(self) -> Iterator[Point]:
        """Every point whole, page by page."""
        yield from map(_read_point, self._pages(True, True))

    def fetch_points(self, ids: Sequence[str]) -> list[Point]:
        """Points whole; unknown ids are left out."""
        records = _guarded(lambda: self._shard.retrieve(_numbers(ids), True, True))
        return [_read_point(record) for record in records]

    def _pages(self, fields: list[str] | bool, vectors: bool) -> Iterator[Any]:
        offset: Any = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, with_payload=fields, with_vector=vectors
            )
            records, offset = _guarded(partial(self._shard.scroll, request))
            yield from records
            if offset is None:
                return

    def declare_number(self, key: str) -> None:
        """Index the number field `key`."""
        if key not in self._declared:
            self._update(edge.UpdateOperation.create_field_index(key, _KIND.Float), ())
            self._declared.add(key)

    def has_vector(self, using: VectorName) -> bool:
        """Whether points may have this dense vector."""
        return using.value in self._names

    def flush(self) -> None:
        """Write everything to the segments and merge them where that pays."""
        _guarded(self._shard.flush)
        _guarded(self._shard.optimize)

    def close(self) -> None:
        """Let go of the folder; another process may open it then."""
        _guarded(self._shard.close)

    def _update(self, operation: edge.UpdateOperation, ids: Iterable[str]) -> None:
        try:
            _guarded(lambda: self._shard.update(operation))
        finally:  # a write that failed may have been done in part
            self.writes.note(ids)


def _config(schema: IndexSchema, tuning: IndexTuning) -> edge.EdgeConfig:
    return edge.EdgeConfig(
        vectors={
            name: edge.EdgeVectorParams(
                size=size, distance=edge.Distance.Cosine, on_disk=tuning.on_disk
            )
            for name, size in schema.dimensions.items()
        },
        sparse_vectors={
            VectorName.LEXICAL.value: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
        },
        hnsw_config=edge.HnswIndexConfig(
            m=tuning.hnsw_m,
            ef_construct=tuning.hnsw_ef_construct,
            full_scan_threshold=_SCAN_BELOW_KB,
            payload_m=_PAYLOAD_LINKS,
        ),
        quantization_config=_quantization(tuning.quantization),
        optimizers=edge.EdgeOptimizersConfig(
            indexing_threshold=tuning.exact_up_to_kb, default_segment_number=1
        ),
    )


def _quantization(kind: Quantization) -> Any:
    if kind is Quantization.INT8:
        return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, always_ram=True)
    if kind is Quantization.BINARY:
        return edge.BinaryQuantizationConfig(always_ram=True)
    return None


def _search_params(tuning: IndexTuning) -> edge.SearchParams:
    quantized = None
    if tuning.quantization is not Quantization.NONE:
        quantized = edge.QuantizationSearchParams(
            rescore=tuning.rescore, oversampling=tuning.candidates if tuning.rescore else None
        )
    return edge.SearchParams(
        hnsw_ef=tuning.hnsw_ef or None,
        quantization=quantized,
        acorn=edge.AcornSearchParams(enable=True),
    )


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
    return edge.Point(int(point.id), vectors, point.payload)


def _sparse(vector: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(list(vector.indices), list(vector.values))


def _read_point(record: Any) -> Point:
    return read_point(str(record.id), record.payload, record.vector or {})


def _query(
    query: VectorQuery | RecommendQuery,
    condition: edge.Filter | None,
    params: edge.SearchParams,
) -> edge.QueryRequest:
    if isinstance(query, RecommendQuery):
        examples = edge.RecommendQuery(
            [v.tolist() for v in query.positives], [v.tolist() for v in query.negatives]
        )
        return edge.QueryRequest(
            limit=query.limit,
            query=edge.Query.RecommendBestScore(examples, query.using.value),
            filter=condition,
            with_payload=False,
            params=params,
        )
    vector: Any = query.vector
    sparse = isinstance(vector, SparseVector)
    vector = _sparse(vector) if sparse else vector.tolist()
    return edge.QueryRequest(
        limit=query.limit,
        query=edge.Query.Nearest(vector, query.using.value),
        filter=condition,
        with_payload=False,
        params=None if sparse else params,
    )


def _numbers(ids: Iterable[str]) -> list[int | UUID | str]:
    return [int(key) for key in ids]


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
            return edge.HasIdCondition(set(map(int, ids)))
        case Missing(key):
            return edge.IsEmptyCondition(key)
        case Group():
            return _filter(condition) or edge.Filter()
