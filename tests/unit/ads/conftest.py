"""Campaigns in a real SQLite file, offers, and the events that settle them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from assistant.database import open_database
from retrieval.ads.offers import OfferSigner
from retrieval.ads.server import AdServer, Placed
from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdSettings
from retrieval.profile.types import Action, Event, StoredEvent
from retrieval.types import Campaign

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
SECRET = "a secret of thirty-two characters"
_numbers = count(1)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Always(Random):
    """Pacing's lot falls in everybody's favour."""

    def random(self) -> float:
        return 0.0


def campaign(key: str = "c", *products: str, **fields: Any) -> Campaign:
    return Campaign(
        **{
            "id": key,
            "sponsor": f"sponsor-{key}",
            "product_ids": products or (f"{key}1",),
            "bid": Decimal("1.00"),
            "daily_budget": Decimal("10.00"),
            "starts": date(2026, 1, 1),
            "ends": date(2099, 1, 1),
            **fields,
        }
    )


def happened(action: Action, placed: Placed, shopper: str = "s1", **fields: Any) -> StoredEvent:
    """A shopper's act on an advertisement."""
    number = next(_numbers)
    detail = {"campaign_id": placed.placement.campaign_id, "placement": placed.placement.token}
    event = Event(
        **{
            "event_id": f"ad-{number}",
            "action_name": action,
            "timestamp": NOON,
            "client_id": shopper,
            "session_id": shopper,
            "object_id": placed.product_id,
            "surface": "search",
            "detail": detail,
            **fields,
        }
    )
    return StoredEvent(number, shopper, event)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/aisle.db")
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(database: Engine, clock: Clock) -> Callable[..., AdServer]:
    """The advertising of a store with these campaigns."""

    def make(*campaigns: Campaign, random: Random | None = None, **settings: Any) -> AdServer:
        store = SqlAdStore(database, "shop", clock)
        for each in campaigns:
            store.put(each)
        signer = OfferSigner(SECRET, "shop")
        return AdServer(store, signer, AdSettings(**settings), now=clock, random=random or Always())

    return make
