"""Order, rating and stock: "cheapest", 评分最高, "4 stars and up", 有货."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from assistant.understand.numbers import parse_number
from assistant.understand.scan import Scan
from retrieval.types import Sort

_SORTS: tuple[tuple[Sort, re.Pattern[str]], ...] = (
    (
        Sort.PRICE_ASCENDING,
        re.compile(
            r"\b(?:the\s+)?(?:cheapest|least\s+expensive|lowest[\s-]priced?|most\s+affordable|lowest\s+cost)(?:\s+first)?\b"
            r"|\b(?:sort(?:ed)?\s+)?(?:by\s+)?(?:price\s*:?\s*)?low(?:est)?\s+to\s+high(?:est)?\b(?:\s+price)?"
            r"|\bsort(?:ed)?\s+by\s+price\b|\bcheap(?:est)?\s+first\b|\bascending\s+price\b"
            r"|最便宜的?|价格最低的?|最低价的?|(?:按|照)?价格(?:从低到高|由低到高|升序)(?:排序?|排列)?|最实惠的?|按价格排[序列]?|便宜的?(?:排|在)前面?"
        ),
    ),
    (
        Sort.PRICE_DESCENDING,
        re.compile(
            r"\b(?:the\s+)?(?:most\s+expensive|priciest|dearest|highest[\s-]priced?)(?:\s+first)?\b"
            r"|\b(?:sort(?:ed)?\s+)?(?:by\s+)?(?:price\s*:?\s*)?high(?:est)?\s+to\s+low(?:est)?\b|\bdescending\s+price\b"
            r"|最贵的?|价格最高的?|(?:按|照)?价格(?:从高到低|由高到低|降序)(?:排序?|排列)?"
        ),
    ),
    (
        Sort.RATING,
        re.compile(
            r"\b(?:the\s+)?(?:best|highest|top)[\s-](?:rated|reviewed|rating|reviews)\b|\bsort(?:ed)?\s+by\s+(?:rating|reviews?)\b"
            r"|\bbest\s+reviews\b|(?:评分|评价|好评率?|口碑)最[高好多]的?|按(?:评分|评价|口碑)(?:从高到低)?(?:排序?|排列)?|好评最多的?|口碑最?好的"
        ),
    ),
    (
        Sort.NEWEST,
        re.compile(
            r"\b(?:the\s+)?(?:newest|latest|most\s+recent)(?:\s+(?:first|models?|releases?|arrivals?))?\b|\bsort(?:ed)?\s+by\s+(?:date|newest)\b|\bnew\s+arrivals?\b"
            r"|最新的?(?:款式?|型号|产品|上市的?)?|新品|按(?:时间|上市时间|上架时间|新品)(?:排序?|排列)?|刚上市的?"
        ),
    ),
)
_NUM = r"(?P<{0}>[1-5](?:[.,]\d)?|one|two|three|four|five|[一二两三四五](?:点[五5])?)"
_RATING = re.compile(
    rf"(?:\b(?:at\s+least|minimum|over|above|more\s+than|min\.?)\s+)?{_NUM.format('a')}\s*\+?[\s-]*(?:stars?\b)(?:\s*(?:and|or)\s+(?:up|above|more|higher|better)\b|\s*\+|\s+minimum\b|\s*rated\b|\s+ratings?\b|\s+reviews?\b)?"
    rf"|\b(?:rat(?:ed|ing|ings)|reviews?|score)(?:\s+(?:of|is|at))*\s*(?:at\s+least|above|over|more\s+than|higher\s+than|>=?|≥|minimum)?\s*{_NUM.format('b')}(?![\d.]*\d)\s*\+?\s*(?:stars?\b)?(?:\s*(?:and|or)\s+(?:up|above|more|higher|better)\b)?"
    rf"|(?:评分|星级|好评|评价)?(?:至少|不低于|高于|大于|超过|在)?{_NUM.format('c')}(?:颗)?星(?:级)?(?:以上|及以上|起|或以上|好评)?"
    rf"|(?:评分|评价|星级)(?:要|在|是)?(?:至少|不低于|高于|大于|超过|在)?{_NUM.format('d')}分?(?:以上|及以上|起|或以上)?"
)
_STOCK = re.compile(
    r"\b(?:only\s+)?(?:(?:must\s+be|that(?:'s|\s+is|\s+are)|which\s+is|currently)\s+)?(?:in[\s-]stock|available\s+(?:now|immediately|right\s+now)|ready\s+to\s+ship|not\s+sold\s+out|not\s+out\s+of\s+stock)\b(?:\s+only)?"
    r"|(?:只要|只看|要|必须|需要)?(?:有现货|有货|现货|有库存|库存充足|能马上发货|可以马上发货|没有?缺货|不缺货)的?"
)


@dataclass(frozen=True, slots=True)
class Ordering:
    """Sort wish, lowest rating and stock condition; None and False where nothing is said."""

    sort: Sort | None = None
    minimum_rating: Decimal | None = None
    in_stock: bool = False


def read_ordering(scan: Scan) -> Ordering:
    """What `scan` says of order, rating and stock; takes the words it is made of."""
    in_stock = scan.take_all(_STOCK)
    rating = _read_rating(scan)
    sort: Sort | None = None
    for wanted, pattern in _SORTS:
        if scan.take_all(pattern) and sort is None:
            sort = wanted
    return Ordering(sort, rating, in_stock)


def _read_rating(scan: Scan) -> Decimal | None:
    """The lowest rating asked for, 1 to 5."""
    for match in scan.find(_RATING):
        text = next(match[g] for g in "abcd" if match[g])
        number = parse_number(text.replace("点", ".").replace(".五", ".5"))
        if "." in text or "点" in text:
            number = parse_number(re.sub(r"点", ".", text).translate(_DIGITS))
        if number and 1 <= number[0] <= 5:
            scan.take(*match.span())
            return number[0]
    return None


_DIGITS = str.maketrans("一二两三四五", "122345")
