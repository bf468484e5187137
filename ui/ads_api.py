"""Sponsored campaigns over HTTP, for merchants: see, put, remove, report."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel

from assistant.admin import CatalogAdmin
from assistant.types import AssistantService
from retrieval.ads.server import AdServer
from retrieval.ads.types import AdReport, CampaignView
from retrieval.errors import InvalidRequestError
from retrieval.types import Campaign
from ui.admin import PROBLEMS, require_token
from ui.errors import NotFoundError, Problem

CampaignId = Annotated[str, Path(max_length=64, description="The campaign's id.")]


class PutCampaign(BaseModel):
    """A campaign as it is kept, and ids of it that the catalogue does not hold (now)."""

    campaign: Campaign
    unknown_products: tuple[str, ...] = ()


def create_ads_router(service: AssistantService, admin: CatalogAdmin) -> APIRouter:
    """The routes under /v1/ads, every one of them for holders of the merchant's token."""
    router = APIRouter(
        prefix="/v1/ads",
        tags=["ads"],
        dependencies=[Depends(require_token(admin))],
        responses=PROBLEMS,
    )

    def ads() -> AdServer:
        if service.ads is None:
            raise NotFoundError(
                "This server shows no advertisements.", remedy="Set AISLE_ADS=true."
            )
        return service.ads

    @router.get("/campaigns", summary="All campaigns")
    async def campaigns() -> tuple[CampaignView, ...]:
        """Each with its state: running, waiting, paused, spent_today, spent or ended."""
        return await asyncio.to_thread(ads().views)

    @router.put("/campaigns/{campaign_id}", summary="Add or replace a campaign")
    async def put(campaign_id: CampaignId, campaign: Campaign) -> PutCampaign:
        """The next list knows it. What it has spent stays spent."""
        if campaign.id != campaign_id:
            raise InvalidRequestError(
                "The id in the body is another than in the path.", remedy="Make them equal."
            )
        known = {product.id for product in await service.products(campaign.product_ids)}
        unknown = tuple(i for i in campaign.product_ids if i not in known)
        if not known:
            raise InvalidRequestError(
                "The catalogue has none of the campaign's products.",
                remedy="Check product_ids.",
            )
        await asyncio.to_thread(ads().put, campaign)
        return PutCampaign(campaign=campaign, unknown_products=unknown)

    @router.delete(
        "/campaigns/{campaign_id}",
        status_code=204,
        summary="End a campaign for good",
        responses={404: {"model": Problem, "description": "No such campaign."}},
    )
    async def remove(campaign_id: CampaignId) -> Response:
        """The next list is without it; its account stays."""
        if not await asyncio.to_thread(ads().remove, campaign_id):
            raise NotFoundError(
                f"There is no campaign {campaign_id!r}.", remedy="GET /v1/ads/campaigns lists them."
            )
        return Response(status_code=204)

    @router.get("/report", summary="What campaigns got for their money")
    async def report(
        days: Annotated[int, Query(ge=1, le=366, description="How far back, today included.")] = 30,
    ) -> AdReport:
        """Impressions, clicks, spending, click-through rate, average price of a click, pacing."""
        store = service.store
        return await asyncio.to_thread(ads().report, store.currency, store.name, days)

    return router
