"""An engine of one's own that may be killed, or a line of one's own to a shared one."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from assistant.errors import EngineUnavailableError
from assistant.llm.engine_command import choose_device
from assistant.llm.engine_environment import EngineEnvironment
from assistant.llm.engine_parts import VllmParts
from assistant.llm.engine_process import EngineProcess, answers, free_port
from assistant.llm.weights import ensure_llm
from assistant.settings import Settings
from benchmarks.relay import Relay

# 45 s on two quiet cores.
START_S = 600
# Room for 37,000 tokens of the 1.5B model; the shared engine beside it needs its own.
CACHE_GIB = 1


@dataclass(frozen=True)
class OwnEngine:
    """A running engine, and the settings under which an assistant talks to it by URL."""

    settings: Settings
    process: EngineProcess | None = None
    relay: Relay | None = None

    def kill(self) -> None:
        """End it as a crash would: at once, with its children."""
        if self.relay:
            self.relay.cut()
        if self.process is None:
            return
        guard = psutil.Process(self.process.pid)
        for child in guard.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


@contextmanager
def start_own_engine(settings: Settings) -> Iterator[OwnEngine]:
    """An engine on a free port, its environment and weights made if need be; ends with the block.

    Where the settings name an engine by URL it is that one, behind a line that can be cut: a
    machine that runs one engine may have no room for two. Raises AisleError where it does not
    come up.
    """
    if settings.llm_url:
        relay = Relay(settings.llm_url)
        try:
            yield OwnEngine(settings.model_copy(update={"llm_url": relay.url}), relay=relay)
        finally:
            relay.cut()
        return
    settings = settings.model_copy(update={"engine_kv_gib": CACHE_GIB})
    device, port = choose_device(settings), free_port()
    log = settings.logs_path / "own-engine-install.log"
    environment = EngineEnvironment(settings.engine_path, device, log=log)
    parts = VllmParts(settings, device, environment, lambda told: ensure_llm(settings, told))
    parts.install(lambda _: None, threading.Event())
    parts.pull(lambda _: None)
    command = parts.command(port)
    process = EngineProcess(command, port, settings.logs_path / "own-engine.log")
    try:
        _await_ready(process)
        own = settings.model_copy(
            update={"llm_url": f"http://127.0.0.1:{port}/v1", "llm_model": parts.model}
        )
        yield OwnEngine(own, process)
    finally:
        process.stop()


def _await_ready(process: EngineProcess) -> None:
    deadline = time.monotonic() + START_S
    while not answers(process.port):
        if not process.alive:
            raise EngineUnavailableError(f"The engine ended: {process.explain_end()}")
        if time.monotonic() > deadline:
            raise EngineUnavailableError(f"The engine was not ready after {START_S} s.")
        time.sleep(1)
