"""A log written briefly for reports: shoppers by number, minutes by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from assistant.database import open_database
from retrieval.analytics.log import CleanLog, read_log
from retrieval.analytics.types import Period
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Action, Event

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
PERIOD = Period(since=NOW - timedelta(days=7), until=NOW)


class MerchantLog:
    """Events of a store called "shop" in a database of its own."""

    def __init__(self, url: str) -> None:
        self.database = open_database(url)
        self.events = SqlEventStore(self.database, "shop", lambda: NOW)
        self._numbers = count(1)
        self._batch: list[Event] = []

    @classmethod
    def in_folder(cls, folder: Path) -> MerchantLog:
        """In an SQLite file."""
        return cls(f"sqlite:///{folder}/aisle.db")

    def add(self, action: Action, shopper: str, *, minute: float = 0, **fields: Any) -> None:
        """An act of `shopper`, `minute` minutes after a day before NOW."""
        moment = fields.pop("moment", NOW - timedelta(days=1) + timedelta(minutes=minute))
        self._batch.append(
            Event(
                **{
                    "event_id": f"e{next(self._numbers)}",
                    "action_name": action,
                    "timestamp": moment,
                    "client_id": shopper,
                    "session_id": f"s-{shopper}",
                    **fields,
                }
            )
        )

    def search(self, shopper: str, query: str, *, minute: float = 0, **fields: Any) -> str:
        """A search; gives its list's id."""
        name = f"q{next(self._numbers)}"
        detail = {"results": 12, **fields.pop("detail", {})}
        fields = {"surface": "search", "query_id": name, "user_query": query, **fields}
        self.add(Action.SEARCH, shopper, minute=minute, detail=detail, **fields)
        return name

    def click(self, shopper: str, list_id: str, product: str, *, minute: float = 0) -> None:
        """A click on a list."""
        self.add(
            Action.CLICK, shopper, minute=minute, query_id=list_id, object_id=product,
            surface="search",
        )  # fmt: skip

    def order(self, shopper: str, product: str, price: float, *, minute: float = 0) -> None:
        """An order of one piece."""
        self.add(Action.ORDER, shopper, minute=minute, object_id=product, price=price, quantity=1)

    def read(self, period: Period = PERIOD) -> CleanLog:
        """Everything so far, committed and read as reports do."""
        self.events.append(self._batch)
        self._batch = []
        return read_log(self.events, period, NOW)
