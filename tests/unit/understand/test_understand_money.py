from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understand.language import normalise
from assistant.understand.money import PriceReading, combine, read_price
from assistant.understand.numbers import parse_number
from assistant.understand.scan import Scan
from retrieval.types import Language, Range, StoreInfo

STORE = StoreInfo(
    name="s", title="s", currency="EUR", exchange_rates={"USD": Decimal("1.1"), "X": Decimal(0)}
)


def read(text: str, language: Language = Language.ENGLISH) -> PriceReading | None:
    return read_price(Scan(normalise(text)), STORE, language)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,299.00", "1299"), ("1.299,00", "1299"), ("1.299", "1299"), ("49,90", "49.9"),
        ("1.5k", "1500"), ("1,5k", "1500"), ("two hundred and fifty", "250"),
        ("a thousand", "1000"), ("twenty-five", "25"), ("2 grand", "2000"), ("一千五", "1500"),
        ("三万二", "32000"), ("一百零五", "105"), ("一百二", "120"), ("十五", "15"),
        ("两万", "20000"), ("1.5万", "15000"), ("1千5", "1500"), ("二〇二四", "2024"),
        ("一千零五十", "1050"), ("百", "100"), ("一亿", "100000000"),
    ],
)  # fmt: skip
def test_parses_one_number(text: str, value: str) -> None:
    assert parse_number(text) == (Decimal(value), Decimal(value))


@pytest.mark.parametrize(
    ("text", "low", "high"), [("两三百", 200, 300), ("几百", 200, 1000), ("十几", 10, 20)]
)
def test_parses_vague_numbers_as_intervals(text: str, low: int, high: int) -> None:
    assert parse_number(text) == (low, high)


def test_converts_where_a_rate_is_known_and_says_so() -> None:
    price = read("under $110")
    assert price is not None
    assert price.range == Range(maximum=Decimal(100), exclusive_maximum=True)
    assert price.notes == ("Converted to EUR at 1 EUR = 1.1 USD.",)


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [("under £50", Language.ENGLISH, "GBP"), ("50元以内", Language.CHINESE, "人民币|CNY")],
)
def test_without_a_rate_reads_the_stores_currency_and_says_so(
    text: str, language: Language, word: str
) -> None:
    price = read(text, language)
    assert price is not None
    assert price.range.maximum == 50
    assert any(part in price.notes[0] for part in word.split("|"))
    assert "EUR" in price.notes[0]


def test_the_stores_own_currency_needs_no_note() -> None:
    price = read("below €50")
    assert price is not None
    assert price.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "27 inch monitor", "65W charger", "tn 2110", "iphone 15", "for 2 people", "size 43",
        "at least 16 GB", "kids under 10", "at least 4 ports", "24-70mm lens", "windows 10",
        "usb 3.0", "top 10 phones", "1080p", "4k tv", "aa 24 pack", "2 in 1 laptop", "50% off",
        "model 3-500x", "under 2 kg", "less than 40 dB", "over 5000 mah", "ages 3 and up",
        "2019-2021 macbook", "我想买块表", "两块手表", "43码", "65瓦以上", "第3款", "8岁以上",
        "至少4个接口", "2米以内的线", "5000毫安以上", "15寸以下", "不到3公斤",
    ],
)  # fmt: skip
def test_measures_counts_and_models_are_no_prices(text: str) -> None:
    language = Language.CHINESE if any(c > "\u4e00" for c in text) else Language.ENGLISH
    assert read(text, language) is None


amounts = st.decimals(min_value=1, max_value=99999, places=2)
templates = st.sampled_from(
    [
        "under {0}", "{0} or less", "between {0} and {1} dollars", "${0}-${1}", "{0}到{1}元",
        "over {0} under {1}", "around {0}", "at least {0}, at most {1}", "{0}元左右", "{1}以内",
        "not more than {0} not less than {1}", "{0}-{1}", "from {0} to {1} €", "不超过{0}不低于{1}",
    ]
)  # fmt: skip


@given(templates, amounts, amounts)
def test_ranges_are_always_ordered_and_finite(template: str, one: Decimal, other: Decimal) -> None:
    for language in Language:
        price = read(template.format(one, other), language)
        if price is None:
            continue
        low, high = price.range.minimum, price.range.maximum
        assert low is not None or high is not None
        assert all(bound.is_finite() and bound >= 0 for bound in (low, high) if bound is not None)
        assert low is None or high is None or low <= high


@given(st.text(max_size=200))
def test_never_raises_on_any_text(text: str) -> None:
    for language in Language:
        read(text, language)


_ALPHABET = "0123456789.,-~$€元块k千百万两三十几 undertoabv<>以内到不超过"


@given(st.text(alphabet=_ALPHABET, max_size=40))
def test_never_raises_on_texts_full_of_numbers(text: str) -> None:
    for language in Language:
        price = read(text, language)
        if price and price.range.minimum is not None and price.range.maximum is not None:
            assert price.range.minimum <= price.range.maximum


@given(st.integers(1, 99_999))
def test_under_n_means_n(n: int) -> None:
    for text in (f"under {n}", f"below {n:,}", f"低于{n}"):
        price = read(text)
        assert price is not None
        assert price.range == Range(maximum=Decimal(n), exclusive_maximum=True)


def test_contradicting_statements_give_the_later_one() -> None:
    later = Range(maximum=Decimal(10))
    assert combine(Range(minimum=Decimal(20)), later) == later
