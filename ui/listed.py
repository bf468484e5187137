"""Recommendations as JSON: each product is written once, and its text joined into every list."""

from __future__ import annotations

import threading

from retrieval.recommend.types import Recommendations, Recommended
from retrieval.types import Product

# Products whose text is kept, some 4 KB each: a shop shows the popular ones again and again.
KEPT = 4_096
_PRODUCT = {"product"}


class ListWriter:
    """Writes lists; a product that was read anew is another object and written anew."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        # By identity: comparing products takes longer than writing them. Each is kept with its
        # text, so that no other one can come to lie at its address.
        self._kept: dict[int, tuple[Product, str]] = {}
        self._lock = threading.Lock()

    def write(self, found: Recommendations) -> str:
        """What `found.model_dump_json()` gives."""
        rest = found.model_copy(update={"products": ()}).model_dump_json()
        rows = ",".join(map(self._write_row, found.products))
        return rest.replace('"products":[]', f'"products":[{rows}]', 1)

    def _write_row(self, row: Recommended) -> str:
        rest = row.model_dump_json(exclude=_PRODUCT)
        return f'{{"product":{self._write_product(row.product)},{rest[1:]}'

    def _write_product(self, product: Product) -> str:
        kept = self._kept.get(id(product))
        if kept is not None:
            return kept[1]
        text = product.model_dump_json()
        with self._lock:
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[id(product)] = product, text
        return text
