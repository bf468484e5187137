"""The search tab: a box, what was understood as chips, ranked cards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.types import AssistantService, Understanding
from retrieval.errors import AisleError
from retrieval.types import Filters, Language, Sort
from ui.api import run_search
from ui.chips import drop_chips
from ui.render import Renderer
from ui.texts import say

PAGE = 24
MOST = 96
"""Beyond four pages a shopper refines rather than scrolls."""

SORTS = tuple(Sort)

DROP_ON_CLICK = """
element.addEventListener('click', (event) => {
  const chip = event.target.closest('[data-drop]');
  if (chip) trigger('click', {drop: chip.dataset.drop});
});
"""


@dataclass
class Query:
    """The search on the page: its text, what is left of its understanding, how many cards."""

    text: str = ""
    understanding: Understanding | None = None
    limit: int = PAGE


class SearchTab:
    """The components of the tab and what they do."""

    def __init__(self, service: AssistantService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def build(self, language: gr.State) -> None:
        """Make the components inside the running Blocks context and wire them."""
        english = Language.ENGLISH
        self.query = gr.State(None)
        with gr.Row(elem_id="ai-searchbar"):
            self.box = gr.Textbox(
                show_label=False,
                label=say("search_placeholder", english),
                placeholder=say("search_placeholder", english),
                container=False,
                scale=5,
                elem_id="ai-query",
                html_attributes=gr.InputHTMLAttributes(enterkeyhint="search", autocomplete="off"),
            )
            self.sort = gr.Dropdown(
                _sort_choices(english),
                value=Sort.RELEVANCE.value,
                show_label=False,
                label=say("sort", english),
                container=False,
                scale=1,
                min_width=170,
                elem_id="ai-sort",
                filterable=False,
            )
            self.go = gr.Button(
                say("search", english), variant="primary", elem_id="ai-go", min_width=0
            )
        self.results = gr.HTML(
            js_on_load=DROP_ON_CLICK, apply_default_css=False, elem_id="ai-results"
        )
        self.more = gr.Button(say("more", english), visible=False, elem_id="ai-more")
        self._wire(language)

    def _wire(self, language: gr.State) -> None:
        outputs = [self.query, self.results, self.more, self.sort]
        common: dict[str, Any] = {
            "outputs": outputs,
            "show_progress": "hidden",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        gr.on([self.box.submit, self.go.click], self.search, inputs=[self.box, language], **common)
        self.results.click(self.drop, inputs=[self.query, language], **common)
        self.sort.input(self.reorder, inputs=[self.query, self.sort, language], **common)
        self.more.click(self.show_more, inputs=[self.query, language], **common)

    # ------------------------------------------------------------- actions

    async def search(self, text: str, language: Language) -> list[Any]:
        """Read and search what was typed."""
        return await self._run(Query(text=text), language)

    async def drop(self, query: Query | None, language: Language, event: gr.EventData) -> list[Any]:
        """Search again without a condition."""
        query = query or Query()
        if query.understanding:
            query.understanding = drop_chips(query.understanding, {str(event.drop)})
        return await self._run(query, language)

    async def reorder(self, query: Query | None, sort: str, language: Language) -> list[Any]:
        """Search again in another order."""
        if query is None or query.understanding is None:
            return [gr.skip()] * 4
        query.understanding = query.understanding.model_copy(update={"sort": Sort(sort)})
        return await self._run(query, language)

    async def show_more(self, query: Query | None, language: Language) -> list[Any]:
        """A page more of the same search."""
        query = query or Query()
        query.limit = min(query.limit + PAGE, MOST)
        return await self._run(query, language)

    async def _run(self, query: Query, language: Language) -> list[Any]:
        started = time.perf_counter()
        try:
            if query.understanding is None:
                read, result = await run_search(
                    self._service, query.text, None, Filters(), None, query.limit, 0
                )
            else:
                read, result = await self._service.search(
                    query.text, limit=query.limit, understanding=query.understanding
                )
        except AisleError as error:
            failed = self._renderer.answer(
                (), language, positions={}, error=(error.message, error.remedy)
            )
            return [query, failed, gr.update(visible=False), gr.skip()]
        query.understanding = read
        elapsed = (time.perf_counter() - started) * 1000
        shown = self._renderer.results(read, result, language, elapsed)
        more = len(result.hits) < result.total and query.limit < MOST
        return [query, shown, gr.update(visible=more), read.sort.value]

    def speak(self, language: Language) -> list[Any]:
        """Updates of `speaking` for a change of language."""
        words = say("search_placeholder", language)
        return [
            gr.update(placeholder=words, label=words),
            gr.update(choices=_sort_choices(language), label=say("sort", language)),
            say("search", language),
            say("more", language),
        ]

    @property
    def speaking(self) -> list[Any]:
        """The components whose words depend on the language."""
        return [self.box, self.sort, self.go, self.more]


def _sort_choices(language: Language) -> list[tuple[str, str]]:
    return [(say(f"sort_{sort.value}", language), sort.value) for sort in SORTS]
