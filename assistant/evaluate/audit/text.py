"""Texts, numbers, units and amounts of money as the auditor reads them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from babel.numbers import get_currency_name

from retrieval.types import Language

CJK = "\u3400-\u4dbf\u4e00-\u9fff"
HAS_CJK = re.compile(f"[{CJK}]")
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
# Names of products become one such character each: patterns stay readable.
MENTION = "[\ue000-\uf8ff]"
_COUNT_WORDS = "two three four five six seven eight nine ten"
COUNTS = {
    **dict(
        zip(
            ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
            range(2, 11),
            strict=True,
        )
    ),
    **dict(zip("两二三四五六七八九十", (2, 2, 3, 4, 5, 6, 7, 8, 9, 10), strict=True)),
}
COUNT = rf"(?:{'|'.join(COUNTS)}|\d+)"

# base unit: {spelling: how many bases one is}
_UNITS: dict[str, dict[str, str]] = {
    "g": {
        "mg 毫克": "0.001",
        "g gram grams 克": "1",
        "kg kilo kilos kilogram kilograms 公斤 千克": "1000",
        "oz ounce ounces 盎司": "28.349523125",
        "lb lbs pound pounds 磅": "453.59237",
        "斤": "500",
    },
    "mm": {
        "mm millimetre millimetres millimeter millimeters 毫米": "1",
        "cm centimetre centimetres centimeter centimeters 厘米 公分": "10",
        "m metre metres meter meters 米": "1000",
        "km kilometre kilometres kilometer kilometers 公里 千米": "1000000",
        'in inch inches " ″ ” 英寸 寸 吋': "25.4",
        "ft foot feet 英尺": "304.8",
    },
    "ml": {
        "ml millilitre millilitres milliliter milliliters 毫升": "1",
        "cl": "10",
        "l litre litres liter liters 升": "1000",
    },
    "mb": {
        "kb": "0.001",
        "mb": "1",
        "gb": "1000",
        "tb": "1000000",
    },
    "s": {
        "ms 毫秒": "0.001",
        "s sec second seconds 秒": "1",
        "min mins minute minutes 分钟": "60",
        "h hr hrs hour hours 小时 个小时": "3600",
        "day days 天": "86400",
    },
    "w": {"w watt watts 瓦": "1", "kw kilowatt kilowatts 千瓦": "1000"},
    "v": {"v volt volts 伏": "1"},
    "hz": {
        "hz 赫兹": "1",
        "khz 千赫": "1000",
        "mhz 兆赫": "1000000",
        "ghz 吉赫": "1000000000",
    },
    "mah": {"mah 毫安 毫安时": "1", "ah 安时": "1000"},
    "wh": {"wh 瓦时": "1"},
    "db": {"db decibel decibels 分贝": "1"},
    "lm": {"lm lumen lumens 流明": "1"},
    "dpi": {"dpi": "1"},
    "mp": {"mp megapixel megapixels 百万像素 万像素": "1"},
    "c": {"°c ℃ celsius 摄氏度": "1"},
    "%": {"% percent": "1"},
    "rpm": {"rpm 转": "1"},
    "ppm": {"ppm": "1"},
    "year": {"year years 年": "1"},
    "month": {"month months 个月": "1"},
    "mbps": {"mbps mbit/s": "1", "gbps gbit/s": "1000"},
    "nit": {"nit nits 尼特": "1"},
}
_SYMBOLS = {
    "$": "USD AUD CAD NZD SGD HKD TWD MXN",
    "us$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY JPY",
    "cn¥": "CNY",
    "jp¥": "JPY",
    "hk$": "HKD",
    "₹": "INR",
    "₩": "KRW",
    "dollar": "USD AUD CAD NZD SGD HKD TWD",
    "dollars": "USD AUD CAD NZD SGD HKD TWD",
    "euro": "EUR",
    "euros": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "yuan": "CNY",
    "rmb": "CNY",
    "元": "CNY",
    "块": "CNY",
    "美金": "USD",
}


class Unit(NamedTuple):
    """A unit's base and how many bases one unit is."""

    base: str
    factor: Decimal


@cache
def _units() -> dict[str, Unit]:
    return {
        spelling: Unit(base, Decimal(factor))
        for base, spellings in _UNITS.items()
        for names, factor in spellings.items()
        for spelling in names.split()
    }


def find_unit(text: str | None) -> Unit | None:
    """The unit of a spelling, or None."""
    return _units().get(normalise(text).strip().lower()) if text else None


@cache
def unit_pattern() -> str:
    """Alternatives of all spellings; a Latin one ends at a word's end."""
    spellings = sorted(_units(), key=len, reverse=True)
    return "|".join(
        re.escape(s) + ("(?![a-z])" if s[-1].isalpha() and s.isascii() else "") for s in spellings
    )


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Compatibility forms (full width, superscripts) as plain ones, single spaces.

    A Chinese comma keeps its pause: "4.7，238" is no number.
    """
    return " ".join(unicodedata.normalize("NFKC", text.replace("，", ", ")).split())


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """`text` normalised, in lower case."""
    return normalise(text).lower()


def to_decimal(text: str) -> Decimal:
    """The number that `NUMBER` matched."""
    return Decimal(text.replace(",", ""))


def close(one: Decimal, other: Decimal) -> bool:
    """Equal but for rounding in the shown digits of a converted measure."""
    return one == other or abs(one - other) <= max(abs(one), abs(other)) * Decimal("0.004")


_STEM_ENDS = (
    "ings",
    "ing",
    "edly",
    "ness",
    "ies",
    "ied",
    "ers",
    "est",
    "ely",
    "es",
    "ed",
    "er",
    "ly",
    "s",
    "y",
    "e",
)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A crude stem: enough to let "quietly" meet "quiet" and "matches" meet "matching"."""
    for end in _STEM_ENDS:
        if word.endswith(end) and len(word) - len(end) >= 3:
            word = word[: -len(end)]
            break
    # "stopped", "running": the consonant was doubled for the ending.
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


_WORD = re.compile(rf"[^\W_{CJK}\ue000-\uf8ff]+")


def latin_words(text: str) -> list[str]:
    """The Latin words and numbers of folded `text`."""
    return _WORD.findall(text)


@cache
def money_patterns(currencies: frozenset[str]) -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    """A pattern (groups ``pre``, ``n1`` or ``n2``, ``post``) and what a spelling may mean."""
    table = {spelling: frozenset(codes.split()) for spelling, codes in _SYMBOLS.items()}
    for code in (*currencies, "USD", "EUR", "GBP", "CNY", "JPY", "HKD"):
        table.setdefault(code.lower(), frozenset({code}))
        for language in Language:
            for count in (1, 2):
                name = get_currency_name(code, count, locale=str(language))
                table.setdefault(fold(name), frozenset({code}))
    before = [s for s in table if not HAS_CJK.search(s) and (not s.isalpha() or len(s) == 3)]
    after = [s for s in table if s not in ("us$", "hk$", "cn¥", "jp¥")]
    pre = "|".join(re.escape(s) for s in sorted(before, key=len, reverse=True))
    post = "|".join(
        re.escape(s) + ("(?![a-z])" if s.isascii() and s.isalpha() else "")
        for s in sorted(after, key=len, reverse=True)
    )
    return (
        re.compile(
            rf"(?<![a-z])(?P<pre>{pre})\s?(?P<n1>{NUMBER})|(?<![a-z0-9.])(?P<n2>{NUMBER})\s?(?P<post>{post})"
        ),
        table,
    )
