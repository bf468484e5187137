"""Events as they are logged, in the words of OpenSearch's User Behavior Insights (UBI).

UBI nests some fields (``event_attributes.object.object_id``); here they are flat, and
`retrieval.profile.intake` reads both forms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from pydantic import AwareDatetime, Field

from retrieval.types import Frozen, Language

Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Action(StrEnum):
    """What a shopper did or was shown (UBI's `action_name`)."""

    IMPRESSION = "impression"
    CLICK = "click"
    DETAIL_VIEW = "detail_view"
    CART = "add_to_cart"
    ORDER = "purchase"
    RATING = "rating"
    DISMISS = "dismiss"
    SEARCH = "search"
    CHAT_TURN = "chat_turn"
    CORRECTION = "correction"


# The surface of guides: what is seen and clicked there is no product.
CONTENT = "content"

ABOUT_A_PRODUCT = frozenset(Action) - {Action.SEARCH, Action.CHAT_TURN, Action.CORRECTION}


class Event(Frozen):
    """One event; `event_id` makes sending it again harmless.

    `client_id` is the browser or app, `user_id` the signed-in shopper; `query_id` is the list
    in which `object_id` stood at place `ordinal` (from 1), `surface` where that list was shown
    ("search", "chat", "for_you" ...). `propensity` is the probability with which the policy
    put the product there; `model_version` and `experiments` (experiment → variant) say which
    policy it was. `value` is a rating of 1 to 5. `detail` holds what only some actions have:
    the conversation of a chat turn, what a correction took away, stated preferences.
    """

    event_id: Id
    action_name: Action
    timestamp: AwareDatetime
    client_id: Id
    session_id: Id
    user_id: Id | None = None
    query_id: Id | None = None
    user_query: Annotated[str | None, Field(max_length=2000)] = None
    object_id: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    ordinal: Annotated[int | None, Field(ge=1, le=100_000)] = None
    surface: Name = ""
    propensity: Annotated[float | None, Field(gt=0, le=1)] = None
    model_version: Name = ""
    experiments: Annotated[dict[Name, Name], Field(max_length=32)] = Field(default_factory=dict)
    price: Annotated[float | None, Field(ge=0, le=1e9, allow_inf_nan=False)] = None
    quantity: Annotated[int | None, Field(ge=1, le=100_000)] = None
    transaction_id: Id | None = None
    value: Annotated[float | None, Field(ge=1, le=5)] = None
    language: Language | None = None
    automated: bool = False
    detail: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place in the log and whose it is (the signed-in shopper, else the
    client)."""

    seq: int
    shopper_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken: its place in the batch (from 0) and one line why."""

    index: int
    event_id: str
    error: str


@dataclass(frozen=True, slots=True)
class Appended:
    """What a batch came to: the events that are new, and how many were known already."""

    new: tuple[StoredEvent, ...] = ()
    duplicates: int = 0
    merged: tuple[str, ...] = field(default=())
    """Clients whose anonymous past became a signed-in shopper's."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who acts: the browser or app, its session, and the shopper where they signed in."""

    client_id: str
    session_id: str = ""
    user_id: str | None = None

    @property
    def name(self) -> str:
        """The id under which the profile is found."""
        return self.user_id or self.client_id


class Consent(StrEnum):
    """What a shopper answered."""

    GRANTED = "granted"
    DENIED = "denied"


class ConsentMode(StrEnum):
    """What the shop does about shoppers who were not asked yet, or about all.

    ASK logs and personalises only for shoppers who agreed; ON for all but those who refused
    (where the shop has another legal ground, or asks by itself); OFF for nobody.
    """

    ASK = "ask"
    ON = "on"
    OFF = "off"


Handler = Callable[[Sequence[StoredEvent]], None]


class EventBus(Protocol):
    """Brings committed events to consumers, at least once, in about the order of the log.

    Consumers of one `group` share the events; each group gets all. A handler that raises is
    called again with the same events. The SQL log is the truth: a consumer that keeps state
    catches up from there when it starts.
    """

    def publish(self, events: Sequence[StoredEvent]) -> None: ...

    def subscribe(self, group: str, handler: Handler, *, shared: bool = True) -> None:
        """Call `handler` in a thread of its own; with `shared` False this process gets every
        event, whoever else is in the group."""
        ...

    def drain(self, timeout_s: float = 5) -> bool:
        """Wait until this process has handled what was published before; False if not."""
        ...

    def close(self) -> None: ...


Clock = Callable[[], datetime]
