"""The write side of the index: products in, points out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from retrieval.errors import InvalidRequestError
from retrieval.index.document import (
    DIGESTS,
    english_text,
    fingerprint,
    multilingual_text,
    number_field,
    product_payload,
    stored_fingerprint,
)
from retrieval.index.lexical import encode_document
from retrieval.index.types import Payload, Point, ProductIndex, VectorName, point_id
from retrieval.types import Encoder, Fingerprint, Product, ProductImages, Vectors

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

    def __init__(
        self,
        index: ProductIndex,
        english: Encoder,
        multilingual: Encoder,
        images: ProductImages | None = None,
    ) -> None:
        """Without `images`, and in an index without room for them, products have no picture."""
        self._index = index
        self._encoders = {VectorName.ENGLISH: english, VectorName.MULTILINGUAL: multilingual}
        self._images = images if index.has_vector(VectorName.IMAGE) else None
        self._numbers: Counter[str] = Counter()
        self._declared: set[str] = set()
        self._seen = 0

    def fingerprint(self, product: Product) -> Fingerprint:
        """What `fingerprints` would give for this product if it were stored now."""
        return fingerprint(product, self._images.digest(product) if self._images else "")

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Product id → fingerprint of what is stored."""
        return {p["id"]: stored_fingerprint(p) for _, p in self._index.scan(DIGESTS)}

    def index(self, products: Sequence[Product]) -> None:
        """Embed and upsert; a text or picture that is stored already is not embedded again."""
        if not products:
            return
        points_of = {point_id(product.id): product.id for product in products}
        there = self._index.fetch(list(points_of), DIGESTS)
        refuse_shared_points(products, points_of, there)
        stored = {p["id"]: stored_fingerprint(p) for p in there.values()}
        now = {product.id: self.fingerprint(product) for product in products}
        read = [p.id for p in products if p.id in stored and stored[p.id].text == now[p.id].text]
        seen = [p.id for p in products if p.id in stored and stored[p.id].image == now[p.id].image]
        english = self._embed(VectorName.ENGLISH, products, english_text, read)
        multilingual = self._embed(VectorName.MULTILINGUAL, products, multilingual_text, read)
        images = self._embed_images(products, now, seen)
        points = [
            Point(
                id=point_id(product.id),
                payload=product_payload(
                    product, now[product.id].image if images[row] is not None else ""
                ),
                dense={
                    VectorName.ENGLISH: english[row],
                    VectorName.MULTILINGUAL: multilingual[row],
                    **({} if (image := images[row]) is None else {VectorName.IMAGE: image}),
                },
                lexical=encode_document(product),
            )
            for row, product in enumerate(products)
        ]
        self._index.upsert(points)
        self._declare_numbers(points)

    def _embed(
        self,
        name: VectorName,
        products: Sequence[Product],
        write: Callable[[Product], str],
        known: Sequence[str],
    ) -> list[Vectors]:
        """The text vectors of `products`, those of the `known` ids as they are stored."""
        stored = self._stored_vectors(name, known)
        unknown = [product for product in products if product.id not in stored]
        vectors = encode_by_length(self._encoders[name], [write(p) for p in unknown])
        fresh = dict(zip((p.id for p in unknown), vectors, strict=True))
        return [stored[p.id] if p.id in stored else fresh[p.id] for p in products]

    def _embed_images(
        self, products: Sequence[Product], now: Mapping[str, Fingerprint], known: Sequence[str]
    ) -> list[Vectors | None]:
        """The same of their pictures, None where there is none."""
        if self._images is None:
            return [None] * len(products)
        pictured = [product for product in products if now[product.id].image]
        stored = self._stored_vectors(VectorName.IMAGE, [i for i in known if now[i].image])
        unknown = [product for product in pictured if product.id not in stored]
        vectors = self._images.encode(unknown) if unknown else []
        fresh = dict(zip((p.id for p in unknown), vectors, strict=True))
        return [stored[p.id] if p.id in stored else fresh.get(p.id) for p in products]

    def _stored_vectors(self, name: VectorName, ids: Sequence[str]) -> dict[str, Vectors]:
        found = self._index.vectors(name, [point_id(i) for i in ids]) if ids else {}
        return {i: found[point_id(i)] for i in ids if point_id(i) in found}

    def update(self, products: Sequence[Product]) -> None:
        """Replace everything but the vectors (price, stock, rating ...)."""
        keys = {point_id(p.id): p for p in products}
        stored = self._index.fetch(list(keys), ["image_digest"]) if keys else {}
        self._index.overwrite(
            {
                key: product_payload(product, stored.get(key, {}).get("image_digest", ""))
                for key, product in keys.items()
            }
        )

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


def refuse_shared_points(
    products: Sequence[Product], points_of: Mapping[str, str], there: Mapping[str, Payload]
) -> None:
    """Raise InvalidRequestError where two ids have one point: the second would replace the first
    without a word."""
    for product in products:
        key = point_id(product.id)
        for other in (points_of[key], there[key]["id"] if key in there else product.id):
            if other != product.id:
                raise InvalidRequestError(
                    f"The products '{other}' and '{product.id}' cannot be told apart in the index.",
                    remedy="Change one of the two ids by a letter.",
                )
