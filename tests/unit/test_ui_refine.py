"""Taps on facets, and the filters of a URL: right or refused in one line, never a fault."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import InvalidRequestError
from retrieval.types import FilterKind, Filters, Range
from ui.filters import build_filters
from ui.refine import read_interval, toggle
from ui.samples import sample_vocabulary

VOCABULARY = sample_vocabulary()


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        (FilterKind.BRAND, "brand", "Lumen"),
        (FilterKind.CATEGORY, "category", "Audio > Headphones"),
        (FilterKind.PRICE, "price", "50..100"),
        (FilterKind.RATING, "rating", "4"),
        (FilterKind.STOCK, "stock", "yes"),
        (FilterKind.ATTRIBUTE, "color", "black"),
        (FilterKind.ATTRIBUTE, "weight", "200..300"),
        (FilterKind.ATTRIBUTE, "weight", "250 g"),
    ],
)
def test_a_second_tap_gives_the_choice_up(kind: FilterKind, name: str, key: str) -> None:
    once = toggle(Filters(), VOCABULARY, kind, name, key)
    assert once != Filters()
    assert toggle(once, VOCABULARY, kind, name, key) == Filters()


def test_values_of_a_facet_are_alternatives() -> None:
    filters = toggle(Filters(), VOCABULARY, FilterKind.ATTRIBUTE, "color", "black")
    filters = toggle(filters, VOCABULARY, FilterKind.ATTRIBUTE, "color", "white")
    assert filters.attributes[0].values == ("black", "white")
    brands = toggle(Filters(brands=("Lumen",)), VOCABULARY, FilterKind.BRAND, "brand", "Pip")
    assert brands.brands == ("Lumen", "Pip")


def test_an_interval_is_read_with_either_end_open() -> None:
    assert read_interval("..20") == Range(maximum=Decimal(20))
    assert read_interval("..") is None


@pytest.mark.parametrize("text", ["nan..", "..inf", "9..1", "-1..", "a..b", "1e999999999.."])
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_interval(text)


ANY = st.text(max_size=40)


@given(
    brands=st.lists(ANY, max_size=2),
    categories=st.lists(ANY, max_size=2),
    attributes=st.lists(
        ANY | st.builds("{}:{}".format, st.sampled_from(["color", "weight"]), ANY), max_size=3
    ),
)
def test_any_filter_is_read_or_refused(
    brands: list[str], categories: list[str], attributes: list[str]
) -> None:
    try:
        filters = build_filters(
            VOCABULARY, brands=brands, categories=categories, attributes=attributes
        )
    except InvalidRequestError as error:
        assert error.message and "\n" not in error.message
    else:
        assert len(filters.brands) == len(brands)
