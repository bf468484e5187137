"""The HTTP interface: chat as server-sent events, search, products, health."""

from __future__ import annotations

import time
import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from assistant.types import AssistantService, ReplyEvent, ServiceStatus, Understanding
from retrieval.errors import InvalidRequestError
from retrieval.profile.types import Visitor
from retrieval.recommend.guides import offer_guide
from retrieval.types import Filters, Language, Product, SearchResult, Sort
from ui.cart_api import SignedIn, add_cart
from ui.chips import drop_chips, join_filters, list_chips
from ui.errors import NotFoundError, Problem
from ui.facets import view_facets, view_relaxations
from ui.filters import build_filters
from ui.handoff_api import add_handoff
from ui.preference_api import add_preferences
from ui.schemas import ChatRequest, SearchResponse
from ui.stream import TurnResponse, TurnStream
from ui.visitor import visitor_of

CONVERSATION_HEADER = "X-Conversation-Id"
QUERY_LIMIT = 2000
"""Characters of a query, the same bound as a chat message has."""

BODY_LIMIT = 64 * 1024
"""Bytes; a chat request of 2,000 characters is below 24 KB however it is escaped."""

Price = Annotated[
    Decimal | None,
    Query(ge=0, max_digits=14, allow_inf_nan=False, examples=["50", "199.99"]),
]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request breaks a bound or names the unknown."},
    422: {"model": Problem, "description": "A value has the wrong form."},
    503: {"model": Problem, "description": "A part is not there yet; try again."},
}

CHAT_EXAMPLE = (
    'event: products\ndata: {"type":"products","stage":"quick","products":[…],"total":42,…}\n\n'
    'event: guide\ndata: {"type":"guide","guide":{"list_id":"9f2c-guide","id":"guide-headphones",'
    '"title":"…","sentence":"…","language":"en"}}\n\n'
    'event: text\ndata: {"type":"text","sentence":{"text":"The first is $51 under your budget.",…}}'
    '\n\nevent: question\ndata: {"type":"question","text":"Over-ear or in-ear?",'
    '"options":["Over-ear","In-ear"]}\n\n'
    'event: done\ndata: {"type":"done","turn_id":"9f2c","trace":{…},"conversation_id":"f3b0c9c2a7"}'
    "\n\n"
)

CHAT_DESCRIPTION = (
    "Server-sent events; `x-event-schema` is the schema of their data.\n\n```\n"
    + CHAT_EXAMPLE
    + "```"
)


def create_router(service: AssistantService) -> APIRouter:
    """The routes under /v1 and /health, over `service`."""
    router = APIRouter()
    _add_chat(router, service)
    add_cart(router, service)
    add_handoff(router, service)
    add_preferences(router, service)
    _add_search(router, service)
    _add_lookups(router, service)
    return router


def _add_chat(router: APIRouter, service: AssistantService) -> None:
    @router.post(
        "/v1/chat",
        tags=["chat"],
        summary="Send a message, stream the answer",
        max_body_size=BODY_LIMIT,
        status_code=200,
        response_class=TurnResponse,
        responses={
            200: {
                "description": CHAT_DESCRIPTION,
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
                "headers": {
                    CONVERSATION_HEADER: {
                        "description": "Send it as conversation_id with the next message.",
                        "schema": {"type": "string"},
                    }
                },
            },
            **PROBLEMS,
        },
        openapi_extra={
            "x-event-schema": TypeAdapter(ReplyEvent).json_schema(ref_template="#/$defs/{model}"),
            "x-event-example": CHAT_EXAMPLE,
        },
    )
    async def chat(request: ChatRequest, http: Request, shopper_id: SignedIn) -> TurnResponse:
        """Answer one message as server-sent events, in this order.

        `products` (ranked cards at once; a second one replaces the first), `guide` (a buying
        guide to show below them, while the shopper is still choosing), `text` (one verified
        sentence each), `cart` (as it stands after the turn, where it was touched),
        `preferences` (tastes kept in mind), `handoff` (a human is asked for or has the
        conversation: see /v1/handoff),
        `question` (one, with answers to tap), then `done`; or
        `error` in one line, and what was sent before it stays. Comment lines keep the
        connection alive. Closing the connection stops the answer.
        """
        conversation_id = request.conversation_id or uuid.uuid4().hex
        turn = TurnStream(
            service.reply(
                request.message,
                conversation_id,
                request.language,
                shopper_id=shopper_id,
                visitor=visitor_of(http),
            )
        )
        await turn.refuse_early()
        return TurnResponse(
            turn,
            conversation_id,
            headers={
                CONVERSATION_HEADER: conversation_id,
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            },
        )


def _add_search(router: APIRouter, service: AssistantService) -> None:
    @router.get(
        "/v1/search",
        tags=["search"],
        summary="Search the catalogue",
        response_model=SearchResponse,
        responses=PROBLEMS,
    )
    async def search(
        http: Request,
        q: Annotated[
            str,
            Query(
                description="The query as typed; prices, brands, negations in it are understood.",
                examples=["wireless headphones under $200, not Sony", "两千元以内的显示器"],
            ),
        ] = "",
        language: Annotated[Language | None, Query(description="en or zh.")] = None,
        price_min: Price = None,
        price_max: Price = None,
        brand: Annotated[
            list[str], Query(description="Any of these.", examples=["Sony", "Lenovo"])
        ] = [],  # noqa: B006
        category: Annotated[
            list[str],
            Query(
                description="A path or a part of one: `Audio > Headphones`.",
                examples=["Audio > Headphones", "Headphones"],
            ),
        ] = [],  # noqa: B006
        attribute: Annotated[
            list[str],
            Query(
                description="`name:value` or `name:low..high`; repeat for more.",
                examples=["color:black", "display_diagonal:27.."],
            ),
        ] = [],  # noqa: B006
        in_stock: Annotated[bool, Query(description="Leave out what is sold out.")] = False,
        rating_min: Annotated[
            Decimal | None, Query(ge=0, le=5, allow_inf_nan=False, examples=["4"])
        ] = None,
        without: Annotated[
            list[str], Query(description="Keys of chips to search without.", examples=["price"])
        ] = [],  # noqa: B006
        sort: Annotated[
            Sort | None,
            Query(description="The order; left out, as asked.", examples=[Sort.PRICE_ASCENDING]),
        ] = None,
        facets: Annotated[
            bool,
            Query(
                description="Count what the result can be narrowed by, as well. Each value's "
                "count is what choosing it would leave.",
                examples=[True],
            ),
        ] = False,
        limit: Annotated[int, Query(ge=1, le=100)] = 24,
        offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    ) -> Response:
        """Read the query by rules in milliseconds, search, and say what was understood."""
        started = time.perf_counter()
        filters = build_filters(
            service.vocabulary,
            price_min=price_min,
            price_max=price_max,
            brands=brand,
            categories=category,
            attributes=attribute,
            in_stock=in_stock,
            rating_min=rating_min,
        )
        understanding, result = await run_search(
            service,
            q,
            language,
            filters,
            sort,
            limit,
            offset,
            tuple(without),
            facets,
            visitor_of(http),
        )
        speaking = language or understanding.language
        list_id = uuid.uuid4().hex
        answer = SearchResponse(
            list_id=list_id,
            understanding=understanding,
            chips=list_chips(understanding, service.store, service.vocabulary, speaking),
            facets=view_facets(result, service.store, service.vocabulary, speaking),
            relaxations=view_relaxations(result, service.vocabulary, speaking),
            result=result,
            guide=offer_guide(service.store, service.vocabulary, result, speaking, list_id),
            elapsed_ms=round((time.perf_counter() - started) * 1000, 1),
        )
        # As JSON at once: checking again what was just made takes longer than making it.
        return Response(answer.model_dump_json(), media_type="application/json")


async def run_search(
    service: AssistantService,
    text: str,
    language: Language | None,
    filters: Filters,
    sort: Sort | None,
    limit: int,
    offset: int,
    without: tuple[str, ...] = (),
    facets: bool = False,
    visitor: Visitor | None = None,
) -> tuple[Understanding, SearchResult]:
    """Search; with `without`, read first, drop those conditions, then search what is left."""
    if len(text) > QUERY_LIMIT:
        raise InvalidRequestError(
            f"The query has {len(text)} characters; {QUERY_LIMIT} is the most.",
            remedy="Shorten it to what you are looking for.",
        )
    given = None if filters == Filters() else filters
    if not without:
        return await service.search(
            text,
            language=language,
            filters=given,
            sort=sort,
            limit=limit,
            offset=offset,
            facets=facets,
            visitor=visitor,
        )
    read, _ = await service.search(text, language=language, limit=1, visitor=visitor)
    left = join_filters(drop_chips(read, without), filters, sort)
    return await service.search(
        text,
        language=language,
        limit=limit,
        offset=offset,
        understanding=left,
        facets=facets,
        visitor=visitor,
    )


def _add_lookups(router: APIRouter, service: AssistantService) -> None:
    @router.get(
        "/v1/products/{product_id}",
        tags=["products"],
        summary="One product",
        response_model=Product,
        responses={404: {"model": Problem, "description": "No such product."}, **PROBLEMS},
    )
    async def product(
        product_id: Annotated[str, Path(max_length=256, description="The catalogue's id.")],
    ) -> Product:
        """Every field the catalogue holds of one product."""
        found = await service.products([product_id])
        if not found:
            raise NotFoundError(
                f"This store has no product {product_id!r}.", remedy="Take an id from a search."
            )
        return found[0]

    @router.get("/health", tags=["health"], summary="Is it up", response_model=ServiceStatus)
    async def health() -> ServiceStatus:
        """Always 200 while the server answers; `engine.state` says how far the model is."""
        return service.status()

    @router.api_route(
        "/v1/{rest:path}",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        include_in_schema=False,
    )
    async def unknown(rest: str, request: Request) -> None:
        # Without this route the page mounted at / would answer, in its own way.
        raise NotFoundError(
            f"There is no {request.method} /v1/{rest[:80]}.",
            remedy="/openapi.json lists what there is.",
        )
