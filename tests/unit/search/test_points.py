"""Point ids: one a product, and never silently shared."""

from __future__ import annotations

import pytest

from retrieval.errors import InvalidRequestError
from retrieval.index.indexer import refuse_shared_points
from retrieval.index.types import point_id
from retrieval.types import Product


def product(name: str) -> Product:
    return Product(id=name, title=name, price=None, currency="EUR")


def test_a_point_id_is_a_stable_number_below_two_to_63() -> None:
    assert point_id("SKU-1") == point_id("SKU-1") != point_id("SKU-2")
    assert 0 <= int(point_id("型号 9")) < 2**63


def test_products_of_one_batch_that_share_a_point_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="'b' and 'a'"):
        refuse_shared_points([product("a")], {point_id("a"): "b"}, {})


def test_a_stored_product_is_not_replaced_by_another_one() -> None:
    mine = {point_id("a"): "a"}
    refuse_shared_points([product("a")], mine, {point_id("a"): {"id": "a"}})
    with pytest.raises(InvalidRequestError, match="Change one") as refused:
        refuse_shared_points([product("a")], mine, {point_id("a"): {"id": "older"}})
    assert "older" in str(refused.value)
