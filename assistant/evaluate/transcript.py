"""Whole turns of a real assistant, kept as a shopper saw them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.errors import CallerError
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
    `written` is what the model wrote, as it wrote it; `act` how the message was read.
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
    written: tuple[str, ...] = ()
    act: str = ""
    asked: str = ""
    error: str = ""
    ended: str = ""


async def ask_all(
    assistant: AssistantService,
    questions: Sequence[Question],
    listener: ProgressListener,
    *,
    parallel: int = 1,
    transcript: TranscriptFile | None = None,
) -> list[ShownTurn]:
    """Ask every question, each in a conversation of its own, earlier messages first.

    So many conversations run in `parallel`: an engine answers eight at once in little more
    than the time of one. Those the `transcript` holds are taken from it, the others put there.
    """
    turns: dict[int, Sequence[ShownTurn]] = {}
    slots = asyncio.Semaphore(parallel)

    async def converse(number: int, question: Question) -> None:
        async with slots:
            turns[number] = [turn async for turn in _converse(assistant, question)]
        listener(len(turns), len(questions), "questions")
        if transcript:
            transcript.add(turns[number])

    async with asyncio.TaskGroup() as group:
        for number, question in enumerate(questions):
            if transcript and (kept := transcript.turns(question)):
                turns[number] = kept
            else:
                group.create_task(converse(number, question))
    return [turn for number in sorted(turns) for turn in turns[number]]


async def _converse(assistant: AssistantService, question: Question) -> AsyncIterator[ShownTurn]:
    conversation_id = uuid.uuid4().hex
    messages = (*question.history, question.text)
    listed: tuple[str, ...] = ()
    for count, _ in enumerate(messages, start=1):
        turn = await _ask(assistant, question, messages[:count], conversation_id, listed)
        listed = assistant.conversation(conversation_id).shown or turn.cards
        yield turn


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
            seen["act"] = event.understanding.act.value
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
            seen["written"] = tuple(answer.get("written", ()))
            seen["ended"] = answer.get("ended", "")
        elif isinstance(event, ComparisonEvent):
            continue
    return ShownTurn(sentences=tuple(sentences), **seen)


class TranscriptFile:
    """A file of turns, one a line as JSON, written while the asking goes on.

    A file that is there already is gone on with: what it holds needn't be asked again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._conversations = _read_conversations(path) if path.exists() else {}
            # A line that a killed run left half-written goes.
            kept = [turn for turns in self._conversations.values() for turn in turns]
            path.write_text("".join(_line(turn) for turn in kept), encoding="utf-8")
        except OSError as error:
            raise CallerError(
                f"The transcript {path} cannot be written ({error.strerror}).",
                remedy="Check --transcript.",
            ) from None

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Append the turns of one conversation."""
        self._conversations[turns[-1].question, turns[-1].said] = tuple(turns)
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(_line(turn) for turn in turns)

    def turns(self, question: Question) -> tuple[ShownTurn, ...]:
        """The turns of a question whose whole conversation is there; else none."""
        return self._conversations.get((question.id, (*question.history, question.text)), ())


def _line(turn: ShownTurn) -> str:
    return turn.model_dump_json() + "\n"


def _read_conversations(
    path: Path,
) -> dict[tuple[str, tuple[str, ...]], tuple[ShownTurn, ...]]:
    """The turns of each conversation, by its question's id and all that was said in it."""
    found: dict[tuple[str, tuple[str, ...]], tuple[ShownTurn, ...]] = {}
    running: list[ShownTurn] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            turn = ShownTurn.model_validate_json(line)
        except ValidationError:
            if number == len(lines):
                continue
            raise CallerError(
                f"{path}, line {number}, is no turn of an earlier run.",
                remedy="Name another file with --transcript.",
            ) from None
        if len(turn.said) == 1:
            running = []
        running.append(turn)
        # The last one stands for the whole: what came before it was said on the way.
        found.pop((turn.question, turn.said[:-1]), None)
        found[turn.question, turn.said] = tuple(running)
    return found
