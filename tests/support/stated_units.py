"""How often the texts of products state their numbers in the unit a table gives them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from retrieval.types import Product
from retrieval.units import UNITS, find_unit

_QUANTITY = re.compile(r'(?<![\w.,])(\d+(?:[.,]\d+)?)\s*-?\s*("|″|”|[a-zA-Z%°]{1,8}(?:/s)?)')
# Titles round: 43.2 cm (17").
WITHIN = 0.02
SYMBOLS = {unit.symbol: unit for unit in UNITS.values()}


@dataclass(frozen=True)
class Agreement:
    """Products whose text states the number in some unit, and in the table's own."""

    stated: int
    agreeing: int


def measure_agreement(
    products: Iterable[Product], units: Mapping[str, str]
) -> dict[str, Agreement]:
    stated: Counter[str] = Counter()
    agreeing: Counter[str] = Counter()
    for product in products:
        quantities = _quantities(f"{product.title} | {product.description}")
        for attribute in product.attributes:
            unit = units.get(attribute.name)
            if unit is None or not isinstance(attribute.value, Decimal):
                continue
            base = SYMBOLS[unit].base
            found = {
                symbol
                for symbol, other in SYMBOLS.items()
                if other.base == base
                and any(
                    abs(float(attribute.value * other.factor) - q) <= WITHIN * q
                    for q in quantities.get(base, ())
                )
            }
            stated[attribute.name] += bool(found)
            agreeing[attribute.name] += unit in found
    return {name: Agreement(stated[name], agreeing[name]) for name in units}


def _quantities(text: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for number, spelling in _QUANTITY.findall(text):
        unit = find_unit(spelling)
        if unit and (len(spelling) > 1 or not spelling.isalpha() or spelling in "gmWV"):
            value = Decimal(number.replace(",", ".")) * unit.factor
            found.setdefault(unit.base, []).append(float(value))
    return found
