"""Product pictures as static files."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

MEDIA_MAX_AGE_S = 3600
"""Pictures change only with an import; an hour spares requests and is soon over."""

HEADERS = {
    "Cache-Control": f"public, max-age={MEDIA_MAX_AGE_S}",
    "X-Content-Type-Options": "nosniff",
    # An SVG opened by itself is a document: it may draw, never run or load anything.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class MediaFiles(StaticFiles):
    """Static files of one folder, with cache and safety headers; the folder may come later.

    Paths that leave the folder and links that point out of it are not found (404).
    """

    def __init__(self, directory: Path, headers: dict[str, str] | None = None) -> None:
        super().__init__(directory=directory, check_dir=False, follow_symlink=False)
        self._headers = HEADERS if headers is None else headers

    async def check_config(self) -> None:
        """Nothing to check: a store without pictures has no such folder."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404 for anything that cannot be a file's name."""
        if "\x00" in path:
            raise HTTPException(status_code=404)
        response = await super().get_response(path, scope)
        response.headers.update(self._headers)
        return response
