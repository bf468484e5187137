"""Reads the filters of a search URL against what the catalogue holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from rapidfuzz import process

from retrieval.errors import InvalidRequestError
from retrieval.types import AttributeFilter, AttributeKind, Filters, Range, Vocabulary
from retrieval.units import find_unit

PATH_SEPARATOR = re.compile(r"\s*>\s*")
MEASURE = re.compile(r"^([+-]?\d+(?:\.\d+)?)\s*(\D*)$")
MOST_DIGITS = 20
"""No measure is longer; an exponent without bound would be written out digit by digit."""

SUGGESTIONS = 3
SUGGESTION_SCORE = 50
"""Below half alike (rapidfuzz WRatio, 0 to 100) a suggestion confuses more than it helps."""


def build_filters(
    vocabulary: Vocabulary,
    *,
    price_min: Decimal | None = None,
    price_max: Decimal | None = None,
    brands: Sequence[str] = (),
    categories: Sequence[str] = (),
    attributes: Sequence[str] = (),
    in_stock: bool = False,
    rating_min: Decimal | None = None,
) -> Filters:
    """Filters from URL values; raises InvalidRequestError naming what does not exist.

    A category is a path ("Audio > Headphones") or any part of one; an attribute is
    "name:value" or "name:low..high" with either end left out, and repeating a name widens it.
    """
    return Filters(
        price=_read_interval("price_min", price_min, "price_max", price_max),
        brands=tuple(_find_brand(vocabulary, brand) for brand in brands),
        categories=tuple(_find_category(vocabulary, category) for category in categories),
        attributes=tuple(_read_attributes(vocabulary, attributes)),
        in_stock=in_stock,
        minimum_rating=rating_min,
    )


def _read_interval(
    low_name: str, low: Decimal | None, high_name: str, high: Decimal | None
) -> Range | None:
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        raise InvalidRequestError(
            f"{low_name} {low:f} is above {high_name} {high:f}.",
            remedy="Swap the two or leave one out.",
        )
    return Range(minimum=low, maximum=high)


def _find_brand(vocabulary: Vocabulary, wanted: str) -> str:
    if wanted in vocabulary.brands:
        return wanted
    folded = wanted.strip().lower()
    known = vocabulary.brand_surfaces.get(folded) or next(
        (brand for brand in vocabulary.brands if brand.lower() == folded), None
    )
    if known is None:
        raise _unknown("brand", wanted, vocabulary.brands)
    return known


def _find_category(vocabulary: Vocabulary, wanted: str) -> tuple[str, ...]:
    parts = tuple(part.lower() for part in PATH_SEPARATOR.split(wanted.strip()))
    paths = [profile.path for profile in vocabulary.categories]
    for path in paths:
        folded = tuple(part.lower() for part in path)
        for end in range(1, len(path) + 1):
            if folded[:end] == parts or (len(parts) == 1 and folded[end - 1] == parts[0]):
                return path[:end]
    for profile in vocabulary.categories:
        if parts[-1] in profile.surfaces or parts[-1] in profile.labels.values():
            return profile.path
    raise _unknown("category", wanted, {" > ".join(path) for path in paths})


def _read_attributes(vocabulary: Vocabulary, texts: Sequence[str]) -> Iterable[AttributeFilter]:
    """One filter a name; values of a repeated name are alternatives."""
    values: dict[str, list[str]] = {}
    for text in texts:
        name, separator, value = text.partition(":")
        name, value = name.strip().lower().replace(" ", "_"), value.strip()
        if not separator or not name or not value:
            raise InvalidRequestError(
                f"attribute {text!r} is not a condition.",
                remedy='Write "name:value" or "name:low..high".',
            )
        values.setdefault(_find_attribute(vocabulary, name), []).append(value)
    for name, wanted in values.items():
        yield _read_attribute(vocabulary, name, wanted)


def _find_attribute(vocabulary: Vocabulary, wanted: str) -> str:
    if wanted not in vocabulary.attributes:
        raise _unknown("attribute", wanted, vocabulary.attributes)
    return wanted


def _read_attribute(vocabulary: Vocabulary, name: str, wanted: list[str]) -> AttributeFilter:
    profile = vocabulary.attributes[name]
    if profile.kind is not AttributeKind.NUMBER:
        return AttributeFilter(
            name=name,
            values=tuple(profile.surfaces.get(value.lower(), value) for value in wanted),
        )
    if not any(".." in value for value in wanted):
        values = tuple(_read_measure(name, value) for value in wanted)
        return AttributeFilter(name=name, values=values, unit=profile.unit)
    if len(wanted) > 1:
        raise InvalidRequestError(
            f"attribute {name} takes one interval.",
            remedy=f'Write "{name}:low..high" once, or single numbers.',
        )
    low, _, high = wanted[0].partition("..")
    return AttributeFilter(
        name=name,
        range=_read_interval(
            f"{name} from",
            _read_number(name, low),
            f"{name} to",
            _read_number(name, high),
        ),
        unit=profile.unit,
    )


def _read_measure(name: str, text: str) -> str:
    """A number, with its unit where one is written ("27", "27 inch")."""
    match = MEASURE.match(text)
    if match is None or (match[2] and find_unit(match[2]) is None):
        _read_number(name, text)
    return text


def _read_number(name: str, text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise InvalidRequestError(
            f"attribute {name} is a number, {text.strip()[:40]!r} is none.",
            remedy=f'Write "{name}:5", "{name}:5..10" or "{name}:..10".',
        )
    return number


def _unknown(kind: str, wanted: str, known: Iterable[str]) -> InvalidRequestError:
    """An error that names the closest there is."""
    close = process.extract(wanted, list(known), limit=SUGGESTIONS, score_cutoff=SUGGESTION_SCORE)
    names = ", ".join(name for name, _, _ in close)
    return InvalidRequestError(
        f"This store has no {kind} {wanted[:80]!r}.",
        remedy=f"Closest: {names}." if names else f"Leave the {kind} out.",
    )
