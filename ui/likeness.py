"""The HTTP routes for likeness: products like one of the catalogue, and like a photo."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from email.message import Message
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from assistant.answer.likeness import word_reason
from assistant.types import AssistantService, Understanding
from retrieval.errors import InvalidRequestError, PictureError, PictureTooLargeError
from retrieval.pictures import MIB
from retrieval.types import Filters, Language, Product, SearchResult, SimilarResult, Sort
from ui.api import PROBLEMS, QUERY_LIMIT, Price
from ui.chips import Chip, drop_chips, join_filters, list_chips
from ui.errors import NotFoundError, Problem
from ui.facets import view_facets, view_relaxations
from ui.filters import build_filters
from ui.schemas import SearchResponse

FORM_BYTES = 64 * 1024
"""What a form may hold beside the photo."""

PHOTO_FIELD = "image"
PHOTO_BODY = {
    "required": True,
    "description": "JPEG, PNG or WebP, as the body itself or as the form field `image`. "
    "It is looked at in memory and not kept.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [PHOTO_FIELD],
                "properties": {
                    PHOTO_FIELD: {"type": "string", "format": "binary"},
                    "text": {"type": "string", "description": "As the parameter `text`."},
                },
            }
        },
        **{
            f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
            for kind in ("jpeg", "png", "webp")
        },
    },
}
TEXT = "How it shall differ: `but black`, `under 50`, `cheaper`."


class SimilarResponse(BaseModel):
    """Products like one, and why."""

    product: Product
    understanding: Understanding = Field(description="What `text` and filters ask for.")
    chips: tuple[Chip, ...] = Field(description="The conditions in words, each removable.")
    result: SearchResult = Field(description="The most alike first, one card a family.")
    reasons: dict[str, tuple[str, ...]] = Field(description="By product id, in words.")
    elapsed_ms: float


class _Given(BaseModel):
    """Conditions of a URL that are the same for both routes."""

    filters: Filters
    language: Language | None
    sort: Sort | None
    limit: int
    offset: int
    without: tuple[str, ...]


def add_likeness(router: APIRouter, service: AssistantService) -> None:
    """The routes /v1/products/{id}/similar and /v1/search/image over `service`."""
    read = Depends(_reader(service))

    @router.get(
        "/v1/products/{product_id}/similar",
        tags=["products"],
        summary="Products like one",
        response_model=SimilarResponse,
        responses={404: {"model": Problem, "description": "No such product."}, **PROBLEMS},
    )
    async def similar(
        product_id: Annotated[str, Path(max_length=256, description="The catalogue's id.")],
        given: _Given = read,
        text: Annotated[str, Query(description=TEXT, examples=["but black"])] = "",
    ) -> SimilarResponse:
        """Near in words and looks, of the same category and about the same price; with `text`
        and filters, those that differ as asked."""
        started = time.perf_counter()
        understanding, found = await run_similar(service, product_id, text, given)
        if found is None:
            raise NotFoundError(
                f"This store has no product {product_id!r}.", remedy="Take an id from a search."
            )
        speaking = given.language or understanding.language
        return SimilarResponse(
            product=found.product,
            understanding=understanding,
            chips=list_chips(understanding, service.store, service.vocabulary, speaking),
            result=found.result,
            reasons=word_reasons(service, found, speaking),
            elapsed_ms=_since(started),
        )

    @router.post(
        "/v1/search/image",
        tags=["search"],
        summary="Search by photo",
        response_model=SearchResponse,
        responses={
            413: {"model": Problem, "description": "Too many bytes or pixels."},
            415: {"model": Problem, "description": "Neither JPEG, PNG nor WebP."},
            **PROBLEMS,
        },
        openapi_extra={"requestBody": PHOTO_BODY},
    )
    async def search_image(
        request: Request,
        given: _Given = read,
        text: Annotated[str, Query(description=TEXT, examples=["but black"])] = "",
        facets: Annotated[bool, Query(description="Count facets as well.")] = False,
    ) -> SearchResponse:
        """What looks like the photo; `text` and filters say how it shall differ.

        The photo is looked at in memory; neither it nor its vector is kept.
        """
        started = time.perf_counter()
        if not service.photo_limit:
            await service.encode_photo(b"")  # says why there is no photo search
        data, said = await read_upload(request, service.photo_limit)
        image = await service.encode_photo(data)
        understanding, result = await _search_like(
            service, image, _bounded(text or said), given, facets
        )
        speaking = given.language or understanding.language
        return SearchResponse(
            understanding=understanding,
            chips=list_chips(understanding, service.store, service.vocabulary, speaking),
            facets=view_facets(result, service.store, service.vocabulary, speaking),
            relaxations=view_relaxations(result, service.vocabulary, speaking),
            result=result,
            elapsed_ms=_since(started),
        )


def word_reasons(
    service: AssistantService, found: SimilarResult, language: Language
) -> dict[str, tuple[str, ...]]:
    """The reasons of a result in words, by product id."""
    currency = service.store.currency
    return {
        key: tuple(word_reason(r, currency, service.vocabulary, language) for r in reasons)
        for key, reasons in found.reasons.items()
    }


def _reader(service: AssistantService) -> Any:
    """The dependency that reads the conditions of a URL."""

    def read(
        language: Annotated[Language | None, Query(description="en or zh.")] = None,
        price_min: Price = None,
        price_max: Price = None,
        brand: Annotated[list[str], Query(description="Any of these.")] = [],  # noqa: B006
        category: Annotated[list[str], Query(description="A path or part of one.")] = [],  # noqa: B006
        attribute: Annotated[
            list[str], Query(description="`name:value` or `name:low..high`.")
        ] = [],  # noqa: B006
        in_stock: Annotated[bool, Query(description="Leave out what is sold out.")] = False,
        rating_min: Annotated[Decimal | None, Query(ge=0, le=5)] = None,
        without: Annotated[list[str], Query(description="Keys of chips to search without.")] = [],  # noqa: B006
        sort: Annotated[Sort | None, Query(description="The order; left out, likeness.")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 24,
        offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    ) -> _Given:
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
        return _Given(
            filters=filters,
            language=language,
            sort=sort,
            limit=limit,
            offset=offset,
            without=tuple(without),
        )

    return read


async def run_similar(
    service: AssistantService, product_id: str, text: str, given: _Given
) -> tuple[Understanding, SimilarResult | None]:
    """Similar products; with `without`, read first and drop those conditions."""
    text = _bounded(text)
    page: dict[str, Any] = {"limit": given.limit, "offset": given.offset}
    if not given.without:
        return await service.similar(
            product_id,
            text,
            language=given.language,
            filters=_or_none(given.filters),
            sort=given.sort,
            **page,
        )
    read, _ = await service.similar(product_id, text, language=given.language, limit=1)
    left = join_filters(drop_chips(read, given.without), given.filters, given.sort)
    return await service.similar(product_id, text, understanding=left, **page)


async def _search_like(
    service: AssistantService,
    image: tuple[float, ...],
    text: str,
    given: _Given,
    facets: bool,
) -> tuple[Understanding, SearchResult]:
    page: dict[str, Any] = {"limit": given.limit, "offset": given.offset, "facets": facets}
    if not given.without:
        return await service.search(
            text,
            language=given.language,
            filters=_or_none(given.filters),
            sort=given.sort,
            image=image,
            **page,
        )
    read, _ = await service.search(text, language=given.language, limit=1, image=image)
    left = join_filters(drop_chips(read, given.without), given.filters, given.sort)
    return await service.search(text, understanding=left, image=image, **page)


def _or_none(filters: Filters) -> Filters | None:
    return None if filters == Filters() else filters


def _bounded(text: str) -> str:
    if len(text) > QUERY_LIMIT:
        raise InvalidRequestError(
            f"The text has {len(text)} characters; {QUERY_LIMIT} is the most.",
            remedy="Say in a few words how it shall differ.",
        )
    return text


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


# ------------------------------------------------------------------- upload


async def read_upload(request: Request, limit: int) -> tuple[bytes, str]:
    """The photo of a request, from its body or a form, and the form's text.

    Everything stays in memory. Raises PictureTooLargeError, PictureError and
    InvalidRequestError.
    """
    body = _bounded_stream(request, limit + FORM_BYTES)
    if _content_type(request.headers) != "multipart/form-data":
        return b"".join([chunk async for chunk in body]), ""
    # Starlette would spool photos above 1 MB to a file on disk.
    parser = MultiPartParser(request.headers, body, max_files=1, max_fields=8)
    parser.spool_max_size = limit + FORM_BYTES
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidRequestError(
            f"The form cannot be read: {error.message.rstrip('.')}.",
            remedy=f"Send the photo as the field {PHOTO_FIELD!r}.",
        ) from None
    try:
        return await _read_form(form)
    finally:
        await form.close()


async def _bounded_stream(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes in; raises PictureTooLargeError as soon as it is too long."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise PictureTooLargeError(
                f"The photo is above {limit // MIB} MB.", remedy="Send a smaller one."
            )
        yield chunk


async def _read_form(form: FormData) -> tuple[bytes, str]:
    photo = form.get(PHOTO_FIELD)
    if not isinstance(photo, UploadFile):
        raise PictureError(
            f"The form has no file {PHOTO_FIELD!r}.",
            remedy="Send a JPEG, PNG or WebP file under that name.",
        )
    said = form.get("text", "")
    return await photo.read(), said if isinstance(said, str) else ""


def _content_type(headers: Mapping[str, str]) -> str:
    message = Message()
    message["content-type"] = headers.get("content-type", "")
    return message.get_content_type()
