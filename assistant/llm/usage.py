"""Counts the tokens of a turn's requests, as servers report them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from langchain_core.messages.ai import UsageMetadata

from assistant.errors import EngineUnavailableError


@dataclass
class Request:
    """One request to a model: what its server said last of its cost."""

    usage: UsageMetadata | None = None

    def read(self, usage: UsageMetadata | None) -> None:
        """Take over a report; a stream's reports are of all of it so far."""
        self.usage = usage or self.usage


@dataclass
class TokenMeter:
    """Tokens of the prompts and of the answers; `unknown` requests reported nothing."""

    prompt: int = 0
    completion: int = 0
    unknown: int = 0

    @property
    def total(self) -> int | None:
        """All tokens together; None where a request's cost is not known."""
        return None if self.unknown else self.prompt + self.completion

    def add(self, request: Request) -> None:
        """Count a request that has ended, however it did."""
        if request.usage is None:
            self.unknown += 1
        else:
            self.prompt += request.usage["input_tokens"]
            self.completion += request.usage["output_tokens"]


@contextmanager
def metering(meter: TokenMeter | None) -> Iterator[Request]:
    """One request, counted at its end: whole, broken off or refused.

    A model that does not answer at all has cost nothing.
    """
    request = Request()
    try:
        yield request
    except EngineUnavailableError:
        if meter and request.usage:
            meter.add(request)
        raise
    except BaseException:
        if meter:
            meter.add(request)
        raise
    if meter:
        meter.add(request)
