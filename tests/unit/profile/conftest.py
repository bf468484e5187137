"""The little shop, its event log, and profiles from a few acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.events import NOW, event
from support.learning_store import LearningStore

from assistant.database import open_database
from retrieval.profile.bus import InProcessBus
from retrieval.profile.events import SqlEventStore
from retrieval.profile.profile import Profile, build_profile
from retrieval.profile.types import Action, ConsentMode, StoredEvent
from retrieval.recommend.service import Learning, Shelf

ProfileOf = Callable[..., Profile]
Act = tuple[Action, str | None] | tuple[Action, str | None, dict[str, Any]]


@pytest.fixture(scope="session")
def shop() -> Iterator[LearningStore]:
    opened = LearningStore()
    yield opened
    opened.index.close()


@pytest.fixture
def profile_of(shop: LearningStore) -> ProfileOf:
    """A profile from (action, product, fields) given oldest first, a minute and a bit apart."""

    def make(
        *acts: tuple[Action, str | None] | tuple[Action, str | None, dict[str, Any]],
    ) -> Profile:
        stored = []
        for number, (action, item, *more) in enumerate(acts):
            fields = {"ago": 2 * (len(acts) - number), **(more[0] if more else {})}
            stored.append(StoredEvent(number, "c1", event(action, item, **fields)))
        return build_profile("c1", stored, shop.items, NOW)

    return make


@pytest.fixture
def open_learning(tmp_path: Path) -> Iterator[Callable[..., Learning]]:
    """Opens the service over a database of this test's."""
    database = open_database(f"sqlite:///{tmp_path}/aisle.db")
    opened: list[tuple[Learning, LearningStore]] = []

    def make(consent: ConsentMode = ConsentMode.ON, **settings: Any) -> Learning:
        own = LearningStore()
        learning = Learning(
            events=SqlEventStore(database, "shop", lambda: NOW),
            bus=InProcessBus(),
            shelf=Shelf(own.items, own.recommender, own.recommender.products),
            statistics=own.statistics,
            consent=consent,
            now=lambda: NOW,
            **settings,
        )
        learning.start()
        opened.append((learning, own))
        return learning

    yield make
    for learning, own in opened:
        learning.close()
        own.index.close()
    database.dispose()
