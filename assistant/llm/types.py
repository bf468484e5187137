"""What the rest of Aisle needs of a language model: complete and stream, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.messages import BaseMessage

from assistant.llm.usage import TokenMeter


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer and its cost; `cached_tokens` of the prompt were not computed again.

    Token counts are 0 where the server does not report them; `seconds` is wall time.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The head of a prompt that will be asked often, and the expression of its answers.

    An engine computes it once when it starts, so that no shopper waits for it: the messages
    go to the prefix cache up to where a later prompt differs, the expression is compiled.
    """

    messages: tuple[BaseMessage, ...]
    regex: str | None = None


class LanguageModel(Protocol):
    """A chat model at temperature 0.

    Both methods raise EngineUnavailableError when nothing answers (not started yet, dead,
    timed out, 5xx) and ModelOutputError when what came back breaks the request. Cancelling
    the call, or closing the stream, makes the server abort the request. A `meter` counts what
    the request cost.
    """

    async def complete(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        regex: str | None = None,
        stop: Sequence[str] = (),
        meter: TokenMeter | None = None,
    ) -> Completion:
        """The whole answer; with `regex` it matches that expression from end to end."""
        ...

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        stop: Sequence[str] = (),
        meter: TokenMeter | None = None,
    ) -> AsyncIterator[str]:
        """The answer in pieces, as they are decoded."""
        ...
