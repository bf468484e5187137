"""The demo store's checkout: the stock goes down, chat tells of it, nothing is ordered twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.index_products import HashingEncoder
from support.jobs_store import STORE

from assistant.jobs.orders import OrderJobs
from assistant.jobs.types import OrderAction, OrderJob
from assistant.store.shop import Caller, Shop
from assistant.store.sql import SqlStoreBackend
from assistant.store.tables import ShopperRow
from assistant.store.tokens import SignInError
from assistant.store.types import OrderStatus, StoreBackendError
from retrieval.catalog.feed import ProductFeed
from retrieval.catalog.live import LiveCatalog
from retrieval.catalog.stock import LiveStock, OutOfStockError, Pieces
from retrieval.catalog.store import load_store
from retrieval.catalog.sync import import_feed
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage
from retrieval.types import Language, Product, Variant

from .conftest import context, show

ENCODER = HashingEncoder("one")
WEDNESDAY_MORNING = datetime(2026, 11, 25, 0, 10, tzinfo=UTC)
PRODUCTS = (
    Product(id="lamp", title="Desk lamp", price=Decimal("19.90"), currency="USD", stock=3),
    Product(id="open", title="Poster", price=Decimal("5"), currency="USD"),
    Product(
        id="shoe",
        title="Trail shoe",
        price=Decimal("80"),
        currency="USD",
        stock=5,
        variants=(
            Variant(id="shoe-42", options={"size": "42"}, stock=2),
            Variant(id="shoe-43", options={"size": "43"}, stock=3),
        ),
    ),
)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveCatalog]:
    root = tmp_path / "store"
    storage = EmbeddedStorage(root / "index")
    generation = storage.open(index_schema(ENCODER, ENCODER))
    feed = ProductFeed("test", "USD", lambda: PRODUCTS, len(PRODUCTS))
    import_feed(feed, Indexer(generation.index, ENCODER, ENCODER), root, lambda d, t, note="": None)
    generation.index.close()
    live = LiveCatalog(
        storage,
        load_store(root),
        (ENCODER, ENCODER),
        lambda index, encoders: Indexer(index, *encoders),
    )
    yield live
    live.close()


@pytest.fixture
def backend(database: Engine, live: LiveCatalog) -> SqlStoreBackend:
    def find(ids: Sequence[str]) -> list[Product]:
        known = {p.id for p in PRODUCTS}
        return [live.get(i) for i in ids if i in known]

    with Session(database) as session, session.begin():
        session.add(ShopperRow(store=STORE.name, id="ann", name="Ann", language=Language.ENGLISH))
    return SqlStoreBackend(
        database, STORE, find, clock=lambda: WEDNESDAY_MORNING, stock=LiveStock(live)
    )


def stock(live: LiveCatalog, product_id: str) -> int | None:
    return live.get(product_id).stock


def test_an_order_takes_the_stock_and_the_cart(backend: SqlStoreBackend, live: LiveCatalog) -> None:
    backend.add_to_cart("shopper:ann", "lamp", None, 2)
    backend.add_to_cart("shopper:ann", "open", None, 1)
    backend.add_to_cart("shopper:ann", "shoe", "shoe-42", 2)
    order = backend.check_out("shopper:ann", "ann")
    assert order.total == Decimal("204.80") and order.status is OrderStatus.PROCESSING
    assert {line.product_id: line.quantity for line in order.lines} == {
        "lamp": 2,
        "open": 1,
        "shoe": 2,
    }
    assert not backend.cart("shopper:ann").lines
    assert (stock(live, "lamp"), stock(live, "open"), stock(live, "shoe")) == (1, None, 3)
    assert [v.stock for v in live.get("shoe").variants] == [0, 3]
    assert backend.orders("ann")[0] == order
    with pytest.raises(StoreBackendError, match="empty"):
        backend.check_out("shopper:ann", "ann")


def test_an_order_is_sent_at_the_cut_off_and_arrives_later(
    database: Engine, live: LiveCatalog
) -> None:
    moment = WEDNESDAY_MORNING
    backend = SqlStoreBackend(
        database,
        STORE,
        lambda ids: [live.get(i) for i in ids],
        clock=lambda: moment,
        stock=LiveStock(live),
    )
    backend.add_to_cart("shopper:ann", "lamp", None, 1)
    order = backend.check_out("shopper:ann", "ann")
    assert order.status is OrderStatus.PROCESSING and order.shipped is None
    moment = WEDNESDAY_MORNING.replace(hour=14)
    sent = backend.orders("ann")[0]
    assert sent.status is OrderStatus.SHIPPED and sent.shipped == moment.date()
    moment += timedelta(days=14)
    assert backend.orders("ann")[0].status is OrderStatus.DELIVERED


def test_the_last_pieces_are_sold_once(backend: SqlStoreBackend, live: LiveCatalog) -> None:
    names = [f"u{n}" for n in range(6)]
    for name in names:
        backend.add_to_cart(f"shopper:{name}", "lamp", None, 1)

    def order(name: str) -> bool:
        try:
            backend.check_out(f"shopper:{name}", name)
        except StoreBackendError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        sold = list(pool.map(order, names))
    assert sum(sold) == 3 and stock(live, "lamp") == 0
    # Who came too late keeps their cart.
    late = names[sold.index(False)]
    assert backend.cart(f"shopper:{late}").count == 1


def test_pressing_twice_orders_once(backend: SqlStoreBackend, live: LiveCatalog) -> None:
    backend.add_to_cart("shopper:ann", "lamp", None, 1)

    def press(_: int) -> bool:
        try:
            backend.check_out("shopper:ann", "ann")
        except StoreBackendError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(4))) == 1
    assert len(backend.orders("ann")) == 1 and stock(live, "lamp") == 2


def test_too_few_pieces_take_nothing(live: LiveCatalog) -> None:
    keeper = LiveStock(live)
    with pytest.raises(OutOfStockError, match="Only 3"):
        keeper.take([Pieces("shoe", "shoe-43", 1), Pieces("lamp", None, 4)])
    assert (stock(live, "shoe"), stock(live, "lamp")) == (5, 3)
    keeper.take([Pieces("lamp", None, 3)])
    keeper.give_back([Pieces("lamp", None, 3)])
    assert stock(live, "lamp") == 3


def test_only_the_signed_in_order(backend: SqlStoreBackend, shop: Shop) -> None:
    shop.backend = backend
    with pytest.raises(SignInError):
        shop.check_out(Caller("c"))


def test_chat_tells_where_the_order_is(
    backend: SqlStoreBackend, shop: Shop, conversations: object
) -> None:
    shop.backend = backend
    backend.add_to_cart("shopper:ann", "lamp", None, 1)
    order = shop.check_out(Caller("c", "ann"))
    talk = show(conversations)  # type: ignore[arg-type]
    told = OrderJobs(shop).run(OrderJob(action=OrderAction.STATUS), context(talk, shopper_id="ann"))
    assert any(order.id in sentence.text for sentence in told.sentences)


def test_a_store_of_its_own_has_no_checkout(database: Engine) -> None:
    plain = SqlStoreBackend(database, STORE, lambda ids: ())
    assert not plain.has_checkout
    with pytest.raises(StoreBackendError):
        plain.check_out("shopper:ann", "ann")
