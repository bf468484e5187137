"""Rows of recommendations on the shop's pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from pydantic import BaseModel

from assistant.advertising import recommend
from assistant.types import AssistantService
from retrieval.errors import AisleError
from retrieval.profile.profile import Stage
from retrieval.profile.types import Visitor
from retrieval.rank.sponsored import place_in_slots
from retrieval.recommend.types import Kind, RecommendationRequest, Recommendations
from retrieval.types import Language
from ui.render import Card, Renderer
from ui.texts import say

logger = logging.getLogger(__name__)

ROW = 6
"""Cards that fit beside each other on a wide screen."""


class Row(BaseModel):
    """A titled list of cards; the rest names it in the events about it."""

    title: str
    list_id: str
    surface: str
    model: str
    cards: list[Card]
    left_out: str = ""


class RowMaker:
    """Asks for recommendations and makes rows of them; a row that fails is left out."""

    def __init__(self, service: AssistantService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    async def make(
        self,
        kinds: Sequence[Kind],
        visitor: Visitor | None,
        language: Language,
        items: Sequence[str] = (),
    ) -> list[Row]:
        """The rows of these kinds that have any cards."""
        learning = self._service.learning
        if learning is None:
            return []
        rows = []
        for kind in kinds:
            request = RecommendationRequest(
                kind=kind,
                shopper=visitor.name if visitor and learning.may_read(visitor) else "",
                items=tuple(items),
                language=language,
                limit=ROW,
            )
            try:
                found = await asyncio.to_thread(
                    recommend, learning, self._service.ads, request, visitor
                )
            except AisleError as error:
                logger.warning("no row %s: %s", kind.value, error)
                continue
            if found.products:
                rows.append(self._row(found, language))
        return rows

    def _row(self, found: Recommendations, language: Language) -> Row:
        popular = found.kind is Kind.FOR_YOU and found.stage is Stage.POPULARITY
        left_out = "、".join(found.left_out) if language is Language.CHINESE else ""
        return Row(
            title=say("row_popular" if popular else f"row_{found.kind.value}", language),
            list_id=found.list_id,
            surface=found.kind.value,
            model=found.model_version,
            cards=[
                self._renderer.card(
                    each.product,
                    language,
                    position=each.position,
                    reasons=each.reasons,
                    propensity=each.propensity,
                    sponsored=each.sponsored,
                )
                for each in place_in_slots(found.products, found.sponsored)
            ],
            left_out=say("row_left_out", language, what=left_out or ", ".join(found.left_out))
            if found.left_out
            else "",
        )
