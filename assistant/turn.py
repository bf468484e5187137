"""What one turn is bounded by, what it is about, and what is noted of it on the way."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.llm.usage import TokenMeter
from assistant.types import (
    AnswerVerifier,
    Comparison,
    ProductFacts,
    QuickReader,
    Sentence,
    ShownProduct,
    Turn,
    Understanding,
)
from retrieval.experiment.types import NOTHING, Assignment
from retrieval.profile.types import Visitor
from retrieval.types import Product, Searcher, SearchResult, StoreInfo, Vocabulary


@dataclass(frozen=True)
class TurnLimits:
    """Bounds of one turn: cards shown, characters read, seconds given to the model."""

    cards: int
    message: int
    understand_s: float
    answer_s: float


@dataclass(frozen=True)
class Catalog:
    """What is known of the store; replaced whole when its index or vocabulary is new."""

    store: StoreInfo
    vocabulary: Vocabulary
    media_path: Path
    searcher: Searcher
    reader: QuickReader
    verifier: AnswerVerifier


@dataclass(frozen=True)
class Selection:
    """What a turn is about: cards, and for a search the list they head.

    `sponsored` cards are shown behind them, and nothing is said of them but what they are.
    """

    cards: tuple[ShownProduct, ...]
    sponsored: tuple[ShownProduct, ...] = ()
    facts: tuple[ProductFacts, ...] = ()
    result: SearchResult | None = None
    comparison: Comparison | None = None

    @property
    def products(self) -> tuple[Product, ...]:
        """The products on the cards."""
        return tuple(card.hit.product for card in self.cards)

    @property
    def is_dead_end(self) -> bool:
        """Whether a search found nothing and there is no condition to give up."""
        return bool(self.result and not self.cards and not self.result.relaxations)


@dataclass
class TurnRecord:
    """What is known of the running turn; becomes the stored Turn and its trace."""

    message: str
    visitor: Visitor | None = None
    assignment: Assignment = NOTHING
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.perf_counter)
    understanding: Understanding | None = None
    shown: tuple[str, ...] = ()
    exposed: dict[str, str] = field(default_factory=dict)
    sponsored: tuple[str, ...] = ()
    guides: tuple[str, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    question: str | None = None
    failed: bool = False
    trace: dict[str, Any] = field(default_factory=dict)
    meter: TokenMeter = field(default_factory=TokenMeter)

    def elapsed_ms(self) -> float:
        """Milliseconds since the message arrived."""
        return round((time.perf_counter() - self.clock) * 1000, 1)

    def mark(self, stage: str) -> None:
        """Note when `stage` was reached first."""
        self.trace.setdefault("reached_ms", {}).setdefault(stage, self.elapsed_ms())

    def _quoted_guides(self) -> list[str]:
        evidence = [name for sentence in self.sentences for name in sentence.evidence]
        return [n.removeprefix("guide:") for n in evidence if n.startswith("guide:")]

    def finished(self) -> Turn | None:
        """The turn to store; None when nothing was understood."""
        if self.understanding is None:
            return None
        if self.failed:
            self.trace["failed"] = True
        self.trace["tokens"] = asdict(self.meter) | {"total": self.meter.total}
        return Turn(
            id=self.id,
            message=self.message,
            understanding=self.understanding,
            shown=self.shown,
            sponsored=self.sponsored,
            guides=tuple(dict.fromkeys((*self.guides, *self._quoted_guides()))),
            sentences=tuple(self.sentences),
            question=self.question,
            started=self.started,
            trace=self.trace,
        )
