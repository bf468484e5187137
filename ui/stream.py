"""Server-sent events (WHATWG HTML, section 9.2) of one turn, with heartbeats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.types import DoneEvent, ErrorEvent, ReplyEvent
from retrieval.errors import AisleError
from ui.errors import UNEXPECTED, UNEXPECTED_REMEDY

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10.0
"""Proxies commonly drop a connection that is silent for 30 to 60 s; a third is safe."""

HEARTBEAT = b": waiting\n\n"

FIRST_EVENT_S = 1.0
"""How long a refusal of the message may take and still become a 400 rather than an event."""


class TurnStream:
    """The events of one reply, pulled by one task of their own until it ends or is closed.

    One task for the whole reply: a timeout or a cancel scope inside it belongs to the task
    that entered it. An error raised by the reply becomes an `ErrorEvent`.
    """

    def __init__(
        self, events: AsyncIterator[ReplyEvent], *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._events = events
        self._heartbeat_s = heartbeat_s
        self._queue: asyncio.Queue[ReplyEvent | AisleError | None] = asyncio.Queue()
        self._held: list[ReplyEvent | AisleError | None] = []
        self._pump = asyncio.create_task(self._pull())

    async def refuse_early(self, within_s: float = FIRST_EVENT_S) -> None:
        """Raise the reply's AisleError if it raises one before its first event."""
        with suppress(TimeoutError):
            first = await asyncio.wait_for(self._queue.get(), within_s)
            if isinstance(first, AisleError):
                raise first
            self._held.append(first)

    async def events(self) -> AsyncGenerator[ReplyEvent | None, None]:
        """Events as they come, None each time `heartbeat_s` passed without one."""
        try:
            while True:
                try:
                    item = await self._get()
                except TimeoutError:
                    yield None
                    continue
                if item is None:
                    return
                if isinstance(item, AisleError):
                    yield ErrorEvent(message=item.message, remedy=item.remedy)
                else:
                    yield item
        finally:
            await self.close()

    async def close(self) -> None:
        """Cancel the reply if it is still running, and wait until it has let go."""
        self._pump.cancel()
        await asyncio.wait({self._pump})

    async def _get(self) -> ReplyEvent | AisleError | None:
        if self._held:
            return self._held.pop()
        return await asyncio.wait_for(self._queue.get(), self._heartbeat_s)

    async def _pull(self) -> None:
        try:
            async for event in self._events:
                self._queue.put_nowait(event)
        except AisleError as error:
            self._queue.put_nowait(error)
        except Exception:
            logger.exception("a reply failed")
            self._queue.put_nowait(ErrorEvent(message=UNEXPECTED, remedy=UNEXPECTED_REMEDY))
        finally:
            self._queue.put_nowait(None)


def encode_event(event: ReplyEvent) -> bytes:
    """One event on the wire: its type as the event name, its JSON as the data."""
    return f"event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()


async def encode_turn(turn: TurnStream, conversation_id: str) -> AsyncGenerator[bytes, None]:
    """The bytes of one turn; the done event carries the conversation's id."""
    async with aclosing(turn.events()) as events:
        async for event in events:
            if event is None:
                yield HEARTBEAT
            elif isinstance(event, DoneEvent):
                named = event.model_copy(update={"conversation_id": conversation_id})
                yield encode_event(named)
            else:
                yield encode_event(event)


class TurnResponse(StreamingResponse):
    """A turn as a response; a client that goes away cancels the reply at once."""

    media_type = "text/event-stream"

    def __init__(self, turn: TurnStream, conversation_id: str, headers: dict[str, str]) -> None:
        super().__init__(encode_turn(turn, conversation_id), headers=headers)
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the turn, and close it however the sending ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._turn.close()
