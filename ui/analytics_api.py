"""The merchant's reports over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from assistant.admin import CatalogAdmin
from assistant.analytics import MOST_ROWS, USUAL_ROWS, Analytics
from assistant.types import AssistantService
from retrieval.analytics.period import read_period
from retrieval.analytics.types import (
    CampaignReport,
    ContentReport,
    ExperimentReport,
    FailingReport,
    FunnelReport,
    ModelReport,
    ProfileReport,
    QueryReport,
    ReportName,
    SegmentReport,
)
from retrieval.types import Language
from ui.admin import PROBLEMS, require_token
from ui.errors import NotFoundError, Problem

AnyReport = (
    FunnelReport
    | FailingReport
    | QueryReport
    | SegmentReport
    | ProfileReport
    | ContentReport
    | CampaignReport
    | ExperimentReport
    | ModelReport
)

_PERIOD = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
EXAMPLES: dict[str, Any] = {
    ReportName.FUNNEL.value: {
        "value": {
            "period": _PERIOD,
            "rows": [
                {"day": "2026-11-01", "surface": "search", "impressions": 1204, "opened": 96,
                 "carts": 21, "orders": 9, "shoppers": 88}
            ],
            "total": {"impressions": 1204, "opened": 96, "carts": 21, "orders": 9, "shoppers": 88},
            "reached": {"impressions": 88, "opened": 51, "carts": 17, "orders": 8},
            "left_out": {"bots": 41, "duplicates": 7, "outliers": 0},
        }
    },
    ReportName.FAILING.value: {
        "value": {
            "period": _PERIOD,
            "rows": [
                {"query": "left-handed mouse", "searches": 31, "shoppers": 27, "failed": 29,
                 "zero_results": 0, "relaxed": 0, "no_click": 29, "reformulated": 18,
                 "then": ["ergonomic mouse"]}
            ],
            "searches": 2204, "failed": 801, "zero_results": 64, "relaxed": 112, "no_click": 737,
            "reformulated": 290, "hidden": {"rows": 166, "events": 205},
        }
    },
}  # fmt: skip

RESPONSES: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    200: {"content": {"application/json": {"examples": EXAMPLES}}},
    400: {"model": Problem, "description": "The period is none."},
    404: {"model": Problem, "description": "There is no such report."},
}

Day = Annotated[
    str, Query(max_length=40, description="A day or moment in UTC.", examples=["2026-11-01"])
]


def create_analytics_router(service: AssistantService, admin: CatalogAdmin) -> APIRouter:
    """The route under /v1/analytics, for holders of the merchant's token."""
    router = APIRouter(
        prefix="/v1/analytics",
        tags=["analytics"],
        dependencies=[Depends(require_token(admin))],
        responses=RESPONSES,
    )

    def reports() -> Analytics:
        if service.analytics is None:
            raise NotFoundError(
                "This server keeps no log.", remedy="Serve a store with `aisle serve`."
            )
        return service.analytics

    @router.get("/{report}", summary="One of the merchant's reports", response_model=AnyReport)
    async def report(
        report: Annotated[
            str, Path(description=f"One of {', '.join(ReportName)}.", examples=["failing"])
        ],
        days: Annotated[
            int | None, Query(description="How far back; 30 where nothing is given.", examples=[30])
        ] = None,
        since: Day = "",
        until: Day = "",
        rows: Annotated[
            int, Query(ge=1, le=MOST_ROWS, description="Queries listed at most.")
        ] = USUAL_ROWS,
        language: Annotated[Language, Query(description="Of the labels.")] = Language.ENGLISH,
    ) -> Response:
        """Counts over the period, without bots, repeats and shoppers who withdrew their consent.

        Queries and groups of fewer than five shoppers are in the sums alone (`hidden`).
        """
        if report not in set(ReportName):
            raise NotFoundError(
                f"There is no report {report[:40]!r}.",
                remedy=f"Take one of {', '.join(ReportName)}.",
            )
        made = reports()
        period = read_period(made.now(), days=days, since=since, until=until)
        found = await asyncio.to_thread(
            made.report, ReportName(report), period, rows=rows, language=language
        )
        return Response(found.model_dump_json(), media_type="application/json")

    return router
