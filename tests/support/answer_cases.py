"""What a generated sentence about products is made of: cases, shelves, money, measures.

The wordings are the test's own, written without looking at how answers are composed. Each
case says of which kind its change is; whether a changed sentence is false is decided here
from the products, never by the verifier.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from retrieval.types import Attribute, Language, Product, Vocabulary
from retrieval.units import find_unit

EN, ZH = Language.ENGLISH, Language.CHINESE
UNKNOWN_NAMES = {EN: ("Zorblax Q9", "Velmora Prime"), ZH: ("佐布拉Q9", "维莫拉星辰")}
ZH_UNITS = {
    "g": "克",
    "kg": "公斤",
    "db": "分贝",
    "h": "小时",
    "inch": "英寸",
    "cm": "厘米",
    "mm": "毫米",
    "w": "瓦",
    "l": "升",
    "ml": "毫升",
    "m": "米",
}
CONVERSIONS = {"g": ("kg", 1000), "kg": ("g", Decimal("0.001")), "cm": ("mm", Decimal("0.1"))}
WORDS = {EN: {2: "two", 3: "three", 4: "four"}, ZH: {2: "两", 3: "三", 4: "四"}}
NOT_LABELLED = ("weight_kg", "capacity_ml")


@dataclass
class Case:
    """One true sentence and the false ones made from it: (kind of change, sentence)."""

    form: str
    language: Language
    true: str
    false: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Shelf:
    """The shown products with the names a writer would use, and the shopper's limit."""

    products: Sequence[Product]
    names: dict[Language, dict[str, str]]
    vocabulary: Vocabulary
    budget: Decimal
    rng: random.Random

    def label(self, attribute: Attribute, language: Language) -> str:
        return self.vocabulary.label(attribute.name, language)


def money(amount: Decimal, language: Language) -> str:
    text = f"{amount:,.2f}".removesuffix(".00")
    return f"${text}" if language is EN else f"{text}美元"


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def measure(value: Decimal, unit: str | None, language: Language) -> str:
    if not unit:
        return plain(value)
    known = find_unit(unit)
    if language is ZH:
        return plain(value) + (ZH_UNITS.get(known.symbol, unit) if known else unit)
    return f"{plain(value)}{unit}" if unit == "%" else f"{plain(value)} {unit}"


def nudge(value: Decimal, rng: random.Random) -> Decimal:
    """Another value of the same look."""
    step = Decimal(1).scaleb(int(value.as_tuple().exponent))
    other = value + step * rng.choice((1, 2, 3, 7, 10, 30, 100))
    return other if rng.random() < 0.6 or value <= 3 * step else value - step * 2


def others(shelf: Shelf, product: Product) -> list[Product]:
    return [p for p in shelf.products if p.id != product.id]


def case(shelf: Shelf, form: str, language: Language, text: str, **slots: str) -> Case:
    made = Case(form, language, text.format(**slots))
    if "n" in slots:
        for unknown in UNKNOWN_NAMES[language][:1]:
            made.false.append(("name", text.format(**{**slots, "n": unknown})))
    return made


def pick(shelf: Shelf, texts: dict[Language, Sequence[str]], language: Language) -> str:
    return shelf.rng.choice(list(texts[language]))


def value_of(product: Product, metric: str) -> Decimal | None:
    if metric == "price":
        return product.price
    if metric == "rating":
        return product.rating
    attribute = product.attribute(metric) or product.attribute(f"{metric}_kg")
    if attribute is None or not isinstance(attribute.value, Decimal):
        return None
    unit = find_unit(attribute.unit)
    return attribute.value * (unit.factor if unit else 1)
