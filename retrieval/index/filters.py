"""From a shopper's filters to conditions on payload fields; pure, no vendor in sight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from retrieval.index.analysis import fold, term_alternatives
from retrieval.index.document import category_key, number_field
from retrieval.index.types import Between, Condition, Equals, Group, HasId, point_id
from retrieval.types import AttributeFilter, Filters, Range
from retrieval.units import find_unit, to_base

_MEASURE = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*(\D*)$")
_FLAGS = {"yes": "true", "no": "false", "是": "true", "否": "false", "有": "true", "无": "false"}
# Relative width within which two measures count as equal (27 inch is sold as 68.6 cm).
EQUAL_WITHIN = Decimal("0.002")


def build_condition(filters: Filters, units: Mapping[str, str] | None = None) -> Group:
    """The condition that holds for exactly the products that pass `filters`.

    `units` gives the unit in which this catalogue states an attribute; a range without a
    unit is read in it, and an attribute without one is compared as the bare number it is.
    """
    must: list[Condition] = []
    must_not: list[Condition] = []
    if filters.price is not None:
        must.append(_between("price", filters.price))
    if filters.brands:
        must.append(Equals("brand", tuple(map(fold, filters.brands))))
    if filters.excluded_brands:
        must_not.append(Equals("brand", tuple(map(fold, filters.excluded_brands))))
    if filters.categories:
        must.append(Equals("category", tuple(map(category_key, filters.categories))))
    if filters.excluded_categories:
        must_not.append(Equals("category", tuple(map(category_key, filters.excluded_categories))))
    for attribute in filters.attributes:
        target = must_not if attribute.exclude else must
        target.append(attribute_condition(attribute, units or {}))
    must_not += [c for c in map(_mentions, filters.excluded_terms) if c is not None]
    if filters.in_stock:
        must.append(Equals("available", ("yes",)))
    if filters.minimum_rating is not None:
        must.append(Between("rating", gte=float(filters.minimum_rating)))
    if filters.ids is not None:
        must.append(HasId(tuple(map(point_id, filters.ids))))
    if filters.excluded_ids:
        must_not.append(HasId(tuple(map(point_id, filters.excluded_ids))))
    return Group(must=tuple(must), must_not=tuple(must_not))


def attribute_condition(wanted: AttributeFilter, units: Mapping[str, str]) -> Condition:
    """Holds where the attribute has one of the values, or lies in the range."""
    choices: list[Condition] = []
    if wanted.values:
        keys = {f"{wanted.name}={_FLAGS.get(v, v)}" for v in map(fold, wanted.values)}
        choices.append(Equals("attributes", tuple(sorted(keys))))
        choices += _measures(wanted, units)
    if wanted.range is not None:
        unit = _unit_of(wanted.name, wanted.unit, units)
        choices.append(_between(number_field(wanted.name), _in_base(wanted.range, unit)))
    if not choices:
        # Neither value nor range: the attribute just has to be stated.
        return Group(should=(Equals("has", (wanted.name,)),))
    return choices[0] if len(choices) == 1 else Group(should=tuple(choices))


def _measures(wanted: AttributeFilter, units: Mapping[str, str]) -> Iterable[Condition]:
    for value in wanted.values:
        match = _MEASURE.match(fold(value))
        if match is None:
            continue
        stated = match[2].strip()
        if stated and find_unit(stated) is None:
            continue
        number = to_base(Decimal(match[1]), _unit_of(wanted.name, stated or wanted.unit, units))
        slack = abs(number) * EQUAL_WITHIN
        yield Between(
            number_field(wanted.name), gte=float(number - slack), lte=float(number + slack)
        )


def _unit_of(name: str, stated: str | None, units: Mapping[str, str]) -> str | None:
    """The unit a number for attribute `name` is meant in."""
    if not units:
        return stated
    own = units.get(name)
    return (stated or own) if own else None


def _in_base(wanted: Range, unit: str | None) -> Range:
    low, high = wanted.minimum, wanted.maximum
    return wanted.model_copy(
        update={
            "minimum": None if low is None else to_base(low, unit),
            "maximum": None if high is None else to_base(high, unit),
        }
    )


def _between(key: str, wanted: Range) -> Between:
    low = None if wanted.minimum is None else float(wanted.minimum)
    high = None if wanted.maximum is None else float(wanted.maximum)
    return Between(
        key,
        gte=None if wanted.exclusive_minimum else low,
        gt=low if wanted.exclusive_minimum else None,
        lte=None if wanted.exclusive_maximum else high,
        lt=high if wanted.exclusive_maximum else None,
    )


def _mentions(phrase: str) -> Condition | None:
    """Holds where the product's own words contain every word of `phrase`, in any spelling."""
    words: list[Condition] = []
    for spellings in term_alternatives(phrase):
        ways = [Group(must=tuple(Equals("terms", (t,)) for t in way)) for way in spellings]
        words.append(ways[0] if len(ways) == 1 else Group(should=tuple(ways)))
    return Group(must=tuple(words)) if words else None
