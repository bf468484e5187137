"""Numbers with what they count: read from folded text, compared by what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from assistant.answer.money import currency_surfaces, money_pattern
from retrieval.types import Language
from retrieval.units import UNITS, Unit, convert, find_unit

_DIGITS = "零一二三四五六七八九"
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "dozen": 12,
}
# Units that are words as well count only when written onto the number ("27in").
_ATTACHED = frozenset(("in", "a", "d", "'", "''"))
_CHINESE_UNITS = {
    "inch": "英寸",
    "percent": "%",
    "h": "小时",
    "min": "分钟",
    "s": "秒",
    "day": "天",
    "kg": "公斤",
    "g": "克",
    "cm": "厘米",
    "mm": "毫米",
    "m": "米",
    "l": "升",
    "ml": "毫升",
    "w": "瓦",
    "db": "分贝",
}
_ENGLISH_UNITS = {
    "percent": "%",
    "inch": "inch",
    "db": "dB",
    "gb": "GB",
    "tb": "TB",
    "mb": "MB",
    "w": "W",
    "kw": "kW",
    "v": "V",
    "mah": "mAh",
    "ah": "Ah",
    "wh": "Wh",
    "kwh": "kWh",
    "hz": "Hz",
    "khz": "kHz",
    "mhz": "MHz",
    "ghz": "GHz",
    "mbps": "Mbps",
    "gbps": "Gbps",
    "mp": "MP",
    "c": "°C",
    "l": "L",
}


# From here on a weight is read in kilograms.
_GRAMS = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written: its span in the text, its unit, or the currencies it may be in.

    `step` is the value of the last digit written, i.e. how exactly it was said.
    """

    value: Decimal
    step: Decimal
    start: int
    end: int
    unit: Unit | None = None
    currencies: frozenset[str] = frozenset()
    word: bool = False
    raw: str = ""

    @property
    def is_money(self) -> bool:
        """Whether a currency was written."""
        return bool(self.currencies)

    @property
    def is_percent(self) -> bool:
        """Whether a percent sign was written."""
        return self.unit is not None and self.unit.base == "percent"

    def equals(self, value: Decimal, unit: str | None) -> bool:
        """Whether `value` in `unit` is this quantity, rounded as written, units converted.

        A decimal that was written short ("1.2 kg" for 1234 g) counts as rounded; a whole
        number only when a conversion was needed ("43 cm" for 17 inch).
        """
        if self.unit is None:
            return value == self.value
        mine = convert(value, unit, self.unit.symbol)
        if mine is None:
            return False
        known = find_unit(unit)
        same_unit = known is not None and known.symbol == self.unit.symbol
        if same_unit:
            return mine == self.value
        return abs(mine - self.value) <= self.step / 2 and self._precise_enough(mine)

    def _precise_enough(self, value: Decimal) -> bool:
        # "1 kg" for 1400 g would be rounding away a claim; one percent is not.
        return abs(value - self.value) * 100 <= abs(value)


@cache
def _number_pattern() -> re.Pattern[str]:
    loose = sorted((u for u in UNITS if u not in _ATTACHED), key=len, reverse=True)
    tight = sorted((u for u in _ATTACHED if u in UNITS), key=len, reverse=True)

    def join(names: list[str]) -> str:
        return "|".join(
            re.escape(n) + (r"(?![a-z])" if n[-1].isalpha() and n.isascii() else "") for n in names
        )

    return re.compile(
        r"(?<![a-z0-9])(?<!\d[.,])(?<![a-z0-9]-)(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|"
        r"\d+(?:\.\d+)?)(?P<scale>[万千])?"
        rf"(?:[\s-]?(?P<loose>{join(loose)})(?!/)|-?(?P<tight>{join(tight)})(?!/))?(?![a-z0-9])"
    )


@cache
def _word_pattern() -> re.Pattern[str]:
    words = "|".join(_WORDS)
    return re.compile(
        rf"\b(?P<word>{words})\b|"
        rf"(?P<chinese>[两零一二三四五六七八九十百千万]*[两二三四五六七八九十百千万])"
        r"(?=[款个件种条位名人台只双套颗项口端天年月元块美欧英厘毫公千克升瓦分折成者])"
    )


def read_quantities(text: str) -> Iterator[Quantity]:
    """The quantities of folded `text` in reading order; digits inside names are left alone."""
    found = [*_money(text)]
    taken = [(q.start, q.end) for q in found]
    for quantity in (*_numbers(text), *_words(text)):
        if not any(s < quantity.end and quantity.start < e for s, e in taken):
            found.append(quantity)
            taken.append((quantity.start, quantity.end))
    for quantity in sorted(found, key=lambda q: q.start):
        yield replace(quantity, raw=text[quantity.start : quantity.end])


def _money(text: str) -> Iterator[Quantity]:
    for match in money_pattern().finditer(text):
        amount = match["amount"] or match["late_amount"]
        scale = match["scale"] or match["late_scale"] or ""
        surface = match["before"] or match["after"]
        value, step = _read(amount, scale)
        currencies = currency_surfaces()[surface.strip()]
        yield Quantity(value, step, match.start(), match.end(), currencies=currencies)


def _numbers(text: str) -> Iterator[Quantity]:
    for match in _number_pattern().finditer(text):
        value, step = _read(match["number"], match["scale"] or "")
        unit = find_unit(match["loose"] or match["tight"])
        yield Quantity(value, step, match.start(), match.end(), unit)


def _words(text: str) -> Iterator[Quantity]:
    for match in _word_pattern().finditer(text):
        word = match["word"]
        value = _WORDS[word] if word else read_chinese_number(match["chinese"])
        start, end = match.span()
        rest = text[end : end + 4]
        currency = next((c for c in _chinese_currencies() if rest.startswith(c)), "")
        currencies = currency_surfaces().get(currency, frozenset())
        yield Quantity(
            Decimal(value), Decimal(1), start, end + len(currency), None, currencies, word=True
        )


@cache
def _chinese_currencies() -> tuple[str, ...]:
    return tuple(sorted((s for s in currency_surfaces() if not s.isascii()), key=len, reverse=True))


def _read(number: str, scale: str) -> tuple[Decimal, Decimal]:
    value = Decimal(number.replace(",", ""))
    factor = Decimal(_SCALES.get(scale, 1))
    exponent = value.as_tuple().exponent
    return value * factor, Decimal(1).scaleb(int(exponent)) * factor


def read_chinese_number(text: str) -> int:
    """The value of a Chinese numeral below one hundred million ("两千五百" is 2500)."""
    total = section = digit = 0
    for character in text.replace("两", "二"):
        if character in _DIGITS:
            digit = _DIGITS.index(character)
        elif character == "万":
            total += (section + digit) * 10000
            section = digit = 0
        else:
            section += (digit or 1) * _SCALES[character]
            digit = 0
    return total + section + digit


def format_number(value: Decimal) -> str:
    """`value` without needless zeros, thousands grouped from 10,000 on."""
    text = f"{value.normalize():f}" if value else "0"
    whole, _, fraction = text.partition(".")
    if len(whole.lstrip("-")) > 4:
        whole = f"{int(whole):,}"
    return f"{whole}.{fraction}" if fraction else whole


def format_quantity(value: Decimal, unit: str | None, language: Language) -> str:
    """`value` with its unit as a shopper of `language` reads it: "1.2 kg", "27英寸"."""
    if not unit:
        return format_number(value)
    known = find_unit(unit)
    if known and known.symbol == "g" and value >= _GRAMS:
        value, known = value / _GRAMS, find_unit("kg")
    number = format_number(value)
    symbol = known.symbol if known else unit
    if language is Language.CHINESE:
        return f"{number}{_CHINESE_UNITS.get(symbol) or _ENGLISH_UNITS.get(symbol, symbol)}"
    shown = _ENGLISH_UNITS.get(symbol, symbol)
    return f"{number}{shown}" if shown in ("%", "x") else f"{number} {shown}"
