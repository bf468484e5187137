"""The Gradio page at /: header, chat tab, search tab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.types import AssistantService, EngineState
from retrieval.types import Language
from ui.chat import ChatTab, Transcript
from ui.language import choose_language
from ui.render import Renderer
from ui.search import SearchTab
from ui.texts import say

STATIC = Path(__file__).parent / "static"
UPLOAD_LIMIT = "1kb"
"""The page takes no files, but Gradio always has a route for them: it must not fill the disk."""

STATUS_S = 4.0
"""How often the page asks how far the language model is, while it is still loading."""

FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
)
"""Fonts that are on the machine: the page fetches none."""

LOADING = frozenset({EngineState.INSTALLING, EngineState.PULLING, EngineState.STARTING})

HEAD = '<script src="/aisle/page.js" defer></script><script src="/aisle/track.js" defer></script>'


def mount_pages(app: FastAPI, service: AssistantService) -> None:
    """Mount the pages over `service` at the root of `app`, behind its other routes."""
    gr.mount_gradio_app(
        app,
        build_page(service),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=UPLOAD_LIMIT,
        favicon_path=str(STATIC / "icon.svg"),
        ssr_mode=False,
        enable_monitoring=False,
        theme=gr.themes.Base(
            primary_hue=gr.themes.colors.teal,
            neutral_hue=gr.themes.colors.stone,
            font=FONTS,
            font_mono=("ui-monospace", "monospace"),
        ),
        css_paths=[STATIC / "aisle.css", STATIC / "gradio.css"],
        head=HEAD,
    )


def build_page(service: AssistantService) -> gr.Blocks:
    """The page as Blocks."""
    return _Page(service).build()


class _Page:
    def __init__(self, service: AssistantService) -> None:
        self._service = service
        self._renderer = Renderer(service)
        self._chat = ChatTab(service, self._renderer)
        self._search = SearchTab(service, self._renderer)

    def build(self) -> gr.Blocks:
        english = Language.ENGLISH
        blocks: gr.Blocks = gr.Blocks(
            title=self._service.store.title, analytics_enabled=False, fill_width=True
        )
        with blocks:
            self._language = gr.State(english)
            with gr.Row(elem_id="ai-header"):
                self._header = gr.HTML(
                    self._title(english), apply_default_css=False, elem_id="ai-title"
                )
                self._switch = gr.Radio(
                    [("English", "en"), ("中文", "zh")],
                    value="en",
                    show_label=False,
                    label="Language / 语言",
                    container=False,
                    elem_id="ai-language",
                )
            self._status = gr.HTML(
                self._engine(english), apply_default_css=False, elem_id="ai-status"
            )
            self._timer = gr.Timer(STATUS_S)
            with gr.Tabs(elem_id="ai-tabs"):
                with gr.Tab(say("chat", english), id="chat") as self._chat_tab:
                    self._chat.build(self._language)
                with gr.Tab(say("search", english), id="search") as self._search_tab:
                    self._search.build(self._language)
            self._wire(blocks)
        return blocks

    def _wire(self, blocks: gr.Blocks) -> None:
        speaking = [
            self._language,
            self._switch,
            self._header,
            self._status,
            self._chat_tab,
            self._search_tab,
            *self._chat.speaking,
            *self._search.speaking,
        ]
        quiet: dict[str, Any] = {
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
        }
        blocks.load(self._open, inputs=[self._chat.transcript], outputs=speaking, **quiet)
        self._switch.input(
            self._change, inputs=[self._switch, self._chat.transcript], outputs=speaking, **quiet
        )
        self._timer.tick(
            self._tick, inputs=[self._language], outputs=[self._status, self._timer], **quiet
        )

    def _open(self, transcript: Transcript | None, request: gr.Request) -> list[Any]:
        accepted = str(request.headers.get("accept-language", ""))
        return self._speak(choose_language("", accepted), transcript)

    def _change(self, code: str, transcript: Transcript | None) -> list[Any]:
        return self._speak(Language(code), transcript)

    def _speak(self, language: Language, transcript: Transcript | None) -> list[Any]:
        return [
            language,
            language.value,
            self._title(language),
            self._engine(language),
            gr.update(label=say("chat", language)),
            gr.update(label=say("search", language)),
            *self._chat.speak(language, transcript),
            *self._search.speak(language),
        ]

    def _tick(self, language: Language) -> list[Any]:
        loading = self._service.status().engine.state in LOADING
        return [self._engine(language), gr.update(active=loading)]

    def _title(self, language: Language) -> str:
        status = self._service.status()
        return self._renderer.render("header.html", language, count=f"{status.products:,}")

    def _engine(self, language: Language) -> str:
        """One line while the language model cannot answer; nothing when it can."""
        engine = self._service.status().engine
        if engine.state is EngineState.READY:
            return ""
        key = {EngineState.OFF: "engine_off", EngineState.FAILED: "engine_failed"}.get(
            engine.state, "engine_loading"
        )
        return self._renderer.render(
            "engine.html", language, key=key, detail=engine.detail, state=engine.state.value
        )
