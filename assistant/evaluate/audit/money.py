"""Prices, differences, budgets, list prices and discounts."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.evaluate.audit.line import ClaimKind, Line, Subjects
from assistant.evaluate.audit.record import AuditRecord
from assistant.evaluate.audit.text import MENTION, NUMBER, money_patterns, to_decimal

_CENT = Decimal("0.01")
_UNDER = r"under|below|less than|within|inside|short of|低于|低|少于|少|不到|以内|以下|便宜|省"
_OVER = r"over|above|more than|beyond|exceeds?|past|高于|高出|高|多|超出|超过|超|贵|以上"
# What stands after an amount, nearest first.
_BUDGET_AFTER = re.compile(
    rf"^\s*(?P<d>{_UNDER}|{_OVER})\s*(?:your|the|my|a|您的|你的|的)?\s*(?:\w+ )?(?:budget|"
    rf"limit|预算)"
)
_IS_BUDGET_AFTER = re.compile(r"^\s*(?:的)?\s*(?:budget|limit|预算)")
_PRODUCT_AFTER = re.compile(
    r"^\s*(?P<d>cheaper|less(?: expensive)?|lower|more(?: expensive)?|"
    r"pricier|dearer|higher|better)(?: than|$|[ .,])"
)
_OFF_AFTER = re.compile(r"^\s*(?:off|discount|savings?|的?(?:优惠|折扣))")
# What stands before an amount.
_BUDGET_BEFORE = re.compile(r"(?:budget|limit)(?: of| is|:)?\s*$|预算(?:是|为|:)?\s*$")
_BUDGET_DIFFERENCE_ZH = re.compile(
    rf"(?:预算[^,。]{{0,6}}?|比[^,。]{{0,16}}预算[^,。]{{0,3}}?)(?P<d>{_UNDER}|"
    rf"{_OVER})(?:了|出)?\s*$|(?P<e>低于|超出|超过|高于)预算\s*$"
)
_LIST_BEFORE = re.compile(
    r"(?:list price(?: of| is|:)?|originally|was|down from|regular(?:ly)?(?: price(?: "
    r"of)?)?|instead of|原价(?:是|为|:)?|标价|划线价|吊牌价)\s*$"
)
_SAVING_BEFORE = re.compile(
    r"(?:saves?(?: you)?|saving(?: of)?|discount of|reduced by|原价\s*[\d,.]*[^,。\d]{0,6}?(?:低|"
    r"少|省|便宜)(?:了)?|立减|优惠(?:了)?|直降|降(?:了|价)?|节省)\s*$"
)
_PRODUCT_BEFORE_ZH = re.compile(
    rf"(?P<o>{MENTION})[^,。{MENTION[1:-1]}]{{0,4}}?(?P<d>便宜|低|少|"
    rf"贵|高|多)(?:了|出)?\s*$|(?:差|差价|相差|差距)(?:是|为|:)?\s*$"
)
_BOUND_BEFORE = re.compile(
    r"(?:(?P<u>under|below|less than|up to|at most|within|不到|低于|"
    r"不超过)|(?P<o>over|above|more than|at least|超过|高于|不低于))\s*(?:了)?\s*$"
)
_BOUND_AFTER = re.compile(r"^\s*(?:(?P<u>以内|以下)|(?P<o>以上))")
_PERCENT = re.compile(
    rf"(?:discounted|reduced) by ({NUMBER})\s?%|"
    rf"({NUMBER})\s?%\s?(?:off|discount|cheaper than (?:its|the) list|"
    rf"below (?:its|the) list|reduction)|(?:优惠|降价?|便宜|低)(?:了)?\s?({NUMBER})\s?%|"
    rf"({NUMBER})折"
)
_RATE = re.compile(rf"\b1 ([a-z]{{3}}) ?= ?({NUMBER}) ([a-z]{{3}})\b(?:[^。.]*\b\1\b)?")
_ON_SALE = re.compile(
    r"\b(not |n't |isn't )?(?:on sale|discounted|reduced in price|at a discount|"
    r"on offer)\b|(没有?|无|不)?(?:打折|特价|促销|有折扣|有优惠|降价)"
)
_CHEAP_WORDS = (
    "under",
    "below",
    "less",
    "within",
    "inside",
    "short",
    "低",
    "少",
    "不到",
    "以内",
    "以下",
    "便宜",
    "省",
    "cheaper",
    "lower",
)


def check_money(line: Line) -> None:
    """Every amount of money, by what its neighbours say it is."""
    for match in line.each(_RATE):
        true = line.rates.get(match[3].upper()) == to_decimal(match[2])
        line.add(ClaimKind.PRICE, match[0], true, "" if true else "not the store's rate")
    _check_percent(line)
    pattern, spellings = money_patterns(line.currencies)
    for match in list(pattern.finditer(line.text)):
        before, after = line.text[: match.start()], line.text[match.end() :]
        amount = to_decimal(match["n1"] or match["n2"])
        codes = spellings[(match["pre"] or match["post"]).strip()]
        start = match.start()
        subjects = line.subjects(start)
        if not _right_currency(line, subjects, codes, before, after):
            line.add(ClaimKind.PRICE, match[0], False, "another currency than the catalogue's")
        else:
            _judge(line, match[0], amount, before, after, subjects, start)
    for match in list(pattern.finditer(line.text)):
        line.take(match.start(), match.end())
    for match in line.each(_ON_SALE):
        wanted = not (match[1] or match[2])
        on_sale = line.holds(line.subjects(match.start()), lambda r: _saving(r) > 0)
        true = on_sale is wanted
        line.add(
            ClaimKind.DISCOUNT, match[0], true, "" if true else "the list price says otherwise"
        )


def _right_currency(
    line: Line, subjects: Subjects, codes: frozenset[str], before: str, after: str
) -> bool:
    """A budget may be in the shopper's currency; a price may not."""
    if _BUDGET_BEFORE.search(before) or _IS_BUDGET_AFTER.search(after):
        return True
    held = {line.records[i].product.currency for ids in subjects for i in ids if i in line.records}
    held = held or set(line.currencies)
    return bool(held & codes)


def _judge(
    line: Line, text: str, amount: Decimal, before: str, after: str, subjects: Subjects, start: int
) -> None:
    if (match := _BUDGET_AFTER.search(after)) or (match := _BUDGET_DIFFERENCE_ZH.search(before)):
        direction = match["d"] or match.groupdict().get("e") or ""
        sign = 1 if direction.startswith(_CHEAP_WORDS) else -1
        _judge_budget(line, text, amount * sign, subjects)
    elif _BUDGET_BEFORE.search(before) or _IS_BUDGET_AFTER.search(after):
        true = _is_budget(line, amount)
        line.add(
            ClaimKind.BUDGET,
            f"budget {text}",
            true,
            "" if true else "the shopper named no such budget",
        )
    elif _SAVING_BEFORE.search(before) or _OFF_AFTER.search(after):
        true = line.holds(subjects, lambda r: abs(_saving(r) - amount) < _CENT and amount > 0)
        line.add(ClaimKind.DISCOUNT, f"{text} off", true, "" if true else "not the saving")
    elif _LIST_BEFORE.search(before):
        true = line.holds(subjects, lambda r: r.product.list_price == amount)
        line.add(
            ClaimKind.DISCOUNT, f"list price {text}", true, "" if true else "not the list price"
        )
    elif (match := _PRODUCT_AFTER.search(after)) or (match := _PRODUCT_BEFORE_ZH.search(before)):
        _judge_difference(line, text, amount, match, subjects, start)
    elif (match := _BOUND_BEFORE.search(before)) or (match := _BOUND_AFTER.search(after)):
        upper = bool(match["u"])
        true = line.holds(
            subjects, lambda r: any(p <= amount if upper else p >= amount for p in r.prices)
        )
        line.add(
            ClaimKind.PRICE, f"{match[0].strip()} {text}", true, "" if true else "the price is not"
        )
    else:
        true = line.holds(subjects, lambda r: amount in r.prices)
        line.add(ClaimKind.PRICE, text, true, "" if true else _tell(line, subjects))


def _tell(line: Line, subjects: Subjects) -> str:
    prices = sorted(
        str(p) for ids in subjects for i in ids if i in line.records for p in line.records[i].prices
    )
    return f"the price is {', '.join(prices) or 'unknown'}" if subjects else "nobody knows of what"


def _judge_budget(line: Line, text: str, difference: Decimal, subjects: Subjects) -> None:
    true = line.holds(
        subjects,
        lambda r: any(
            abs(budget - price - difference) < _CENT
            for budget in line.amounts
            for price in r.prices
        ),
    )
    where = "under" if difference > 0 else "over"
    line.add(ClaimKind.BUDGET, f"{text} {where} budget", true, "" if true else "not the difference")


def _is_budget(line: Line, amount: Decimal) -> bool:
    return any(abs(amount - stated) < _CENT for stated in line.amounts)


def _judge_difference(
    line: Line,
    text: str,
    amount: Decimal,
    match: re.Match[str],
    subjects: Subjects,
    start: int,
) -> None:
    """ "$20 cheaper than B": the difference to the product named beside it, with its sign."""
    direction = match.groupdict().get("d") or ""
    if "o" in match.groupdict() and match["o"]:
        others = line.objects(match.start("o"), match.start("o") + 1)
    else:
        others = line.objects(start, len(line.original))
    if not others:
        own = {i for ids in subjects for i in ids}
        others = tuple((i,) for i in line.cards if i not in own) if len(line.cards) == 2 else ()
    signs = (1, -1) if not direction else (1,) if direction.startswith(_CHEAP_WORDS) else (-1,)
    true = bool(others) and line.holds(
        subjects,
        lambda r: any(
            abs(theirs - own - amount * sign) < _CENT
            for ids in others
            for i in ids
            if i in line.records
            for theirs in line.records[i].prices
            for own in r.prices
            for sign in signs
        ),
    )
    line.add(
        ClaimKind.COMPARISON,
        f"{text} {direction}",
        true,
        "" if true else "not the difference of the prices",
    )


def _check_percent(line: Line) -> None:
    for match in line.each(_PERCENT):
        number = to_decimal(next(group for group in match.groups() if group))
        if match[4]:
            number = 100 - number * (10 if number < 10 else 1)
        true = line.holds(
            line.subjects(match.start()),
            lambda r, n=number: _saving(r) > 0 and abs(_percent(r) - n) < 1,  # type: ignore[misc]
        )
        line.add(ClaimKind.DISCOUNT, match[0], true, "" if true else "not the discount")


def _saving(record: AuditRecord) -> Decimal:
    product = record.product
    if product.price is None or product.list_price is None:
        return Decimal(0)
    return max(product.list_price - product.price, Decimal(0))


def _percent(record: AuditRecord) -> Decimal:
    listed = record.product.list_price
    return _saving(record) * 100 / listed if listed else Decimal(0)
