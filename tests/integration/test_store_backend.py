"""The REST adapter against a real HTTP server that keeps carts and orders of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import uvicorn
from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response

from assistant.errors import RetryableError
from assistant.store.rest import RestStoreBackend
from assistant.store.types import OrderStatus, StoreBackendError

KEY = "the shop's key"
ORDER = {
    "id": "48213377",
    "placed": "2026-11-20T09:30:00Z",
    "status": "shipped",
    "currency": "USD",
    "total": "24.99",
    "tracking": "AX123",
    "shipped": "2026-11-20",
    "expected": "2026-11-25",
    "lines": [{"product_id": "m", "title": "Mouse", "quantity": 1, "unit_price": "24.99"}],
}


def make_shop() -> FastAPI:
    """What docs/store-backend.md asks of a shop, in a few lines."""
    app = FastAPI()
    carts: dict[str, dict[str, int]] = {}

    def view(owner: str) -> dict[str, object]:
        lines = [
            {"id": i, "product_id": i, "title": i, "quantity": n, "unit_price": "24.99"}
            for i, n in carts.get(owner, {}).items()
        ]
        total = str(sum(Decimal("24.99") * n for n in carts.get(owner, {}).values()))
        return {"currency": "USD", "total": total, "lines": lines}

    @app.get("/api/carts/{owner}")
    def cart(owner: str, authorization: str = Header("")) -> Response:
        if authorization != f"Bearer {KEY}":
            return JSONResponse({"error": "Who are you?"}, 401)
        return JSONResponse(view(owner))

    @app.post("/api/carts/{owner}/lines")
    def add(owner: str, body: dict[str, object]) -> Response:
        if body["product_id"] == "gone":
            return JSONResponse({"error": "This is sold out."}, 409)
        own = carts.setdefault(owner, {})
        key = str(body["product_id"])
        own[key] = own.get(key, 0) + int(str(body["quantity"]))
        return JSONResponse(view(owner))

    @app.patch("/api/carts/{owner}/lines/{line}")
    def change(owner: str, line: str, body: dict[str, int]) -> Response:
        carts[owner][line] = body["quantity"]
        carts[owner] = {i: n for i, n in carts[owner].items() if n}
        return JSONResponse(view(owner))

    @app.delete("/api/carts/{owner}/lines")
    def clear(owner: str) -> Response:
        carts.pop(owner, None)
        return JSONResponse(view(owner))

    @app.get("/api/shoppers/{key}")
    def shopper(key: str) -> Response:
        if key != "ann":
            return JSONResponse({"error": "unknown"}, 404)
        return JSONResponse({"id": "ann", "name": "Ann", "language": "en"})

    @app.get("/api/shoppers/{key}/orders")
    def orders(key: str) -> Response:
        if key == "slow":
            time.sleep(1.5)
        if key == "broken":
            return PlainTextResponse("<html>oops", 500)
        if key == "odd":
            return JSONResponse([{"id": 1, "status": "lost in space"}])
        return JSONResponse([ORDER])

    @app.post("/api/shoppers/{key}/orders/{order}/returns")
    def give_back(key: str, order: str, body: dict[str, str]) -> Response:
        noted = {"id": "R1", "order_id": order, "requested": "2026-11-24T10:00:00Z"}
        return JSONResponse(noted | body)

    @app.get("/api/policies")
    def policies() -> Response:
        return JSONResponse([{"id": "returns", "titles": {"en": "Returns"}, "texts": {"en": "…"}}])

    return app


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_shop(), log_level="error"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def backend(url: str) -> Iterator[RestStoreBackend]:
    with RestStoreBackend(url, KEY, timeout_s=0.5) as backend:
        yield backend


def test_a_cart_from_first_line_to_empty(backend: RestStoreBackend) -> None:
    owner = "shopper:ann b?c#d"
    cart = backend.add_to_cart(owner, "m", None, 2)
    assert (cart.count, cart.total, cart.currency) == (2, Decimal("49.98"), "USD")
    assert backend.cart(owner) == cart
    assert backend.set_quantity(owner, cart.lines[0].id, 0).lines == ()
    backend.add_to_cart(owner, "m", None, 1)
    assert backend.clear_cart(owner).lines == ()


def test_orders_returns_shoppers_policies(backend: RestStoreBackend) -> None:
    (order,) = backend.orders("ann")
    assert order.status is OrderStatus.SHIPPED
    assert order.expected is not None and order.returnable_until is None
    assert backend.request_return("ann", order.id, "m").id == "R1"
    shopper = backend.shopper("ann")
    assert shopper is not None and shopper.name == "Ann"
    assert backend.shopper("bob") is None
    assert [p.id for p in backend.policies()] == ["returns"]


def test_a_refusal_is_told_in_the_shops_words(backend: RestStoreBackend) -> None:
    with pytest.raises(StoreBackendError, match="sold out"):
        backend.add_to_cart("conversation:c", "gone", None, 1)


@pytest.mark.parametrize("shopper", ["slow", "broken", "odd"])
def test_what_does_not_answer_properly_is_one_line(backend: RestStoreBackend, shopper: str) -> None:
    with pytest.raises(RetryableError, match="store's system"):
        backend.orders(shopper)


def test_a_wrong_key_and_a_dead_server_are_one_line(url: str) -> None:
    with RestStoreBackend(url, "wrong") as stranger, pytest.raises(RetryableError):
        stranger.cart("conversation:c")
    with (
        RestStoreBackend("http://127.0.0.1:9", timeout_s=0.5) as dead,
        pytest.raises(RetryableError),
    ):
        dead.policies()
