"""What the index adapters and the code above them share; nothing here names a vendor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from retrieval.index.writes import WriteLog
from retrieval.types import SparseVector, Vectors

# Product ids are free text, point ids are numbers below 2^63, which every part of the way reads
# as an integer (a UUID costs each hit a microsecond of Python). That two products of a million
# share one has a chance of 1 in 20 million; the import refuses the second.
_ID_BYTES = 8

Payload = dict[str, Any]


@lru_cache(maxsize=65_536)
def point_id(product_id: str) -> str:
    """The index's own id of the product `product_id`: 63 bits of its BLAKE2b digest."""
    digest = hashlib.blake2b(product_id.encode(), digest_size=_ID_BYTES).digest()
    return str(int.from_bytes(digest) >> 1)


class VectorName(StrEnum):
    """The named vectors of a product."""

    ENGLISH = "english"
    MULTILINGUAL = "multilingual"
    LEXICAL = "lexical"
    IMAGE = "image"


@dataclass(frozen=True)
class IndexSchema:
    """What an index was written with; another schema's index is refused, not misread."""

    version: int
    encoders: Mapping[str, str]
    dimensions: Mapping[str, int]


@dataclass(frozen=True)
class Point:
    """One product as stored: its payload, dense vectors of shape (dimensions,), lexical one."""

    id: str
    payload: Payload
    dense: Mapping[VectorName, Vectors]
    lexical: SparseVector


def read_point(key: str, payload: Payload | None, vectors: Mapping[str, Any]) -> Point:
    """The point that a store gave back as a record; its lexical vector has indices and values."""
    lexical = vectors.get(VectorName.LEXICAL.value)
    return Point(
        id=key,
        payload=payload or {},
        dense={
            VectorName(name): np.asarray(vector, np.float32)
            for name, vector in vectors.items()
            if name != VectorName.LEXICAL.value
        },
        lexical=SparseVector(
            indices=tuple(lexical.indices) if lexical else (),
            values=tuple(lexical.values) if lexical else (),
        ),
    )


# ------------------------------------------------------------------- conditions


@dataclass(frozen=True)
class Equals:
    """The field holds (for lists: contains) one of `values`."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """The number in the field lies within the bounds that are given."""

    key: str
    gte: float | None = None
    gt: float | None = None
    lte: float | None = None
    lt: float | None = None


@dataclass(frozen=True)
class HasId:
    """The point is one of these (point ids)."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """The field is absent or empty."""

    key: str


@dataclass(frozen=True)
class Group:
    """Every one of `must`, none of `must_not`, and one of `should` unless that is empty."""

    must: tuple[Condition, ...] = ()
    should: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()


Condition = Equals | Between | HasId | Missing | Group


# ------------------------------------------------------------------------ query


@dataclass(frozen=True)
class VectorQuery:
    """The `limit` points nearest to one named vector among those that meet `condition`."""

    using: VectorName
    vector: Vectors | SparseVector
    limit: int
    condition: Group = field(default_factory=Group)


@dataclass(frozen=True)
class RecommendQuery:
    """The `limit` points nearest to the best of `positives` and not nearer to a negative.

    Examples are vectors of shape (dimensions,) of one named dense vector; at least one is
    positive. Scores order the points and are no cosines (Qdrant's strategy "best score").
    """

    using: VectorName
    positives: tuple[Vectors, ...]
    negatives: tuple[Vectors, ...]
    limit: int
    condition: Group = field(default_factory=Group)


@dataclass(frozen=True)
class Scored:
    """A point and its similarity (cosine, or the BM25 sum of the lexical vector)."""

    id: str
    score: float


class ProductIndex(Protocol):
    """A store of points with vectors and payloads; ids are those of `point_id`.

    Methods raise IndexUnavailableError when the store does not answer. Reads may run in
    many threads at once, also beside a write.
    """

    @property
    def writes(self) -> WriteLog | None:
        """What was written since it was opened; None where others may write unseen."""
        ...

    def upsert(self, points: Sequence[Point]) -> None: ...

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace whole payloads, leaving vectors alone."""
        ...

    def delete(self, ids: Sequence[str]) -> None: ...

    def fetch(self, ids: Sequence[str], fields: Sequence[str] | None = None) -> dict[str, Payload]:
        """Payloads (or some top-level fields of them) by id; unknown ids are left out."""
        ...

    def vectors(self, using: VectorName, ids: Sequence[str]) -> dict[str, Vectors]:
        """Dense vectors of shape (dimensions,) by id; points without one are left out."""
        ...

    def search(self, queries: Sequence[VectorQuery | RecommendQuery]) -> list[list[Scored]]:
        """One list, best first, per query; all queries go in one round trip."""
        ...

    def browse(
        self,
        condition: Group,
        *,
        limit: int,
        offset: int = 0,
        key: str = "",
        descending: bool = False,
    ) -> list[str]:
        """Ids that meet `condition`, ordered by the number in `key` (points without it are
        left out), or in a stable order of the store when `key` is empty."""
        ...

    def count(self, condition: Group) -> int: ...

    def facet(self, key: str, condition: Group, limit: int) -> dict[str, int]:
        """The most frequent values of a keyword field with their exact counts."""
        ...

    def scan(self, fields: Sequence[str]) -> Iterator[tuple[str, Payload]]:
        """Every point with some fields of its payload."""
        ...

    def scan_points(self) -> Iterator[Point]:
        """Every point whole: what an index is rebuilt from."""
        ...

    def fetch_points(self, ids: Sequence[str]) -> list[Point]:
        """Points whole; unknown ids are left out."""
        ...

    def declare_number(self, key: str) -> None:
        """Make the number field `key` fast to filter by; may be repeated."""
        ...

    def has_vector(self, using: VectorName) -> bool:
        """Whether points may have this dense vector: indexes without pictures have no image."""
        ...

    def flush(self) -> None: ...

    def close(self) -> None: ...
