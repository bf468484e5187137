"""What shoppers said they want or refuse: kept as events, read back as filters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from retrieval.index.analysis import fold, terms
from retrieval.profile.types import Event
from retrieval.types import AttributeFilter, Filters

# A refusal of last year says little; it may be said again.
KEPT_FOR = timedelta(days=180)
REFUSED, WANTED = "refused", "wanted"


def state_preferences(filters: Filters, query: str = "") -> dict[str, Any]:
    """The `detail` fields that keep what a message refuses and asks for."""
    refused = refusals_of(filters)
    wanted = [*filters.brands, *(v for a in filters.attributes if not a.exclude for v in a.values)]
    detail: dict[str, Any] = {}
    if refused != Filters():
        detail[REFUSED] = refused.model_dump(mode="json", exclude_defaults=True)
    if wanted or query:
        detail[WANTED] = [*wanted, query] if query else wanted
    return detail


def refusals_of(filters: Filters) -> Filters:
    """The part of `filters` that says what is not wanted."""
    return Filters(
        excluded_brands=filters.excluded_brands,
        excluded_categories=filters.excluded_categories,
        excluded_terms=filters.excluded_terms,
        attributes=tuple(a for a in filters.attributes if a.exclude),
    )


def fold_refusals(events: Iterable[Event], now: datetime) -> Filters:
    """What is refused after all `events` (oldest first).

    A refusal lasts until the same thing is asked for, until a later message of the same
    conversation drops it, or until it is old.
    """
    standing: dict[tuple[str, Any], tuple[str, datetime]] = {}
    for event in events:
        detail = event.detail
        if now - event.timestamp > KEPT_FOR or not (REFUSED in detail or WANTED in detail):
            continue
        refused = _read(detail.get(REFUSED))
        named = set(_entries(refused))
        wanted = {t.text for text in detail.get(WANTED, ()) for t in terms(fold(str(text)))}
        talk = str(detail.get("conversation_id", ""))
        follows = bool(detail.get("follows"))
        for entry, (source, _) in list(standing.items()):
            dropped = follows and talk and source == talk
            if entry not in named and (dropped or _words(entry) & wanted):
                del standing[entry]
        standing.update(dict.fromkeys(named, (talk, event.timestamp)))
    return _filters(standing)


def _read(raw: Any) -> Filters:
    try:
        return Filters.model_validate(raw or {})
    except ValidationError:
        return Filters()  # of another version: it can be said again


def _entries(refused: Filters) -> list[tuple[str, Any]]:
    return [
        *(("brand", name) for name in refused.excluded_brands),
        *(("category", path) for path in refused.excluded_categories),
        *(("term", term) for term in refused.excluded_terms),
        *(("attribute", attribute) for attribute in refused.attributes),
    ]


def _words(entry: tuple[str, Any]) -> set[str]:
    kind, value = entry
    if isinstance(value, AttributeFilter):
        text = " ".join(value.values)
    else:
        text = value[-1] if kind == "category" else value
    return {term.text for term in terms(fold(text))}


def _filters(entries: Iterable[tuple[str, Any]]) -> Filters:
    by_kind: dict[str, list[Any]] = {"brand": [], "category": [], "term": [], "attribute": []}
    for kind, value in entries:
        by_kind[kind].append(value)
    return Filters(
        excluded_brands=tuple(by_kind["brand"]),
        excluded_categories=tuple(by_kind["category"]),
        excluded_terms=tuple(by_kind["term"]),
        attributes=tuple(by_kind["attribute"]),
    )
