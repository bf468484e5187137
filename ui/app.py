"""One web application: HTTP interface, shop with the widget, chat and search pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from fastapi import APIRouter, FastAPI

from assistant.admin import CatalogAdmin
from assistant.types import AssistantService
from ui.admin import create_admin_router
from ui.ads_api import create_ads_router
from ui.analytics_api import create_analytics_router
from ui.api import CONVERSATION_HEADER, create_router
from ui.cors import PathCORS
from ui.errors import install_handlers
from ui.experiments import create_experiments_router
from ui.guides import create_guides_router
from ui.learn import create_learning_router
from ui.likeness import add_likeness
from ui.media import MediaFiles
from ui.shop import create_shop_router

STATIC = Path(__file__).parent / "static"
STATIC_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
"""Revalidated at every use (an ETag spares the bytes), so an update is seen at once."""

OPEN_PATHS = ("/v1/", "/media/", "/aisle/", "/health")
"""What other origins may call: the widget runs on a shop's own pages."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

DESCRIPTION = """Conversational search and recommendation for a store.

Errors of every route have the form `{"error": "...", "remedy": "..."}`. Prices are decimal
numbers in strings. A product's `image_url` beginning with `media/` is relative to this
server's root.
"""


def create_app(
    service: AssistantService,
    *,
    admin: CatalogAdmin | None = None,
    feed_limit_mb: int = 2048,
    list_threads: int = 1,
    lifespan: Lifespan | None = None,
    allowed_origins: Sequence[str] = ("*",),
) -> FastAPI:
    """The application over `service`, ready for a server; with `admin`, its catalogue changes.

    `list_threads` make lists of recommendations; `lifespan` runs around it (start and stop of the
    engine); `allowed_origins` may call the HTTP interface from their pages. Cookies stay on
    Aisle's own pages: other origins name their client in headers, so every origin is safe.
    """
    app = FastAPI(
        title=f"{service.store.title}: Aisle",
        version=service.status().version,
        description=DESCRIPTION,
        docs_url=None,  # both pages load their scripts from a CDN
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.admin = admin
    app.add_middleware(
        PathCORS,
        prefixes=OPEN_PATHS,
        origins=list(allowed_origins),
        expose=[CONVERSATION_HEADER],
    )
    install_handlers(app)
    if admin is not None:
        app.include_router(create_admin_router(admin, feed_limit_mb))
        app.include_router(create_ads_router(service, admin))
    app.include_router(create_learning_router(service, list_threads))
    if admin is not None:
        app.include_router(create_experiments_router(service, admin))
        app.include_router(create_analytics_router(service, admin))
    # Before the other routes under /v1, the last of which takes every path.
    likeness = APIRouter()
    add_likeness(likeness, service)
    app.include_router(likeness)
    app.include_router(create_guides_router(service))
    app.include_router(create_router(service))
    app.include_router(create_shop_router(service))
    app.mount("/media", MediaFiles(service.media_path), name="media")
    app.mount("/aisle", MediaFiles(STATIC, STATIC_HEADERS), name="static")
    _mount_pages(app, service)
    return app


def _mount_pages(app: FastAPI, service: AssistantService) -> None:
    """The Gradio pages at /desk, /dashboard and /; here, for Gradio takes seconds to import."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from ui.dashboard import mount_dashboard
    from ui.desk import mount_desk
    from ui.pages import mount_pages

    mount_desk(app, service)
    mount_dashboard(app, service)
    mount_pages(app, service)
