"""What the learned readers take and give, and what they learn from."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from retrieval.types import Frozen


class Speaker(StrEnum):
    """Who said something."""

    USER = "user"
    SYSTEM = "system"


class Utterance(Frozen):
    """One message of a dialogue."""

    speaker: Speaker
    text: str


class DialogueReading(Frozen):
    """What a dialogue's last message means.

    `intent` is what the shopper does with it, `action` what an assistant would do next (labels
    of the data it was learned from), `keywords` what to search for, phrases in the shopper's
    own letters.
    """

    intent: str
    action: str
    keywords: tuple[str, ...] = ()


class DialogueReader(Protocol):
    """Reads a dialogue whose last message is the shopper's."""

    def read(self, dialogue: Sequence[Utterance]) -> DialogueReading: ...


class InstructionRewriter(Protocol):
    """Turns a whole shopping instruction into what one would type into a search box."""

    def rewrite(self, instruction: str) -> str: ...


class LabelledTurn(Frozen):
    """One shopper's message with what came before it and what people said of it.

    `dialogue` ends with the message. A label that nobody gave is None; `keywords` is empty
    where there was nothing to search for.
    """

    dialogue_id: str
    dialogue: tuple[Utterance, ...]
    intent: str | None = None
    action: str | None = None
    keywords: tuple[str, ...] = ()


class LabelledInstruction(Frozen):
    """A shopping instruction and the queries that people typed for it, at least one."""

    instruction: str
    queries: tuple[str, ...]
