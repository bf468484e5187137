from __future__ import annotations

from decimal import Decimal

import pytest

from retrieval.catalog.types import Record, RowError
from retrieval.catalog.validate import MAX_DESCRIPTION, MAX_TITLE, build_product
from retrieval.errors import FeedError


def record(**changes: object) -> Record:
    fields: dict[str, object] = {"id": "1", "title": "Mug", "price": "5.00", "currency": "EUR"}
    return Record(7, **(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": "  "}, "id"),
        ({"id": "a\x00b"}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"title": None}, "title"),
        ({"title": "\x07\x1b <br> "}, "title"),
        ({"title": "x" * (MAX_TITLE + 1)}, "title"),
        ({"price": None}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": float("nan")}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "12 USD"}, "price"),
        ({"currency": "EURO"}, "currency"),
        ({"description": "x" * (MAX_DESCRIPTION + 1)}, "description"),
        ({"title": "M\udcfcnchen"}, "title"),
    ],
)
def test_what_is_essential_is_enforced(changes: dict[str, object], field: str) -> None:
    with pytest.raises(RowError) as caught:
        build_product(record(**changes), None)
    problem = caught.value.problem
    assert problem.field == field and problem.reason and problem.remedy
    assert len(problem.value) <= 120 and "\x00" not in problem.value


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stock": "many"}, "stock"),
        ({"stock": "1.5"}, "stock"),
        ({"rating": "7"}, "rating"),
        ({"rating_count": "-3"}, "rating_count"),
        ({"list_price": "abc"}, "list_price"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"image_url": "data:text/html,x"}, "image_url"),
    ],
)
def test_what_is_optional_is_noted_and_left_empty(changes: dict[str, object], field: str) -> None:
    product, problems = build_product(record(**changes), None)
    assert [p.field for p in problems] == [field]
    assert not getattr(product, field)


def test_a_row_in_another_currency_is_rejected() -> None:
    with pytest.raises(RowError) as caught:
        build_product(record(currency="USD"), "EUR")
    assert "EUR" in caught.value.problem.reason


def test_the_currency_must_be_known() -> None:
    with pytest.raises(FeedError, match="--currency"):
        build_product(record(currency=None), None)


def test_control_characters_and_markup_leave_texts() -> None:
    product, problems = build_product(
        record(title="Tea\u200b \x00Mug &amp; Lid", description="<p>One</p><ul><li>Two</li></ul>"),
        None,
    )
    assert product.title == "Tea Mug & Lid" and product.description == "One\nTwo"
    assert not problems


def test_a_list_price_must_be_above_the_price() -> None:
    assert build_product(record(list_price="5.00"), None)[0].list_price is None
    assert build_product(record(list_price="6.00"), None)[0].list_price == Decimal("6.00")


def test_stock_on_back_order_is_none_left() -> None:
    assert build_product(record(stock="-4"), None)[0].stock == 0
