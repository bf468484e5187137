"""What a human says to a shopper, over HTTP: the widget asks for it while one is wanted."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from assistant.desk.types import DeskMessage
from assistant.guard import bound_conversation_id
from assistant.types import AssistantService
from retrieval.types import Product
from ui.cart_api import PROBLEMS
from ui.errors import NotFoundError


class MessageView(BaseModel):
    """One message by hand; `products` come as cards."""

    number: int
    name: str
    text: str
    written: datetime
    products: tuple[Product, ...]


class HandoffView(BaseModel):
    """Who has the conversation, and what an agent has said since `after`."""

    state: Literal["none", "waiting", "held", "closed"]
    agent: str = ""
    messages: tuple[MessageView, ...] = ()


def add_handoff(router: APIRouter, service: AssistantService) -> None:
    """The route /v1/handoff."""

    @router.get("/v1/handoff", tags=["chat"], summary="What a human says", responses=PROBLEMS)
    async def handoff(
        conversation_id: Annotated[str, Query(max_length=64)],
        after: Annotated[int, Query(ge=0, description="The last message number seen.")] = 0,
    ) -> HandoffView:
        """Ask every few seconds while `state` is waiting or held."""
        if service.desk is None:
            raise NotFoundError("This store has no desk.")
        queue = service.desk.queue
        key = bound_conversation_id(conversation_id)
        ticket = await asyncio.to_thread(queue.ticket, key)
        if ticket is None:
            return HandoffView(state="none")
        said = await asyncio.to_thread(queue.messages, key, after)
        views = [await _view(service, m) for m in said if m.speaker == "agent"]
        return HandoffView(state=ticket.state.value, agent=ticket.agent, messages=tuple(views))


async def _view(service: AssistantService, message: DeskMessage) -> MessageView:
    return MessageView(
        number=message.number,
        name=message.name,
        text=message.text,
        written=message.written,
        products=await service.products(message.product_ids),
    )
