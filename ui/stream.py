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


class Turn:
    """The events of one reply, pulled by a task of their own so that waiting can be cut short.

    An error raised by the reply becomes an `ErrorEvent`; leaving early cancels the reply.
    A task is needed because cancelling `anext` itself would end the generator.
    """

    def __init__(
        self, events: AsyncIterator[ReplyEvent], *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._events = events
        self._heartbeat_s = heartbeat_s
        self._next: asyncio.Task[ReplyEvent | None] | None = None

    async def refuse_early(self, within_s: float = FIRST_EVENT_S) -> None:
        """Raise the reply's AisleError if it raises one before its first event."""
        self._next = asyncio.create_task(self._pull())
        await asyncio.wait({self._next}, timeout=within_s)
        if self._next.done():
            error = self._next.exception()
            if isinstance(error, AisleError):
                raise error

    async def events(self) -> AsyncGenerator[ReplyEvent | None, None]:
        """Events as they come, None each time `heartbeat_s` passed without one."""
        try:
            while True:
                task = self._next or asyncio.create_task(self._pull())
                self._next = task
                done, _ = await asyncio.wait({task}, timeout=self._heartbeat_s)
                if not done:
                    yield None
                    continue
                self._next = None
                event = self._read(task)
                if event is None:
                    return
                yield event
        finally:
            await self.close()

    async def close(self) -> None:
        """Cancel the reply if it is still running."""
        if self._next is not None:
            self._next.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._next
            self._next = None
        closing = getattr(self._events, "aclose", None)
        if closing is not None:
            await closing()

    async def _pull(self) -> ReplyEvent | None:
        return await anext(self._events, None)

    def _read(self, task: asyncio.Task[ReplyEvent | None]) -> ReplyEvent | None:
        try:
            return task.result()
        except AisleError as error:
            return ErrorEvent(message=error.message, remedy=error.remedy)
        except Exception:
            logger.exception("a reply failed")
            return ErrorEvent(message=UNEXPECTED, remedy=UNEXPECTED_REMEDY)


def encode_event(event: ReplyEvent) -> bytes:
    """One event on the wire: its type as the event name, its JSON as the data."""
    return f"event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()


async def encode_turn(turn: Turn, conversation_id: str) -> AsyncGenerator[bytes, None]:
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

    def __init__(self, turn: Turn, conversation_id: str, headers: dict[str, str]) -> None:
        super().__init__(encode_turn(turn, conversation_id), headers=headers)
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the turn, and close it however the sending ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._turn.close()
