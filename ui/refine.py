"""What a tap on a facet or a way out does to the conditions of a search."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from retrieval.errors import InvalidRequestError
from retrieval.facets import without_own
from retrieval.index.analysis import fold
from retrieval.types import AttributeFilter, FilterKind, Filters, Range, Vocabulary
from ui.filters import build_filters

MOST_DIGITS = 14
"""No price is longer; an exponent without bound would be written out digit by digit."""


def toggle(
    filters: Filters, vocabulary: Vocabulary, kind: FilterKind, name: str, key: str
) -> Filters:
    """`filters` with the facet value `key` chosen, or given up where it was chosen.

    Values of one facet are alternatives; an interval, a rating and the like take the place of
    the one before. Raises InvalidRequestError for what the store does not have.
    """
    match kind:
        case FilterKind.BRAND:
            wanted = build_filters(vocabulary, brands=[key]).brands[0]
            return filters.model_copy(update={"brands": _flip(filters.brands, wanted)})
        case FilterKind.CATEGORY:
            path = build_filters(vocabulary, categories=[key]).categories[0]
            return filters.model_copy(update={"categories": _choose_path(filters, path)})
        case FilterKind.PRICE:
            price = read_interval(key)
            same = price == filters.price
            return filters.model_copy(update={"price": None if same else price})
        case FilterKind.RATING:
            least = build_filters(vocabulary, rating_min=_number(key)).minimum_rating
            same = least == filters.minimum_rating
            return filters.model_copy(update={"minimum_rating": None if same else least})
        case FilterKind.STOCK:
            return filters.model_copy(update={"in_stock": not filters.in_stock})
        case _:
            return _toggle_attribute(filters, vocabulary, name, key)


def read_interval(text: str) -> Range | None:
    """The price interval "50..100", either end left out; None for an open one."""
    low, _, high = text.partition("..")
    return build_filters(Vocabulary(), price_min=_number(low), price_max=_number(high)).price


def _number(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0 or number.adjusted() > MOST_DIGITS:
        raise InvalidRequestError(
            f"{text.strip()[:40]!r} is no price.", remedy="Write a number such as 49.90."
        )
    return number


def _flip(chosen: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    folded = fold(wanted)
    left = tuple(value for value in chosen if fold(value) != folded)
    return left if len(left) < len(chosen) else (*chosen, wanted)


def _choose_path(filters: Filters, path: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A part takes the place of its whole, and the whole that of its parts."""
    if path in filters.categories:
        return tuple(p for p in filters.categories if p != path)
    apart = [p for p in filters.categories if p[: len(path)] != path and path[: len(p)] != p]
    return (*apart, path)


def _toggle_attribute(filters: Filters, vocabulary: Vocabulary, name: str, key: str) -> Filters:
    wanted = build_filters(vocabulary, attributes=[f"{name}:{key}"]).attributes[0]
    current = next((a for a in filters.attributes if a.name == name and not a.exclude), None)
    changed: AttributeFilter | None = wanted
    if current is not None and wanted.range is not None and wanted.range == current.range:
        changed = None
    elif current is not None and current.values and wanted.values:
        values = _flip(current.values, wanted.values[0])
        changed = current.model_copy(update={"values": values}) if values else None
    rest = without_own(filters, FilterKind.ATTRIBUTE, name).attributes
    return filters.model_copy(update={"attributes": (*rest, changed) if changed else rest})
