"""What is kept in mind of a shopper, over HTTP: to be seen and to be forgotten."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from assistant.guard import bound_conversation_id
from assistant.memory.store import PreferenceStore
from assistant.memory.types import Preference
from assistant.store.shop import Caller
from assistant.types import AssistantService
from ui.cart_api import PROBLEMS, SignedIn
from ui.errors import NotFoundError, Problem
from ui.visitor import visitor_of


class PreferenceView(BaseModel):
    """One taste as it was said; `scope` is the aisle it holds in, empty for all of the store."""

    id: str
    text: str
    scope: tuple[str, ...]
    source: str
    kept: datetime
    expires: datetime


ConversationQuery = Annotated[str, Query(max_length=64)]


def add_preferences(router: APIRouter, service: AssistantService) -> None:
    """The routes under /v1/preferences."""

    def store() -> PreferenceStore:
        if service.preferences is None:
            raise NotFoundError("This store keeps no preferences.")
        return service.preferences

    def owner(request: Request, conversation_id: str, shopper_id: str | None) -> str:
        client = service.remembered_client(visitor_of(request))
        return Caller(bound_conversation_id(conversation_id), shopper_id, client).remembered

    async def show(key: str) -> tuple[PreferenceView, ...]:
        return tuple(view(p) for p in await asyncio.to_thread(store().all, key))

    @router.get("/v1/preferences", tags=["preferences"], summary="See", responses=PROBLEMS)
    async def preferences(
        request: Request, conversation_id: ConversationQuery, shopper_id: SignedIn
    ) -> tuple[PreferenceView, ...]:
        """What is kept of the signed-in shopper, else of this browser (after consent), else of this
        conversation."""
        return await show(owner(request, conversation_id, shopper_id))

    @router.delete("/v1/preferences", tags=["preferences"], summary="Forget", responses=PROBLEMS)
    async def forget_all(
        request: Request, conversation_id: ConversationQuery, shopper_id: SignedIn
    ) -> tuple[PreferenceView, ...]:
        """Forget all of it."""
        key = owner(request, conversation_id, shopper_id)
        known = await asyncio.to_thread(store().all, key)
        await asyncio.to_thread(store().forget, key, [p.id for p in known])
        return await show(key)

    @router.delete(
        "/v1/preferences/{preference_id}",
        tags=["preferences"],
        summary="Forget one",
        responses={404: {"model": Problem, "description": "Nothing such is kept."}, **PROBLEMS},
    )
    async def forget(
        preference_id: Annotated[str, Path(max_length=64)],
        request: Request,
        conversation_id: ConversationQuery,
        shopper_id: SignedIn,
    ) -> tuple[PreferenceView, ...]:
        """Forget one of them; gives those that are left."""
        key = owner(request, conversation_id, shopper_id)
        if not await asyncio.to_thread(store().forget, key, [preference_id]):
            raise NotFoundError("Nothing such is kept.", remedy="Look at /v1/preferences.")
        return await show(key)


def view(preference: Preference) -> PreferenceView:
    """A preference as a page shows it."""
    return PreferenceView.model_validate(
        preference.model_dump(include=set(PreferenceView.model_fields))
    )
