"""Keeps one vLLM server per home running: owns it, or follows the process that does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from assistant.errors import EngineFailedError
from assistant.llm.engine_parts import EngineParts
from assistant.llm.engine_process import (
    EngineProcess,
    answers,
    end_leftover,
    free_port,
    port_taken,
    warm_up,
)
from assistant.llm.engine_record import EngineRecord, SharedRecord
from assistant.llm.types import WarmUp
from assistant.types import EngineState, EngineStatus

logger = logging.getLogger(__name__)

Publish = Callable[[EngineStatus, str | None], None]
"""Told every new status, with the endpoint's base URL while it is ready."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between looks, and how long and how often is tried.

    The first start on a GPU downloads the model, which takes long on a slow line. The health
    probe has 10 s and runs beside a busy engine on few cores: only misses in a row count.
    """

    poll_s: float = 1.0
    probe_every_s: float = 10.0
    start_s: float = 3600.0
    backoff_s: float = 2.0
    failures: int = 4
    stable_s: float = 300.0
    missed_probes: int = 6


class ServerStopped(Exception):
    """The server ended or hangs; the message says why."""


class Supervisor:
    """Runs in a thread of its own until told to stop or until nothing more can be done."""

    def __init__(
        self,
        parts: EngineParts,
        folder: Path,
        log: Path,
        *,
        port: int = 0,
        pace: Pace | None = None,
    ) -> None:
        self._parts = parts
        self._record = SharedRecord(folder)
        self._log = log
        self._fixed_port = port
        self._pace = pace or Pace()
        self._warm_ups: list[WarmUp] = []
        self._publish: Publish = lambda _status, _url: None
        self._stopping = threading.Event()
        self._process: EngineProcess | None = None
        self._ready_since: float | None = None

    def warm_with(self, warm_ups: Sequence[WarmUp]) -> None:
        """Adds requests that every start of the server makes first, or makes soon if it runs."""
        self._warm_ups.extend(warm_ups)

    def run(self, publish: Publish, stopping: threading.Event) -> None:
        """Supervises until `stopping`; raises AisleError when the engine cannot run here."""
        self._publish, self._stopping = publish, stopping
        while not stopping.is_set():
            if self._record.acquire():
                try:
                    self._own()
                finally:
                    self._record.release()
            else:
                self._follow()

    # ------------------------------------------------------------------ own

    def _own(self) -> None:
        left = self._record.read()
        if left is not None and left.pid:
            self._tell(EngineState.STARTING, "ending the engine of a process that died")
            end_leftover(left.pid, left.started)
        try:
            self._tell(EngineState.INSTALLING, "the engine's environment")
            self._parts.install(
                lambda line: self._tell(EngineState.INSTALLING, line), self._stopping
            )
            self._tell(EngineState.PULLING, self._parts.model)
            self._parts.pull(lambda line: self._tell(EngineState.PULLING, line))
            self._keep_serving()
        finally:
            self._record.clear()

    def _keep_serving(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            reason = self._serve_once()
            if self._stopping.is_set():
                return
            stable = self._ready_since is not None and (
                time.monotonic() - self._ready_since > self._pace.stable_s
            )
            failures = 1 if stable else failures + 1
            logger.warning("the engine stopped: %s", reason)
            if failures >= self._pace.failures:
                raise EngineFailedError(
                    f"The language model's engine stopped {failures} times: {reason}.",
                    remedy=f"See {self._log}.",
                )
            self._tell(EngineState.STARTING, f"again, after: {reason}")
            self._stopping.wait(self._pace.backoff_s * 2 ** (failures - 1))

    def _serve_once(self) -> str:
        """Starts a server and stays with it to its end; returns the reason of the end."""
        self._ready_since = None
        if self._fixed_port and port_taken(self._fixed_port):
            raise EngineFailedError(
                f"Port {self._fixed_port} of the engine is taken.",
                remedy="Set AISLE_ENGINE_PORT to another one, or unset it.",
            )
        port = self._fixed_port or free_port()
        self._process = process = EngineProcess(self._parts.command(port), port, self._log)
        try:
            self._await_ready(process)
            warmed = self._warm(process, 0)
            self._ready_since = time.monotonic()
            self._tell(EngineState.READY)
            self._watch(process, warmed)
        except ServerStopped as stopped:
            return str(stopped)
        finally:
            self._process = None
            process.stop()
        return "told to stop"

    def _await_ready(self, process: EngineProcess) -> None:
        self._tell(EngineState.STARTING, "loading the model")
        deadline = time.monotonic() + self._pace.start_s
        while not self._stopping.is_set():
            self._check_alive(process)
            if answers(process.port, timeout=2.0):
                return
            if time.monotonic() > deadline:
                raise ServerStopped(f"not ready after {self._pace.start_s:.0f} s")
            self._stopping.wait(self._pace.poll_s)

    def _warm(self, process: EngineProcess, done: int) -> int:
        """Makes the warming requests from the `done`-th on; returns how many there are."""
        if self._stopping.is_set():
            return done
        if done == 0:
            self._tell(EngineState.STARTING, "warming up")
        wanted: list[WarmUp | None] = [None, *self._warm_ups]
        for given in wanted[done:]:
            try:
                warm_up(process.port, self._parts.model, given, timeout=180)
            except httpx.HTTPError as error:
                self._check_alive(process)
                raise ServerStopped(f"failed at its first request: {error}") from None
        return len(wanted)

    def _watch(self, process: EngineProcess, warmed: int) -> None:
        missed, probed = 0, time.monotonic()
        while not self._stopping.wait(self._pace.poll_s):
            self._check_alive(process)
            if warmed <= len(self._warm_ups):
                warmed = self._warm(process, warmed)
            if time.monotonic() - probed < self._pace.probe_every_s:
                continue
            missed = 0 if answers(process.port) else missed + 1
            probed = time.monotonic()
            if missed >= self._pace.missed_probes:
                raise ServerStopped("it does not answer any more")

    def _check_alive(self, process: EngineProcess) -> None:
        if not process.alive:
            raise ServerStopped(process.explain_end())

    def _tell(self, state: EngineState, detail: str = "") -> None:
        """Publishes a status here and to the processes that follow."""
        process = self._process
        record = EngineRecord(
            state=state,
            detail=detail,
            model=self._parts.model,
            port=process.port if process else 0,
            pid=process.pid if process else 0,
            started=_start_of(process.pid) if process else 0.0,
        )
        self._record.write(record)
        self._announce(record)

    # --------------------------------------------------------------- follow

    def _follow(self) -> None:
        """Publishes what the owner records, until this process could own the engine."""
        record = self._record.read()
        if record is None:
            record = EngineRecord(EngineState.STARTING, "another process starts it")
        elif record.model != self._parts.model:
            raise EngineFailedError(
                f"Another Aisle process of this home runs {record.model}, "
                f"this one asks for {self._parts.model}.",
                remedy="Stop that one, or give this one an AISLE_HOME of its own.",
            )
        elif record.state is EngineState.READY and not answers(record.port):
            record = EngineRecord(EngineState.STARTING, "the engine does not answer")
        self._announce(record)
        self._stopping.wait(self._pace.poll_s)

    def _announce(self, record: EngineRecord) -> None:
        ready = record.state is EngineState.READY
        self._publish(
            EngineStatus(state=record.state, detail=record.detail, model=self._parts.model),
            f"http://127.0.0.1:{record.port}/v1" if ready else None,
        )


def _start_of(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0
