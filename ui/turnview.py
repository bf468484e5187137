"""Folds the events of a turn into the two pieces of HTML a page shows of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from assistant.types import (
    BundleEvent,
    Comparison,
    ComparisonEvent,
    DoneEvent,
    ErrorEvent,
    GuideEvent,
    ProductsEvent,
    QuestionEvent,
    ReplyEvent,
    Sentence,
    TextEvent,
)
from retrieval.types import Language
from ui.render import Renderer
from ui.stream import TurnStream
from ui.texts import say


class TurnView:
    """One turn as HTML: `cards` and `answer`, up to date after each `add`."""

    def __init__(self, renderer: Renderer, language: Language) -> None:
        self._renderer = renderer
        self._language = language
        self._sentences: list[Sentence] = []
        self._positions: dict[str, int] = {}
        self._comparison: Comparison | None = None
        self._question: QuestionEvent | None = None
        self._error: tuple[str, str] | None = None
        self._done = False
        self._stopped = False
        self._cards = ""
        self._guide = ""

    @property
    def cards(self) -> str:
        """The products, and below them a guide perhaps."""
        return self._cards + self._guide

    def add(self, event: ReplyEvent) -> None:
        """Take one event in."""
        if isinstance(event, ProductsEvent):
            self._language = event.understanding.language
            self._positions = {item.hit.product.id: item.position for item in event.products}
            self._cards = self._renderer.products(event, self._language)
        elif isinstance(event, BundleEvent):
            self._language = event.language
            cards = [card for item in event.bundle.items for card in item.products]
            self._positions = {card.hit.product.id: card.position for card in cards}
            self._cards = self._renderer.bundle(event.bundle, self._language)
        elif isinstance(event, GuideEvent):
            self._guide = self._renderer.guide(event.guide, self._language)
        elif isinstance(event, TextEvent):
            self._sentences.append(event.sentence)
        elif isinstance(event, ComparisonEvent):
            self._comparison = event.comparison
        elif isinstance(event, QuestionEvent):
            self._question = event
        elif isinstance(event, ErrorEvent):
            self._error = (event.message, event.remedy)
        elif isinstance(event, DoneEvent):
            self._done = True

    def stop(self) -> None:
        """The shopper did not want the rest."""
        self._stopped = True

    @property
    def answer(self) -> str:
        """Sentences, question or error, and what is being waited for."""
        html = self._renderer.answer(
            self._sentences,
            self._language,
            positions=self._positions,
            comparison=self._comparison,
            question=self._question,
            error=self._error,
            waiting=self._waiting(),
        )
        return html.strip()

    def _waiting(self) -> str:
        if self._done or self._error or self._stopped:
            return ""
        return say("writing" if self.cards or self._sentences else "working", self._language)


async def view_turn(view: TurnView, events: AsyncIterator[ReplyEvent]) -> AsyncIterator[TurnView]:
    """`view` after each event; an error of the reply becomes a line of the answer."""
    async with aclosing(TurnStream(events).events()) as turn:
        async for event in turn:
            if event is not None:
                view.add(event)
                yield view
    view.stop()
    yield view
