"""Numbers as a shopper reads them."""

from __future__ import annotations

from decimal import Decimal


def format_number(value: Decimal) -> str:
    """`value` without trailing zeros or an exponent ("27", "1.5")."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
