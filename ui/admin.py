"""The catalogue over HTTP, for merchants: products one by one, whole feeds, a reindex."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict

from assistant.admin import CatalogAdmin, FeedOptions, Job
from retrieval.catalog.checked import check_product
from retrieval.catalog.files import clear_disk_errors
from retrieval.errors import InvalidRequestError
from retrieval.types import Product
from ui.errors import ForbiddenError, Problem, TooLargeError

PRODUCT_LIMIT = 1024 * 1024
"""Bytes of one product: 50,000 characters of description and hundreds of reviews."""

BEARER = HTTPBearer(auto_error=False, description="AISLE_ADMIN_TOKEN of the server.")

MEGABYTE = 1024 * 1024

PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "The token is missing or not ours."},
    400: {"model": Problem, "description": "The product or the feed breaks a bound."},
}

ProductId = Annotated[str, PathParameter(max_length=256, description="The catalogue's id.")]


class Placed(BaseModel):
    """What became of a product that was sent."""

    id: str
    action: str


class Reindex(BaseModel):
    """Encoders to build the index with; left out, those of the settings."""

    model_config = ConfigDict(extra="forbid")

    encoder_english: str | None = None
    encoder_multilingual: str | None = None


def create_admin_router(admin: CatalogAdmin, feed_limit_mb: int) -> APIRouter:
    """The routes under /v1/catalog, every one of them for holders of a token."""
    router = APIRouter(
        prefix="/v1/catalog",
        tags=["catalogue"],
        dependencies=[Depends(require_token(admin))],
        responses=PROBLEMS,
    )
    _add_products(router, admin)
    _add_jobs(router, admin, feed_limit_mb)
    return router


def require_token(admin: CatalogAdmin) -> Callable[..., Awaitable[None]]:
    """A dependency that lets holders of the merchant's token through."""

    async def check(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    ) -> None:
        if given is None or not admin.admits(given.credentials):
            raise ForbiddenError(
                "This needs the merchant's token.",
                remedy="Set AISLE_ADMIN_TOKEN for the server and send it as a Bearer token.",
            )

    return check


def _add_products(router: APIRouter, admin: CatalogAdmin) -> None:
    @router.get("/products", summary="The whole catalogue", response_class=StreamingResponse)
    def export() -> StreamingResponse:
        """JSON lines, a product each, as `PUT` takes them; in no order."""
        lines = (f"{product.model_dump_json()}\n" for product in admin.live.products())
        return StreamingResponse(lines, media_type="application/jsonl")

    @router.put("/products/{product_id}", summary="Add or replace a product")
    async def put(product_id: ProductId, request: Request) -> Placed:
        """The body is a product as `GET /v1/products/{id}` shows it; the next query finds it."""
        fields = await _read_object(request)
        if fields.setdefault("id", product_id) != product_id:
            raise InvalidRequestError(
                "The id in the body is another than in the path.", remedy="Leave it out."
            )
        fields.setdefault("currency", admin.live.opened.store.info.currency)
        fields.setdefault("price", None)
        actions = await asyncio.to_thread(admin.live.put, [check_product(fields)])
        return Placed(id=product_id, action=actions[product_id].value)

    @router.patch("/products/{product_id}", summary="Change some fields of a product")
    async def change(product_id: ProductId, request: Request) -> Product:
        """The body holds the fields that change, such as `{"price": "19.90", "stock": 3}`."""
        fields = await _read_object(request)
        return await asyncio.to_thread(admin.live.change, product_id, fields)

    @router.delete("/products/{product_id}", status_code=204, summary="Withdraw a product")
    async def remove(product_id: ProductId) -> Response:
        """Gone from the next query on; withdrawing what is not there is no error."""
        await asyncio.to_thread(admin.live.remove, [product_id])
        return Response(status_code=204)


def _add_jobs(router: APIRouter, admin: CatalogAdmin, feed_limit_mb: int) -> None:
    @router.post("/feed", status_code=202, summary="Bring the store in line with a feed")
    async def feed(
        request: Request,
        filename: Annotated[
            str, Query(max_length=255, description="Its ending tells what is compressed.")
        ] = "feed",
        format: Annotated[str | None, Query(description="Detected when left out.")] = None,
        currency: Annotated[str | None, Query(description="For prices without one.")] = None,
        encoding: Annotated[str | None, Query(description="Detected when left out.")] = None,
        column: Annotated[
            list[str], Query(description="`field=Column`, as --map of `aisle import`.")
        ] = [],  # noqa: B006
        keep_missing: Annotated[bool, Query(description="Keep what the feed lacks.")] = False,
        force: Annotated[bool, Query(description="Even when most products would go.")] = False,
    ) -> Job:
        """The body is the feed file itself. Queries go on; `GET /v1/catalog/jobs/{id}` tells
        how far it is, and which rows could not be read."""
        folder = tempfile.TemporaryDirectory(prefix="aisle-feed-")
        try:
            path = Path(folder.name) / (Path(filename).name or "feed")
            await _save_body(request, path, feed_limit_mb * MEGABYTE)
            mapped = dict(pair.partition("=")[::2] for pair in column)
            options = FeedOptions(format, currency, encoding, mapped, keep_missing, force)
            return admin.import_feed(path, options, folder.cleanup)
        except BaseException:
            folder.cleanup()
            raise

    @router.post("/reindex", status_code=202, summary="Build the index anew")
    async def reindex(wanted: Reindex) -> Job:
        """Beside the one in use, which it replaces in one step; queries and changes go on."""
        return admin.reindex(wanted.encoder_english, wanted.encoder_multilingual)

    @router.get("/jobs", summary="Imports and reindexes, the newest first")
    async def jobs() -> list[Job]:
        """What runs, what waits, and how the last ones ended."""
        return admin.jobs()

    @router.get("/jobs/{job_id}", summary="How far a job is")
    async def job(job_id: Annotated[str, PathParameter(max_length=64)]) -> Job:
        """State, stage, counts and, when it has ended, its result in one line."""
        return admin.job(job_id)


async def _read_object(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PRODUCT_LIMIT:
            raise TooLargeError(
                f"A product takes at most {PRODUCT_LIMIT // MEGABYTE} MB.",
                remedy="Send fewer reviews, or the whole catalogue as a feed.",
            )
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise InvalidRequestError(
            "The body is not a JSON object.", remedy='Send fields, such as {"price": "19.90"}.'
        )
    return fields


async def _save_body(request: Request, path: Path, limit: int) -> None:
    """Write the body to `path` as it comes; raises TooLargeError, DiskFullError."""
    size = 0
    with clear_disk_errors(path), path.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise TooLargeError(
                    f"The feed is larger than {limit // MEGABYTE:,} MB.",
                    remedy="Raise AISLE_FEED_LIMIT_MB on the server.",
                )
            file.write(chunk)
