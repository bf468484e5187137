"""The application in a real server on a loopback port, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from retrieval.errors import CallerError
from ui.listen import bind_port, serve_on

SCRIPT = """
import sys
from pathlib import Path
from assistant.types import DoneEvent, Sentence, TextEvent
from ui.app import create_app
from ui.listen import run
from ui.samples import sample_service

media, port, log = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
service = sample_service(media)

class Log(list):
    def append(self, item):
        log.open("a").write(item + "\\n")

service.cancelled = Log()
for _ in range(3):
    service.enqueue(service.cards("h1"), 20.0, TextEvent(sentence=Sentence(text="late")))
run(create_app(service), "127.0.0.1", port)
print("closed in order")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    port, log = free_port(), tmp_path / "cancelled.log"
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "media"), str(port), str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(url, process)
        yield url, log, process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            output = process.stdout.read().decode() if process.stdout else ""
            raise AssertionError(f"the server ended: {output}")
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not come up in a minute")


def test_a_shopper_who_leaves_cancels_the_turn(
    server: tuple[str, Path, subprocess.Popen[bytes]],
) -> None:
    url, log, _ = server
    body = {"message": "headphones", "conversation_id": "leaver"}
    with httpx.stream("POST", f"{url}/v1/chat", json=body) as response:
        line = next(line for line in response.iter_lines() if line.startswith("data:"))
        assert json.loads(line.removeprefix("data:"))["type"] == "products"
    for _ in range(100):
        if log.exists() and log.read_text() == "leaver\n":
            return
        time.sleep(0.05)
    raise AssertionError("the reply went on without a reader")


def test_a_termination_ends_open_streams_and_lets_the_caller_close(
    server: tuple[str, Path, subprocess.Popen[bytes]],
) -> None:
    url, _, process = server
    with httpx.stream("POST", f"{url}/v1/chat", json={"message": "a"}, timeout=20) as response:
        next(response.iter_lines())
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert process.stdout is not None
    output = process.stdout.read().decode()
    assert "closed in order" in output and "Traceback" not in output


def test_a_taken_port_is_one_line_with_the_remedy(
    server: tuple[str, Path, subprocess.Popen[bytes]],
) -> None:
    port = int(server[0].rsplit(":", 1)[1])
    with pytest.raises(CallerError) as caught:
        bind_port("127.0.0.1", port)
    assert str(port) in caught.value.message and "AISLE_PORT" in caught.value.remedy


async def test_answers_do_not_wait_for_a_delayed_ack() -> None:
    listener = bind_port("127.0.0.1", 0)
    delayed: list[int] = []

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        delayed.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(look, sock=listener)
    async with server:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        await reader.read()
        writer.close()
    assert delayed and delayed[0] != 0


def test_two_that_bound_one_port_cannot_both_serve() -> None:
    port = free_port()
    first, second = bind_port("127.0.0.1", port), bind_port("127.0.0.1", port)
    try:
        first.listen()
        with pytest.raises(CallerError, match="taken"):
            serve_on(second, FastAPI())
    finally:
        first.close()
        second.close()
