"""The demo shoppers' log as JSON lines, in the words of OpenSearch User Behavior Insights."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.catalog.demo.tastes import Taste


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a shopper did or was shown.

    `action_name` is query, impression, click, add_to_cart or purchase; `position` counts
    from 1 in the list of `query_id`; `query` is None where the home page chose the list.
    The flat fields stand for UBI's ``user_query``, ``event_attributes.object.object_id`` and
    ``event_attributes.position.ordinal``.
    """

    event_id: str
    timestamp: str
    user_id: str
    session_id: str
    query_id: str
    action_name: str
    query: str | None = None
    object_id: str | None = None
    position: int | None = None
    price: str | None = None
    order_id: str | None = None


def write_events(path: Path, events: Iterable[Event]) -> int:
    """Write events as JSON lines, fields without a value left out; gives their number."""
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for event in events:
            record = {key: value for key, value in asdict(event).items() if value is not None}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_truth(path: Path, tastes: Mapping[str, Taste]) -> int:
    """Write the true tastes as JSON lines; gives the number of shoppers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(
            {
                "user_id": user,
                **asdict(taste),
                "categories": {" > ".join(p): share for p, share in taste.categories.items()},
            },
            ensure_ascii=False,
        )
        for user, taste in tastes.items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return len(lines)
