"""The real language model, one engine for all tests that ask for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.llm.engine import Engine, make_engine
from assistant.settings import load_settings
from assistant.types import EngineState

FIRST_START_S = 2400
"""Building the engine's environment and the weights on a slow line, then loading."""

HOLDER = """
import sys
from assistant.llm.engine import open_engine
from assistant.settings import load_settings
with open_engine(load_settings()) as engine:
    engine.wait()
    print("settled", flush=True)
    sys.stdin.read()
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that asks for the real engine may have to wait for its installation."""
    for item in items:
        if "real_engine" in getattr(item, "fixturenames", ()) and not any(
            item.iter_markers("timeout")
        ):
            item.add_marker(pytest.mark.timeout(FIRST_START_S))


@pytest.fixture(scope="session")
def engine_holder() -> Iterator[None]:
    """A process that owns the engine of AISLE_HOME for the session.

    A process of its own: its probes go on while unit tests of the same session block sockets,
    and the end of its standard input ends the engine however this session ends. Nobody else may
    start one before it owns the engine, or each test would load the model anew.
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent.parent,
    )
    assert holder.stdin is not None and holder.stdout is not None
    holder.stdout.readline()
    yield
    holder.stdin.close()
    holder.wait(60)
    holder.stdout.close()


@pytest.fixture
def real_engine(engine_holder: None) -> Iterator[Engine]:
    """The ready engine of the settings in the environment; skips where AISLE_LLM=off."""
    settings = load_settings()
    if settings.llm == "off":
        pytest.skip("needs the real language model, and AISLE_LLM=off")
    engine = make_engine(settings)
    engine.start()
    try:
        status = engine.wait(FIRST_START_S)
        if status.state is not EngineState.READY:
            pytest.fail(f"the engine is {status.state.value}: {status.detail}")
        yield engine
    finally:
        engine.stop()
