"""What is recommended, to whom, and why."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from retrieval.profile.profile import Stage
from retrieval.types import Filters, Frozen, Guide, Language, Placement, Product


class Kind(StrEnum):
    """The questions that recommendations answer."""

    FOR_YOU = "for_you"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    BUY_AGAIN = "buy_again"
    TRENDING = "trending"
    NEW = "new"
    CONTENT = "content"


class RecommendationRequest(Frozen):
    """Who asks for what: `items` are the products that SIMILAR and BOUGHT_TOGETHER start from.

    `filters` are hard conditions; what the shopper refused is left out besides. An empty
    `shopper` is nobody in particular.
    """

    kind: Kind
    shopper: str = ""
    items: tuple[str, ...] = ()
    language: Language = Language.ENGLISH
    filters: Filters = Filters()
    limit: int = Field(default=10, ge=1, le=100)


class Recommended(Frozen):
    """One product with its place (from 1), why it is here, and what scored it.

    `propensity` is the probability with which it was put there; events about it repeat it.
    With `sponsored` it is an advertisement, to be labelled as one.
    """

    product: Product
    position: int
    reasons: tuple[str, ...]
    score: float
    signals: dict[str, float] = Field(default_factory=dict)
    propensity: float = 1.0
    sponsored: Placement | None = None


class RecommendedGuide(Frozen):
    """One guide with its place and why it is here."""

    guide: Guide
    position: int
    reasons: tuple[str, ...]


class Recommendations(Frozen):
    """A list; `list_id` is the query_id of the events about it.

    `stage` says what it rests on: everybody's choices, this session, or a person's tastes.
    `left_out` names what the shopper refused. `sponsored` are advertisements to show beside
    `products`, which are the same with and without them.
    """

    list_id: str
    kind: Kind
    stage: Stage
    products: tuple[Recommended, ...] = ()
    sponsored: tuple[Recommended, ...] = ()
    guides: tuple[RecommendedGuide, ...] = ()
    left_out: tuple[str, ...] = ()
    model_version: str = ""
    elapsed_ms: float = 0.0
