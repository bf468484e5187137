"""Prices as merchants write them: "15.00 USD", "€ 1.299,00", "2,000元", 1299."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

# Active codes of ISO 4217, without funds, metals and test codes.
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG "
)
CURRENCIES = frozenset(_CODES.split())
# Signs that stand for one currency; "$", "¥" and "kr" stand for several and name none.
_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH",
    "₫": "VND", "฿": "THB", "₪": "ILS", "₱": "PHP", "zł": "PLN", "us$": "USD", "hk$": "HKD",
    "nt$": "TWD", "a$": "AUD", "c$": "CAD", "r$": "BRL", "rmb": "CNY", "cn¥": "CNY",
    "元": "CNY", "人民币": "CNY", "人民幣": "CNY", "欧元": "EUR", "歐元": "EUR", "美元": "USD",
    "英镑": "GBP", "英鎊": "GBP", "日元": "JPY", "日圓": "JPY", "港元": "HKD", "港币": "HKD",
}  # fmt: skip
_AMBIGUOUS_SIGNS = frozenset(("$", "¥", "kr", "kr.", ""))
# Three decimals are usual in these alone.
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
# Nothing in a shop costs more, in any currency's smallest note; beyond lies a mistake.
MAX_PRICE = Decimal(10) ** 11
# Spreadsheets write 19.99 as 19.989999999999998.
MAX_DECIMALS = 4

_PRICE = re.compile(r"(?P<before>[^\d+\-.,]*)(?P<number>[+\-]?[\d.,' ’]*\d)(?P<after>\D*)")
_GROUPED = re.compile(r"[+\-]?\d{1,3}(?:([ ,.'’])\d{3})(?:\1\d{3})*")


class PriceError(ValueError):
    """A price that cannot be read; `reason` and `remedy` are for the report."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def parse_currency(text: object) -> str:
    """The ISO 4217 code `text` is or stands for; raises PriceError."""
    folded = unicodedata.normalize("NFKC", str(text)).strip()
    if folded.upper() in CURRENCIES:
        return folded.upper()
    if code := _SIGNS.get(folded.lower()):
        return code
    raise PriceError(
        "is not a currency", "Use a three-letter ISO 4217 code such as EUR, USD or CNY."
    )


def parse_price(value: object) -> tuple[Decimal, str | None]:
    """The amount and, where it is written beside it, the currency; raises PriceError.

    Numbers are taken as they are. In text a lone separator before exactly three digits is a
    thousands comma, but refused as ambiguous when it is a point ("1.299" may be 1299).
    """
    if isinstance(value, bool):
        raise PriceError("is not a price", "Write a number such as 1299.00.")
    if isinstance(value, (int, float, Decimal)):
        return _checked(Decimal(str(value))), None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    match = _PRICE.fullmatch(text)
    if match is None:
        raise PriceError("is not a price", "Write a number such as 1299.00.")
    currency = _currency(match["before"].strip()) or _currency(match["after"].strip())
    return _checked(_number(match["number"], currency)), currency


def _currency(sign: str) -> str | None:
    # "，-" and "--" after a German or Swiss price stand for no cents.
    sign = sign.strip(" .:,-–—")
    if sign.lower() in _AMBIGUOUS_SIGNS:
        return None
    return parse_currency(sign)


def _number(text: str, currency: str | None) -> Decimal:
    text = text.strip().replace("’", "'")
    if _GROUPED.fullmatch(text):
        whole, _, tail = text.rpartition(".")
        if text.count(".") == 1 and "." in whole + "." and len(tail) == 3:
            if currency in _THREE_DECIMALS or whole.lstrip("+-") == "0":
                return _decimal(text)
            raise PriceError(
                "may mean thousands or three decimals",
                f"Write {whole}{tail}.00 or {whole}.{tail[:2]}.",
            )
        return _decimal(re.sub(r"[ ,.']", "", text))
    point = max(text.rfind("."), text.rfind(","))
    if point < 0:
        return _decimal(_ungrouped(text, ""))
    return _decimal(_ungrouped(text[:point], text[point]) + "." + text[point + 1 :])


def _ungrouped(whole: str, decimal_mark: str) -> str:
    """`whole` without its thousands marks, which must stand before groups of three."""
    marks = {c for c in whole if not c.isdigit() and c not in "+-"}
    groups = re.split(r"[ ,.']", whole.lstrip("+-"))
    wrong = len(marks) > 1 or decimal_mark in marks or any(len(g) != 3 for g in groups[1:])
    if marks and (wrong or len(groups[0]) > 3):
        raise PriceError("is not a price", "Write a number such as 1299.00.")
    return re.sub(r"[ ,.']", "", whole)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise PriceError("is not a price", "Write a number such as 1299.00.") from None


def _checked(amount: Decimal) -> Decimal:
    if not amount.is_finite():
        raise PriceError("is not a finite number", "Write a number such as 1299.00.")
    if amount < 0:
        raise PriceError("is negative", "Write the price the shopper pays, 0 if it is free.")
    if amount > MAX_PRICE:
        raise PriceError("is beyond any price", "Check for a part number in the price column.")
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_DECIMALS:
        amount = amount.quantize(Decimal("0.01"))
    return abs(amount)
