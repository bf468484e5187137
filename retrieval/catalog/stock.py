"""Takes sold pieces off the stock of a live catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.catalog.live import LiveCatalog
from retrieval.errors import CallerError
from retrieval.types import Product


class OutOfStockError(CallerError):
    """There are fewer pieces than are wanted."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """So many of a product, or of one variant of it."""

    product_id: str
    variant_id: str | None
    count: int


class LiveStock:
    """Stock levels of the catalogue in this process; what the feed leaves open stays open."""

    def __init__(self, live: LiveCatalog) -> None:
        self._live = live

    def take(self, pieces: Sequence[Pieces]) -> None:
        """Take all of them, or none: raises OutOfStockError, UnknownProductError."""
        self._change(pieces, -1)

    def give_back(self, pieces: Sequence[Pieces]) -> None:
        """Undo `take`."""
        self._change(pieces, 1)

    def _change(self, pieces: Sequence[Pieces], sign: int) -> None:
        with self._live.held():
            changed: dict[str, Product] = {}
            for each in pieces:
                product = changed.get(each.product_id) or self._live.get(each.product_id)
                changed[each.product_id] = _with_stock(product, each.variant_id, sign * each.count)
            self._live.put(list(changed.values()))


def _with_stock(product: Product, variant_id: str | None, change: int) -> Product:
    variants = tuple(
        v.model_copy(update={"stock": _level(v.stock, change, product)})
        if v.id == variant_id
        else v
        for v in product.variants
    )
    # A feed may state a variant's stock and leave the product's open, or the other way round.
    stock = product.stock if product.stock is None else max(product.stock + change, 0)
    if variant_id is None:
        stock = _level(product.stock, change, product)
    return product.model_copy(update={"stock": stock, "variants": variants})


def _level(stock: int | None, change: int, product: Product) -> int | None:
    if stock is None:
        return None
    if stock + change < 0:
        raise OutOfStockError(
            f"Only {stock} of {product.title!r} are in stock."
            if stock
            else f"{product.title!r} is sold out.",
            remedy="Change the cart.",
        )
    return stock + change
