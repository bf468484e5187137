"""Order, rating and stock: "cheapest", 评分最高, "4 stars and up", 有货."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from assistant.understand.numbers import parse_number
from assistant.understand.phrases import pattern
from assistant.understand.scan import Scan
from retrieval.types import Sort

_SORTS = (Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING, Sort.RATING, Sort.NEWEST)
_NUM = r"(?P<{0}>[1-5](?:[.,]\d)?|one|two|three|four|five|[一二两三四五](?:点[五5])?)"
_MORE = r"(?:(?:and|or)\s+(?:up|above|more|higher|better)\b)"
_LEAST = r"(?:至少|不低于|高于|大于|超过|在)?"
_UP = r"(?:以上|及以上|起|或以上|好评)"
_RATING = re.compile(
    rf"(?:\b(?:at\s+least|minimum|over|above|more\s+than|min\.?)\s+)?{_NUM.format('a')}\s*\+?"
    rf"[\s-]*(?:stars?\b)(?:\s*{_MORE}|\s*\+|\s+minimum\b|\s*rated\b|\s+(?:ratings?|reviews?)\b)?"
    r"|\b(?:rat(?:ed|ing|ings)|reviews?|score)(?:\s+(?:of|is|at))*\s*"
    r"(?:at\s+least|above|over|more\s+than|higher\s+than|>=?|≥|minimum)?\s*"
    rf"{_NUM.format('b')}(?![\d.]*\d)\s*\+?\s*(?:stars?\b)?(?:\s*{_MORE})?"
    # 三星 alone is a brand of phones.
    rf"|(?:评分|星级|好评|评价)(?:要|在|是)?{_LEAST}{_NUM.format('c')}颗?星级?(?:{_UP})?"
    rf"|{_LEAST}{_NUM.format('e')}颗?星级?{_UP}|(?:至少|不低于){_NUM.format('f')}颗?星级?"
    rf"|(?:评分|评价|星级)(?:要|在|是)?{_LEAST}{_NUM.format('d')}分?(?:{_UP})?"
)


@dataclass(frozen=True, slots=True)
class Ordering:
    """Sort wish, lowest rating and stock condition; None and False where nothing is said."""

    sort: Sort | None = None
    minimum_rating: Decimal | None = None
    in_stock: bool = False


def read_ordering(scan: Scan) -> Ordering:
    """What `scan` says of order, rating and stock; takes the words it is made of."""
    in_stock = scan.take_all(pattern("stock"))
    rating = _read_rating(scan)
    sort: Sort | None = None
    for wanted in _SORTS:
        if scan.take_all(pattern(f"sort.{wanted.value}")) and sort is None:
            sort = wanted
    return Ordering(sort, rating, in_stock)


def _read_rating(scan: Scan) -> Decimal | None:
    """The lowest rating asked for, 1 to 5."""
    for match in scan.find(_RATING):
        text = next(match[g] for g in "abcdef" if match[g])
        number = parse_number(text.translate(_DIGITS))
        if number and 1 <= number[0] <= 5:
            scan.take(*match.span())
            return number[0]
    return None


_DIGITS = str.maketrans("一二两三四五点", "122345.")
