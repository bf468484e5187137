"""Pages for the shop's own people, signed in with the desk's password."""

from __future__ import annotations

import secrets
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from assistant.desk.desk import Desk

STATIC = Path(__file__).parent / "static"

LONGEST_NAME = 40
"""Characters of an agent's name, as the shopper sees it."""


def may_enter(desk: Desk, name: str, password: str) -> bool:
    """Whether somebody may sign in: a name shoppers can read, and the password."""
    named = 0 < len(name.strip()) <= LONGEST_NAME and name.isprintable()
    right = secrets.compare_digest(password.encode(), desk.password.encode())
    return named and right


def say_off(app: FastAPI, path: str, html: str) -> None:
    """A page in the place of one that is off: how to turn it on."""

    @app.get(path, include_in_schema=False)
    async def off() -> HTMLResponse:
        return HTMLResponse(html, status_code=503)


def mount_staff_page(app: FastAPI, path: str, page: gr.Blocks, desk: Desk, greeting: str) -> None:
    """`page` at `path` behind the desk's sign-in; its own styles are `static/<path>.css`."""
    gr.mount_gradio_app(
        app,
        page,
        path=path,
        auth=lambda name, password: may_enter(desk, name, password),
        auth_message=greeting,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        theme=gr.themes.Base(primary_hue=gr.themes.colors.teal, neutral_hue=gr.themes.colors.stone),
        css_paths=[STATIC / "aisle.css", STATIC / "gradio.css", STATIC / f"{path.strip('/')}.css"],
    )
