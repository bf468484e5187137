"""Cross-origin requests, for shops that embed the widget."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.visitor import VISITOR_HEADERS


def _is_under(scope: Scope, prefixes: Sequence[str]) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(tuple(prefixes))


class PathCORS:
    """CORS under the given paths only: shops embed the widget, nobody else's page the rest."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        prefixes: Sequence[str],
        origins: Sequence[str],
        expose: Sequence[str],
    ) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Content-Type", "Authorization", *VISITOR_HEADERS],
            expose_headers=expose,
        )
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflights and add headers where the path is open."""
        handler = self._cors if _is_under(scope, self._prefixes) else self._app
        await handler(scope, receive, send)
