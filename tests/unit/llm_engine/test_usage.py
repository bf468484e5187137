"""What a turn's requests cost is counted: whole, broken off, refused or unknown."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import httpx
import openai
import pytest
from langchain_core.messages import HumanMessage
from langchain_core.outputs import ChatResult

from assistant.errors import EngineUnavailableError, ModelOutputError
from assistant.llm.client import ChatModelClient
from assistant.llm.scripted import ScriptedModel
from assistant.llm.usage import TokenMeter

ASK = [HumanMessage("a red mouse please")]


class Silent(ScriptedModel):
    """A server that never says what an answer cost."""

    async def _agenerate(self, *given: Any, **named: Any) -> ChatResult:
        result = await super()._agenerate(*given, **named)
        result.generations[0].message.usage_metadata = None  # type: ignore[attr-defined]
        return result


class Strict(ScriptedModel):
    """A server that knows no running costs and refuses to be asked for them."""

    async def _astream(self, *given: Any, **named: Any) -> Any:
        if "extra_body" in named:
            response = httpx.Response(400, request=httpx.Request("POST", "http://x"))
            raise openai.BadRequestError(
                "Unknown parameter: stream_options.continuous_usage_stats",
                response=response,
                body=None,
            )
        async for chunk in super()._astream(*given, **named):
            yield chunk


async def say(client: ChatModelClient, meter: TokenMeter) -> str:
    return "".join([p async for p in client.stream(ASK, max_tokens=9, meter=meter)])


async def test_requests_of_both_kinds_add_up() -> None:
    client, meter = ChatModelClient(ScriptedModel(["three little words", "one two"])), TokenMeter()
    await client.complete(ASK, max_tokens=9, meter=meter)
    await say(client, meter)
    assert (meter.prompt, meter.completion, meter.unknown, meter.total) == (8, 5, 0, 13)


async def test_an_answer_broken_off_costs_what_was_written_of_it() -> None:
    client, meter = ChatModelClient(ScriptedModel(["one two three four"])), TokenMeter()
    async with aclosing(client.stream(ASK, max_tokens=9, meter=meter)) as pieces:  # type: ignore[type-var]
        assert [await anext(pieces), await anext(pieces)] == ["one", " two"]
    assert (meter.prompt, meter.completion) == (4, 2)


async def test_a_cost_that_is_not_told_makes_the_sum_unknown() -> None:
    client, meter = ChatModelClient(Silent(["yes"])), TokenMeter()
    await client.complete(ASK, max_tokens=9, meter=meter)
    assert meter.unknown == 1 and meter.total is None


async def test_a_model_that_does_not_answer_costs_nothing() -> None:
    model = ScriptedModel([EngineUnavailableError("gone"), ModelOutputError("bad")])
    client, meter = ChatModelClient(model), TokenMeter()
    with pytest.raises(EngineUnavailableError):
        await client.complete(ASK, max_tokens=9, meter=meter)
    assert meter.total == 0
    with pytest.raises(ModelOutputError):
        await client.complete(ASK, max_tokens=9, meter=meter)
    assert meter.total is None


async def test_a_server_that_refuses_running_costs_is_asked_without() -> None:
    model, meter = Strict(["one two", "three"]), TokenMeter()
    client = ChatModelClient(model)
    assert await say(client, meter) == "one two"
    assert await say(client, meter) == "three"
    assert meter.total == 2 * 4 + 3
    assert ["extra_body" in call.options for call in model.calls] == [False, False]
