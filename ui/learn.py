"""The HTTP interface of what is learned: events, consent, recommendations, profiles."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from assistant.advertising import recommend
from assistant.privacy import PrivacyOffice
from assistant.types import AssistantService
from retrieval.errors import InvalidRequestError
from retrieval.profile.explain import ProfileView
from retrieval.profile.types import Consent, ConsentMode
from retrieval.recommend.service import MOST_EVENTS, Learning, Receipt
from retrieval.recommend.types import Kind, RecommendationRequest, Recommendations
from retrieval.types import Language
from ui.access import demand, read_name, read_proof
from ui.api import PROBLEMS as API_PROBLEMS
from ui.api import Price
from ui.errors import NotFoundError, Problem
from ui.filters import build_filters
from ui.listed import ListWriter
from ui.visitor import is_robot, visitor_of

PROBLEMS: dict[int | str, dict[str, Any]] = {
    **API_PROBLEMS,
    401: {"model": Problem, "description": "A signed-in shopper's data needs their token."},
    403: {"model": Problem, "description": "The token is another shopper's."},
}

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes; a thousand events of the usual 400 bytes fill a fifth of it."""

EXAMPLE: dict[str, Any] = {
    "events": [
        {
            "event_id": "5f1c0f4e",
            "action_name": "click",
            "timestamp": "2026-11-24T10:00:00Z",
            "client_id": "c-81f2",
            "session_id": "s-1",
            "query_id": "9f2c",
            "surface": "search",
            "event_attributes": {
                "object": {"object_id": "mouse-001"},
                "position": {"ordinal": 2},
            },
        }
    ],
    "consent": True,
}


class EventBatch(BaseModel):
    """Events to log; each row is read on its own, so that a bad one costs itself only."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    events: list[Any] = Field(
        description=f"At most {MOST_EVENTS} events in the form of OpenSearch's User Behavior "
        "Insights, nested or flat; docs/events.md lists the fields."
    )
    consent: bool = Field(
        default=False,
        description="The sender has the shoppers' consent. Needed where the setting is to ask "
        "and the shopper did not answer Aisle itself.",
    )


class RejectedRow(BaseModel):
    """A row that was not taken."""

    index: int = Field(description="Its place in the batch, from 0.")
    event_id: str
    error: str = Field(description="One line that says why.")


class EventReceipt(BaseModel):
    """What became of a batch; every row is counted once."""

    accepted: int = Field(description="New events; they are committed.")
    duplicates: int = Field(description="Events whose id was known.")
    without_consent: int = Field(description="Events of shoppers who did not agree.")
    rejected: list[RejectedRow]


class RejectedBatch(Problem):
    """A batch of which nothing could be read."""

    rejected: list[RejectedRow]


class ConsentChoice(BaseModel):
    """A shopper's answer to being logged."""

    choice: Consent
    client_id: str | None = Field(
        default=None, max_length=128, description="Left out, the client of the request."
    )


class ConsentAnswer(BaseModel):
    """The answer as recorded, and the client id to send from now on."""

    choice: Consent
    client_id: str


def create_learning_router(service: AssistantService, list_threads: int = 1) -> APIRouter:
    """The routes over what `service` learns; they answer 404 where it does not learn.

    `list_threads` make lists of recommendations, the first asked for first.
    """
    router = APIRouter()
    _add_events(router, service)
    _add_recommendations(router, service, list_threads)
    _add_privacy(router, service)
    return router


def _learning(service: AssistantService) -> Learning:
    if service.learning is None:
        raise NotFoundError(
            "This server does not learn.", remedy="Serve a store with `aisle serve`."
        )
    return service.learning


def _add_events(router: APIRouter, service: AssistantService) -> None:
    @router.post(
        "/v1/events",
        tags=["learning"],
        summary="Log what shoppers did",
        max_body_size=BODY_LIMIT,
        status_code=202,
        response_model=EventReceipt,
        responses={
            **PROBLEMS,
            400: {"model": RejectedBatch, "description": "Nothing in the batch could be read."},
        },
    )
    async def events(batch: EventBatch, request: Request) -> Response:
        """Commit a batch, then answer; sending it again is harmless.

        Good rows are kept whatever the others are; each bad row is told in one line.
        """
        visitor = visitor_of(request)
        rows = batch.events
        if is_robot(request.headers.get("user-agent", "")):
            rows = [{**r, "automated": True} if isinstance(r, dict) else r for r in rows]
        receipt = await asyncio.to_thread(
            _learning(service).receive,
            rows,
            visitor,
            vouched=batch.consent,
            check_user=partial(demand, read_proof(request)),
        )
        return _answer(receipt)

    @router.post(
        "/v1/consent",
        tags=["learning"],
        summary="Record a shopper's answer",
        response_model=ConsentAnswer,
        responses=PROBLEMS,
    )
    async def consent(answer: ConsentChoice, request: Request) -> ConsentAnswer:
        """Keep whether this client's shopper agrees to being logged; the last answer counts."""
        visitor = visitor_of(request)
        client = answer.client_id or (visitor.client_id if visitor else uuid.uuid4().hex)
        if await asyncio.to_thread(_learning(service).knows_user, client):
            demand(read_proof(request), client)
        await asyncio.to_thread(_learning(service).decide, client, answer.choice)
        return ConsentAnswer(choice=answer.choice, client_id=client)

    @router.get("/v1/consent", tags=["learning"], summary="Is there anything to ask")
    async def mode() -> dict[str, ConsentMode]:
        """What the shop does about shoppers who were not asked: ask, on or off."""
        learning = service.learning
        return {"mode": learning.consent if learning else ConsentMode.OFF}


def _answer(receipt: Receipt) -> Response:
    rejected = [
        {"index": row.index, "event_id": row.event_id, "error": row.error}
        for row in receipt.rejected
    ]
    kept = receipt.accepted + receipt.duplicates + receipt.without_consent
    if rejected and not kept:
        first = rejected[0]
        body: dict[str, Any] = {
            "error": f"Event {first['index']}: {first['error']}.",
            "remedy": "Correct the rows; docs/events.md lists the fields.",
            "rejected": rejected,
        }
        return JSONResponse(body, status_code=400)
    counts = {
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "without_consent": receipt.without_consent,
        "rejected": rejected,
    }
    return JSONResponse(counts, status_code=202)


def _add_recommendations(router: APIRouter, service: AssistantService, threads: int) -> None:
    writer = ListWriter()
    # Of their own: as many lists at once as the usual pool has threads finish all of them late.
    makers = ThreadPoolExecutor(threads, thread_name_prefix="lists")

    @router.get(
        "/v1/recommendations",
        tags=["learning"],
        summary="What to show a shopper",
        response_model=Recommendations,
        responses=PROBLEMS,
    )
    async def recommendations(
        request: Request,
        kind: Annotated[Kind, Query(description="The question to answer.")] = Kind.FOR_YOU,
        shopper: Annotated[
            str,
            Query(
                alias="for",
                max_length=128,
                description="A client id, or a user id with that shopper's (or the merchant's) "
                "token; left out, the client of the request.",
            ),
        ] = "",
        item: Annotated[
            list[str],
            Query(max_length=20, description="Products to start from (similar, bought_together)."),
        ] = [],  # noqa: B006
        language: Language = Language.ENGLISH,
        price_min: Price = None,
        price_max: Price = None,
        brand: Annotated[list[str], Query(description="Any of these.")] = [],  # noqa: B006
        category: Annotated[list[str], Query(description="`Audio > Headphones`.")] = [],  # noqa: B006
        attribute: Annotated[list[str], Query(description="`name:value`.")] = [],  # noqa: B006
        rating_min: Annotated[Decimal | None, Query(ge=0, le=5)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
    ) -> Response:
        """Products (or guides) with reasons; `list_id` is the query_id of events about them."""
        visitor = visitor_of(request)
        asked = RecommendationRequest(
            kind=kind,
            items=tuple(item),
            language=language,
            filters=build_filters(
                service.vocabulary,
                price_min=price_min,
                price_max=price_max,
                brands=brand,
                categories=category,
                attributes=attribute,
                in_stock=False,
                rating_min=rating_min,
            ),
            limit=limit,
        )

        def make() -> str:
            name = read_name(service, request, shopper, visitor)
            of_shopper = asked.model_copy(update={"shopper": name})
            found = recommend(_learning(service), service.ads, of_shopper, visitor)
            # As JSON at once: checking again what was just made takes longer than making it.
            return writer.write(found)

        written = await asyncio.get_running_loop().run_in_executor(makers, make)
        return Response(written, media_type="application/json")

    @router.get(
        "/v1/profile",
        tags=["learning"],
        summary="What is known of a shopper",
        response_model=ProfileView,
        responses=PROBLEMS,
    )
    async def profile(
        request: Request,
        shopper: Annotated[str, Query(alias="for", max_length=128)] = "",
        language: Language = Language.ENGLISH,
    ) -> ProfileView:
        """Tastes, price range and refusals in words, each with the products it comes from."""
        visitor = visitor_of(request)
        name = await asyncio.to_thread(read_name, service, request, shopper, visitor)
        return await asyncio.to_thread(_learning(service).view, name, language)


def _add_privacy(router: APIRouter, service: AssistantService) -> None:
    def office() -> PrivacyOffice:
        if service.privacy is None:
            raise NotFoundError("This server keeps nothing of shoppers.")
        return service.privacy

    def name_of(request: Request, shopper: str) -> str:
        name = read_name(service, request, shopper, visitor_of(request))
        if not name:
            raise InvalidRequestError(
                "It is not said whose data is meant.",
                remedy="Send X-Aisle-Client, a token, or for=ID.",
            )
        # All that is kept is more than a profile: the browser of who signed in does not do.
        if (owner := _learning(service).owner(name)) != name:
            demand(read_proof(request), owner)
        return name

    @router.get("/v1/privacy", tags=["privacy"], summary="All that is kept", responses=PROBLEMS)
    async def export(
        request: Request, shopper: Annotated[str, Query(alias="for", max_length=128)] = ""
    ) -> dict[str, Any]:
        """Events, consent, stated preferences and conversations of the shopper who asks."""
        name = await asyncio.to_thread(name_of, request, shopper)
        return await asyncio.to_thread(office().export, name)

    @router.delete("/v1/privacy", tags=["privacy"], summary="Remove it", responses=PROBLEMS)
    async def erase(
        request: Request, shopper: Annotated[str, Query(alias="for", max_length=128)] = ""
    ) -> dict[str, int]:
        """Remove all of it; counts that name nobody stay."""
        name = await asyncio.to_thread(name_of, request, shopper)
        erased = await asyncio.to_thread(office().erase, name)
        return {"events": erased.events, "conversations": erased.conversations}
