"""Everything that is kept of one shopper: shown to them, or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Engine

from assistant.conversation import SqlConversationStore
from assistant.errors import CallerError
from assistant.memory.refusals import owners_of
from assistant.memory.store import PreferenceStore
from retrieval.ads.store import SqlAdStore
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
    memory = PreferenceStore(database)
    owners = owners_of(list(dict.fromkeys((shopper, name, *clients))))
    stated = memory.all(*owners)
    if not logged and not consents and not stated:
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
        "preferences": [each.model_dump(mode="json") for each in stated],
        "events": [each.event.model_dump(mode="json", exclude_defaults=True) for each in logged],
        "conversations": {
            each: [turn.model_dump(mode="json") for turn in conversations.all_turns(each)]
            for each in _conversations(events, shopper)
        },
    }


def erase_shopper(database: Engine, application: str, name: str) -> Erased:
    """Remove events, consent, stated preferences and conversations of a client or user id;
    anonymous counts (of days, and of advertisements) stay."""
    events = SqlEventStore(database, application)
    shopper = events.resolve(name)
    names = list(dict.fromkeys((shopper, name, *events.clients_of(shopper))))
    PreferenceStore(database).erase(owners_of(names))
    SqlAdStore(database, application).forget(names)
    talks = _conversations(events, shopper)
    conversations = SqlConversationStore(database)
    for each in talks:
        conversations.erase(each)
        PreferenceStore(database).erase([f"conversation:{each}"])
    return Erased(events.erase(shopper), len(talks))


def _conversations(events: SqlEventStore, shopper: str) -> list[str]:
    acts = events.acts_of(shopper, limit=10_000_000)
    ids = (str(each.event.detail.get("conversation_id") or "") for each in acts)
    return list(dict.fromkeys(i for i in ids if i))


class PrivacyOffice:
    """Shows and removes what one store keeps of shoppers, while it is being served."""

    def __init__(self, database: Engine, application: str) -> None:
        self._database = database
        self._application = application

    def export(self, name: str) -> dict[str, Any]:
        """All that is kept of a client or user id; raises CallerError when nothing is."""
        return export_shopper(self._database, self._application, name)

    def erase(self, name: str) -> Erased:
        """Remove all that is kept of a client or user id; profiles follow within a second."""
        return erase_shopper(self._database, self._application, name)
