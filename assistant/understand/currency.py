"""Currencies as shoppers name them, and their conversion to the store's own."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from retrieval.types import Language, StoreInfo

# ISO 4217 codes; those that share a sign or a word ("$", "dollar", "¥") come as a family.
DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN")
YEN = ("CNY", "JPY")
POUNDS = ("GBP", "EGP")
KRONE = ("SEK", "NOK", "DKK")
FRANCS = ("CHF",)
RUPEES = ("INR",)

_SIGNS: dict[str, tuple[str, ...]] = {
    "us$": ("USD",), "hk$": ("HKD",), "nt$": ("TWD",), "ca$": ("CAD",), "c$": ("CAD",),
    "a$": ("AUD",), "au$": ("AUD",), "s$": ("SGD",), "$": DOLLARS, "€": ("EUR",),
    "£": POUNDS, "¥": YEN, "₹": RUPEES, "₩": ("KRW",), "₽": ("RUB",), "₺": ("TRY",),
    "zł": ("PLN",), "฿": ("THB",), "₫": ("VND",), "₱": ("PHP",),
}  # fmt: skip
_WORDS: dict[str, tuple[str, ...]] = {
    "dollars": DOLLARS, "dollar": DOLLARS, "bucks": DOLLARS, "buck": DOLLARS,
    "euros": ("EUR",), "euro": ("EUR",), "pounds": POUNDS, "pound": POUNDS, "quid": POUNDS,
    "sterling": ("GBP",), "yuan": ("CNY",), "renminbi": ("CNY",), "rmb": ("CNY",),
    "yen": ("JPY",), "rupees": RUPEES, "rupee": RUPEES, "francs": FRANCS, "franc": FRANCS,
    "zloty": ("PLN",), "kr": KRONE, "kronor": KRONE, "kroner": KRONE,
} | {
    code.lower(): (code,)
    for code in (
        *DOLLARS, *YEN, *KRONE, "GBP", "EUR", "CHF", "INR", "KRW", "RUB", "TRY", "PLN", "CZK",
        "HUF", "BRL", "ZAR", "AED", "THB", "IDR", "MYR", "PHP", "VND", "ILS",
    )
}  # fmt: skip
_CHINESE: dict[str, tuple[str, ...]] = {
    "人民币": ("CNY",), "美元": ("USD",), "美金": ("USD",), "美刀": ("USD",), "欧元": ("EUR",),
    "欧": ("EUR",), "英镑": ("GBP",), "日元": ("JPY",), "日圆": ("JPY",), "港币": ("HKD",),
    "港元": ("HKD",), "台币": ("TWD",), "新台币": ("TWD",), "加元": ("CAD",), "澳元": ("AUD",),
    "韩元": ("KRW",), "瑞郎": ("CHF",), "块钱": ("CNY",), "块人民币": ("CNY",),
    "元人民币": ("CNY",), "元钱": ("CNY",), "元": ("CNY",), "块": ("CNY",), "圆": ("CNY",),
    "刀": DOLLARS,
}  # fmt: skip
_FAMILIES = _SIGNS | _WORDS | _CHINESE


def _alternatives(names: dict[str, tuple[str, ...]]) -> str:
    return "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))


# Before a number: a sign, or a code ("EUR 50"). After it: any of them.
BEFORE = (
    rf"(?:{_alternatives(_SIGNS)}|(?<![a-z])(?:{_alternatives(_WORDS)})(?![a-z])|人民币|美元|欧元)"
)
AFTER = (
    rf"(?:{_alternatives(_SIGNS)}|(?:{_alternatives(_WORDS)})(?![a-z])"
    # 块 also counts things (两块手表) and 刀 is a knife: there what follows decides (money.py).
    rf"|{_alternatives(_CHINESE)})"
)

CENT = Decimal("0.01")


def resolve_currency(named: str, store: StoreInfo) -> str:
    """The ISO code for what the shopper wrote; the store's own where it is one of a family."""
    family = _FAMILIES[named]
    if store.currency in family:
        return store.currency
    return next((code for code in family if code in store.exchange_rates), family[0])


def convert_to_store(amount: Decimal, currency: str, store: StoreInfo) -> Decimal | None:
    """`amount` in the store's currency, to the cent; None when no rate is known."""
    if currency == store.currency:
        return amount
    rate = store.exchange_rates.get(currency)
    if rate is None or rate <= 0:
        return None
    return (amount / rate).quantize(CENT, ROUND_HALF_UP)


def note_conversion(currency: str, store: StoreInfo, language: Language) -> str:
    """What the shopper is told of a price in another currency than the store's."""
    rate = store.exchange_rates.get(currency)
    if rate is None:
        if language is Language.CHINESE:
            return (
                f"本店以 {store.currency} 标价，没有 {currency} 汇率，"
                f"您的价格已按 {store.currency} 理解。"
            )
        return (
            f"Prices here are in {store.currency} and no {currency} rate is known, "
            f"so I read your price as {store.currency}."
        )
    if language is Language.CHINESE:
        return (
            f"已按 1 {store.currency} = {rate.normalize():f} {currency} 换算为 {store.currency}。"
        )
    return f"Converted to {store.currency} at 1 {store.currency} = {rate.normalize():f} {currency}."
