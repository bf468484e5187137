"""Events for tests: one shopper's day, written briefly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from retrieval.profile.types import Action, Event

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_numbers = count(1)


def event(action: Action, object_id: str | None = None, **fields: Any) -> Event:
    """An event of the client "c1", `ago` minutes before NOW."""
    ago = fields.pop("ago", 0)
    return Event(
        **{
            "event_id": f"e{next(_numbers)}",
            "action_name": action,
            "timestamp": NOW - timedelta(minutes=ago),
            "client_id": "c1",
            "session_id": "s1",
            "object_id": object_id,
            **fields,
        }
    )
