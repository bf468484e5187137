"""Cuts numbers into intervals at round bounds, for facets of prices and measures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from retrieval.types import Range

# Intervals of prices and numbers, before equal bounds fall together.
INTERVALS = 5
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def intervals(numbers: Sequence[float]) -> list[Range]:
    """Intervals that divide sorted `numbers` about evenly, cut at round numbers.

    The first is open below and the last above; empty where there is nothing to divide.
    """
    if len(numbers) < 2 or numbers[0] == numbers[-1]:
        return []
    cuts: list[Decimal] = []
    for part in range(1, INTERVALS):
        cut = round_number(numbers[len(numbers) * part // INTERVALS])
        if numbers[0] < cut < numbers[-1] and cut not in cuts:
            cuts.append(cut)
    cuts.sort()
    if not cuts:
        return []
    middle = [Range(minimum=a, maximum=b) for a, b in pairwise(cuts)]
    return [Range(maximum=cuts[0]), *middle, Range(minimum=cuts[-1])]


def round_number(value: float) -> Decimal:
    """The round number nearest to `value`: people think in 50 and 200, not in 47.83."""
    if value == 0:
        return Decimal(0)
    magnitude = 10.0 ** math.floor(math.log10(abs(value)))
    nearest = min(_ROUND, key=lambda n: abs(n * magnitude - abs(value))) * magnitude
    return tidy(Decimal(str(math.copysign(nearest, value))))


def tidy(value: Decimal) -> Decimal:
    """`value` to four significant digits, without an exponent or trailing zeros."""
    short = Decimal(f"{value:.4g}").normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def range_key(wanted: Range | None) -> str:
    """The interval as a URL writes it: "50..100", either end left out."""
    if wanted is None:
        return ""
    low = "" if wanted.minimum is None else f"{wanted.minimum:f}"
    high = "" if wanted.maximum is None else f"{wanted.maximum:f}"
    return f"{low}..{high}"
