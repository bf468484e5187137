"""The product index in one collection of a Qdrant server or cluster.

With `qdrant_collections` the only importer of qdrant_client. The same code runs against the
client's local mode in tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from retrieval.errors import IndexUnavailableError
from retrieval.index.tuning import IndexTuning, Quantization
from retrieval.index.types import (
    Between,
    Condition,
    Equals,
    Group,
    HasId,
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
# Operations sent to the server in one request when payloads are replaced.
_BATCH = 256
T = TypeVar("T")


class ServerIndex:
    """A `ProductIndex` over one collection of a Qdrant server; the client stays its caller's."""

    # Other processes write to the same collection, and nothing here hears of it.
    writes: WriteLog | None = None

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        tuning: IndexTuning,
        names: Collection[str] = (),
    ) -> None:
        self._client = client
        self._names = frozenset(names)
        self._name = collection
        self._params = _search_params(tuning)

    def upsert(self, points: Sequence[Point]) -> None:
        """Insert or replace points with their vectors."""
        structs = [_point(p) for p in points]
        if structs:
            guarded(lambda: self._client.upsert(self._name, structs, wait=True))

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace whole payloads, leaving vectors alone."""
        operations = [
            models.OverwritePayloadOperation(
                overwrite_payload=models.SetPayload(payload=payload, points=[int(key)])
            )
            for key, payload in payloads.items()
        ]
        for start in range(0, len(operations), _BATCH):
            part = operations[start : start + _BATCH]
            self._update(part)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""
        if ids:
            selector = models.PointIdsList(points=list(map(int, ids)))
            guarded(lambda: self._client.delete(self._name, selector, wait=True))

    def fetch(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Payloads by id; unknown ids are left out."""
        selected = True if fields is None else list(fields)
        records = guarded(
            lambda: self._client.retrieve(self._name, list(map(int, ids)), with_payload=selected)
        )
        return {str(r.id): r.payload or {} for r in records}

    def vectors(self, using: VectorName, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors by id; points without one are left out."""
        records = guarded(
            lambda: self._client.retrieve(
                self._name, list(map(int, ids)), with_payload=False, with_vectors=[using.value]
            )
        )
        return {
            str(r.id): np.asarray(r.vector[using.value], np.float32)
            for r in records
            if isinstance(r.vector, dict) and using.value in r.vector
        }

    def search(self, queries: Sequence[VectorQuery | RecommendQuery]) -> list[list[Scored]]:
        """One ranked list per query, all in one request."""
        requests = [_query(q, self._params) for q in queries]
        answers = guarded(lambda: self._client.query_batch_points(self._name, requests))
        return [[Scored(str(p.id), float(p.score)) for p in a.points] for a in answers]

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
        query = None
        if key:
            direction = models.Direction.DESC if descending else models.Direction.ASC
            query = models.OrderByQuery(order_by=models.OrderBy(key=key, direction=direction))
        answer = guarded(
            lambda: self._client.query_points(
                self._name,
                query=query,
                query_filter=_filter(condition),
                limit=limit,
                offset=offset,
                with_payload=False,
            )
        )
        return [str(p.id) for p in answer.points]

    def count(self, condition: Group) -> int:
        """The exact number of points that meet `condition`."""
        return guarded(
            lambda: self._client.count(self._name, count_filter=_filter(condition), exact=True)
        ).count

    def facet(self, key: str, condition: Group, limit: int) -> dict[str, int]:
        """The most frequent values of a keyword field with exact counts."""
        answer = guarded(
            lambda: self._client.facet(
                self._name, key, facet_filter=_filter(condition), limit=limit, exact=True
            )
        )
        return {str(h.value): h.count for h in answer.hits}

    def scan(self, fields: Sequence[str]) -> Iterator[tuple[str, Payload]]:
        """Every point, page by page."""
        yield from ((str(r.id), r.payload or {}) for r in self._pages(list(fields), False))

    def scan_points(self) -> Iterator[Point]:
        """Every point whole, page by page."""
        yield from map(_read_point, self._pages(True, True))

    def fetch_points(self, ids: Sequence[str]) -> list[Point]:
        """Points whole; unknown ids are left out."""
        records = guarded(
            lambda: self._client.retrieve(self._name, list(map(int, ids)), True, with_vectors=True)
        )
        return [_read_point(record) for record in records]

    def _pages(self, fields: list[str] | bool, vectors: bool) -> Iterator[models.Record]:
        offset: Any = None
        while True:
            records, offset = guarded(partial(self._page, offset, fields, vectors))
            yield from records
            if offset is None:
                return

    def _page(self, offset: Any, fields: list[str] | bool, vectors: bool) -> tuple[Any, Any]:
        return self._client.scroll(
            self._name, limit=_PAGE, offset=offset, with_payload=fields, with_vectors=vectors
        )

    def _update(self, operations: Sequence[models.OverwritePayloadOperation]) -> None:
        guarded(lambda: self._client.batch_update_points(self._name, operations, wait=True))

    def declare_number(self, key: str) -> None:
        """Index the number field `key`."""
        guarded(lambda: index_field(self._client, self._name, key, models.PayloadSchemaType.FLOAT))

    def has_vector(self, using: VectorName) -> bool:
        """Whether points may have this dense vector."""
        return using.value in self._names

    def flush(self) -> None:
        """Nothing to do: every write waited for the server."""

    def close(self) -> None:
        """Nothing to let go of: the connection is the storage's."""


def index_field(
    client: QdrantClient, collection: str, field: str, kind: models.PayloadSchemaType
) -> None:
    """Index one payload field."""
    with warnings.catch_warnings():
        # Local mode has no payload indexes and says so at every call.
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        client.create_payload_index(collection, field, kind, wait=True)


def guarded(call: Callable[[], T]) -> T:
    """`call()`, transport errors turned into ours."""
    try:
        return call()
    except (ResponseHandlingException, UnexpectedResponse, ConnectionError) as error:
        lines = str(error).splitlines()
        raise IndexUnavailableError(
            f"The Qdrant server does not answer: {lines[0] if lines else type(error).__name__}",
            remedy="Check AISLE_QDRANT_URL and that the server runs.",
        ) from error


def _point(point: Point) -> models.PointStruct:
    vectors: dict[str, Any] = {name.value: v.tolist() for name, v in point.dense.items()}
    if point.lexical.indices:
        vectors[VectorName.LEXICAL.value] = _sparse(point.lexical)
    return models.PointStruct(id=int(point.id), vector=vectors, payload=point.payload)


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _read_point(record: models.Record) -> Point:
    return read_point(
        str(record.id), record.payload, record.vector if isinstance(record.vector, dict) else {}
    )


def _search_params(tuning: IndexTuning) -> models.SearchParams | None:
    if tuning.quantization is Quantization.NONE and not tuning.hnsw_ef:
        return None
    quantized = None
    if tuning.quantization is not Quantization.NONE:
        quantized = models.QuantizationSearchParams(
            rescore=tuning.rescore, oversampling=tuning.candidates if tuning.rescore else None
        )
    return models.SearchParams(hnsw_ef=tuning.hnsw_ef or None, quantization=quantized)


def _query(
    query: VectorQuery | RecommendQuery, params: models.SearchParams | None
) -> models.QueryRequest:
    if isinstance(query, RecommendQuery):
        examples = models.RecommendInput(
            positive=[v.tolist() for v in query.positives],
            negative=[v.tolist() for v in query.negatives],
            strategy=models.RecommendStrategy.BEST_SCORE,
        )
        return models.QueryRequest(
            query=models.RecommendQuery(recommend=examples),
            using=query.using.value,
            filter=_filter(query.condition),
            limit=query.limit,
            with_payload=False,
            params=params,
        )
    vector: Any = query.vector
    sparse = isinstance(vector, SparseVector)
    vector = _sparse(vector) if sparse else vector.tolist()
    return models.QueryRequest(
        query=vector,
        using=query.using.value,
        filter=_filter(query.condition),
        limit=query.limit,
        with_payload=False,
        params=None if sparse else params,
    )


def _filter(group: Group) -> models.Filter | None:
    if group == Group():
        return None
    return models.Filter(
        must=[_condition(c) for c in group.must] or None,
        should=[_condition(c) for c in group.should] or None,
        must_not=[_condition(c) for c in group.must_not] or None,
    )


def _condition(condition: Condition) -> Any:
    match condition:
        case Equals(key, values) if len(values) == 1:
            return models.FieldCondition(key=key, match=models.MatchValue(value=values[0]))
        case Equals(key, values):
            return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))
        case Between(key, gte, gt, lte, lt):
            return models.FieldCondition(
                key=key, range=models.Range(gte=gte, gt=gt, lte=lte, lt=lt)
            )
        case HasId(ids):
            return models.HasIdCondition(has_id=list(map(int, ids)))
        case Missing(key):
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
        case Group():
            return _filter(condition) or models.Filter()
