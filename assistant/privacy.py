"""Everything that is kept of one shopper: shown to them, or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Engine

from assistant.conversation import SqlConversationStore
from assistant.errors import CallerError
from retrieval.profile.events import SqlEventStore


@dataclass(frozen=True)
class Erased:
    """How much was removed."""

    events: int
    conversations: int


def export_shopper(database: Engine, application: str, name: str) -> dict[str, Any]:
    """All that is kept of a client or user id, as JSON takes it; raises CallerError when
    nothing is."""
    events = SqlEventStore(database, application)
    shopper = events.resolve(name)
    logged = events.events_of(shopper, limit=10_000_000)
    clients = events.clients_of(shopper)
    consents = events.consents_of(clients)
    if not logged and not consents:
        raise CallerError(
            f"Nothing is kept of {name!r} in the store {application!r}.",
            remedy="Check the id, and --store.",
        )
    conversations = SqlConversationStore(database)
    return {
        "store": application,
        "shopper": shopper,
        "clients": list(clients),
        "consent": {client: choice.value for client, choice in consents.items()},
        "events": [each.event.model_dump(mode="json", exclude_defaults=True) for each in logged],
        "conversations": {
            each: [turn.model_dump(mode="json") for turn in conversations.all_turns(each)]
            for each in _conversations(events, shopper)
        },
    }


def erase_shopper(database: Engine, application: str, name: str) -> Erased:
    """Remove events, consent and conversations of a client or user id; anonymous daily counts
    stay."""
    events = SqlEventStore(database, application)
    shopper = events.resolve(name)
    talks = _conversations(events, shopper)
    conversations = SqlConversationStore(database)
    for each in talks:
        conversations.erase(each)
    return Erased(events.erase(shopper), len(talks))


def _conversations(events: SqlEventStore, shopper: str) -> list[str]:
    acts = events.acts_of(shopper, limit=10_000_000)
    ids = (str(each.event.detail.get("conversation_id") or "") for each in acts)
    return list(dict.fromkeys(i for i in ids if i))
