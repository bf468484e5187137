"""Shared fixtures: no network in tests unless marked, and where the shared data lies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real catalogues; tests that need it skip where it is absent."""
    path = Path(os.environ.get("AISLE_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"needs the shared data sets, not found at {path}")
    return path


@pytest.fixture(autouse=True)
def block_network(request: pytest.FixtureRequest) -> None:
    """Unit tests reach nothing; others reach this machine's loopback only."""
    if "unit" in Path(str(request.node.fspath)).parts:
        request.getfixturevalue("socket_disabled_but_unix")
    else:
        request.getfixturevalue("loopback_only")


@pytest.fixture
def socket_disabled_but_unix() -> Iterator[None]:
    """No sockets; AF_UNIX stays because asyncio's event loop is built on a socket pair."""
    import pytest_socket

    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def loopback_only() -> Iterator[None]:
    """Sockets to 127.0.0.1 only."""
    import pytest_socket

    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()
