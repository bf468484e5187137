"""Requests and responses of the HTTP interface."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assistant.types import Understanding
from retrieval.recommend.guides import GuideCard
from retrieval.types import Language, SearchResult
from ui.chips import Chip
from ui.facets import FacetView, RelaxationView

ConversationId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="The id that an earlier answer gave. Left out, a new conversation starts.",
    ),
]


class ChatRequest(BaseModel):
    """One message of a shopper."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"message": "Quiet headphones for the train, under $200"},
                {
                    "message": "第二款有货吗？",
                    "conversation_id": "f3b0c9c2a7",
                    "language": "zh",
                },
            ]
        },
    )

    message: str = Field(description="What the shopper wrote, at most 2,000 characters.")
    conversation_id: ConversationId | None = None
    language: Language | None = Field(
        default=None,
        description="The page's language, used where the message shows none of its own.",
    )


class SearchResponse(BaseModel):
    """Ranked products and what was understood of the query."""

    list_id: str = Field(default="", description="The query_id of events about this list.")
    understanding: Understanding = Field(description="The query as a typed request.")
    chips: tuple[Chip, ...] = Field(description="The conditions in words, each removable.")
    facets: tuple[FacetView, ...] = Field(
        default=(), description="What the result can be narrowed by, when `facets` asks for it."
    )
    relaxations: tuple[RelaxationView, ...] = Field(
        default=(), description="Conditions to give up, when next to nothing is left."
    )
    result: SearchResult = Field(
        description="`hits` of this page with their `variants`, `total` beyond it too, whether "
        "there is `more`, `timings_ms` by stage."
    )
    guide: GuideCard | None = Field(
        default=None,
        description="A buying guide to show below the products of a broad query's first page; "
        "`GET /v1/guides/{id}` gives it whole.",
        examples=[
            {
                "list_id": "9f2c-guide",
                "id": "guide-mouse",
                "title": "How to choose a mouse that fits your hand",
                "sentence": "Measure your hand from the wrist crease to the tip of the middle "
                "finger.",
                "language": "en",
            }
        ],
    )
    elapsed_ms: float = Field(description="Milliseconds from request to response.")
