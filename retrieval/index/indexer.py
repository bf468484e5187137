"""The write side of the index: products in, points out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from retrieval.index.document import (
    english_text,
    multilingual_text,
    number_field,
    product_payload,
)
from retrieval.index.lexical import encode_document
from retrieval.index.types import Point, ProductIndex, VectorName, point_id
from retrieval.types import Encoder, Fingerprint, Product, Vectors

# Texts encoded at once; of similar length, since a batch is padded to its longest text.
BATCH = 64
# A number attribute this common (share of products, and at least so many) gets a payload
# index; rarer ones are filtered by reading the few payloads that state them.
COMMON_SHARE = 0.01
COMMON_COUNT = 20
# A payload index costs memory and time at every write: no catalogue needs more.
MOST_NUMBERS = 64


class Indexer:
    """Embeds products and keeps them in a `ProductIndex` (the `ProductIndexer` Protocol).

    Memory is bounded by the products given at once: their vectors and payloads.
    """

    def __init__(self, index: ProductIndex, english: Encoder, multilingual: Encoder) -> None:
        self._index = index
        self._encoders = {VectorName.ENGLISH: english, VectorName.MULTILINGUAL: multilingual}
        self._numbers: Counter[str] = Counter()
        self._declared: set[str] = set()
        self._seen = 0

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Product id → fingerprint of what is stored."""
        fields = ("id", "text_digest", "payload_digest")
        return {
            payload["id"]: Fingerprint(
                text=payload["text_digest"], payload=payload["payload_digest"]
            )
            for _, payload in self._index.scan(fields)
        }

    def index(self, products: Sequence[Product]) -> None:
        """Embed and upsert."""
        if not products:
            return
        english = encode_by_length(
            self._encoders[VectorName.ENGLISH], [english_text(p) for p in products]
        )
        multilingual = encode_by_length(
            self._encoders[VectorName.MULTILINGUAL], [multilingual_text(p) for p in products]
        )
        points = [
            Point(
                id=point_id(product.id),
                payload=product_payload(product),
                dense={
                    VectorName.ENGLISH: english[row],
                    VectorName.MULTILINGUAL: multilingual[row],
                },
                lexical=encode_document(product),
            )
            for row, product in enumerate(products)
        ]
        self._index.upsert(points)
        self._declare_numbers(points)

    def update(self, products: Sequence[Product]) -> None:
        """Replace everything but the vectors (price, stock, rating ...)."""
        self._index.overwrite({point_id(p.id): product_payload(p) for p in products})

    def delete(self, ids: Sequence[str]) -> None:
        """Remove products; unknown ids are ignored."""
        if ids:
            self._index.delete([point_id(i) for i in ids])

    def flush(self) -> None:
        """Make everything written so far survive a crash."""
        self._index.flush()

    def _declare_numbers(self, points: Sequence[Point]) -> None:
        """Index number attributes as soon as they prove common: the store reads every
        payload it already holds for a new payload index, 0.7 s at 20,000 products."""
        self._seen += len(points)
        for point in points:
            self._numbers.update(point.payload["numbers"].keys())
        least = max(COMMON_COUNT, COMMON_SHARE * self._seen)
        for name, count in self._numbers.most_common(MOST_NUMBERS):
            if count >= least and name not in self._declared:
                self._declared.add(name)
                if len(self._declared) <= MOST_NUMBERS:
                    self._index.declare_number(number_field(name))


def encode_by_length(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors of `texts` in their order, shape (n, dimensions), encoded shortest first."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.zeros((len(texts), encoder.dimensions), np.float32)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        vectors[rows] = encoder.encode_passages([texts[i] for i in rows])
    return vectors
