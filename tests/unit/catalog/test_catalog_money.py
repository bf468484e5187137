from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.catalog.money import PriceError, parse_currency, parse_price


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("15.00 USD", "15.00", "USD"),
        ("USD 15", "15", "USD"),
        ("€ 1.299,00", "1299.00", "EUR"),
        ("1.299,00 €", "1299.00", "EUR"),
        ("1,299.00", "1299.00", None),
        ("1,299", "1299", None),
        ("1.234.567", "1234567", None),
        ("1 299,50", "1299.50", None),
        ("1'299.50 CHF", "1299.50", "CHF"),
        ("￥２，０００", "2000", None),
        ("2000元", "2000", "CNY"),
        ("人民币 88.8", "88.8", "CNY"),
        ("$19.99", "19.99", None),
        ("US$ 19.99", "19.99", "USD"),
        ("49,- €", "49", "EUR"),
        ("0.125", "0.125", None),
        ("1.299 KWD", "1.299", "KWD"),
        ("19.989999999999998", "19.99", None),
        (1299, "1299", None),
        (Decimal("12.30"), "12.30", None),
    ],
)
def test_reads_prices_as_merchants_write_them(
    text: object, amount: str, currency: str | None
) -> None:
    assert parse_price(text) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    [
        "free",
        "abc",
        "12 apples",
        "NaN",
        "1,2,3",
        "1.23.456",
        "-5",
        "12345,678.90.1",
        "1e999",
        "--",
        "1.299",
        "",
    ],
)
def test_refuses_what_is_no_price(text: str) -> None:
    with pytest.raises(PriceError) as caught:
        parse_price(text)
    assert caught.value.reason and caught.value.remedy


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, True, Decimal("1e30")])
def test_refuses_numbers_that_are_no_price(value: object) -> None:
    with pytest.raises(PriceError):
        parse_price(value)


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)


@given(AMOUNTS, st.sampled_from([("{:,.2f}", ".", ","), ("{:.2f}", ".", "")]))
def test_reads_back_what_english_shops_write(amount: Decimal, style: tuple[str, str, str]) -> None:
    assert parse_price(style[0].format(amount) + " USD") == (amount, "USD")


@given(AMOUNTS)
def test_reads_back_what_german_shops_write(amount: Decimal) -> None:
    text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) + " €"
    assert parse_price(text) == (amount, "EUR")


@given(st.text(max_size=40))
def test_any_text_is_a_price_or_a_clear_refusal(text: str) -> None:
    try:
        amount, currency = parse_price(text)
    except PriceError:
        return
    assert amount.is_finite() and amount >= 0
    assert currency is None or len(currency) == 3


def test_currencies_are_iso_codes_or_unambiguous_signs() -> None:
    assert parse_currency(" eur ") == "EUR"
    assert parse_currency("元") == "CNY"
    for wrong in ("$", "XYZ", "dollars", ""):
        with pytest.raises(PriceError):
            parse_currency(wrong)
