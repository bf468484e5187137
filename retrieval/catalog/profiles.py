"""Counts attributes of a catalogue and turns them into profiles to filter by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from retrieval.catalog.surfaces import label_surfaces, name_surfaces
from retrieval.index.analysis import fold
from retrieval.types import Attribute, AttributeKind, AttributeProfile, Language
from retrieval.units import convert

Labels = Mapping[Language, Mapping[str, str]]
# Text values kept for an attribute; nobody picks from a longer list.
MAX_VALUES = 60
# A value of fewer products is a detail of theirs ("Q8754A"), unless the attribute is rare.
MIN_VALUE_PRODUCTS = 2
# Longer values are prose, not choices.
MAX_VALUE_LENGTH = 40
VALUES_IN_MEMORY = 4000


@dataclass(slots=True)
class _Numbers:
    products: int = 0
    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(0)

    def add(self, value: Decimal) -> None:
        self.minimum = min(self.minimum, value) if self.products else value
        self.maximum = max(self.maximum, value) if self.products else value
        self.products += 1


@dataclass(slots=True)
class _Counts:
    products: int = 0
    flags: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    numbers: dict[str | None, _Numbers] = field(default_factory=dict)

    def add(self, attribute: Attribute) -> None:
        value = attribute.value
        if isinstance(value, bool):
            self.flags += 1
        elif isinstance(value, Decimal):
            self.numbers.setdefault(attribute.unit, _Numbers()).add(value)
        elif len(value) <= MAX_VALUE_LENGTH:
            self.texts[value] += 1
            if len(self.texts) > VALUES_IN_MEMORY:
                self.texts = Counter({v: n for v, n in self.texts.items() if n > 1})
        else:
            self.texts[""] += 1

    def kind(self) -> AttributeKind:
        numbers = sum(n.products for n in self.numbers.values())
        texts = sum(self.texts.values())
        if texts >= max(numbers, self.flags):
            return AttributeKind.TEXT
        return AttributeKind.NUMBER if numbers >= self.flags else AttributeKind.FLAG


class AttributeCounts:
    """Counts values by attribute name."""

    def __init__(self) -> None:
        self._counts: dict[str, _Counts] = {}

    def add(self, attributes: Iterable[Attribute]) -> None:
        """Count the attributes of one product."""
        seen = set()
        for attribute in attributes:
            counts = self._counts.get(attribute.name)
            if counts is None:
                counts = self._counts[attribute.name] = _Counts()
            counts.add(attribute)
            if attribute.name not in seen:
                seen.add(attribute.name)
                counts.products += 1

    def profiles(self, least: int, most: int, labels: Labels) -> dict[str, AttributeProfile]:
        """Profiles of the `most` frequent attributes that at least `least` products have.

        In a catalogue too small for that, attributes of single products count as well.
        """
        ranked = sorted(self._counts.items(), key=lambda item: (-item[1].products, item[0]))
        largest = ranked[0][1].products if ranked else 0
        least = min(least, largest)
        return {
            name: _profile(name, counts, labels)
            for name, counts in ranked[:most]
            if counts.products >= least
        }


def _profile(name: str, counts: _Counts, labels: Labels) -> AttributeProfile:
    kind = counts.kind()
    surfaces = dict.fromkeys(name_surfaces(name), name)
    surfaces.update((fold(label), name) for label in label_surfaces(name, labels).values())
    unit, low, high = _range(counts) if kind is AttributeKind.NUMBER else (None, None, None)
    values = _values(counts) if kind is AttributeKind.TEXT else {}
    for value in values:
        wordings = (*name_surfaces(value), *map(fold, label_surfaces(value, labels).values()))
        for surface in wordings:
            surfaces.setdefault(surface, value)
    return AttributeProfile(
        name=name,
        kind=kind,
        products=counts.products,
        unit=unit,
        minimum=low,
        maximum=high,
        values=values,
        surfaces=surfaces,
    )


def _values(counts: _Counts) -> dict[str, int]:
    """The frequent values; spellings that fold alike count for the most frequent one."""
    merged: dict[str, str] = {}
    values: Counter[str] = Counter()
    for value, count in counts.texts.most_common():
        if value:
            values[merged.setdefault(fold(value), value)] += count
    least = MIN_VALUE_PRODUCTS if len(values) > MAX_VALUES else 1
    return {v: n for v, n in values.most_common(MAX_VALUES) if n >= least}


def _range(counts: _Counts) -> tuple[str | None, Decimal, Decimal]:
    """The most frequent unit, and the range of all values that convert to it."""
    unit = max(counts.numbers, key=lambda u: counts.numbers[u].products)
    low, high = counts.numbers[unit].minimum, counts.numbers[unit].maximum
    for other, numbers in counts.numbers.items():
        ends = [convert(v, other, unit) for v in (numbers.minimum, numbers.maximum)]
        low = min(v for v in (low, *ends) if v is not None)
        high = max(v for v in (high, *ends) if v is not None)
    return unit, low, high
