"""Quotations, ratings and stock."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from assistant.evaluate.audit.line import ClaimKind, Line
from assistant.evaluate.audit.record import AuditRecord
from assistant.evaluate.audit.text import COUNTS, NUMBER, fold, to_decimal

_QUOTE = re.compile(
    r"(?:\ba (?P<stars>\d)-star review(?: of it)? says|一条(?P<zh>\d)星评价写道|"
    r"描述写道|description says)?:?\s*[“\"](?P<text>[^”\"]{8,})[”\"]"
)
_PEOPLE = r"customers?|people|reviewers?|buyers?|users?|shoppers?|owners?|reviews?|ratings?"
_COUNT = re.compile(
    rf"(?:by |from |based on |in |with |\()?(?<![\d.])(?<!of )(?<!/)(?P<n>\d{{1,3}}(?:,\d{{3}})+|"
    rf"\d+) (?:verified )?(?:{_PEOPLE})\b|"
    r"(?P<zh>\d{1,3}(?:,\d{3})+|\d+)\s?(?:位|个|名|条|则|人)(?:顾客|"
    r"用户|客户|买家|网友|人)?(?:的)?(?:评价|评论|评分|打分|购买者)?"
)
_SCALE = (
    r"(?:\s?(?:of|out of|/)\s?(?P<{0}>\d+))?(?:\s?(?:stars?|分|星))?"
    r"(?:\s?\(?满分(?P<{0}z>\d+)分?\)?)?"
)
_RATING = re.compile(
    r"(?:rated(?: at)?|rating(?: of| is|:)?|scored?|scores|"
    r"评分(?:为|是|高达|达到|达|:)?|评价(?:为|是|:)?)\s*"
    rf"(?P<a>{NUMBER}){_SCALE.format('s')}|"
    rf"(?<![\d.])(?P<b>{NUMBER})(?:\s?(?:of|out of|/) ?(?P<t>\d+)| stars?\b|"
    rf"-star rat\w+|星|分(?!钟|贝))"
    r"(?: ?stars?)?"
)
_FULL_MARKS = "5"
_LEFT = re.compile(
    r"(?:only |just )?(?P<n>\d+|one|two|three|four)(?: (?:pieces?|units?|"
    r"items?))? (?:left|remaining|in stock)(?: in stock)?|"
    r"(?:仅剩|只剩|还剩|剩余|剩|库存(?:仅|为|是|:)?)\s?(?P<zh>\d+)\s?(?:件|个|台|双)?"
)
_STOCK = re.compile(
    r"(?P<no>not (?:currently )?(?:in stock|available)|isn't (?:in stock|"
    r"available)|out of stock|sold out|unavailable|"
    r"无货|没货|没有现货|没有货|缺货|已?售罄|无库存|断货|卖完)|"
    r"(?P<yes>in stock|available(?: now)?|ready to ship|有现货|现货|有货|有库存|库存充足)"
)
_NOT = re.compile(r"(?:\bnot|n't|never|\bno longer|[不没]是?)\s*$")


def check_quotes(line: Line) -> None:
    """A quotation stands in a description or review of the product, word for word."""
    for match in line.each(_QUOTE):
        said = fold(match["text"])
        stars = match["stars"] or match["zh"]
        true = line.holds(
            line.subjects(match.start()),
            lambda r, q=said, s=stars: _is_quoted(r, q, s),  # type: ignore[misc]
        ) or _is_published(line, said)
        line.add(ClaimKind.QUOTE, match[0], true, "" if true else "nobody wrote this")


def _is_published(line: Line, quote: str) -> bool:
    """Whether every part of the quotation stands in what the store has published."""
    parts = [part.strip(" .") for part in re.split(r"…|\.\.\.", quote) if part.strip(" .")]
    return bool(parts) and any(all(part in text for part in parts) for text in line.texts)


def _is_quoted(record: AuditRecord, quote: str, stars: str | None) -> bool:
    if stars:
        return any(str(r.rating) == stars and quote in fold(r.text) for r in record.product.reviews)
    return quote in record.soft or quote in record.hard


def check_ratings(line: Line) -> None:
    """Average ratings and how many gave them."""
    for match in line.each(_COUNT):
        number = to_decimal(match["n"] or match["zh"])
        true = line.holds(
            line.subjects(match.start()),
            lambda r, n=number: n in (r.product.rating_count, len(r.product.reviews)),  # type: ignore[misc]
        )
        line.add(ClaimKind.RATING, match[0], true, "" if true else "not how many rated it")
    for match in line.each(_RATING):
        rating = to_decimal(match["a"] or match["b"])
        subjects = line.subjects(match.start())
        scales = [g for g in (match["s"], match["sz"], match["t"]) if g]
        true = all(scale == _FULL_MARKS for scale in scales) and line.holds(
            subjects,
            lambda r, n=rating: r.product.rating == n,  # type: ignore[misc]
        )
        line.add(ClaimKind.RATING, match[0], true, "" if true else "not its rating")


def check_stock(line: Line) -> None:
    """In stock, sold out, how many are left."""
    for match in line.each(_LEFT):
        word = match["n"] or match["zh"]
        count = int(word) if word.isdigit() else COUNTS.get(word, 1)
        true = line.holds(
            line.subjects(match.start()),
            lambda r, n=count: _stock(r) == n,  # type: ignore[misc]
        )
        line.add(ClaimKind.STOCK, match[0], true, "" if true else "not what is left")
    for match in line.each(_STOCK):
        denied = bool(match["no"]) != bool(_NOT.search(line.text[: match.start()]))
        test: Callable[[AuditRecord], bool] = _sold_out if denied else _in_stock
        true = line.holds(line.subjects(match.start()), test)
        line.add(ClaimKind.STOCK, match[0], true, "" if true else "the stock says otherwise")


def _stock(record: AuditRecord) -> Decimal | None:
    stock = record.product.stock
    return None if stock is None else Decimal(stock)


def _in_stock(record: AuditRecord) -> bool:
    return record.product.stock is not None and record.product.stock > 0


def _sold_out(record: AuditRecord) -> bool:
    return record.product.stock == 0
