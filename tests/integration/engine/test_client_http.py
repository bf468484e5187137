"""The client against a server on this machine that fails in the ways servers fail."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import SecretStr

from assistant.errors import EngineUnavailableError, ModelOutputError
from assistant.llm.client import ChatModelClient, build_chat_model
from assistant.llm.engine import Engine, EngineLanguageModel, UrlWatcher
from assistant.llm.engine_process import free_port
from assistant.types import EngineState

ASK = [HumanMessage("hi")]

Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.answer(self, body)

    def do_GET(self) -> None:
        self.send(self.server.models_code, {"data": []})

    def send(self, code: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def say(self, text: str, finish_reason: str = "stop") -> None:
        message = {"role": "assistant", "content": text}
        usage = {
            "prompt_tokens": 11,
            "completion_tokens": 2,
            "total_tokens": 13,
            "prompt_tokens_details": {"cached_tokens": 8},
        }
        choice = {"index": 0, "finish_reason": finish_reason, "message": message}
        self.send(
            200,
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [choice],
                "usage": usage,
            },
        )

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.answer: Answer = lambda handler, _: handler.say("hello")
        self.models_code = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def client(server: Server, timeout: float = 5) -> ChatModelClient:
    return ChatModelClient(build_chat_model(server.url, "m", "key", timeout))


async def test_usage_is_reported_and_the_temperature_is_zero(server: Server) -> None:
    done = await client(server).complete(ASK, max_tokens=5, stop=["\n\n"])
    assert (done.text, done.prompt_tokens, done.completion_tokens, done.cached_tokens) == (
        "hello",
        11,
        2,
        8,
    )
    assert done.seconds > 0
    (body,) = server.requests
    assert body["temperature"] == 0
    assert body["stop"] == ["\n\n"]
    assert 5 in (body.get("max_tokens"), body.get("max_completion_tokens"))


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        (500, EngineUnavailableError, "500"),
        (503, EngineUnavailableError, "503"),
        (429, EngineUnavailableError, "429"),
        (401, EngineUnavailableError, "AISLE_LLM_API_KEY"),
        (404, EngineUnavailableError, "AISLE_LLM_MODEL"),
        (400, ModelOutputError, "prompt is too long"),
    ],
)
async def test_refusals_become_one_line(
    server: Server, code: int, error: type[Exception], told: str
) -> None:
    server.answer = lambda handler, _: handler.send(
        code, {"error": {"message": "prompt is too long"}}
    )
    with pytest.raises(error, match=told):
        await client(server).complete(ASK, max_tokens=5)
    assert len(server.requests) == 1


async def test_nobody_there_and_silence_mean_unavailable(server: Server) -> None:
    nobody = build_chat_model(f"http://127.0.0.1:{free_port()}/v1", "m")
    with pytest.raises(EngineUnavailableError):
        await ChatModelClient(nobody).complete(ASK, max_tokens=5)
    silence = threading.Event()
    server.answer = lambda _handler, _body: silence.wait(5) and None
    with pytest.raises(EngineUnavailableError, match="in time"):
        await client(server, timeout=0.2).complete(ASK, max_tokens=5)
    silence.set()


async def test_an_environment_s_proxy_is_not_asked_for_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    assert (await client(server).complete(ASK, max_tokens=5)).text == "hello"


async def test_a_server_without_expressions_is_asked_plainly_ever_after(server: Server) -> None:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if "structured_outputs" in body:
            handler.send(400, {"error": {"message": "Unknown field structured_outputs"}})
        else:
            handler.say("yes")

    server.answer = answer
    asked = client(server)
    assert (await asked.complete(ASK, max_tokens=5, regex="yes|no")).text == "yes"
    schema = {"type": "string"}
    await asked.complete(ASK, max_tokens=5, regex="yes|no", json_schema=schema)
    kinds = [
        "structured_outputs" if "structured_outputs" in body else body.get("response_format")
        for body in server.requests
    ]
    assert kinds[:2] == ["structured_outputs", None]
    assert len(kinds) == 3 and kinds[2]["json_schema"]["schema"] == schema


async def test_an_answer_cut_off_at_its_limit_does_not_count(server: Server) -> None:
    server.answer = lambda handler, _: handler.say("yes", finish_reason="length")
    with pytest.raises(ModelOutputError, match="cut off"):
        await client(server).complete(ASK, max_tokens=5, regex="yes|no")


@pytest.mark.parametrize("leave", ["close", "cancel"])
async def test_leaving_a_stream_closes_the_connection(server: Server, leave: str) -> None:
    left = threading.Event()

    def answer(handler: Handler, _body: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        delta = {"index": 0, "delta": {"content": "word "}, "finish_reason": None}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        line = f"data: {json.dumps(event | {'choices': [delta]})}\n\n".encode()
        try:
            while True:
                handler.wfile.write(line)
                handler.wfile.flush()
                threading.Event().wait(0.01)
        except OSError:
            left.set()

    server.answer = answer
    stream = client(server).stream(ASK, max_tokens=500)
    assert await anext(stream) == "word "
    if leave == "close":
        await stream.aclose()  # type: ignore[attr-defined]
    else:

        async def read() -> None:
            async for _ in stream:
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await asyncio.to_thread(left.wait, 5)


def test_one_client_works_from_event_loops_one_after_the_other(server: Server) -> None:
    asked = client(server)
    for _ in range(2):
        assert asyncio.run(asked.complete(ASK, max_tokens=5)).text == "hello"


async def test_an_engine_over_a_url_follows_the_server(server: Server) -> None:
    server.models_code = 503
    engine = Engine(UrlWatcher(server.url, "m", SecretStr("k"), poll_s=0.05), "m")
    engine.start()
    assert (await asyncio.to_thread(engine.wait, 0.3)).state is EngineState.STARTING
    server.models_code = 404
    assert (await asyncio.to_thread(engine.wait, 5)).state is EngineState.READY
    assert (await EngineLanguageModel(engine).complete(ASK, max_tokens=5)).text == "hello"
    server.models_code = 401
    for _ in range(100):
        if engine.status.state is EngineState.FAILED:
            break
        await asyncio.sleep(0.05)
    assert "AISLE_LLM_API_KEY" in engine.status.detail
    engine.stop()
