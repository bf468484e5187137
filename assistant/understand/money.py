"""Prices in a message: "under 30", "$1-1.5k", 两千元以内, 200到300块, 一千五左右."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, auto

from assistant.understand import price_words as words
from assistant.understand.currency import (
    AFTER,
    BEFORE,
    CENT,
    convert_to_store,
    note_conversion,
    resolve_currency,
)
from assistant.understand.numbers import NUMBER, parse_number
from assistant.understand.scan import TAKEN, Scan
from retrieval.types import Language, Range, StoreInfo
from retrieval.units import UNITS

# "Around 100" is 80 to 120: wide enough to hold something, narrow enough to mean it.
AROUND = Decimal("0.2")
# A range without currency or price word ("500-1000的球拍") is a price only from here on:
# below it is more often a size, an age or a count.
BARE_RANGE_MINIMUM = 50
# "At least 4 ports" counts; nobody asks for a price of at least 4.
COUNT_MAXIMUM = 100


class Bound(Enum):
    """Which side of the price a number bounds."""

    BELOW = auto()
    AT_MOST = auto()
    ABOVE = auto()
    AT_LEAST = auto()
    AROUND = auto()


@dataclass(frozen=True, slots=True)
class PriceReading:
    """The price asked for in the store's currency, and what the shopper should be told.

    `sure` is False for a bare range that only looks like a price.
    """

    range: Range
    sure: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Amount:
    """One number or pair of numbers at text[start:end], the currency's name when written."""

    start: int
    end: int
    low: Decimal
    high: Decimal
    currency: str | None
    paired: bool
    plus: bool = False
    joint: str = ""


_NUM = rf"(?<![a-z0-9_/])(?<!\d[.,])(?<![a-z0-9]-){NUMBER}"
_AMOUNT = re.compile(
    rf"(?P<pre>{BEFORE})?\s?(?P<low>{_NUM})(?:(?P<plus>\+)?(?P<odd>[来多])?\s?(?P<mid>{AFTER}))?"
    rf"(?:\s?(?P<joint>-|~|–|\bto\b|\band\b|\bor\b|到|至|和)\s?(?P<pre2>{BEFORE})?\s?(?P<high>{NUMBER}))?"
    rf"(?:\s?(?P<post>{AFTER}))?"
)
_SCALE = re.compile(r"(k|千|百|万|grand|thousand|hundred)$")
_UNIT_AFTER = re.compile(
    r"\s?-?(?:"
    + "|".join(
        re.escape(u) + (r"(?![a-z0-9])" if u[-1].isascii() and u[-1].isalpha() else "")
        for u in sorted(UNITS, key=len, reverse=True)
    )
    + rf"|{words.COUNTED})"
)
# Whatever glues a number to letters makes it a model, a resolution or a share of something.
_GLUED_AFTER = re.compile(r"[a-z0-9_%°]|[-/.x×*][a-z0-9]")
_NOUN_AFTER = re.compile(rf"\s+(?!(?:{words.NOT_NOUNS})\b)[a-z]+")


def read_price(scan: Scan, store: StoreInfo, language: Language) -> PriceReading | None:
    """The price range `scan` states; takes the words it is made of.

    Several statements ("over 200 but under 400") are combined; where they contradict each
    other the later one holds.
    """
    price: Range | None = None
    sure, notes = True, []
    for match in scan.find(_AMOUNT):
        amount = _parse(match, scan.free)
        if amount is None:
            continue
        statement = _classify(amount, scan, language)
        if statement is None:
            continue
        bound, start, end, certain = statement
        scan.take(start, end)
        low, high, note = _convert(amount, store, language)
        price = combine(price, _range(bound, low, high, amount.paired))
        sure = sure and certain
        notes += [note] if note and note not in notes else []
    return PriceReading(price, sure, tuple(notes)) if price else None


def combine(earlier: Range | None, later: Range) -> Range:
    """Both conditions where they can hold together, else the later one."""
    if earlier is None:
        return later
    low = later.minimum if later.minimum is not None else earlier.minimum
    high = later.maximum if later.maximum is not None else earlier.maximum
    if low is not None and high is not None and low >= high:
        return later
    low_from = later if later.minimum is not None else earlier
    high_from = later if later.maximum is not None else earlier
    return Range(
        minimum=low,
        maximum=high,
        exclusive_minimum=low_from.exclusive_minimum,
        exclusive_maximum=high_from.exclusive_maximum,
        derived=high_from.derived,
    )


def _parse(match: re.Match[str], text: str) -> _Amount | None:
    """The amount of one match of _AMOUNT; None when it is a measure, a count or a model."""
    low = parse_number(match["low"])
    joined = match["high"] is not None and _joins(match, text)
    high = parse_number(match["high"]) if joined else low
    if low is None or high is None or high[1] <= 0:
        return None
    end = match.end() if joined or match["high"] is None else _end_of_first(match)
    named = match["pre"] or match["mid"]
    if joined or match["high"] is None:
        named = named or match["pre2"] or match["post"]
    start = match.start("pre") if match["pre"] else match.start("low")
    if named in ("块", "刀") and _counts_things(text, end, high[1]):
        return None
    if not named and (_UNIT_AFTER.match(text, end) or _GLUED_AFTER.match(text, end)):
        return None
    values = (low[0], high[1])
    if joined:
        values = _share_scale(match, low[0], high[1])
    small, large = min(values), max(values)
    return _Amount(
        start, end, small, large, named, small != large, bool(match["plus"]), match["joint"] or ""
    )


def _joins(match: re.Match[str], text: str) -> bool:
    """Whether two numbers are the ends of one range ("and" needs a "between" before it)."""
    joint = match["joint"]
    before = text[max(0, match.start() - 12) : match.start()]
    if joint in ("and", "和", "or"):
        return bool(re.search(r"(?:between|在|从)\s*$", before)) or (
            joint == "or" and bool(match["post"] and not match["mid"])
        )
    return True


def _end_of_first(match: re.Match[str]) -> int:
    """Where the first number with its currency ends, when the second is not its partner."""
    return match.end("mid") if match["mid"] else match.end("low")


def _share_scale(match: re.Match[str], low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """In "1-2k" and 2到3千 the first number has the second one's scale."""
    scale = _SCALE.search(match["high"])
    if scale and not _SCALE.search(match["low"]) and low < high:
        factor = parse_number("1" + scale[1] if scale[1].isascii() else "一" + scale[1])
        if factor and low * factor[0] <= high:
            return low * factor[0], high
    return low, high


def _counts_things(text: str, end: int, value: Decimal) -> bool:
    """Whether 块 or 刀 counts pieces (两块手表) rather than money (两块钱, 20块的)."""
    follows = text[end : end + 2]
    if not follows or not re.match(r"[\u4e00-\u9fff]", follows):
        return False
    return value < 10 and not re.match(r"钱|以|之|左右|上下|到|至|的|起|内|一", follows)


def _classify(
    amount: _Amount, scan: Scan, language: Language
) -> tuple[Bound, int, int, bool] | None:
    """What the words around `amount` make of it: bound, span to take, certainty."""
    before, after = scan.free[: amount.start], scan.free[amount.end :]
    prefix, suffix = words.PREFIXES.match_end(before), words.SUFFIXES.match_start(after)
    budget = words.BUDGET_BEFORE.search(before[: prefix.start if prefix else len(before)])
    budget_after = words.BUDGET_AFTER.match(after[suffix.end if suffix else 0 :])
    start = budget.start() if budget else prefix.start if prefix else amount.start
    end = amount.end + (suffix.end if suffix else 0) + (budget_after.end() if budget_after else 0)
    money = bool(amount.currency or budget or budget_after)
    word = _strongest(prefix, suffix)
    if not money and not _bare_is_price(amount, before, after, prefix, suffix, language):
        return None
    if word or amount.plus:
        bound = Bound[word or "AT_LEAST"]
    elif (
        amount.paired
        or budget
        or budget_after
        or words.SPEND_BEFORE.search(before)
        or words.MAXIMUM_LAST.search(after)
    ):
        bound = Bound.AT_MOST
    else:
        bound = Bound.AROUND
    sure = money or bool(prefix or suffix) or not scan.free[start:end].count("-")
    return bound, start, end, sure


def _strongest(prefix: words.Word | None, suffix: words.Word | None) -> str | None:
    """The bound of both words together: in 不超过500左右 the limit counts, not the 左右."""
    for word in (suffix, prefix):
        if word and word.meaning not in ("AROUND", "RANGE"):
            return word.meaning
    return "AROUND" if any(w and w.meaning == "AROUND" for w in (prefix, suffix)) else None


def _bare_is_price(
    amount: _Amount,
    before: str,
    after: str,
    prefix: words.Word | None,
    suffix: words.Word | None,
    language: Language,
) -> bool:
    """Whether a number without currency is a price, by what stands around it."""
    head = before[: prefix.start] if prefix else before
    if words.MEASURED_BEFORE.search(head) or _is_age(amount, head):
        return False
    rest = after[suffix.end :] if suffix else after
    noun = bool(_NOUN_AFTER.match(rest)) and not words.PRICE_AFTER.match(rest)
    if prefix or suffix:
        word = _strongest(prefix, suffix)
        if word is None and not amount.paired:
            return False
        if word in ("ABOVE", "AT_LEAST", "AROUND") and amount.high < COUNT_MAXIMUM and noun:
            return False
        if word == "AROUND" and language is Language.CHINESE and amount.high < BARE_RANGE_MINIMUM:
            return False
        return not (word == "AROUND" and noun)
    alone = not before.strip(f" ,.!?{TAKEN}") and not after.strip(f" ,.!?{TAKEN}")
    elliptic = language is Language.CHINESE and bool(re.match(r"\s?(?:的|之间|$|[,。!])", after))
    # "Coffee machine 200 to 400"; a hyphen there may as well be a model ("lens 70-200").
    last = amount.joint == "to" and not after.strip(" .!?")
    large = amount.low >= BARE_RANGE_MINIMUM
    return amount.paired and (alone or (large and (elliptic or last)))


def _is_age(amount: _Amount, head: str) -> bool:
    """Whether a number behind people says how old they are."""
    people = words.PEOPLE_BEFORE.search(head) and not words.PARTY_BEFORE.search(head)
    return bool(people) and amount.high <= words.OLDEST


def _convert(
    amount: _Amount, store: StoreInfo, language: Language
) -> tuple[Decimal, Decimal, str | None]:
    """Both ends in the store's currency, and the note that says so."""
    if amount.currency is None:
        return amount.low, amount.high, None
    code = resolve_currency(amount.currency, store)
    if code == store.currency:
        return amount.low, amount.high, None
    low = convert_to_store(amount.low, code, store)
    high = convert_to_store(amount.high, code, store)
    note = note_conversion(code, store, language)
    return (amount.low, amount.high, note) if low is None or high is None else (low, high, note)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _range(bound: Bound, low: Decimal, high: Decimal, paired: bool) -> Range:
    """The interval that `bound` makes of a number, or a pair of numbers in its own right."""
    if paired and bound in (Bound.AROUND, Bound.AT_MOST, Bound.AT_LEAST):
        return Range(minimum=low, maximum=high)
    match bound:
        case Bound.BELOW:
            return Range(maximum=high, exclusive_maximum=True)
        case Bound.AT_MOST:
            return Range(maximum=high)
        case Bound.ABOVE:
            return Range(minimum=low, exclusive_minimum=True)
        case Bound.AT_LEAST:
            return Range(minimum=low)
        case Bound.AROUND:
            return Range(
                minimum=_cents(low * (1 - AROUND)),
                maximum=_cents(high * (1 + AROUND)),
                derived=True,
            )
