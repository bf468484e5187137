"""The demo store served by a real process, without the language model."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from assistant import build
from assistant.importing import import_store
from assistant.settings import load_settings

START_S = 300
MERCHANT = "the-merchant's-token-of-tests"
SECRET = "a secret of the tests, 32 characters"
STORE = "demo-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """A server on a database of its own; `kill` is what a power cut is to a process."""

    database: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "serve", "--port", str(self.port)],
            env={
                **os.environ,
                "AISLE_LLM": "off",
                "AISLE_STORE": STORE,
                "AISLE_ADMIN_TOKEN": MERCHANT,
                "AISLE_SECRET": SECRET,
                "AISLE_DATABASE_URL": f"sqlite:///{self.database}",
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                output = self.process.stdout.read().decode() if self.process.stdout else ""
                raise AssertionError(f"the server ended: {output}")
            try:
                if httpx.get(f"{self.url}/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()


@pytest.fixture(scope="session")
def demo_store() -> None:
    """The demo store in a store of the tests' own; encoders come from AISLE_HOME."""
    settings = load_settings(store=STORE, llm="off")
    import_store(settings, build.DEMO, lambda done, total, note="": None)


@pytest.fixture(scope="module")
def served(demo_store: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("database") / "aisle.db")
    try:
        server.start()
        yield server
    finally:
        server.kill()
