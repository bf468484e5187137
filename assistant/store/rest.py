"""The store backend of a shop with a system of its own, over HTTP (docs/store-backend.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from assistant.errors import RetryableError
from assistant.store.types import (
    Cart,
    Order,
    ProductLookup,
    ReturnRequest,
    Shopper,
    StoreBackendError,
)
from retrieval.types import Policy, StoreInfo

T = TypeVar("T")

_CART = TypeAdapter(Cart)
_SHOPPER = TypeAdapter(Shopper)
_ORDERS = TypeAdapter(tuple[Order, ...])
_RETURN = TypeAdapter(ReturnRequest)
_POLICIES = TypeAdapter(tuple[Policy, ...])

# Refusals the shop explains itself; any other 4xx means that the two sides misunderstand.
REFUSED = frozenset({400, 404, 409, 422})


class RestStoreBackend:
    """Carts, orders and policies of a shop's own API; its answers are validated on arrival."""

    has_orders = True

    def __init__(self, url: str, key: str = "", *, timeout_s: float = 5.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers=headers, timeout=timeout_s, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def use_catalog(self, store: StoreInfo, products: ProductLookup) -> None:
        """The shop knows its own prices."""

    def cart(self, owner: str) -> Cart:
        """``GET /carts/{owner}``."""
        return self._call(_CART, "GET", f"/carts/{_part(owner)}")

    def add_to_cart(
        self, owner: str, product_id: str, variant_id: str | None, quantity: int
    ) -> Cart:
        """``POST /carts/{owner}/lines``."""
        body = {"product_id": product_id, "variant_id": variant_id, "quantity": quantity}
        return self._call(_CART, "POST", f"/carts/{_part(owner)}/lines", body)

    def set_quantity(self, owner: str, line_id: str, quantity: int) -> Cart:
        """``PATCH /carts/{owner}/lines/{line_id}``; 0 takes the line out."""
        path = f"/carts/{_part(owner)}/lines/{_part(line_id)}"
        return self._call(_CART, "PATCH", path, {"quantity": quantity})

    def clear_cart(self, owner: str) -> Cart:
        """``DELETE /carts/{owner}/lines``."""
        return self._call(_CART, "DELETE", f"/carts/{_part(owner)}/lines")

    @property
    def has_checkout(self) -> bool:
        """The shop takes orders, and money, on its own pages."""
        return False

    def check_out(self, owner: str, shopper_id: str) -> Order:
        """Refused: see `has_checkout`."""
        raise StoreBackendError(
            "Orders are placed on the shop's own pages.", remedy="Go to the shop's checkout."
        )

    def shopper(self, shopper_id: str) -> Shopper | None:
        """``GET /shoppers/{id}``; 404 when there is no such shopper."""
        response = self._send("GET", f"/shoppers/{_part(shopper_id)}")
        return None if response.status_code == 404 else _read(_SHOPPER, response)

    def orders(self, shopper_id: str) -> tuple[Order, ...]:
        """``GET /shoppers/{id}/orders``, newest first."""
        return self._call(_ORDERS, "GET", f"/shoppers/{_part(shopper_id)}/orders")

    def request_return(self, shopper_id: str, order_id: str, product_id: str) -> ReturnRequest:
        """``POST /shoppers/{id}/orders/{order_id}/returns``."""
        path = f"/shoppers/{_part(shopper_id)}/orders/{_part(order_id)}/returns"
        return self._call(_RETURN, "POST", path, {"product_id": product_id})

    def policies(self) -> Sequence[Policy]:
        """``GET /policies``."""
        return self._call(_POLICIES, "GET", "/policies")

    def _call(self, answer: TypeAdapter[T], method: str, path: str, body: Any = None) -> T:
        return _read(answer, self._send(method, path, body))

    def _send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise RetryableError(
                "The store's system does not answer.", remedy="Try again in a moment."
            ) from error


def _part(text: str) -> str:
    """`text` as one segment of a path: an id must not reach another path."""
    return quote(text, safe="")


def _read(answer: TypeAdapter[T], response: httpx.Response) -> T:
    """The answer, validated; a refusal in the shop's words, or one line on what is wrong."""
    if response.status_code in REFUSED:
        raise StoreBackendError(_reason(response))
    if not response.is_success:
        raise RetryableError(
            f"The store's system answered with an error ({response.status_code}).",
            remedy="Try again in a moment.",
        )
    try:
        return answer.validate_json(response.content)
    except ValidationError as error:
        raise RetryableError(
            f"The store's system answered something unexpected: {error.error_count()} fields "
            "are wrong.",
            remedy="docs/store-backend.md says what it has to answer.",
        ) from error


def _reason(response: httpx.Response) -> str:
    """The `error` of a JSON answer, else the plain status."""
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"The store refused this ({response.status_code})."
