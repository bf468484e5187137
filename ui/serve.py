"""Serves the active store: sets it up, opens it, listens."""

from __future__ import annotations

import secrets

from rich.console import Console

from assistant.build import open_service
from assistant.collector import leave_alone
from assistant.importing import ensure_store
from assistant.progress import show_progress
from assistant.remote import announce_server
from assistant.settings import Settings
from ui.app import create_app
from ui.listen import bind_port, serve_on

NO_PICTURES = (
    "[dim]Photo search is off: no picture of this store is indexed. Import its catalogue again "
    "with pictures in its media folder or with AISLE_IMAGE_DOWNLOAD=true.[/dim]"
)


def serve_store(settings: Settings, console: Console) -> None:
    """Set the active store up where needed, and serve it until told to stop.

    The port is taken first, so that a clash shows before anything long has begun.
    """
    listener = bind_port(settings.host, settings.port)
    try:
        with show_progress(console) as progress:
            ensure_store(settings, progress)
        token = secrets.token_urlsafe()
        with open_service(settings, tokens=[token]) as service:
            assistant = service.assistant
            url = f"http://{_shown_host(settings.host)}:{settings.port}"
            announced = announce_server(settings, url, token)
            try:
                console.print(f"Aisle serves {assistant.store.title} at [bold]{url}[/bold]")
                console.print(f"Shop with the widget: {url}/shop · Ctrl-C stops.")
                if settings.image_encoder and not assistant.photo_limit:
                    console.print(NO_PICTURES)
                app = create_app(
                    assistant,
                    admin=service.admin,
                    feed_limit_mb=settings.feed_limit_mb,
                    list_threads=settings.list_threads,
                )
                leave_alone()  # the pages are as large as the store
                serve_on(listener, app)
            finally:
                announced.unlink(missing_ok=True)
    finally:
        listener.close()


def _shown_host(host: str) -> str:
    """An address a browser on this machine can open."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host
