"""Why a product counts as similar to another: what both state, and what tells them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from retrieval.index.types import VectorName
from retrieval.types import Attribute, Hit, Product, SimilarKind, SimilarReason
from retrieval.units import to_base

MOST_REASONS = 4
MOST_ATTRIBUTES = 2

LOOKS_ALIKE = 0.7
"""Cosine of two pictures: on 101 photos of unlike products nine in ten pairs lie below .46, and
half of all products have a neighbour above .73."""

SAME_PRICE = Decimal("0.1")
"""Prices that differ by less than this share are about the same."""


def explain_similar(
    product: Product, family: str, hits: Sequence[Hit]
) -> dict[str, tuple[SimilarReason, ...]]:
    """The reasons for each hit, by product id; what few hits share is told first."""
    shared = {hit.product.id: list(_shared(product, hit.product)) for hit in hits}
    common = Counter(reason for reasons in shared.values() for reason in reasons)
    return {
        hit.product.id: tuple(
            _explain(
                product,
                family,
                hit,
                sorted(shared[hit.product.id], key=lambda reason: common[reason]),
            )
        )[:MOST_REASONS]
        for hit in hits
    }


def _explain(
    product: Product, family: str, hit: Hit, shared: Sequence[SimilarReason]
) -> Iterator[SimilarReason]:
    other = hit.product
    if family and hit.family == family:
        yield SimilarReason(kind=SimilarKind.FAMILY)
    if hit.signals.get(VectorName.IMAGE.value, 0.0) >= LOOKS_ALIKE:
        yield SimilarReason(kind=SimilarKind.LOOKS)
    if product.brand and product.brand == other.brand and hit.family != family:
        yield SimilarReason(kind=SimilarKind.BRAND, value=product.brand)
    yield from _compare_prices(product, other)
    yield from shared[:MOST_ATTRIBUTES]
    if product.rating is not None and other.rating is not None and other.rating > product.rating:
        yield SimilarReason(kind=SimilarKind.RATING, value=str(other.rating))


def _compare_prices(product: Product, other: Product) -> Iterator[SimilarReason]:
    if product.price is None or other.price is None or product.currency != other.currency:
        return
    apart = other.price - product.price
    if abs(apart) <= SAME_PRICE * product.price:
        yield SimilarReason(kind=SimilarKind.PRICE)
    else:
        kind = SimilarKind.CHEAPER if apart < 0 else SimilarKind.DEARER
        yield SimilarReason(kind=kind, value=str(abs(apart)))


def _shared(product: Product, other: Product) -> Iterator[SimilarReason]:
    """The attributes that both state alike; a "no" in both says nothing."""
    stated = {(a.name, _value(a)) for a in other.attributes}
    for attribute in product.attributes:
        if attribute.value is not False and (attribute.name, _value(attribute)) in stated:
            yield SimilarReason(
                kind=SimilarKind.ATTRIBUTE, name=attribute.name, value=say_value(attribute)
            )


def _value(attribute: Attribute) -> object:
    """What two equal values have in common, whatever unit they are stated in."""
    if isinstance(attribute.value, Decimal):
        return to_base(attribute.value, attribute.unit)
    return attribute.value if isinstance(attribute.value, bool) else attribute.value.casefold()


def say_value(attribute: Attribute) -> str:
    """The value as text; "true" for a flag."""
    if isinstance(attribute.value, Decimal):
        return f"{attribute.value.normalize():f} {attribute.unit or ''}".strip()
    return str(attribute.value).lower() if attribute.value is True else str(attribute.value)
