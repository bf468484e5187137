"""A client of a running `aisle serve`: the CLI talks through it when a store is in use."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from assistant.errors import CallerError, RetryableError
from assistant.settings import Settings
from assistant.types import ReplyEvent, Understanding
from retrieval.types import Product, ProgressListener, SearchResult

# Cards come in milliseconds, sentences of a slow machine's model in tens of seconds.
TIMEOUT = httpx.Timeout(10, read=180)
# How often a long job is asked how far it is.
POLL_S = 0.3
EVENTS: TypeAdapter[ReplyEvent] = TypeAdapter(ReplyEvent)


@dataclass(frozen=True)
class RunningServer:
    """A process of this machine that serves the active store; `token` lets its owner in."""

    url: str
    token: str = field(repr=False)


def announce_server(settings: Settings, url: str, token: str) -> Path:
    """Write down where this process serves the active store; the caller removes the file.

    Only this user may read it: `token` admits to changing the catalogue.
    """
    settings.home.joinpath("run").mkdir(parents=True, exist_ok=True)
    path = settings.home / "run" / f"{settings.store}.json"
    path.unlink(missing_ok=True)
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump({"url": url, "pid": os.getpid(), "token": token}, file)
    return path


def find_server(settings: Settings) -> RunningServer | None:
    """The process that serves the active store, if it still runs."""
    path = settings.home / "run" / f"{settings.store}.json"
    try:
        served = json.loads(path.read_text())
        os.kill(served["pid"], 0)
        return RunningServer(str(served["url"]), str(served["token"]))
    except (OSError, ValueError, KeyError):
        return None


class RemoteCatalog:
    """The catalogue of a running server, as its owner changes it from the command line."""

    def __init__(self, server: RunningServer) -> None:
        self._client = httpx.Client(
            base_url=server.url,
            timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {server.token}"},
        )

    def products(self) -> list[Product]:
        """Every product."""
        try:
            with self._client.stream("GET", "/v1/catalog/products") as response:
                if response.is_error:
                    response.read()
                    _raise_for(response)
                return [Product.model_validate_json(line) for line in response.iter_lines()]
        except httpx.HTTPError as error:
            raise RetryableError("The running Aisle does not answer.", remedy=str(error)) from None

    def put(self, fields: Mapping[str, Any]) -> str:
        """Add or replace a product; returns what it needed."""
        path = f"/v1/catalog/products/{quote(str(fields['id']), safe='')}"
        return str(self._send("PUT", path, json=fields)["action"])

    def change(self, product_id: str, fields: Mapping[str, Any]) -> Product:
        """Change some fields of a product."""
        path = f"/v1/catalog/products/{quote(product_id, safe='')}"
        return Product.model_validate(self._send("PATCH", path, json=fields))

    def remove(self, product_id: str) -> None:
        """Withdraw a product."""
        self._send("DELETE", f"/v1/catalog/products/{quote(product_id, safe='')}")

    def import_feed(
        self, path: Path, options: Mapping[str, Any], listener: ProgressListener
    ) -> str:
        """Send a feed and wait until it is imported; returns the summary."""
        with path.open("rb") as file:
            params = {"filename": path.name, **options}
            job = self._send("POST", "/v1/catalog/feed", params=params, content=file)
        return self._wait(job, listener)

    def reindex(self, encoders: Mapping[str, str], listener: ProgressListener) -> str:
        """Have the index built anew and wait for it; returns the summary."""
        return self._wait(self._send("POST", "/v1/catalog/reindex", json=encoders), listener)

    def _wait(self, job: dict[str, Any], listener: ProgressListener) -> str:
        while job["state"] in ("waiting", "running"):
            time.sleep(POLL_S)
            job = self._send("GET", f"/v1/catalog/jobs/{job['id']}")
            listener(job["done"], job["total"], job["stage"] or job["kind"])
        if job["state"] == "failed":
            raise CallerError(job["result"], remedy=job["remedy"])
        return str(job["result"])

    def _send(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **given)
        except httpx.HTTPError as error:
            raise RetryableError("The running Aisle does not answer.", remedy=str(error)) from None
        _raise_for(response)
        return dict(response.json()) if response.content else {}


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
