"""A turn as a stream: heartbeats, refusals, cancelling."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from assistant.types import DoneEvent, ErrorEvent, ReplyEvent, Sentence, TextEvent
from retrieval.errors import InvalidRequestError
from ui.stream import HEARTBEAT, TurnStream, encode_turn

DONE = DoneEvent(turn_id="t", trace={})


async def slow(log: list[str], seconds: float = 0.08) -> AsyncGenerator[ReplyEvent, None]:
    try:
        # Entered and left in one task, or it would cancel somebody else's.
        async with asyncio.timeout(5):
            yield TextEvent(sentence=Sentence(text="one"))
            await asyncio.sleep(seconds)
            yield DONE
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    log.append("finished")


async def refuse() -> AsyncGenerator[ReplyEvent, None]:
    raise InvalidRequestError("No.", remedy="Yes.")
    yield DONE


async def test_silence_is_filled_with_heartbeats_and_nothing_is_lost() -> None:
    log: list[str] = []
    turn = TurnStream(slow(log), heartbeat_s=0.02)
    sent = [chunk async for chunk in encode_turn(turn, "c1")]
    assert sent.count(HEARTBEAT) >= 2
    rest = [chunk for chunk in sent if chunk != HEARTBEAT]
    assert rest[0].startswith(b"event: text") and b'"conversation_id":"c1"' in rest[1]
    assert log == ["finished"]


async def test_leaving_early_cancels_the_reply() -> None:
    log: list[str] = []
    async with aclosing(TurnStream(slow(log, 30)).events()) as events:
        async for _ in events:
            break
    assert log == ["cancelled"]


async def test_closing_while_nothing_was_read_cancels_too() -> None:
    log: list[str] = []
    turn = TurnStream(slow(log, 30))
    await turn.refuse_early()
    await turn.close()
    assert log == ["cancelled"]


async def test_a_refusal_is_raised_early_or_told_late() -> None:
    with pytest.raises(InvalidRequestError):
        await TurnStream(refuse()).refuse_early()
    events = [event async for event in TurnStream(refuse()).events()]
    assert events == [ErrorEvent(message="No.", remedy="Yes.")]


async def test_a_slow_first_event_does_not_hold_the_answer_back() -> None:
    async def later() -> AsyncGenerator[ReplyEvent, None]:
        await asyncio.sleep(0.05)
        yield DONE

    turn = TurnStream(later())
    await turn.refuse_early(within_s=0.01)
    assert [event async for event in turn.events()] == [DONE]
