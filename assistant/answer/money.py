"""Amounts of money as a shopper reads and writes them, in English and Chinese."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global
from babel.numbers import format_currency, get_currency_name, get_currency_precision

from retrieval.index.analysis import fold
from retrieval.types import Language

# "$" is written for every dollar, "元" for every kuai: the product's currency decides.
_SHARED_SYMBOLS = {
    "$": "USD AUD CAD NZD SGD HKD TWD MXN",
    "¥": "CNY JPY",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "us$": "USD",
    "hk$": "HKD",
    "nt$": "TWD",
    "cn¥": "CNY",
    "jp¥": "JPY",
    "rmb": "CNY",
    "元": "CNY",
    "块": "CNY",
    "块钱": "CNY",
    "元人民币": "CNY",
    "美金": "USD",
    "刀": "USD",
    "镑": "GBP",
    "港币": "HKD",
    "dollar": "USD AUD CAD NZD SGD HKD TWD",
    "buck": "USD AUD CAD NZD SGD",
    "euro": "EUR",
    "pound": "GBP",
    "quid": "GBP",
    "yuan": "CNY",
    "yen": "JPY",
    "won": "KRW",
    "rupee": "INR",
}
# Written before the amount; all others follow it.
_PREFIXES = ("us$", "hk$", "nt$", "cn¥", "jp¥", "rmb", "$", "¥", "€", "£", "₹", "₩")
# Currencies too rare to be written out in full are still known by their code.
_WRITTEN = ("USD", "EUR", "GBP", "CNY", "JPY", "HKD", "TWD", "KRW", "INR", "CAD", "AUD", "CHF")


@cache
def currency_surfaces() -> dict[str, frozenset[str]]:
    """Folded spelling → the ISO 4217 codes it may stand for."""
    table = {surface: frozenset(codes.split()) for surface, codes in _SHARED_SYMBOLS.items()}
    table |= {f"{word}s": codes for word, codes in table.items() if word.isalpha()}
    for code in get_global("all_currencies"):
        table.setdefault(code.lower(), frozenset({code}))
    for code in _WRITTEN:
        for count in (1, 2):
            table[fold(get_currency_name(code, count, locale="en"))] = frozenset({code})
        table[fold(get_currency_name(code, locale="zh"))] = frozenset({code})
    return table


@cache
def money_pattern() -> re.Pattern[str]:
    """Finds amounts in folded text; groups ``before``/``after`` (currency) and ``amount``."""
    amount = r"(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<scale>[万千百]?)"
    codes = "|".join(code.lower() for code in _WRITTEN)
    before = "|".join(re.escape(p) for p in _PREFIXES) + f"|(?:{codes})(?= ?\\d)"
    names = sorted((s for s in currency_surfaces() if s not in _PREFIXES), key=len, reverse=True)
    after = "|".join(re.escape(n) + (r"\b" if n.isascii() else "") for n in names)
    after += "|" + "|".join(re.escape(p) for p in ("€", "£", "¥", "$"))
    return re.compile(
        rf"(?P<before>{before})\s?{amount}|"
        rf"(?<![a-z0-9])(?<!\d[.,])(?<![a-z0-9]-){amount.replace('?P<', '?P<late_')}"
        rf"\s?(?P<after>{after})"
    )


def format_money(amount: Decimal, currency: str, language: Language) -> str:
    """`amount` in `currency`: "$1,649", "CN¥99.50"; in Chinese "1,649美元", "99.5元"."""
    return _format_money(amount, currency, language)


# Babel takes 60 µs, and the same few prices are told many times in a turn.
@lru_cache(maxsize=4096)
def _format_money(amount: Decimal, currency: str, language: Language) -> str:
    digits = get_currency_precision(currency) if currency.isalpha() and len(currency) == 3 else 2
    amount = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    whole = amount == amount.to_integral_value()
    pattern = "#,##0" if whole or not digits else "#,##0." + "0" * digits
    if language is Language.CHINESE:
        number = format_currency(amount, currency, pattern, locale="zh", currency_digits=False)
        return f"{number}{_chinese_name(currency)}"
    return str(
        format_currency(amount, currency, "¤" + pattern, locale="en_US", currency_digits=False)
    )


@cache
def _chinese_name(currency: str) -> str:
    if currency == "CNY":
        return "元"
    return str(Locale("zh").currencies.get(currency, currency))
