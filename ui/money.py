"""Prices as a shopper reads them."""

from __future__ import annotations

from decimal import Decimal

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "JP¥", "INR": "₹", "KRW": "₩"}
"""Signs that come before the amount; other currencies are written as their ISO 4217 code."""

WHOLE_ONLY = frozenset({"JPY", "KRW"})
"""Currencies without a minor unit (ISO 4217 exponent 0)."""


def format_price(amount: Decimal, currency: str) -> str:
    """`amount` with its sign, grouped; a round amount loses its zeros ("$1,299", "$49.90")."""
    digits = 0 if currency in WHOLE_ONLY or amount == amount.to_integral_value() else 2
    number = f"{amount:,.{digits}f}"
    return f"{SYMBOLS[currency]}{number}" if currency in SYMBOLS else f"{currency} {number}"


def format_number(value: Decimal) -> str:
    """`value` without trailing zeros or an exponent ("27", "1.5")."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
