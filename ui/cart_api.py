"""Carts and sign-in over HTTP."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.guard import bound_conversation_id
from assistant.learning import log_order
from assistant.store.shop import Caller, Shop
from assistant.store.tokens import SignInError
from assistant.store.types import MOST_OF_ONE, Cart, Order, Shopper
from assistant.types import AssistantService
from retrieval.types import Language
from ui.errors import NotFoundError, Problem
from ui.schemas import ConversationId
from ui.texts import say
from ui.visitor import visitor_of

BEARER = "bearer "
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The store refuses it, and says why."},
    401: {"model": Problem, "description": "The token is not valid, or not any more."},
    503: {"model": Problem, "description": "The store's system does not answer."},
}


def read_shopper(request: Request, authorization: Annotated[str, Header()] = "") -> str | None:
    """The id of the shopper whose token came along, None without one; raises SignInError."""
    if not authorization:
        return None
    shop: Shop | None = request.app.state.service.shop
    if shop is None or not authorization.lower().startswith(BEARER):
        raise SignInError("You are not signed in.", remedy="Send Authorization: Bearer <token>.")
    return shop.tokens.check(authorization[len(BEARER) :].strip())


SignedIn = Annotated[str | None, Depends(read_shopper)]
"""Who sends the request; FastAPI asks `read_shopper`."""


class LineView(BaseModel):
    """One line of a cart as a page shows it, titles and options in the page's language."""

    id: str
    product_id: str
    variant_id: str | None
    title: str
    options: tuple[str, ...]
    quantity: int
    unit_price: Decimal
    total: Decimal
    stock: int | None
    image_url: str | None


class CartView(BaseModel):
    """A cart as a page shows it."""

    lines: tuple[LineView, ...]
    count: int
    total: Decimal
    currency: str
    checkout: bool = Field(default=False, description="Whether POST /v1/cart/checkout takes it.")


class CheckedOut(BaseModel):
    """An order that was placed, and how it was paid for."""

    order: Order
    payment: Literal["demo"] = Field(
        default="demo", description="A demo payment: nothing is charged and nothing is sent."
    )
    note: str


class NewLine(BaseModel):
    """A product to put into the cart; it must have been shown in the conversation."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: ConversationId
    product_id: str = Field(max_length=256)
    variant_id: str | None = Field(default=None, max_length=256)
    quantity: int = Field(default=1, ge=1, le=MOST_OF_ONE)
    language: Language = Language.ENGLISH


class LineChange(BaseModel):
    """How many a line shall hold; 0 takes it out."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: ConversationId
    quantity: int = Field(ge=0, le=MOST_OF_ONE)
    language: Language = Language.ENGLISH


class Claim(BaseModel):
    """The conversation whose cart joins the signed-in shopper's."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: ConversationId
    language: Language = Language.ENGLISH


class DemoSignIn(BaseModel):
    """One of the demo's own shoppers."""

    model_config = ConfigDict(extra="forbid")

    shopper_id: str = Field(max_length=64)


class Account(BaseModel):
    """Who is signed in, and whom the demo store offers to sign in as."""

    shopper: Shopper | None
    demo_shoppers: tuple[Shopper, ...] = ()


class SignedInAs(BaseModel):
    """A token to send as `Authorization: Bearer …`, and whom it names."""

    token: str
    shopper: Shopper


def add_cart(router: APIRouter, service: AssistantService) -> None:
    """The routes under /v1/cart and of signing in."""

    def shop() -> Shop:
        if service.shop is None:
            raise NotFoundError("This store has no carts.")
        return service.shop

    async def view(cart: Cart, language: Language) -> CartView:
        return await view_cart(service, cart, language)

    @router.get("/v1/cart", tags=["cart"], summary="The cart", responses=PROBLEMS)
    async def cart(
        conversation_id: Annotated[str, Query(max_length=64)],
        shopper_id: SignedIn,
        language: Language = Language.ENGLISH,
    ) -> CartView:
        """What is in the cart of the signed-in shopper, else of this conversation."""
        caller = Caller(bound_conversation_id(conversation_id), shopper_id)
        return await view(await asyncio.to_thread(shop().cart, caller), language)

    @router.post("/v1/cart/lines", tags=["cart"], summary="Put in", responses=PROBLEMS)
    async def add(line: NewLine, shopper_id: SignedIn) -> CartView:
        """Put a product into the cart that this conversation has shown."""
        caller = Caller(line.conversation_id, shopper_id)
        done = await asyncio.to_thread(
            shop().add, caller, line.product_id, line.variant_id, line.quantity
        )
        return await view(done, line.language)

    @router.patch("/v1/cart/lines/{line_id}", tags=["cart"], summary="Change", responses=PROBLEMS)
    async def change(
        line_id: Annotated[str, Path(max_length=256)],
        change: LineChange,
        shopper_id: SignedIn,
    ) -> CartView:
        """Change how many of a line; 0 takes it out."""
        caller = Caller(change.conversation_id, shopper_id)
        done = await asyncio.to_thread(shop().set_quantity, caller, line_id, change.quantity)
        return await view(done, change.language)

    @router.post(
        "/v1/cart/checkout", tags=["cart"], summary="Order (demo payment)", responses=PROBLEMS
    )
    async def check_out(wanted: Claim, shopper_id: SignedIn, request: Request) -> CheckedOut:
        """Order the signed-in shopper's cart in the demo store: the stock goes down, the order
        shows up in the chat, and no money moves."""
        own = shop()
        if not own.backend.has_checkout:
            raise NotFoundError(
                "Orders are placed on the shop's own pages.", remedy="Go to the shop's checkout."
            )
        visitor = visitor_of(request)
        caller = Caller(wanted.conversation_id, shopper_id)
        order = await asyncio.to_thread(own.check_out, caller)
        if visitor and service.learning:
            await asyncio.to_thread(log_order, service.learning, visitor, order)
        return CheckedOut(order=order, note=say("demo_payment", wanted.language))

    @router.post("/v1/cart/claim", tags=["cart"], summary="After sign-in", responses=PROBLEMS)
    async def claim(claim: Claim, shopper_id: SignedIn, request: Request) -> CartView:
        """What was put in and said of tastes before signing in becomes the shopper's own."""
        caller = Caller(claim.conversation_id, shopper_id)
        if service.preferences is not None and shopper_id:
            for before in anonymous_owners(service, request, claim.conversation_id):
                await asyncio.to_thread(service.preferences.move, before, caller.owner)
        return await view(await asyncio.to_thread(shop().take_cart_along, caller), claim.language)

    @router.get("/v1/account", tags=["account"], summary="Who is signed in", responses=PROBLEMS)
    async def account(shopper_id: SignedIn) -> Account:
        """The signed-in shopper; in the demo store also whom one may sign in as."""
        own = shop()
        found = await asyncio.to_thread(own.backend.shopper, shopper_id) if shopper_id else None
        return Account(
            shopper=found, demo_shoppers=await asyncio.to_thread(lambda: own.demo_shoppers)
        )

    @router.post("/v1/account/demo", tags=["account"], summary="Demo sign-in", responses=PROBLEMS)
    async def sign_in(wanted: DemoSignIn) -> SignedInAs:
        """Sign in as one of the demo's shoppers; a real shop signs its own tokens."""
        own = shop()
        token = await asyncio.to_thread(own.sign_in_demo, wanted.shopper_id)
        found = await asyncio.to_thread(own.backend.shopper, wanted.shopper_id)
        assert found is not None  # it was among those offered
        return SignedInAs(token=token, shopper=found)


def anonymous_owners(
    service: AssistantService, request: Request, conversation_id: str
) -> tuple[str, ...]:
    """Under whom tastes of this request's visitor were kept before they signed in."""
    client = service.remembered_client(visitor_of(request))
    return tuple({Caller(conversation_id, None, c).remembered for c in ("", client)})


async def view_cart(service: AssistantService, cart: Cart, language: Language) -> CartView:
    """The cart with titles, options and pictures of today's catalogue."""
    products = {p.id: p for p in await service.products([line.product_id for line in cart.lines])}
    lines = []
    for line in cart.lines:
        product = products.get(line.product_id)
        options = tuple(service.vocabulary.label(v, language) for v in line.options.values())
        lines.append(
            LineView(
                id=line.id,
                product_id=line.product_id,
                variant_id=line.variant_id,
                title=product.title_in(language) if product else line.title,
                options=options,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.total,
                stock=line.stock,
                image_url=product.image_url if product else None,
            )
        )
    return CartView(
        lines=tuple(lines),
        count=cart.count,
        total=cart.total,
        currency=cart.currency,
        checkout=service.shop is not None and service.shop.backend.has_checkout,
    )
