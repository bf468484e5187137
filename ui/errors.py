"""What a face says when something goes wrong: one line, one remedy, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from assistant.store.tokens import SignInError
from retrieval.errors import (
    AisleError,
    CallerError,
    PictureError,
    PictureFormatError,
    PictureTooLargeError,
    RetryableError,
    UnknownProductError,
)

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
"""What a 503 suggests: an index or engine that restarts is back within seconds."""

UNEXPECTED = "Something went wrong on our side."
UNEXPECTED_REMEDY = "Try again; the server's log says more."


class NotFoundError(CallerError):
    """Nothing lies under that id or path."""


class ForbiddenError(CallerError):
    """Whoever asks has not shown that they may."""


class NotYoursError(CallerError):
    """Who asks is known, and asks for what is somebody else's."""


class TooLargeError(CallerError):
    """The body is larger than its limit."""


class Problem(BaseModel):
    """An error as every route answers it: what was wrong, and how to mend it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": "price_min 900 is above price_max 100.",
                "remedy": "Swap the two or leave one out.",
            }
        }
    )

    error: str = Field(description="One line that says what was wrong.")
    remedy: str = Field(default="", description="One line that says how to mend it.")


STATUSES: dict[type[AisleError], int] = {
    NotFoundError: 404,
    UnknownProductError: 404,
    ForbiddenError: 401,
    SignInError: 401,
    NotYoursError: 403,
    TooLargeError: 413,
    PictureTooLargeError: 413,
    PictureFormatError: 415,
    PictureError: 422,
}
"""The first that fits counts; a caller's other errors are 400."""


def status_of(error: AisleError) -> int:
    """The HTTP status of an error, by who must act."""
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status
    if isinstance(error, CallerError):
        return 400
    return 503 if isinstance(error, RetryableError) else 500


def problem(status: int, error: str, remedy: str = "") -> JSONResponse:
    """A response holding a `Problem`."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else None
    return JSONResponse(
        Problem(error=error, remedy=remedy).model_dump(), status_code=status, headers=headers
    )


def describe_invalid(errors: list[Any]) -> tuple[str, str]:
    """(error, remedy) in one line each from pydantic's list; the first error speaks."""
    first = errors[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    if first["type"] == "json_invalid":
        return "The body is not valid JSON.", 'Send {"message": "..."} as application/json.'
    if first["type"] == "missing":
        return f"{'.'.join(place) or 'The body'} is missing.", "Add it; /openapi.json shows how."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    line = f"{'.'.join(place)}: {message}." if place else f"{message}."
    return line, "Correct the value; /openapi.json describes each field."


def install_handlers(app: FastAPI) -> None:
    """Answer every error of `app`'s own routes with a `Problem`."""

    async def on_aisle_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AisleError)
        return problem(status_of(error), error.message, error.remedy)

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem(422, *describe_invalid(list(error.errors())))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, f"{error.detail}.".replace("..", "."))

    async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.error("unexpected error at %s", request.url.path, exc_info=error)
        return problem(500, UNEXPECTED, UNEXPECTED_REMEDY)

    app.add_exception_handler(AisleError, on_aisle_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_unexpected)
