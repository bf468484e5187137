"""A job's outcome as the events of a turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.run import JobRunner
from assistant.turn import TurnRecord
from assistant.types import (
    BundleEvent,
    CartEvent,
    HandoffEvent,
    PreferencesEvent,
    QuestionEvent,
    ReplyEvent,
    TextEvent,
    Understanding,
)


async def stream_job(
    runner: JobRunner, turn: TurnRecord, read: Understanding, context: JobContext
) -> AsyncGenerator[ReplyEvent, None]:
    """Have code do what `read` asks for; no model is needed."""
    assert read.job is not None
    result = await asyncio.to_thread(runner.run, read.job, context)
    turn.understanding = read.model_copy(
        update={"job": result.job or read.job, "references": result.references}
    )
    if result.topic:
        # The next message goes on from the request as it stands now.
        turn.understanding = result.topic.model_copy(update={"job": read.job})
    turn.trace["job"] = turn.understanding.model_dump(mode="json", exclude_defaults=True)
    turn.failed = result.failed
    turn.shown = result.shown
    async for event in stream_result(turn, result):
        yield event


async def stream_failure(
    runner: JobRunner, turn: TurnRecord, context: JobContext
) -> AsyncGenerator[ReplyEvent, None]:
    """After a turn that failed: the second in a row asks a human to come."""
    last = context.conversation.last
    if turn.failed and last and last.trace.get("failed"):
        result = await asyncio.to_thread(runner.give_up, context)
        async for event in stream_result(turn, result):
            yield event


async def stream_result(turn: TurnRecord, result: JobResult) -> AsyncGenerator[ReplyEvent, None]:
    """The events of `result`, noted in `turn` as they go out."""
    if result.bundle is not None:
        assert turn.understanding is not None
        yield BundleEvent(
            list_id=turn.id, bundle=result.bundle, language=turn.understanding.language
        )
    if result.preferences is not None:
        yield PreferencesEvent(preferences=result.preferences)
    if result.cart is not None:
        yield CartEvent(cart=result.cart)
    for sentence in result.sentences:
        turn.sentences.append(sentence)
        yield TextEvent(sentence=sentence)
    if result.handoff is not None:
        yield HandoffEvent(state=result.handoff.value)
    if result.question:
        turn.question = result.question
        yield QuestionEvent(text=result.question, options=result.options)
