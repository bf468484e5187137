"""One running vLLM server: started under a guard, asked for its health, stopped whole."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
from langchain_core.messages import HumanMessage, convert_to_openai_messages

from assistant.llm import engine_guard
from assistant.llm.engine_command import EngineCommand
from assistant.llm.types import WarmUp

NICENESS = 5
"""Writing yields to searching. Measured on two cores: encoding a query takes 17 ms at the 95th
percentile beside an idle engine, 50 ms beside a writing one, at 5 as at 10 or 19; but the nicer
the engine, the longer an import or a browser on the same machine starves it."""

STOP_S = engine_guard.GRACE_S + 5
LOG_LIMIT_BYTES = 5_000_000
TAIL_BYTES = 20_000

ERROR_LINE = re.compile(r"(?:\w+Error|\w*Exception|error): .+", re.IGNORECASE)


class EngineProcess:
    """A server process that listens on `port`; dies with this process, however that ends."""

    def __init__(self, command: EngineCommand, port: int, log: Path) -> None:
        self.port = port
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        _rotate(log)
        with log.open("ab") as sink:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", engine_guard.__file__, str(NICENESS), *command.arguments],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                env=dict(command.environment),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._guard.pid

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._guard.poll() is None

    def stop(self) -> None:
        """Ends the server and everything it started; returns when it is gone."""
        if self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()
        try:
            self._guard.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()

    def explain_end(self) -> str:
        """Why the server ended: the last error in its log, or its exit code."""
        with contextlib.suppress(OSError):
            tail = self._log.read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace")
            if found := ERROR_LINE.findall(tail):
                return str(found[-1])[:300]
        return f"exit code {self._guard.poll()}"


def answers(port: int, timeout: float = 10.0) -> bool:
    """Whether the server on this machine's `port` is healthy."""
    try:
        # A proxy of the environment must not be asked for this machine.
        with httpx.Client(trust_env=False, timeout=timeout) as client:
            return client.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.HTTPError:
        return False


def warm_up(port: int, model: str, given: WarmUp | None, timeout: float) -> None:
    """One request of one token: fills the prefix cache and compiles the expression.

    Without `given` it only makes the server initialise what it builds at first use. Raises
    httpx.HTTPError where the server fails; a refused request (4xx) is let pass.
    """
    messages = given.messages if given is not None else (HumanMessage("Hi"),)
    body = {
        "model": model,
        "messages": convert_to_openai_messages(list(messages)),
        "max_tokens": 1,
        "temperature": 0,
    }
    if given is not None and given.regex is not None:
        body["structured_outputs"] = {"regex": given.regex}
    with httpx.Client(trust_env=False, timeout=timeout) as client:
        response = client.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body)
        if response.status_code >= 500:
            response.raise_for_status()


def free_port() -> int:
    """A port of this machine's loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_taken(port: int) -> bool:
    """Whether somebody listens on this machine's `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def end_leftover(pid: int, started: float) -> None:
    """Ends the guard of an owner that died, if that process still runs.

    `started` (seconds since the epoch) tells it from a newer process of the same id.
    """
    try:
        guard = psutil.Process(pid)
        if abs(guard.create_time() - started) > 2:
            return
        guard.terminate()
        guard.wait(STOP_S)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        for process in [*guard.children(recursive=True), guard]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
