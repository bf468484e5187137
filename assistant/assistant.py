"""One turn of conversation, readable top to bottom."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.answer.compare import compare_products
from assistant.answer.facts import build_facts, write_reasons
from assistant.answer.stream import AnswerTrace, stream_answer
from assistant.errors import AisleError, EngineUnavailableError, ModelOutputError
from assistant.guard import bound_conversation_id, bound_message
from assistant.types import (
    Act,
    AnswerVerifier,
    AnswerWriter,
    Conversation,
    ConversationStore,
    DoneEvent,
    EngineStatus,
    ErrorEvent,
    ProductsEvent,
    QueryRewriter,
    QuestionEvent,
    QuickReader,
    ReplyEvent,
    Sentence,
    ServiceStatus,
    ShownProduct,
    TextEvent,
    Turn,
    Understanding,
)
from assistant.understand.clarify import choose_question
from assistant.understand.merge import changes_search, merge
from retrieval.types import (
    Filters,
    Language,
    Product,
    Searcher,
    SearchRequest,
    SearchResult,
    Sort,
    StoreInfo,
    Vocabulary,
)

# Clarifying questions look at how the head of the list splits, not only at the cards.
CANDIDATES = 50


@dataclass(frozen=True)
class Selection:
    """What a turn is about: cards, and for a search the list they head."""

    cards: tuple[ShownProduct, ...]
    result: SearchResult | None = None

    @property
    def products(self) -> tuple[Product, ...]:
        """The products on the cards."""
        return tuple(card.hit.product for card in self.cards)


@dataclass
class TurnRecord:
    """What is known of the running turn; becomes the stored Turn and its trace."""

    message: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.perf_counter)
    understanding: Understanding | None = None
    shown: tuple[str, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    question: str | None = None
    trace: dict[str, Any] = field(default_factory=dict)

    def elapsed_ms(self) -> float:
        """Milliseconds since the message arrived."""
        return round((time.perf_counter() - self.clock) * 1000, 1)

    def mark(self, stage: str) -> None:
        """Note when `stage` was reached first."""
        self.trace.setdefault("reached_ms", {}).setdefault(stage, self.elapsed_ms())

    def finished(self) -> Turn | None:
        """The turn to store; None when nothing was understood."""
        if self.understanding is None:
            return None
        return Turn(
            id=self.id,
            message=self.message,
            understanding=self.understanding,
            shown=self.shown,
            sentences=tuple(self.sentences),
            question=self.question,
            started=self.started,
            trace=self.trace,
        )


class Assistant:
    """Answers shoppers; every part is handed in finished (see `assistant.build`)."""

    def __init__(
        self,
        *,
        store: StoreInfo,
        vocabulary: Vocabulary,
        media_path: Path,
        searcher: Searcher,
        reader: QuickReader,
        rewriter: QueryRewriter,
        writer: AnswerWriter,
        verifier: AnswerVerifier,
        conversations: ConversationStore,
        engine_status: Callable[[], EngineStatus],
        version: str,
        cards: int,
        message_limit: int,
        understand_timeout_s: float,
        answer_timeout_s: float,
    ) -> None:
        self.store = store
        self.vocabulary = vocabulary
        self.media_path = media_path
        self._searcher = searcher
        self._reader = reader
        self._rewriter = rewriter
        self._writer = writer
        self._verifier = verifier
        self._conversations = conversations
        self._engine_status = engine_status
        self._version = version
        self._cards = cards
        self._message_limit = message_limit
        self._understand_timeout_s = understand_timeout_s
        self._answer_timeout_s = answer_timeout_s

    # ------------------------------------------------------------- one turn

    async def reply(self, message: str, conversation_id: str) -> AsyncIterator[ReplyEvent]:
        """Stream one turn: products, text, a question perhaps, done.

        Raises InvalidRequestError for a message out of bounds; whatever else goes wrong
        is an ErrorEvent, and what was already sent stays.
        """
        conversation_id = bound_conversation_id(conversation_id)
        turn = TurnRecord(message=bound_message(message, self._message_limit))
        try:
            async with aclosing(self._run(turn, conversation_id)) as events:
                async for event in events:
                    yield event
        except AisleError as error:
            turn.trace["error"] = str(error)
            yield ErrorEvent(message=error.message, remedy=error.remedy)
        finally:
            # Also when the shopper left mid-answer: what was shown is what "the second
            # one" will point at.
            if finished := turn.finished():
                self._conversations.append(conversation_id, finished)

    async def _run(self, turn: TurnRecord, conversation_id: str) -> AsyncIterator[ReplyEvent]:
        conversation = await asyncio.to_thread(self._conversations.load, conversation_id)
        shown = await self.products(conversation.shown)

        quick = self._reader.read(turn.message, conversation, shown)
        turn.understanding = quick
        selection = await self._select(quick, conversation, shown)
        yield self._show(turn, quick, selection, "quick")

        understanding = await self._understand(turn, conversation, shown, quick)
        if changes_search(quick, understanding):
            selection = await self._select(understanding, conversation, shown)
            yield self._show(turn, understanding, selection, "refined")
        turn.understanding = understanding

        question = self._question(understanding, selection, conversation)
        async for sentence in self._answer(turn, understanding, selection):
            yield TextEvent(sentence=sentence)
        if question:
            turn.question = question.text
            yield question
        turn.mark("done")
        yield DoneEvent(turn_id=turn.id, trace=turn.trace)

    # ------------------------------------------------------------- stages

    async def _select(
        self, understanding: Understanding, conversation: Conversation, shown: Sequence[Product]
    ) -> Selection:
        """The products a turn is about: those it points at, or those a search finds."""
        if understanding.act is Act.SMALL_TALK:
            return Selection(cards=())
        if understanding.act in (Act.COMPARE, Act.ASK) and understanding.references:
            products = await self.products(understanding.references)
            return Selection(cards=self._cards_for(understanding, products, conversation.shown))
        request = understanding.search_request(limit=CANDIDATES)
        result = await asyncio.to_thread(self._searcher.search, request)
        head = result.hits[: self._cards]
        cards = self._cards_for(understanding, [hit.product for hit in head], ())
        scored = tuple(
            card.model_copy(update={"hit": hit}) for card, hit in zip(cards, head, strict=True)
        )
        return Selection(cards=scored, result=result)

    def _cards_for(
        self,
        understanding: Understanding,
        products: Sequence[Product],
        listed: Sequence[str],
    ) -> tuple[ShownProduct, ...]:
        """Cards with reasons; a product of the earlier list keeps its number there."""
        facts = build_facts(understanding, products, self.vocabulary, self.store)
        return tuple(
            ShownProduct(
                hit=Hit(product=product, score=0.0),
                position=listed.index(product.id) + 1 if product.id in listed else index,
                reasons=write_reasons(about),
            )
            for index, (product, about) in enumerate(zip(products, facts, strict=True), start=1)
        )

    def _show(
        self, turn: TurnRecord, understanding: Understanding, selection: Selection, stage: str
    ) -> ProductsEvent:
        """The event for a selection; remembers the list that ordinals will point at."""
        if selection.result:
            turn.shown = tuple(product.id for product in selection.products)
            turn.trace.setdefault("search_ms", {})[stage] = selection.result.timings_ms
        turn.mark(stage)
        turn.trace[f"{stage}_understanding"] = understanding.model_dump(
            mode="json", exclude_defaults=True
        )
        return ProductsEvent(
            stage="quick" if stage == "quick" else "refined",
            products=selection.cards,
            total=selection.result.total if selection.result else len(selection.cards),
            understanding=understanding,
            elapsed_ms=turn.elapsed_ms(),
        )

    async def _understand(
        self,
        turn: TurnRecord,
        conversation: Conversation,
        shown: Sequence[Product],
        quick: Understanding,
    ) -> Understanding:
        """The LLM's reading merged with the rules'; the rules' alone when it fails."""
        if not needs_rewrite(turn.message, quick):
            turn.trace["llm_understanding"] = "not needed: the rules read every word"
            return quick
        try:
            async with asyncio.timeout(self._understand_timeout_s):
                read = await self._rewriter.rewrite(turn.message, conversation, shown, quick)
        except TimeoutError:
            turn.trace["llm_understanding"] = f"gave up after {self._understand_timeout_s:g} s"
            return quick
        except (EngineUnavailableError, ModelOutputError) as error:
            turn.trace["llm_understanding"] = f"failed: {error.message}"
            return quick
        turn.mark("understood")
        turn.trace["llm_understanding"] = read.model_dump(mode="json", exclude_defaults=True)
        return merge(quick, read)
