"""What code says when it does a job: sets and their sums, places in a list, counts of reviews."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.evaluate.audit.line import ClaimKind, Line
from assistant.evaluate.audit.text import NUMBER, to_decimal

_M = "[\ue000-\uf8ff]"


def _money(name: str) -> str:
    return rf"[$€£¥]?\s?(?P<{name}>{NUMBER})\s?(?:美元|欧元|英镑|元|dollars?|euros?)?"


_ITEM = re.compile(rf"^\d+\.\s+(?:(?P<pieces>\d+)\s?[×件]\s?)?[^:]*:\s*{_money('price')}[.。]?$")
_TOTAL = re.compile(
    rf"^together these (?P<count>\d+) cost {_money('total')}"
    rf"(?:, {_money('difference')} (?P<way>under|over) your {_money('budget')}"
    r"|, exactly your budget)?"
    rf"|^(?P<count_zh>\d+)件合计{_money('total_zh')}"
    rf"(?:,\s?比您的{_money('budget_zh')}预算(?P<way_zh>[低高]){_money('difference_zh')}|,\s?正好等于预算)?"
)
_PLACE = re.compile(
    rf"{_M} (?:is in the list, at number|stands at place) (?P<place>\d+)"
    r"(?: of the [\d,]+ that fit “[^”]*”)?"
    rf"|(?:在符合“[^”]*”的[\d,]+件中,\s?)?{_M}(?:就在列表里,\s?|排)第(?P<zh>\d+)位"
)
_THEN = re.compile(
    rf"then there would be (?P<then>{NUMBER}) instead of (?P<now>{NUMBER}): "
    rf"(?P<change>{NUMBER}) (?:more|fewer)"
    rf"|那样会有(?P<then_zh>{NUMBER})件,\s?而不是(?P<now_zh>{NUMBER})件:[多少](?P<change_zh>{NUMBER})件"
)
_WITHOUT = re.compile(
    rf"without that condition you would see (?:{NUMBER}|one) more|去掉这个条件会多{NUMBER}件"
)
_GOOD = re.compile(
    rf"of the (?P<of>\d+) reviews of the {_M} here, (?P<good>\d+) gives? "
    r"(?P<stars>\d) stars or more"
    rf"|{_M}的(?P<of_zh>\d+)条评价中,\s?有(?P<good_zh>\d+)条给了(?P<stars_zh>\d)星及以上"
)
_NO_WORD = re.compile(
    rf"in the (?P<of>\d+) reviews of the {_M} here i find no word on: .*"
    rf"|在{_M}的(?P<zh>\d+)条评价里没有找到关于.*的内容"
)


def check_jobs(line: Line) -> None:
    """Sums, places and counts, worked out again from the raw products and the list shown."""
    _check_item(line)
    _check_total(line)
    _check_place(line)
    _check_counts(line)
    _check_reviews(line)


def _say(line: Line, kind: ClaimKind, text: str, true: bool | None, reason: str) -> None:
    line.add(kind, text, true, "" if true else reason)


def _read(match: re.Match[str], name: str) -> Decimal | None:
    text = match[name] or match.groupdict().get(f"{name}_zh")
    return to_decimal(text) if text else None


def _prices(line: Line) -> list[Decimal | None]:
    products = [line.records[i].product for i in line.hint if i in line.records]
    return [None if p.price is None else p.price * line.quantities.get(p.id, 1) for p in products]


def _check_item(line: Line) -> None:
    for match in line.each(_ITEM):
        prices = _prices(line)
        true = prices == [to_decimal(match["price"])]
        _say(line, ClaimKind.PRICE, match[0], true, f"the price is {prices}")


def _check_total(line: Line) -> None:
    for match in line.each(_TOTAL):
        prices, total, budget = _prices(line), _read(match, "total"), _read(match, "budget")
        known = [p for p in prices if p is not None]
        true = len(known) == _read(match, "count") and sum(known) == total
        _say(line, ClaimKind.PRICE, match[0], true, f"the prices are {prices}")
        if budget is None or total is None:
            continue
        under = (match["way"] or match["way_zh"]) in ("under", "低")
        gap = budget - total if under else total - budget
        true = gap == _read(match, "difference") and budget in line.amounts
        _say(line, ClaimKind.BUDGET, match[0], true, "not the difference to the budget")


def _check_place(line: Line) -> None:
    for match in line.each(_PLACE):
        place = int(match["place"] or match["zh"])
        named = {i for group in line.subjects(match.start() + 1) for i in group}
        true = place <= len(line.listed) and line.listed[place - 1] in named
        # Beyond the cards only the search itself knows who stands where.
        _say(
            line,
            ClaimKind.COMPARISON,
            match[0],
            true if place <= len(line.listed) else None,
            "another product is there",
        )


def _check_counts(line: Line) -> None:
    for match in line.each(_THEN):
        then, now, change = (_read(match, name) for name in ("then", "now", "change"))
        true = then is not None and now is not None and abs(then - now) == change
        _say(line, ClaimKind.SPECIFICATION, match[0], true, "the numbers do not add up")
    for match in line.each(_WITHOUT):
        line.add(ClaimKind.SPECIFICATION, match[0], None, "only the search can count")


def _check_reviews(line: Line) -> None:
    for match in line.each(_GOOD):
        of, good, stars = (_read(match, name) for name in ("of", "good", "stars"))
        records = [line.records[i] for i in line.hint if i in line.records]
        true = bool(records) and all(
            len(r.product.reviews) == of
            and sum(1 for review in r.product.reviews if review.rating >= (stars or 0)) == good
            for r in records
        )
        _say(line, ClaimKind.RATING, match[0], true, "not what the reviews give")
    for match in line.each(_NO_WORD):
        number = int(match["of"] or match["zh"])
        records = [line.records[i] for i in line.hint if i in line.records]
        true = bool(records) and all(len(r.product.reviews) == number for r in records)
        _say(line, ClaimKind.RATING, match[0], true, "not the number of its reviews")
