"""Buying guides whole: as JSON for a shop's own pages, and as a page of the demo shop."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.types import AssistantService
from retrieval.types import Guide, Language
from ui.api import PROBLEMS
from ui.errors import NotFoundError, Problem
from ui.language import choose_language
from ui.render import Renderer
from ui.texts import say

EXAMPLE: dict[str, Any] = {
    "id": "guide-mouse",
    "category": ["Electronics", "Mice"],
    "language": "en",
    "title": "How to choose a mouse that fits your hand",
    "text": "Measure your hand from the wrist crease to the tip of the middle finger. …",
}

GuideId = Annotated[str, Path(max_length=256, description="The store's id of the guide.")]


class GuideView(BaseModel):
    """A guide in one language, word for word as the store wrote it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    category: tuple[str, ...] = Field(description="What it is about, from root to leaf.")
    language: Language = Field(description="Of the texts: the one asked for where there is one.")
    title: str
    text: str


def create_guides_router(service: AssistantService) -> APIRouter:
    """The routes /v1/guides/{id} and /shop/guides/{id} over `service`."""
    router = APIRouter()
    renderer = Renderer(service)

    @router.get(
        "/v1/guides/{guide_id}",
        tags=["search"],
        summary="One buying guide",
        response_model=GuideView,
        responses={404: {"model": Problem, "description": "No such guide."}, **PROBLEMS},
    )
    async def guide(
        guide_id: GuideId,
        language: Annotated[Language, Query(description="en or zh.")] = Language.ENGLISH,
    ) -> GuideView:
        """The guide whole; a search, a chat turn or a recommendation names it."""
        found = find_guide(service, guide_id)
        if found is None:
            raise NotFoundError(
                f"This store has no guide {guide_id!r}.",
                remedy="Take an id from a search, a chat turn or GET /v1/recommendations?"
                "kind=content.",
            )
        return view_guide(found, language)

    @router.get("/shop/guides/{guide_id}", include_in_schema=False)
    async def page(request: Request, guide_id: GuideId, lang: str = "") -> HTMLResponse:
        language = choose_language(lang, request.headers.get("accept-language", ""))
        found = find_guide(service, guide_id)
        if found is None:
            error = say("no_guide", language)
            notice = renderer.render("notice.html", language, error=error, remedy="")
            return HTMLResponse(notice, status_code=404)
        view = view_guide(found, language)
        return HTMLResponse(renderer.render("guide.html", language, guide=view))

    return router


def find_guide(service: AssistantService, guide_id: str) -> Guide | None:
    """The store's guide of this id."""
    return next((guide for guide in service.store.guides if guide.id == guide_id), None)


def view_guide(guide: Guide, language: Language) -> GuideView:
    """The guide in `language`, else in the first it is written in."""
    spoken = language if language in guide.texts else next(iter(guide.texts))
    return GuideView(
        id=guide.id,
        category=guide.category,
        language=spoken,
        title=guide.titles.get(spoken) or next(iter(guide.titles.values())),
        text=guide.texts[spoken],
    )
