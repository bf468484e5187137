"""A product that someone sends whole: the same bounds as the rows of a feed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from retrieval.catalog.text import has_control
from retrieval.catalog.validate import (
    MAX_ATTRIBUTES,
    MAX_COUNT,
    MAX_DESCRIPTION,
    MAX_ID,
    MAX_RATING,
    MAX_TITLE,
    MAX_VARIANTS,
)
from retrieval.errors import InvalidRequestError
from retrieval.types import Attribute, Product, Variant

Amount = Annotated[Decimal, Field(ge=0, max_digits=14, allow_inf_nan=False)]


class CheckedProduct(Product):
    """A `Product` within the bounds that feeds are held to."""

    id: str = Field(min_length=1, max_length=MAX_ID)
    title: str = Field(min_length=1, max_length=MAX_TITLE)
    price: Amount | None
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    description: str = Field(default="", max_length=MAX_DESCRIPTION)
    brand: str | None = Field(default=None, max_length=MAX_ID)
    list_price: Amount | None = None
    stock: int | None = Field(default=None, ge=0, le=MAX_COUNT)
    rating: Annotated[Decimal, Field(ge=0, le=MAX_RATING, allow_inf_nan=False)] | None = None
    rating_count: int = Field(default=0, ge=0, le=MAX_COUNT)
    attributes: tuple[Attribute, ...] = Field(default=(), max_length=MAX_ATTRIBUTES)
    variants: tuple[Variant, ...] = Field(default=(), max_length=MAX_VARIANTS)
    url: str | None = Field(default=None, pattern=r"^https?://")
    image_url: str | None = Field(default=None, pattern=r"^(https?://|media/)")

    @field_validator("id", "title", "brand")
    @classmethod
    def refuse_control_characters(cls, text: str | None) -> str | None:
        """Nothing that a terminal or a log would obey, and more than spaces."""
        if text is not None and (has_control(text) or "\n" in text or not text.strip()):
            raise ValueError("is empty or holds control characters")
        return text


def check_product(fields: Mapping[str, Any]) -> Product:
    """The product that `fields` describe, named as `Product` names them.

    A list price that is no higher than the price says nothing and is left out, as in feeds.
    Raises InvalidRequestError with the first field that is wrong.
    """
    try:
        checked = CheckedProduct.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "The product"
        raise InvalidRequestError(
            f"{place}: {first['msg'].removeprefix('Value error, ')}.",
            remedy="GET /v1/products/{id} shows what a product looks like.",
        ) from None
    before, price = checked.list_price, checked.price
    reduced = before is not None and price is not None and before > price
    known = {name: getattr(checked, name) for name in Product.model_fields}
    return Product(**{**known, "list_price": before if reduced else None})
