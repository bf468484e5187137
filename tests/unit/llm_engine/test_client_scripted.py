"""The client over the scripted model: no server, no network."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.messages import HumanMessage

from assistant.errors import EngineUnavailableError, ModelOutputError
from assistant.llm.client import ChatModelClient, complete_constrained, stream_text
from assistant.llm.engine import Engine, EngineLanguageModel, make_engine
from assistant.llm.scripted import Delay, ScriptedModel
from assistant.settings import Settings
from assistant.types import EngineState

ASK = [HumanMessage("a red mouse please")]


async def test_completion_carries_text_and_cost() -> None:
    model = ScriptedModel(["three little words"])
    done = await ChatModelClient(model).complete(ASK, max_tokens=7, stop=["\n"])
    assert (done.text, done.prompt_tokens, done.completion_tokens) == ("three little words", 4, 3)
    (call,) = model.calls
    assert call.messages == tuple(ASK)
    assert call.stop == ("\n",)
    assert call.options["max_tokens"] == 7


async def test_the_expression_goes_to_the_server_and_is_checked_here() -> None:
    model = ScriptedModel(['{"a": 1}', " [1]\n", '```json\n{"a": 2}\n```', "Sure! {}"])
    client = ChatModelClient(model)
    regex = r'\{"a": \d\}'
    assert (await client.complete(ASK, max_tokens=9, regex=regex)).text == '{"a": 1}'
    assert model.calls[0].options["extra_body"] == {"structured_outputs": {"regex": regex}}
    assert (await client.complete(ASK, max_tokens=9, regex=r"\[\d\]")).text == "[1]"
    assert (await client.complete(ASK, max_tokens=9, regex=regex)).text == '{"a": 2}'
    with pytest.raises(ModelOutputError, match="form"):
        await client.complete(ASK, max_tokens=9, regex=regex)


async def test_streaming_gives_the_text_in_pieces() -> None:
    model = ScriptedModel(["One two. Three!STOP four"])
    pieces = [p async for p in ChatModelClient(model).stream(ASK, max_tokens=9, stop=["STOP"])]
    assert len(pieces) > 1
    assert "".join(pieces) == "One two. Three!"


async def test_functions_over_a_plain_chat_model() -> None:
    model = ScriptedModel(["yes", "a b"])
    assert await complete_constrained(model, ASK, max_tokens=3, regex="yes|no") == "yes"
    assert "".join([p async for p in stream_text(model, ASK, max_tokens=3)]) == "a b"


async def test_scripted_errors_are_raised_and_an_empty_script_is_one() -> None:
    model = ScriptedModel([EngineUnavailableError("gone")])
    client = ChatModelClient(model)
    with pytest.raises(EngineUnavailableError, match="gone"):
        await client.complete(ASK, max_tokens=3)
    with pytest.raises(ModelOutputError, match="no answer left"):
        await client.complete(ASK, max_tokens=3)


async def test_a_scripted_delay_can_be_cancelled() -> None:
    model = ScriptedModel()
    model.enqueue(Delay("late", seconds=60))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await ChatModelClient(model).complete(ASK, max_tokens=3)
    assert model.left == 0


async def test_a_time_out_inside_the_model_means_unavailable() -> None:
    client = ChatModelClient(ScriptedModel([TimeoutError()]))
    with pytest.raises(EngineUnavailableError, match="in time"):
        await client.complete(ASK, max_tokens=3)


async def test_an_engine_that_is_off_fails_at_once_and_says_so() -> None:
    engine = make_engine(Settings(llm="off"))
    engine.start()
    assert engine.wait(1).state is EngineState.OFF
    model = EngineLanguageModel(engine)
    with pytest.raises(EngineUnavailableError, match="off"):
        await model.complete(ASK, max_tokens=3)
    with pytest.raises(EngineUnavailableError, match="off"):
        _ = [p async for p in model.stream(ASK, max_tokens=3)]
    engine.stop()


def test_the_scripted_model_answers_synchronously_too() -> None:
    model = ScriptedModel(["hello there", Delay("streamed words")])
    assert model.invoke("hi").text == "hello there"
    assert [str(chunk.text) for chunk in model.stream("hi") if chunk.text] == ["streamed", " words"]


def test_an_engine_without_a_watcher_ignores_warming() -> None:
    Engine(None).warm_with([])
