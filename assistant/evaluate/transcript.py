"""Whole turns of a real assistant, kept as a shopper saw them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from assistant.evaluate.questions import Question
from assistant.types import (
    AssistantService,
    ComparisonEvent,
    DoneEvent,
    ErrorEvent,
    ProductsEvent,
    QuestionEvent,
    Sentence,
    TextEvent,
)
from retrieval.types import Frozen, Language, ProgressListener


class ShownTurn(Frozen):
    """What one turn showed, and what it dropped.

    `said` are the shopper's messages so far, this one last; `cards` the products on the cards
    with the number each is shown under; `listed` the list on the screen before the turn.
    """

    question: str
    said: tuple[str, ...]
    language: Language
    cards: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    listed: tuple[str, ...] = ()
    reasons: tuple[tuple[str, ...], ...] = ()
    sentences: tuple[Sentence, ...] = ()
    dropped: tuple[dict[str, str], ...] = ()
    asked: str = ""
    error: str = ""
    ended: str = ""


async def ask_all(
    assistant: AssistantService, questions: Sequence[Question], listener: ProgressListener
) -> AsyncIterator[ShownTurn]:
    """Ask every question, each in a conversation of its own, earlier messages first."""
    for number, question in enumerate(questions, start=1):
        conversation_id = uuid.uuid4().hex
        messages = (*question.history, question.text)
        listed: tuple[str, ...] = ()
        for count, _ in enumerate(messages, start=1):
            turn = await _ask(assistant, question, messages[:count], conversation_id, listed)
            listed = assistant.conversation(conversation_id).shown or turn.cards
            yield turn
        listener(number, len(questions), "questions")


async def _ask(
    assistant: AssistantService,
    question: Question,
    said: tuple[str, ...],
    conversation_id: str,
    listed: tuple[str, ...],
) -> ShownTurn:
    seen: dict[str, Any] = {"question": question.id, "said": said, "listed": listed}
    seen["language"] = question.language or assistant.store.languages[0]
    sentences: list[Sentence] = []
    async for event in assistant.reply(said[-1], conversation_id, question.language):
        if isinstance(event, ProductsEvent):
            seen["language"] = event.understanding.language
            seen["cards"] = tuple(card.hit.product.id for card in event.products)
            seen["positions"] = tuple(card.position for card in event.products)
            seen["reasons"] = tuple(card.reasons for card in event.products)
        elif isinstance(event, TextEvent):
            sentences.append(event.sentence)
        elif isinstance(event, QuestionEvent):
            seen["asked"] = event.text
        elif isinstance(event, ErrorEvent):
            seen["error"] = f"{event.message} {event.remedy}".strip()
        elif isinstance(event, DoneEvent):
            answer = event.trace.get("answer", {})
            seen["dropped"] = tuple(answer.get("rejected", ()))
            seen["ended"] = answer.get("ended", "")
        elif isinstance(event, ComparisonEvent):
            continue
    return ShownTurn(sentences=tuple(sentences), **seen)


def write_turns(turns: Sequence[ShownTurn], path: Path) -> None:
    """One turn a line, as JSON."""
    path.write_text("".join(turn.model_dump_json() + "\n" for turn in turns), encoding="utf-8")


def read_turns(path: Path) -> tuple[ShownTurn, ...]:
    """The turns that `write_turns` wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(ShownTurn.model_validate_json(line) for line in lines if line)
