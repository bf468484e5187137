"""A chat model that answers from a script, for tests of Aisle and of what is built on it."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from assistant.errors import ModelOutputError

CHUNKS = re.compile(r"\s*\S+|\s+")
"""Streams word by word, which splits sentences as a real model's tokens do."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Answers `text` after `seconds`; streaming waits `between` seconds before each piece."""

    text: str
    seconds: float = 0.0
    between: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request the model got."""

    messages: tuple[BaseMessage, ...]
    stop: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


Script = str | Delay | Exception


class ScriptedModel(BaseChatModel):
    """Answers each call with the next entry of its queue and records the call.

    An exception in the queue is raised, a `Delay` waited for. An empty queue raises
    ModelOutputError: a test that asks more than it scripted is wrong.
    """

    _queue: deque[Script] = PrivateAttr(default_factory=deque)
    _calls: list[Call] = PrivateAttr(default_factory=list)

    def __init__(self, script: Sequence[Script] = (), **options: Any) -> None:
        super().__init__(**options)
        self._queue.extend(script)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The requests so far, oldest first."""
        return tuple(self._calls)

    @property
    def left(self) -> int:
        """How many scripted answers were not asked for yet."""
        return len(self._queue)

    def enqueue(self, *script: Script) -> None:
        """Adds answers to the end of the queue."""
        self._queue.extend(script)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _next(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> Delay:
        self._calls.append(Call(tuple(messages), tuple(stop or ()), options))
        if not self._queue:
            raise ModelOutputError("The scripted model has no answer left.")
        entry = self._queue.popleft()
        if isinstance(entry, Exception):
            raise entry
        entry = Delay(entry) if isinstance(entry, str) else entry
        return Delay(_cut(entry.text, stop), entry.seconds, entry.between)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        entry = self._next(messages, stop, kwargs)
        time.sleep(entry.seconds)
        return _result(messages, entry.text)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        entry = self._next(messages, stop, kwargs)
        await asyncio.sleep(entry.seconds)
        return _result(messages, entry.text)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        entry = self._next(messages, stop, kwargs)
        time.sleep(entry.seconds)
        for chunk in _chunks(messages, entry.text):
            time.sleep(entry.between)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        entry = self._next(messages, stop, kwargs)
        await asyncio.sleep(entry.seconds)
        for chunk in _chunks(messages, entry.text):
            await asyncio.sleep(entry.between)
            yield chunk


def _cut(text: str, stop: Sequence[str] | None) -> str:
    """`text` up to the first stop string, which a server leaves out as well."""
    ends = [text.find(end) for end in stop or () if end in text]
    return text[: min(ends)] if ends else text


def _chunks(messages: Sequence[BaseMessage], text: str) -> Iterator[ChatGenerationChunk]:
    """The pieces, each with what the answer has cost so far."""
    written = ""
    for piece in CHUNKS.findall(text):
        written += piece
        message = AIMessageChunk(content=piece, usage_metadata=_usage(messages, written))
        yield ChatGenerationChunk(message=message)


def _usage(messages: Sequence[BaseMessage], text: str) -> UsageMetadata:
    """Tokens are counted as words: enough for a test that adds them up."""
    given = sum(len(str(message.text).split()) for message in messages)
    written = len(text.split())
    return UsageMetadata(input_tokens=given, output_tokens=written, total_tokens=given + written)


def _result(messages: Sequence[BaseMessage], text: str) -> ChatResult:
    message = AIMessage(
        content=text,
        usage_metadata=_usage(messages, text),
        response_metadata={"finish_reason": "stop"},
    )
    return ChatResult(generations=[ChatGeneration(message=message)])
