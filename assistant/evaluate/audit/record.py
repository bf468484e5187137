"""One raw product, prepared for the auditor's questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from assistant.evaluate.audit.text import (
    CJK,
    HAS_CJK,
    NUMBER,
    Unit,
    close,
    find_unit,
    fold,
    latin_words,
    stem,
    to_decimal,
    unit_pattern,
)
from retrieval.types import Attribute, Language, Product

YES = ("yes", "true", "y", "是", "有", "支持")
NO = ("no", "false", "n", "none", "否", "无", "没有", "不支持")
_MEASURE = re.compile(rf"({NUMBER})\s?-?({unit_pattern()})?")
_NEGATION = re.compile(
    r"(?:\b(?:no|not|without|non|never|isn't|doesn't|lacks?)\b[^.,;]{0,14}|"
    r"[不没无非未免][^,。;、]{0,2})$"
)
Labels = Mapping[Language, Mapping[str, str]]


class Measure(NamedTuple):
    """A number of the record with its unit, as written."""

    value: Decimal
    unit: str | None


class Field(NamedTuple):
    """An attribute with everything it may be called."""

    attribute: Attribute
    names: tuple[str, ...]
    renderings: tuple[str, ...]

    @property
    def flag(self) -> bool | None:
        """What a yes/no attribute says; None for any other."""
        value = self.attribute.value
        if isinstance(value, bool):
            return value
        text = fold(str(value))
        return True if text in YES else False if text in NO else None


class AuditRecord:
    """Everything a product's row says, in folded text, measures and flags."""

    def __init__(self, product: Product, labels: Labels) -> None:
        self.product = product
        self._labels = labels

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The product's titles in all languages."""
        translated = (t.title for t in self.product.translations.values())
        return tuple(dict.fromkeys((self.product.title, *translated)))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The attributes, and what its versions may be chosen by, each with its names and the
        ways to write its value."""
        options = {
            (name, value): Attribute(name=name, value=value)
            for variant in self.product.variants
            for name, value in variant.options.items()
        }
        return tuple(map(self._field, (*self.product.attributes, *options.values())))

    def _field(self, attribute: Attribute) -> Field:
        raw = attribute.name.replace("_", " ")
        names = [fold(raw), *self._called(attribute.name), *self._called(raw)]
        # "weight_kg" is called weight.
        base, _, last = attribute.name.rpartition("_")
        if base and find_unit(last):
            names += [fold(base.replace("_", " ")), *self._called(base)]
        # "contrast_ratio_typical" is shown as "contrast ratio (typical)".
        head, _, qualifier = fold(raw).rpartition(" ")
        names += [f"{head} ({qualifier})"] if head else []
        names += [re.sub(r"\s*\([^()]*\)$", "", name) for name in names]
        value, unit = str(attribute.value), attribute.unit
        written = [fold(value), fold(value.replace("_", " ")), *self._called(value)]
        if unit and not find_unit(unit):
            # Counted in what only the store has a word for: "3 years old", 3岁.
            written += [
                f"{value}{gap}{u}" for u in (unit, *self._called(unit)) for gap in ("", " ")
            ]
        return Field(
            attribute,
            tuple(dict.fromkeys(n for n in names if n)),
            tuple(dict.fromkeys(written)),
        )

    def _called(self, text: str) -> list[str]:
        return [fold(table[text]) for table in self._labels.values() if text in table]

    @cached_property
    def hard(self) -> str:
        """Title, brand, category, attributes and options: what is stated, not told."""
        parts = [*self.titles, self.product.brand or "", *self._called(self.product.brand or "")]
        for step in self.product.category:
            parts += [step, *self._called(step)]
        for field in self.fields:
            if field.flag is not False:
                parts += [*field.names, *field.renderings]
        for variant in self.product.variants:
            for name, value in variant.options.items():
                parts += [name, value, *self._called(value)]
        parts += self.product.identifiers.values()
        return fold(" | ".join(parts))

    @cached_property
    def soft(self) -> str:
        """Descriptions and reviews."""
        parts = [self.product.description]
        parts += [t.description for t in self.product.translations.values()]
        parts += [review.text for review in self.product.reviews]
        return fold(" | ".join(parts))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of every Latin word of the record."""
        words = latin_words(f"{self.hard} {self.soft}")
        return frozenset(stem(w) for w in words) | frozenset(words)

    @cached_property
    def hard_stems(self) -> frozenset[str]:
        """Stems of what is stated."""
        words = latin_words(self.hard)
        return frozenset(stem(w) for w in words) | frozenset(words)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Every number of the record with the unit it stands with."""
        found = [
            Measure(f.attribute.value, f.attribute.unit)
            for f in self.fields
            if isinstance(f.attribute.value, Decimal)
        ]
        for text in (self.hard, self.soft):
            found += [Measure(to_decimal(m[1]), m[2]) for m in _MEASURE.finditer(text)]
        return tuple(found)

    @property
    def prices(self) -> frozenset[Decimal]:
        """The prices of the product and of its variants."""
        own = [self.product.price, *(v.price for v in self.product.variants)]
        return frozenset(p for p in own if p is not None)

    def states(self, value: Decimal, unit: str | None, *, strict: bool = False) -> bool:
        """Whether any measure of the record is `value` `unit`; `strict`ly with its unit written."""
        wanted = find_unit(unit)
        held = (m for m in self.measures if m.unit or not strict)
        return any(_same(Measure(value, unit), m, wanted) for m in held)

    def named(self, words: str) -> Iterator[Field]:
        """The attributes called exactly `words`."""
        return (field for field in self.fields if words in field.names)

    def flag(self, phrase: str) -> bool | None:
        """What a yes/no attribute called `phrase` says; None where there is none."""
        wanted = _essence(phrase)
        for field in self.fields:
            if field.flag is None or not wanted:
                continue
            if phrase in field.names or any(_essence(name) == wanted for name in field.names):
                return field.flag
        return None

    def says(self, phrase: str, *, hard: bool = False) -> bool:
        """Whether the record holds all of folded `phrase` and doesn't only deny it."""
        text = self.hard if hard else f"{self.hard} | {self.soft}"
        if HAS_CJK.search(phrase):
            return _affirmed(text, phrase)
        words = latin_words(phrase)
        known = self.hard_stems if hard else self.stems
        if not words or not all(w in known or stem(w) in known for w in words):
            return False
        return phrase not in text or _affirmed(text, phrase)


def value_agrees(number: str, unit: str | None, attribute: Attribute) -> bool:
    """Whether a written number with its unit is the attribute's value."""
    if not isinstance(attribute.value, Decimal):
        return False
    claimed = to_decimal(number)
    mine, theirs = find_unit(unit), find_unit(attribute.unit)
    if mine and theirs:
        converted = attribute.value * theirs.factor
        return mine.base == theirs.base and close(claimed * mine.factor, converted)
    return claimed == attribute.value


def _affirmed(text: str, phrase: str) -> bool:
    start = text.find(phrase)
    while start >= 0:
        if not _NEGATION.search(text[max(0, start - 20) : start]):
            return True
        start = text.find(phrase, start + 1)
    return False


def _same(claimed: Measure, held: Measure, wanted: Unit | None) -> bool:
    if held.unit is None or claimed.unit is None:
        return claimed.value == held.value
    have = find_unit(held.unit)
    if wanted is None or have is None:
        return claimed.value == held.value
    return wanted.base == have.base and close(
        claimed.value * wanted.factor, held.value * have.factor
    )


_FILLERS = frozenset(
    [
        "is",
        "has",
        "with",
        "built",
        "in",
        "integrated",
        "support",
        "supported",
        "of",
        "the",
        "and",
        "ready",
        "feature",
    ]
)


def _essence(phrase: str) -> tuple[str, ...]:
    if HAS_CJK.search(phrase):
        return (re.sub(rf"[^{CJK}\w]", "", phrase),)
    return tuple(stem(w) for w in latin_words(phrase) if w not in _FILLERS)
