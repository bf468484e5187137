"""From rows as they are sent to events; a bad row costs itself only, with a line that says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from retrieval.profile.types import ABOUT_A_PRODUCT, Action, Event, Rejected

# Clocks of phones and servers differ by minutes; a day is a zone that was left out.
MOST_AHEAD = timedelta(days=1)
# Wordings of other logs for the same actions: UBI's examples and our demo store's.
ALIASES = {
    "query": Action.SEARCH,
    "on_search": Action.SEARCH,
    "view": Action.DETAIL_VIEW,
    "item_click": Action.CLICK,
    "cart": Action.CART,
    "order": Action.ORDER,
    "rate": Action.RATING,
}
# Bytes of `detail` as JSON would say it; more is a document, not an event.
LONGEST_DETAIL = 4000


def read_events(
    rows: Iterable[Any], now: datetime, defaults: Mapping[str, Any] | None = None
) -> tuple[list[Event], list[Rejected]]:
    """The good rows as events, and the others one by one.

    `defaults` fill what a row leaves out (the client of the request, say).
    """
    events: list[Event] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(rows):
        try:
            events.append(read_event(row, now, defaults))
        except ValueError as error:
            name = str(row.get("event_id", ""))[:128] if isinstance(row, dict) else ""
            rejected.append(Rejected(index, name, _explain(error)))
    return events, rejected


def read_event(row: Any, now: datetime, defaults: Mapping[str, Any] | None = None) -> Event:
    """One row as an event; raises ValueError (pydantic's, or one with a plain line)."""
    if not isinstance(row, dict):
        raise ValueError("a row must be an object, as in openapi.json")
    fields = {**(defaults or {}), **flatten(row)}
    if "user_id" in fields:
        # A log of signed-in shoppers alone knows no browsers.
        fields.setdefault("client_id", fields["user_id"])
    event = Event.model_validate(fields)
    if event.timestamp > now + MOST_AHEAD:
        raise ValueError(f"timestamp {event.timestamp.isoformat()} lies in the future")
    if event.action_name in ABOUT_A_PRODUCT and event.object_id is None:
        raise ValueError(f"a {event.action_name.value} needs object_id, the product's id")
    if event.action_name is Action.RATING and event.value is None:
        raise ValueError("a rating needs value, 1 to 5")
    if len(str(event.detail)) > LONGEST_DETAIL:
        raise ValueError(f"detail is longer than {LONGEST_DETAIL} characters")
    return event


def flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    """UBI's nested form and other logs' names as the fields of `Event`."""
    flat = dict(row)
    attributes = flat.pop("event_attributes", None)
    if isinstance(attributes, dict):
        rest = dict(attributes)
        found = {**_part(rest, "object"), **_part(rest, "position")}
        for name in ("object_id", "ordinal", "transaction_id"):
            if name in found:
                flat.setdefault(name, found[name])
        for name in rest.keys() & Event.model_fields.keys():
            flat.setdefault(name, rest[name])
    if "position" in flat:
        flat.setdefault("ordinal", flat.pop("position"))
    if "order_id" in flat:
        flat.setdefault("transaction_id", flat.pop("order_id"))
    if "query" in flat:
        flat.setdefault("user_query", flat.pop("query"))
    for name in ("application", "message", "message_type", "object_id_field"):
        flat.pop(name, None)
    action = flat.get("action_name")
    if isinstance(action, str):
        flat["action_name"] = ALIASES.get(action, action)
    return {name: value for name, value in flat.items() if value is not None}


def _part(attributes: dict[str, Any], name: str) -> dict[str, Any]:
    part = attributes.pop(name, None)
    return part if isinstance(part, dict) else {}


def _explain(error: ValueError) -> str:
    """One line; of a validation error the first fault with the field's name."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"
