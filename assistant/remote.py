"""A client of a running `aisle serve`: the CLI talks through it when a store is in use."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from pydantic import TypeAdapter

from assistant.errors import CallerError, RetryableError
from assistant.settings import Settings
from assistant.types import ReplyEvent, Understanding
from retrieval.types import SearchResult

# Cards come in milliseconds, sentences of a slow machine's model in tens of seconds.
TIMEOUT = httpx.Timeout(10, read=180)
EVENTS: TypeAdapter[ReplyEvent] = TypeAdapter(ReplyEvent)


def announce_server(settings: Settings, url: str) -> Path:
    """Write down where this process serves the active store; the caller removes the file."""
    settings.home.joinpath("run").mkdir(parents=True, exist_ok=True)
    path = settings.home / "run" / f"{settings.store}.json"
    path.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    return path


def find_server(settings: Settings) -> str | None:
    """URL of the process that serves the active store, if it still runs."""
    path = settings.home / "run" / f"{settings.store}.json"
    try:
        served = json.loads(path.read_text())
        os.kill(served["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(served["url"])


class RemoteAssistant:
    """The two calls of the CLI, over HTTP."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT)

    async def search(self, text: str, *, limit: int) -> tuple[Understanding, SearchResult]:
        """`GET /v1/search`."""
        try:
            response = await self._client.get("/v1/search", params={"q": text, "limit": limit})
        except httpx.HTTPError as error:
            raise RetryableError("The running Aisle does not answer.", remedy=str(error)) from None
        _raise_for(response)
        body = response.json()
        return (
            Understanding.model_validate(body["understanding"]),
            SearchResult.model_validate(body["result"]),
        )

    async def reply(self, message: str, conversation_id: str) -> AsyncIterator[ReplyEvent]:
        """`POST /v1/chat`, its events as they come."""
        body = {"message": message, "conversation_id": conversation_id}
        try:
            async with self._client.stream("POST", "/v1/chat", json=body) as response:
                if response.is_error:
                    await response.aread()
                    _raise_for(response)
                async for line in response.aiter_lines():
                    if line.startswith("data:"):
                        yield EVENTS.validate_json(line.removeprefix("data:"))
        except httpx.HTTPError as error:
            raise RetryableError("The running Aisle went away.", remedy=str(error)) from None


def _raise_for(response: httpx.Response) -> None:
    if response.is_error:
        body = response.json()
        raise CallerError(body["error"], remedy=body.get("remedy", ""))
