"""The nouns of hand-off: why, how far, a summary for the colleague, what is said by hand."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from assistant.jobs.types import HandoffReason
from retrieval.types import Frozen, Language


class HandoffState(StrEnum):
    """Who has the conversation."""

    WAITING = "waiting"
    HELD = "held"
    CLOSED = "closed"


class SummaryLine(Frozen):
    """One fact of a summary with where it comes from (``"turn:9f2c"``, ``"cart"``)."""

    label: str
    text: str
    evidence: str


class HandoffSummary(Frozen):
    """What a colleague has to know before saying hello; made by code from the turns."""

    lines: tuple[SummaryLine, ...] = ()
    seen: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


class Ticket(Frozen):
    """One conversation in the queue. `agent` is the name of who holds it."""

    conversation_id: str
    shopper_id: str | None = None
    language: Language
    reason: HandoffReason
    state: HandoffState
    opened: datetime
    agent: str = ""
    summary: HandoffSummary = HandoffSummary()


class DeskMessage(Frozen):
    """Something said while a human has the conversation, numbered in order of arrival."""

    number: int
    conversation_id: str
    speaker: Literal["shopper", "agent"]
    name: str = ""
    text: str
    product_ids: tuple[str, ...] = ()
    written: datetime
