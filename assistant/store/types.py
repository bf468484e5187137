"""The nouns of a store's own business, and the Protocol a shop's system is reached by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from assistant.errors import CallerError
from retrieval.types import Frozen, Language, Policy, Product, StoreInfo

# More of one thing is a business order, not a click; the same bound guards against slips.
MOST_OF_ONE = 99


ProductLookup = Callable[[Sequence[str]], Sequence[Product]]
"""The products with these ids, unknown ones left out."""


class StoreBackendError(CallerError):
    """The store refuses what was asked of it; the line says why."""


class CartLine(Frozen):
    """One product, or one variant of it, in a cart; `unit_price` is what the store asks now."""

    id: str
    product_id: str
    variant_id: str | None = None
    title: str = ""
    options: dict[str, str] = Field(default_factory=dict)
    quantity: int = Field(ge=1, le=MOST_OF_ONE)
    unit_price: Decimal
    stock: int | None = None

    @property
    def total(self) -> Decimal:
        """Price of the whole line."""
        return self.unit_price * self.quantity


class Cart(Frozen):
    """What a shopper means to buy; `total` is the store's own sum in `currency`."""

    lines: tuple[CartLine, ...] = ()
    total: Decimal = Decimal(0)
    currency: str

    @property
    def count(self) -> int:
        """Pieces in all lines."""
        return sum(line.quantity for line in self.lines)

    def line_of(self, product_id: str, variant_id: str | None = None) -> CartLine | None:
        """The line that holds this product (and variant), if any."""
        return next(
            (
                line
                for line in self.lines
                if line.product_id == product_id and line.variant_id == variant_id
            ),
            None,
        )


class OrderStatus(StrEnum):
    """How far an order is."""

    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class OrderLine(Frozen):
    """One product of an order at the price paid for a piece."""

    product_id: str
    title: str = ""
    quantity: int = 1
    unit_price: Decimal


class ReturnRequest(Frozen):
    """A return the store has taken note of."""

    id: str
    order_id: str
    product_id: str
    requested: datetime


class Order(Frozen):
    """An order of one shopper; days are the store's, None where they are not known yet.

    `returnable_until` is the last day on which the store takes things back; None when it
    does not.
    """

    id: str
    placed: datetime
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    total: Decimal
    currency: str
    tracking: str = ""
    shipped: date | None = None
    expected: date | None = None
    delivered: date | None = None
    returnable_until: date | None = None
    returns: tuple[ReturnRequest, ...] = ()


class Shopper(Frozen):
    """A registered shopper as the store knows them."""

    id: str
    name: str
    language: Language


class StoreBackend(Protocol):
    """A shop's own system, as narrow as the jobs need it.

    `owner` names a cart: a shopper's id for the signed-in, else a conversation's; the caller
    vouches for both. Refusals are StoreBackendError, a system that does not answer is a
    RetryableError. Calls may block; they are made from worker threads.
    """

    @property
    def has_orders(self) -> bool:
        """Whether shoppers, orders and returns can be asked for."""
        ...

    @property
    def has_checkout(self) -> bool:
        """Whether `check_out` takes orders; a real shop takes them on its own pages."""
        ...

    def use_catalog(self, store: StoreInfo, products: ProductLookup) -> None:
        """The catalogue as it is from now on; a system of the shop's own has no need of it."""
        ...

    def cart(self, owner: str) -> Cart: ...

    def add_to_cart(
        self, owner: str, product_id: str, variant_id: str | None, quantity: int
    ) -> Cart:
        """Add `quantity` pieces to the line of this product and variant, made where missing."""
        ...

    def set_quantity(self, owner: str, line_id: str, quantity: int) -> Cart:
        """The line then holds `quantity` pieces; 0 takes it out."""
        ...

    def clear_cart(self, owner: str) -> Cart: ...

    def check_out(self, owner: str, shopper_id: str) -> Order:
        """Order what is in the cart of `owner` for a shopper; it is empty afterwards."""
        ...

    def shopper(self, shopper_id: str) -> Shopper | None: ...

    def orders(self, shopper_id: str) -> tuple[Order, ...]:
        """The shopper's orders, newest first."""
        ...

    def request_return(self, shopper_id: str, order_id: str, product_id: str) -> ReturnRequest:
        """Ask for one product of an own order to be taken back; asking twice is one request."""
        ...

    def policies(self) -> Sequence[Policy]: ...
