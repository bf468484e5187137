"""The supervisor, its guard and its record, with real processes and a small server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from assistant.errors import DiskFullError, EngineUnavailableError
from assistant.llm.engine import Engine, EngineLanguageModel
from assistant.llm.engine_command import EngineCommand
from assistant.llm.engine_process import free_port
from assistant.llm.engine_supervisor import Pace, Supervisor
from assistant.llm.types import WarmUp
from assistant.types import EngineState, EngineStatus

FAKE_SERVER = Path(__file__).parent / "fake_server.py"
FAST = Pace(poll_s=0.05, probe_every_s=0.2, start_s=20, backoff_s=0.05, failures=3)


class FakeParts:
    """Parts of a server that starts in a moment."""

    def __init__(self, folder: Path, mode: str = "ok", model: str = "fake") -> None:
        self.folder, self.mode, self.model = folder, mode, model
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def install(self, say: Callable[[str], None], stopping: threading.Event) -> None:
        say("fetching torch")

    def pull(self, say: Callable[[str], None]) -> None:
        self.gate.wait(20)
        if self.error is not None:
            raise self.error
        say("joining 40%")

    def command(self, port: int) -> EngineCommand:
        arguments = (sys.executable, str(FAKE_SERVER), str(port), self.mode, str(self.folder))
        return EngineCommand(arguments, dict(os.environ))


class Recorded(Engine):
    """An engine that keeps every status it had."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.seen: list[EngineStatus] = []
        super().__init__(supervisor, "fake", timeout=10)

    def _publish(self, status: EngineStatus, base_url: str | None) -> None:
        super()._publish(status, base_url)
        if not self.seen or self.seen[-1] != self.status:
            self.seen.append(self.status)

    @property
    def states(self) -> list[EngineState]:
        states = [status.state for status in self.seen]
        return [s for i, s in enumerate(states) if i == 0 or states[i - 1] is not s]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Recorded]]:
    engines: list[Recorded] = []

    def start(parts: FakeParts, warm_ups: tuple[WarmUp, ...] = (), port: int = 0) -> Recorded:
        supervisor = Supervisor(
            parts, tmp_path / "engine", tmp_path / "engine.log", port=port, pace=FAST
        )
        engine = Recorded(supervisor)
        engine.warm_with(warm_ups)
        engine.start()
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.stop()


def pids(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "pids").read_text().split()]


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_goes_through_its_states_answers_and_leaves_nothing(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    engine = start(FakeParts(tmp_path))
    assert engine.wait(20) == EngineStatus(state=EngineState.READY, model="fake")
    assert engine.states == [
        EngineState.INSTALLING,
        EngineState.PULLING,
        EngineState.STARTING,
        EngineState.READY,
    ]
    assert {"fetching torch", "joining 40%"} <= {status.detail for status in engine.seen}
    model = EngineLanguageModel(engine)
    assert (await model.complete([HumanMessage("hi")], max_tokens=5)).text == "hello"
    (server,) = pids(tmp_path)
    engine.stop()
    assert gone(server)


def test_a_server_that_ignores_the_signal_is_ended_with_its_children(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    engine = start(FakeParts(tmp_path, "stubborn"))
    assert engine.wait(20).state is EngineState.READY
    started = pids(tmp_path)
    assert len(started) == 2
    engine.stop()
    assert until(lambda: all(gone(pid) for pid in started), 2)


async def test_while_it_starts_a_call_fails_at_once(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    parts = FakeParts(tmp_path)
    parts.gate.clear()
    engine = start(parts)
    assert until(lambda: engine.status.state is EngineState.PULLING)
    with pytest.raises(EngineUnavailableError, match="pulling"):
        await EngineLanguageModel(engine).complete([HumanMessage("hi")], max_tokens=5)
    parts.gate.set()
    assert engine.wait(20).state is EngineState.READY


def test_a_killed_server_is_started_again(tmp_path: Path, start: Callable[..., Recorded]) -> None:
    engine = start(FakeParts(tmp_path))
    assert engine.wait(20).state is EngineState.READY
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    assert until(lambda: len(pids(tmp_path)) == 2 and engine.status.state is EngineState.READY)
    assert engine.states[-3:] == [EngineState.READY, EngineState.STARTING, EngineState.READY]


def test_a_server_that_always_crashes_fails_with_its_own_error(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    engine = start(FakeParts(tmp_path, "crash"))
    status = engine.wait(20)
    assert status.state is EngineState.FAILED
    assert "stopped 3 times: ValueError: no memory for the cache" in status.detail
    assert "engine.log" in status.detail


def test_an_error_of_the_weights_is_told_in_one_line(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    parts = FakeParts(tmp_path)
    parts.error = DiskFullError("The disk has 1 GB free.", remedy="Free some space.")
    engine = start(parts)
    assert engine.wait(20) == EngineStatus(
        state=EngineState.FAILED, detail="The disk has 1 GB free. Free some space.", model="fake"
    )


def test_a_taken_port_is_told(tmp_path: Path, start: Callable[..., Recorded]) -> None:
    first = start(FakeParts(tmp_path))
    assert first.wait(20).state is EngineState.READY
    taken = int((first.base_url or "").rsplit(":", 1)[1].split("/")[0])
    other = Recorded(
        Supervisor(FakeParts(tmp_path), tmp_path / "b", tmp_path / "b.log", port=taken, pace=FAST)
    )
    other.start()
    status = other.wait(20)
    assert status.state is EngineState.FAILED
    assert f"Port {taken}" in status.detail and "AISLE_ENGINE_PORT" in status.detail


def test_a_second_process_shares_the_engine_and_takes_over(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    port = free_port()
    first = start(FakeParts(tmp_path), port=port)
    assert first.wait(20).state is EngineState.READY
    second, third = start(FakeParts(tmp_path)), start(FakeParts(tmp_path))
    assert second.wait(20).state is third.wait(20).state is EngineState.READY
    assert len(pids(tmp_path)) == 1
    third.stop()
    assert not gone(pids(tmp_path)[0])
    first.stop()
    assert until(lambda: len(pids(tmp_path)) == 2 and second.status.state is EngineState.READY)
    assert gone(pids(tmp_path)[0])
    assert not gone(pids(tmp_path)[1])


def test_a_process_that_wants_another_model_is_refused(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    assert start(FakeParts(tmp_path)).wait(20).state is EngineState.READY
    other = start(FakeParts(tmp_path, model="other"))
    status = other.wait(20)
    assert status.state is EngineState.FAILED
    assert "runs fake, this one asks for other" in status.detail


OWNER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_engine_life import FAST, FakeParts
from assistant.llm.engine_supervisor import Supervisor
from assistant.llm.engine import Engine
folder = Path(sys.argv[1])
engine = Engine(Supervisor(FakeParts(folder), folder / "engine", folder / "o.log", pace=FAST))
engine.start()
engine.wait(20)
print("ready", flush=True)
time.sleep(600)
"""


def test_an_owner_killed_without_warning_takes_its_engine_along(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path), str(FAKE_SERVER.parent)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == "ready\n"
        (server,) = pids(tmp_path)
        owner.kill()
        owner.wait()
    assert until(lambda: gone(server), 10)
    assert start(FakeParts(tmp_path)).wait(20).state is EngineState.READY


def test_prompt_heads_are_computed_before_the_first_shopper(
    tmp_path: Path, start: Callable[..., Recorded]
) -> None:
    head = WarmUp((SystemMessage("You sell mice."), HumanMessage("x")), regex="yes|no")
    engine = start(FakeParts(tmp_path), warm_ups=(head,))
    assert engine.wait(20).state is EngineState.READY
    first, second = (tmp_path / "requests").read_text().splitlines()
    assert "You sell mice." not in first
    assert "You sell mice." in second and '"regex":"yes|no"' in second.replace(" ", "")
    engine.warm_with([WarmUp((HumanMessage("later"),))])
    assert until(lambda: "later" in (tmp_path / "requests").read_text())
    assert engine.status.state is EngineState.READY
