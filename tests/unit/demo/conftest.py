from __future__ import annotations

import pytest

from retrieval.catalog.demo import DemoStore, generate_demo
from retrieval.catalog.demo.eventlog import Event


@pytest.fixture(scope="session")
def demo() -> DemoStore:
    return generate_demo()


@pytest.fixture(scope="session")
def events(demo: DemoStore) -> list[Event]:
    return list(demo.events)
