"""Numbers as shoppers write them: 1,299.00 and 1.299,00, "two hundred", 一千五, 两三百, 1.5k."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORD_VALUES = {w: n for n, w in enumerate(_SMALL)} | {
    w: 10 * n for n, w in enumerate(_TENS, start=2)
}
WORD_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 1_000_000}
SCALES = {
    "k": 1000,
    "w": 10_000,
    "百": 100,
    "千": 1000,
    "万": 10_000,
    "亿": 100_000_000,
} | WORD_SCALES

ZH_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
ZH_UNITS = {"十": 10, "百": 100, "千": 1000}
ZH_MYRIADS = {"万": 10_000, "亿": 100_000_000}

# Grouped forms come first: "1,299" is one number, not "1" and "299". Nine digits are enough
# for any price and keep every Decimal exact.
_DIGITS = (
    r"\d{1,3}(?:[,'’]\d{3})+(?:\.\d{1,2})?"
    r"|\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?"
    r"|\d{1,3}(?: \d{3})+(?=\s?(?:€|eur|kr|zł|руб))"
    r"|\d{1,9}(?:[.,]\d{1,2})?"
)
_ZH = r"[零〇一二两俩三四五六七八九十百千万亿几]"
_WORD = "|".join([*WORD_VALUES, *WORD_SCALES])
# "Two hundred and fifty" is one number, "one and two hundred" are two.
_AND = r"(?:(?<=hundred)|(?<=thousand)|(?<=grand))\s+and\s+"
# The scale letter must not run on ("4kg"); "w" is 万 only in Chinese and read there.
NUMBER = (
    rf"(?:(?:{_DIGITS})(?![\d]|[.,]\d)"
    rf"(?:\s?(?:hundred|thousand|grand|million)\b|\s?k(?![a-z0-9])|w(?=[元块以左])"
    rf"|[百千万亿](?:[零〇一二两三四五六七八九\d](?![.\d])|[零〇一二两三四五六七八九十百千\d]+)?)?"
    # No numeral is longer; an endless run of them must not cost quadratic time.
    rf"|{_ZH}{{1,12}}(?!{_ZH})"
    rf"|(?:an?\s+)?(?:couple(?:\s+of)?\s+|few\s+)(?:hundred|thousand|grand)\b"
    rf"|(?:an?\s+)?(?:hundred|thousand|grand)\b"
    rf"(?:(?:[\s-]+|{_AND})(?:{_WORD})\b)*"
    rf"|(?:{_WORD})\b(?:(?:[\s-]+|{_AND})(?:{_WORD})\b)*)"
)

_TRAILING_SCALE = re.compile(
    r"(.*?)\s?(hundred|thousand|grand|million|k|w|百|千|万|亿)$", re.DOTALL
)
# 两三百, 三四千, 五六十: two neighbouring digits before one unit are a range.
_NEIGHBOURS = re.compile(r"([一二两三四五六七八])([二两三四五六七八九])([十百千万]{1,2})")
_FEW = re.compile(r"几([十百千万]{1,2})|([十百千万]{1,2})几")

Interval = tuple[Decimal, Decimal]


def parse_number(text: str) -> Interval | None:
    """The interval `text` (a match of NUMBER) stands for; both ends equal for a plain number.

    None when it stands for no number.
    """
    text = text.strip().lower()
    if not text:
        return None
    if re.search(_ZH, text):
        return _parse_chinese(text)
    if text[0].isdigit():
        return _parse_digits(text)
    return _parse_words(text)


def _parse_digits(text: str) -> Interval | None:
    """ "1,299.00", "1.5k", "3 hundred"."""
    match = _TRAILING_SCALE.fullmatch(text)
    digits, scale = (match[1], SCALES[match[2]]) if match else (text, 1)
    value = parse_separators(digits, scaled=scale > 1)
    return None if value is None else (value * scale, value * scale)


def parse_separators(digits: str, *, scaled: bool = False) -> Decimal | None:
    """Digits with English or continental separators; three digits after one are thousands.

    A `scaled` number ("1,5k", "1.299k") has no thousands separator, only a decimal one.
    """
    digits = re.sub(r"[ '’]", "", digits)
    if scaled:
        digits = digits.replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", digits):
        digits = digits.replace(".", "").replace(",", ".")
    else:
        digits = digits.replace(",", ".")
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None


def _parse_words(text: str) -> Interval | None:
    """ "two hundred and fifty", "a thousand", "a couple of hundred"."""
    total = current = 0
    for word in re.findall(r"[a-z]+", text):
        if word in WORD_VALUES:
            value = WORD_VALUES[word]
            # "Two fifty" is 250 in a shop.
            spoken = 1 <= current <= 9 and value >= 20
            current = current * 100 + value if spoken else current + value
        elif word == "couple":
            current = 2
        elif word == "few":
            current = 3
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in WORD_SCALES:
            total += (current or 1) * WORD_SCALES[word]
            current = 0
    number = Decimal(total + current)
    return number, number


def _parse_chinese(text: str) -> Interval | None:
    """一千五 (1500), 两百五十, 1千2, 3.5万, 两三百 (200 to 300), 几百 (200 to 1000)."""
    if match := _NEIGHBOURS.fullmatch(text):
        low, high = ZH_DIGITS[match[1]], ZH_DIGITS[match[2]]
        if high == low + 1:
            unit = _units(match[3])
            return low * unit, high * unit
    if match := _FEW.fullmatch(text):
        unit = _units(match[1] or match[2])
        return (2 * unit, 10 * unit) if match[1] else (unit, 2 * unit)
    value = _chinese_value(text)
    return None if value is None else (value, value)


def _units(text: str) -> Decimal:
    """百 → 100, 十万 → 100,000."""
    value = 1
    for c in text:
        value *= ZH_UNITS.get(c) or ZH_MYRIADS[c]
    return Decimal(value)


def _chinese_value(text: str) -> Decimal | None:
    """One Chinese numeral, Arabic digits mixed in allowed."""
    tokens = re.findall(r"\d+(?:[.,]\d+)*|.", text)
    if all(t in ZH_DIGITS for t in tokens):
        return Decimal("".join(str(ZH_DIGITS[t]) for t in tokens))
    total = section = Decimal(0)
    pending: Decimal | None = None
    last_unit = Decimal(1)
    for token in tokens:
        if token in ZH_UNITS:
            last_unit = Decimal(ZH_UNITS[token])
            section += (Decimal(1) if pending is None else pending) * last_unit
            pending = None
        elif token in ZH_MYRIADS:
            last_unit = Decimal(ZH_MYRIADS[token])
            section += pending or 0
            total += (section or Decimal(1)) * last_unit
            section, pending = Decimal(0), None
        elif token in ZH_DIGITS:
            pending = Decimal(ZH_DIGITS[token])
            if not pending:  # 零 says that the next digit stands for itself: 一百零五
                last_unit = Decimal(1)
        elif token[0].isdigit():
            pending = parse_separators(token)
        else:
            return None
    if pending is not None:
        # 一千五 and 三万二 leave out the unit below; 十五 does not.
        shortened = last_unit >= 100 and pending < 10
        section += pending * last_unit / 10 if shortened else pending
    return total + section
