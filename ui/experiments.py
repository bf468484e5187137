"""Experiments over HTTP, for merchants: what runs, and what it came to."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from assistant.admin import CatalogAdmin
from assistant.types import AssistantService
from retrieval.experiment.analyse import ALPHA, analyse
from retrieval.experiment.measures import read_log
from retrieval.experiment.types import Experiment
from ui.admin import PROBLEMS, require_token
from ui.errors import NotFoundError


def create_experiments_router(service: AssistantService, admin: CatalogAdmin) -> APIRouter:
    """The routes under /v1/experiments, every one of them for holders of a token."""
    router = APIRouter(
        prefix="/v1/experiments",
        tags=["experiments"],
        dependencies=[Depends(require_token(admin))],
        responses=PROBLEMS,
    )

    @router.get("", summary="The experiments of this server")
    async def experiments() -> tuple[Experiment, ...]:
        """As experiments.yaml has them."""
        return service.experiments.file.experiments

    @router.get("/{name}", summary="What an experiment came to")
    async def report(
        name: str, alpha: Annotated[float, Query(gt=0, lt=1)] = ALPHA
    ) -> dict[str, Any]:
        """Every arm beside the control; the intervals hold however often this is asked."""
        learning = service.learning
        found = [e for e in service.experiments.file.experiments if e.name == name]
        if not found or learning is None:
            raise NotFoundError(f"There is no experiment {name!r}.")
        experiment = found[0]

        def work() -> dict[str, Any]:
            return analyse(experiment, read_log(learning.events, experiment), alpha).as_json()

        return await asyncio.to_thread(work)

    return router
