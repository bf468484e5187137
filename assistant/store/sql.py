"""The store backend that ships: carts, orders and returns in the SQL database."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from sqlalchemy import (
    delete,
    select,
)
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.store.demo import CUT_OFF_HOUR, make_demo_order
from assistant.store.tables import CartLineRow, OrderRow, ReturnRow, ShopperRow
from assistant.store.types import (
    MOST_OF_ONE,
    Cart,
    CartLine,
    Order,
    OrderLine,
    OrderStatus,
    ProductLookup,
    ReturnRequest,
    Shopper,
    StoreBackendError,
)
from retrieval.catalog.stock import OutOfStockError, Pieces
from retrieval.types import Language, Policy, Product, StoreInfo, Variant


class StockKeeper(Protocol):
    """Where stock levels are kept: takes all pieces or raises OutOfStockError."""

    def take(self, pieces: Sequence[Pieces]) -> None:
        """Take all of them off the stock, or none."""
        ...

    def give_back(self, pieces: Sequence[Pieces]) -> None:
        """Undo `take`."""
        ...


# The demo store's returns policy says "within 30 days of delivery".
RETURN_DAYS = 30


class SqlStoreBackend:
    """Carts, orders and returns in SQL, prices and stock from the catalogue."""

    def __init__(
        self,
        database: Engine,
        store: StoreInfo,
        products: ProductLookup,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stock: StockKeeper | None = None,
    ) -> None:
        """With `stock` it takes orders, for which nobody pays: that is for a demo."""
        self._stock = stock
        self._database = database
        self._store = store
        self._products = products
        self._clock = clock

    @property
    def has_orders(self) -> bool:
        """Whether any shopper is registered here."""
        with Session(self._database) as session:
            return (
                session.scalar(
                    select(ShopperRow.id).where(ShopperRow.store == self._store.name).limit(1)
                )
                is not None
            )

    def use_catalog(self, store: StoreInfo, products: ProductLookup) -> None:
        """Take prices, stock and policies from this catalogue from now on."""
        self._store = store
        self._products = products

    # ------------------------------------------------------------- carts

    def cart(self, owner: str) -> Cart:
        """The cart at today's prices; lines whose product left the catalogue are left out."""
        with Session(self._database) as session:
            rows = session.scalars(
                select(CartLineRow)
                .where(CartLineRow.store == self._store.name, CartLineRow.owner == owner)
                .order_by(CartLineRow.added, CartLineRow.id)
            ).all()
        found = {p.id: p for p in self._products([row.product_id for row in rows])}
        lines = tuple(
            line
            for row in rows
            if row.product_id in found and (line := _price_line(row, found[row.product_id]))
        )
        total = sum((line.total for line in lines), Decimal(0))
        return Cart(lines=lines, total=total, currency=self._store.currency)

    def add_to_cart(
        self, owner: str, product_id: str, variant_id: str | None, quantity: int
    ) -> Cart:
        """Add pieces; raises StoreBackendError for what is unknown, unpriced or not in stock."""
        product, variant = self._find(product_id, variant_id)
        with Session(self._database) as session, session.begin():
            row = session.scalar(
                select(CartLineRow).where(
                    CartLineRow.store == self._store.name,
                    CartLineRow.owner == owner,
                    CartLineRow.product_id == product_id,
                    CartLineRow.variant_id == (variant_id or ""),
                )
            )
            wanted = quantity + (row.quantity if row else 0)
            _check_quantity(wanted, product, variant)
            if row:
                row.quantity = wanted
            else:
                session.add(
                    CartLineRow(
                        id=uuid.uuid4().hex,
                        store=self._store.name,
                        owner=owner,
                        product_id=product_id,
                        variant_id=variant_id or "",
                        quantity=wanted,
                        added=self._clock(),
                    )
                )
        return self.cart(owner)

    def set_quantity(self, owner: str, line_id: str, quantity: int) -> Cart:
        """Change or (with 0) take out an own line; raises StoreBackendError where there is none."""
        with Session(self._database) as session, session.begin():
            row = session.get(CartLineRow, line_id)
            if row is None or row.owner != owner or row.store != self._store.name:
                raise StoreBackendError(
                    "This line is not in your cart.", remedy="Look at the cart again."
                )
            if quantity == 0:
                session.delete(row)
            else:
                _check_quantity(quantity, *self._find(row.product_id, row.variant_id or None))
                row.quantity = quantity
        return self.cart(owner)

    def clear_cart(self, owner: str) -> Cart:
        """Empty the cart."""
        with Session(self._database) as session, session.begin():
            session.execute(
                delete(CartLineRow).where(
                    CartLineRow.store == self._store.name, CartLineRow.owner == owner
                )
            )
        return self.cart(owner)

    def _find(self, product_id: str, variant_id: str | None) -> tuple[Product, Variant | None]:
        product = next(iter(self._products([product_id])), None)
        if product is None:
            raise StoreBackendError("This product is not in the store.")
        if product.price is None and variant_id is None:
            raise StoreBackendError("This product has no price, it cannot be put into a cart.")
        if variant_id is None:
            if product.variants:
                raise StoreBackendError("Choose a version of it first.")
            return product, None
        variant = next((v for v in product.variants if v.id == variant_id), None)
        if variant is None:
            raise StoreBackendError("This product has no such version.")
        return product, variant

    # ------------------------------------------------------------- orders

    @property
    def has_checkout(self) -> bool:
        """Whether this is a demo that takes orders."""
        return self._stock is not None

    def check_out(self, owner: str, shopper_id: str) -> Order:
        """Order the cart and take its pieces off the stock, both or neither.

        Raises StoreBackendError for an empty cart, one that changed meanwhile, and too few
        pieces; a cart is ordered once, however often the button is pressed.
        """
        if self._stock is None:
            raise StoreBackendError("This store takes no orders here.")
        cart = self.cart(owner)
        if not cart.lines:
            raise StoreBackendError("Your cart is empty.", remedy="Put something in first.")
        pieces = [Pieces(each.product_id, each.variant_id, each.quantity) for each in cart.lines]
        taken = False
        try:
            with Session(self._database) as session, session.begin():
                self._empty_as_seen(session, owner, cart)
                row = make_demo_order(self._store.name, shopper_id, self._clock(), cart)
                session.add(row)
                session.flush()
                self._stock.take(pieces)
                taken = True
                order_id = row.id
        except OutOfStockError as error:
            raise StoreBackendError(error.message, remedy=error.remedy) from None
        except BaseException:
            if taken:
                self._stock.give_back(pieces)
            raise
        return next(order for order in self.orders(shopper_id) if order.id == order_id)

    def _empty_as_seen(self, session: Session, owner: str, cart: Cart) -> None:
        """Take out the lines as they were read; raises StoreBackendError if they changed."""
        for line in cart.lines:
            gone = session.execute(
                delete(CartLineRow).where(
                    CartLineRow.id == line.id,
                    CartLineRow.owner == owner,
                    CartLineRow.quantity == line.quantity,
                )
            )
            if not gone.rowcount:  # type: ignore[attr-defined]
                raise StoreBackendError(
                    "Your cart has changed meanwhile.", remedy="Look at it and order again."
                )

    def shopper(self, shopper_id: str) -> Shopper | None:
        """The registered shopper of that id."""
        with Session(self._database) as session:
            row = session.get(ShopperRow, (self._store.name, shopper_id))
            if row is None:
                return None
            return Shopper(id=row.id, name=row.name, language=Language(row.language))

    def latest_shoppers(self, limit: int) -> tuple[Shopper, ...]:
        """Those who ordered last: whom a demo page offers to sign in as."""
        with Session(self._database) as session:
            ids = session.scalars(
                select(OrderRow.shopper_id)
                .where(OrderRow.store == self._store.name)
                .order_by(OrderRow.placed.desc())
            ).all()
        latest = list(dict.fromkeys(ids))[:limit]
        return tuple(shopper for i in latest if (shopper := self.shopper(i)))

    def orders(self, shopper_id: str) -> tuple[Order, ...]:
        """The shopper's orders, newest first, each as far as it is today."""
        with Session(self._database) as session:
            rows = session.scalars(
                select(OrderRow)
                .where(OrderRow.store == self._store.name, OrderRow.shopper_id == shopper_id)
                .order_by(OrderRow.placed.desc())
            ).all()
            returned = session.scalars(
                select(ReturnRow).where(
                    ReturnRow.store == self._store.name,
                    ReturnRow.order_id.in_([row.id for row in rows]),
                )
            ).all()
        return tuple(self._read_order(row, returned) for row in rows)

    def request_return(self, shopper_id: str, order_id: str, product_id: str) -> ReturnRequest:
        """Note a return; raises StoreBackendError when it is not theirs, or too early or late."""
        order = next((o for o in self.orders(shopper_id) if o.id == order_id), None)
        if order is None or all(line.product_id != product_id for line in order.lines):
            raise StoreBackendError("There is no such product in an order of yours.")
        if known := next((r for r in order.returns if r.product_id == product_id), None):
            return known
        today = self._clock().date()
        if order.delivered is None or order.returnable_until is None:
            raise StoreBackendError("Only delivered products can be returned.")
        if today > order.returnable_until:
            raise StoreBackendError(f"It could be returned until {order.returnable_until}.")
        row = ReturnRow(
            id=f"R{uuid.uuid4().hex[:8].upper()}",
            store=self._store.name,
            order_id=order_id,
            product_id=product_id,
            requested=self._clock(),
        )
        with Session(self._database, expire_on_commit=False) as session, session.begin():
            session.add(row)
        return _read_return(row)

    def policies(self) -> Sequence[Policy]:
        """The policies the store came with."""
        return self._store.policies

    def _read_order(self, row: OrderRow, returned: Sequence[ReturnRow]) -> Order:
        status = _status(row, self._clock())
        delivered = row.arrives if status is OrderStatus.DELIVERED else None
        lines = tuple(OrderLine.model_validate(line) for line in row.lines)
        gone = status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
        open_ = status in (OrderStatus.PROCESSING, OrderStatus.SHIPPED)
        return Order(
            id=row.id,
            placed=_aware(row.placed),
            status=status,
            lines=lines,
            total=sum((line.unit_price * line.quantity for line in lines), Decimal(0)),
            currency=self._store.currency,
            tracking=row.tracking if gone else "",
            shipped=row.ships if gone else None,
            expected=row.arrives if open_ else None,
            delivered=delivered,
            returnable_until=delivered and delivered + timedelta(days=RETURN_DAYS),
            returns=tuple(_read_return(r) for r in returned if r.order_id == row.id),
        )


def _status(row: OrderRow, now: datetime) -> OrderStatus:
    if row.cancelled:
        return OrderStatus.CANCELLED
    # Parcels leave at the cut-off: an order of this morning has not been sent yet.
    if now < datetime.combine(row.ships, time(CUT_OFF_HOUR), UTC):
        return OrderStatus.PROCESSING
    return OrderStatus.SHIPPED if now.date() < row.arrives else OrderStatus.DELIVERED


def _price_line(row: CartLineRow, product: Product) -> CartLine | None:
    variant = next((v for v in product.variants if v.id == row.variant_id), None)
    price = variant.price if variant and variant.price is not None else product.price
    if price is None or (row.variant_id and variant is None):
        return None
    return CartLine(
        id=row.id,
        product_id=row.product_id,
        variant_id=row.variant_id or None,
        title=product.title,
        options=variant.options if variant else {},
        quantity=row.quantity,
        unit_price=price,
        stock=variant.stock if variant else product.stock,
    )


def _check_quantity(wanted: int, product: Product, variant: Variant | None) -> None:
    stock = variant.stock if variant else product.stock
    if stock is not None and wanted > stock:
        raise StoreBackendError(
            "This is sold out." if stock == 0 else f"Only {stock} of these are in stock."
        )
    if not 1 <= wanted <= MOST_OF_ONE:
        raise StoreBackendError(f"A cart holds 1 to {MOST_OF_ONE} of one product.")


def _read_return(row: ReturnRow) -> ReturnRequest:
    return ReturnRequest(
        id=row.id,
        order_id=row.order_id,
        product_id=row.product_id,
        requested=_aware(row.requested),
    )


def _aware(moment: datetime) -> datetime:
    """SQLite gives times back without their zone; all are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
