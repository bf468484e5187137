"""The search tab: a box, what was understood as chips, facets, ranked cards, ways out."""

from __future__ import annotations

import base64
import binascii
import re
import time
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from assistant.types import AssistantService, Understanding
from retrieval.errors import AisleError, PictureError
from retrieval.types import (
    FilterKind,
    Filters,
    Language,
    Relaxation,
    SearchResult,
    SimilarResult,
    Sort,
)
from ui.api import run_search
from ui.chips import drop_chips
from ui.errors import NotFoundError
from ui.likeness import word_reasons
from ui.refine import read_interval, toggle
from ui.render import Renderer
from ui.texts import say
from ui.visitor import current_visitor

PAGE = 24
MOST = 96
"""Beyond four pages a shopper refines rather than scrolls."""

SORTS = tuple(Sort)

ACT_ON_CLICK = """
const act = (data) => trigger('click', data);
const end = (box, name) => box.querySelector(`[data-price=${name}]`).value;
const priced = (box) => act({low: end(box, 'low'), high: end(box, 'high')});
const acting = ['drop', 'clear', 'facet', 'relax', 'query', 'priced', 'similar'];
element.addEventListener('click', (event) => {
  const hit = event.target.closest(acting.map((name) => `[data-${name}]`).join());
  if (!hit) return;
  const set = hit.dataset;
  if (set.drop) act({drop: set.drop});
  else if (set.clear) act({clear: '1'});
  else if (set.facet) act({facet: set.facet, name: set.name, value: set.value});
  else if (set.relax) act({relax: set.relax});
  else if (set.query) act({query: set.query});
  else if (set.similar) act({similar: set.similar});
  else if (set.priced) priced(hit.closest('.ai-pricebox'));
});
element.addEventListener('keydown', (event) => {
  const box = event.target.closest?.('.ai-pricebox');
  if (box && event.key === 'Enter') priced(box);
});
"""

# The photo is made small here: the server sees a picture of a few KB, never the camera's file,
# and the page keeps the only copy for its thumbnail.
CHOOSE_PHOTO = """
const SIDE = 448;
let thumb = '';
const show = () => {
  const image = element.querySelector('[data-thumb]');
  if (image && thumb && image.src !== thumb) image.src = thumb;
};
new MutationObserver(show).observe(element, {childList: true, subtree: true});
const shrink = async (file) => {
  const picture = await createImageBitmap(file, {imageOrientation: 'from-image'});
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.9);
};
const choose = async (input) => {
  const error = element.querySelector('.ai-photo-error');
  const file = input.files[0];
  if (!file) return;
  error.textContent = '';
  try {
    thumb = await shrink(file);
    trigger('click', {photo: thumb});
  } catch {
    error.textContent = input.dataset.unreadable;
  }
  input.value = '';
};
element.addEventListener('change', (event) => {
  if (event.target.type === 'file') choose(event.target);
});
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-unanchor]')) trigger('click', {unanchor: '1'});
});
"""

DATA_URL = re.compile(r"^data:image/[a-z]+;base64,")


@dataclass
class Query:
    """The search on the page: its text, what is left of its understanding, how many cards.

    It may be about what is like a product (`product_id`) or a photo (`image`, its vector).
    """

    text: str = ""
    product_id: str = ""
    image: tuple[float, ...] = ()
    understanding: Understanding | None = None
    limit: int = PAGE
    relaxations: tuple[Relaxation, ...] = field(default_factory=tuple)


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
        self.build_photo_row(language)
        self.results = gr.HTML(
            js_on_load=ACT_ON_CLICK, apply_default_css=False, elem_id="ai-results"
        )
        self.more = gr.Button(say("show_more", english), visible=False, elem_id="ai-more")
        self._wire(language)

    def build_photo_row(self, language: gr.State) -> None:
        """What is searched like, and the button to choose a photo; between box and results."""
        self.anchor = gr.HTML(
            self._renderer.anchor(Language.ENGLISH, None, False, self._photos),
            js_on_load=CHOOSE_PHOTO,
            apply_default_css=False,
            elem_id="ai-anchor",
        )

    @property
    def _photos(self) -> bool:
        return self._service.photo_limit > 0

    def _wire(self, language: gr.State) -> None:
        common: dict[str, Any] = {
            "outputs": self.outputs,
            "show_progress": "hidden",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        gr.on(
            [self.box.submit, self.go.click],
            self.search,
            inputs=[self.box, self.query, language],
            **common,
        )
        self.anchor.click(self.choose, inputs=[self.query, language], **common)
        self.results.click(self.act, inputs=[self.query, language], **common)
        self.sort.input(self.reorder, inputs=[self.query, self.sort, language], **common)
        self.more.click(self.show_more, inputs=[self.query, language], **common)

    @property
    def outputs(self) -> list[Any]:
        """What every action updates, in this order."""
        return [self.query, self.results, self.more, self.sort, self.box, self.anchor]

    # ------------------------------------------------------------- actions

    async def search(self, text: str, query: Query | None, language: Language) -> list[Any]:
        """Read and search what was typed; beside a product or photo it says how to differ."""
        before = query or Query()
        return await self._run(
            Query(text=text, product_id=before.product_id, image=before.image), language
        )

    async def choose(
        self, query: Query | None, language: Language, event: gr.EventData
    ) -> list[Any]:
        """A photo was chosen, or what is searched like is given up."""
        data: dict[str, Any] = dict(event._data or {})
        query = Query(text=query.text if query else "")
        if "photo" in data:
            try:
                query.image = await self._service.encode_photo(_decode(str(data["photo"])))
            except AisleError as error:
                return self._explain(query, error, language)
            query.text = ""
        return await self._run(query, language)

    async def act(self, query: Query | None, language: Language, event: gr.EventData) -> list[Any]:
        """A tap on a chip, a facet's value, a way out or a suggested wording."""
        query = query or Query()
        data: dict[str, Any] = dict(event._data or {})
        if "query" in data:
            return await self._run(Query(text=str(data["query"])), language)
        if "similar" in data:
            return await self._run(Query(product_id=str(data["similar"])), language)
        if query.understanding is None:
            return [gr.skip()] * len(self.outputs)
        try:
            query.understanding = self._changed(query, data)
        except AisleError as error:
            return self._explain(query, error, language)
        query.limit = PAGE
        return await self._run(query, language)

    def _changed(self, query: Query, data: dict[str, Any]) -> Understanding:
        """The understanding after a tap; raises InvalidRequestError for a bad price."""
        read = query.understanding
        assert read is not None
        filters = read.filters
        if "drop" in data:
            return drop_chips(read, {str(data["drop"])})
        if "clear" in data:
            filters = Filters()
        elif "facet" in data:
            kind = FilterKind(str(data["facet"]))
            name, value = str(data.get("name", "")), str(data.get("value", ""))
            filters = toggle(filters, self._service.vocabulary, kind, name, value)
        elif "relax" in data:
            number = int(data["relax"])
            if 0 <= number < len(query.relaxations):
                filters = query.relaxations[number].filters
        elif "low" in data:
            interval = f"{data['low']}..{data.get('high', '')}".replace(",", "")
            filters = filters.model_copy(update={"price": read_interval(interval)})
        return read.model_copy(update={"filters": filters})

    async def reorder(self, query: Query | None, sort: str, language: Language) -> list[Any]:
        """Search again in another order."""
        if query is None or query.understanding is None:
            return [gr.skip()] * len(self.outputs)
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
            read, result, alike = await self._find(query, language)
        except AisleError as error:
            return self._explain(query, error, language)
        query.understanding, query.relaxations = read, result.relaxations
        elapsed = (time.perf_counter() - started) * 1000
        reasons = word_reasons(self._service, alike, language) if alike else None
        typed = query.text.strip()
        shown = self._renderer.results(
            read, result, language, elapsed, typed, reasons, guided=alike is None
        )
        more = gr.update(visible=result.more and query.limit < MOST)
        anchor = self._renderer.anchor(
            language, alike.product if alike else None, bool(query.image), self._photos
        )
        return [query, shown, more, read.sort.value, query.text, anchor]

    async def _find(
        self, query: Query, language: Language
    ) -> tuple[Understanding, SearchResult, SimilarResult | None]:
        """What the page shows; raises AisleError."""
        page: dict[str, Any] = {"limit": query.limit, "understanding": query.understanding}
        if query.product_id:
            speaking = None if query.text.strip() else language
            read, alike = await self._service.similar(
                query.product_id,
                query.text,
                language=speaking,
                visitor=current_visitor(),
                **page,
            )
            if alike is None:
                raise NotFoundError(say("not_found", language))
            return read, alike.result, alike
        if query.understanding is None and not query.image:
            read, result = await run_search(
                self._service,
                query.text,
                None,
                Filters(),
                None,
                query.limit,
                0,
                facets=True,
                visitor=current_visitor(),
            )
        else:
            read, result = await self._service.search(
                query.text, facets=True, image=query.image, visitor=current_visitor(), **page
            )
        return read, result, None

    def _explain(self, query: Query, error: AisleError, language: Language) -> list[Any]:
        failed = self._renderer.answer(
            (), language, positions={}, error=(error.message, error.remedy)
        )
        return [query, failed, gr.update(visible=False), gr.skip(), gr.skip(), gr.skip()]

    def speak(self, language: Language) -> list[Any]:
        """Updates of `speaking` for a change of language."""
        words = say("search_placeholder", language)
        return [
            gr.update(placeholder=words, label=words),
            gr.update(choices=_sort_choices(language), label=say("sort", language)),
            say("search", language),
            say("show_more", language),
            self._renderer.anchor(language, None, False, self._photos),
        ]

    @property
    def speaking(self) -> list[Any]:
        """The components whose words depend on the language."""
        return [self.box, self.sort, self.go, self.more, self.anchor]


def _decode(url: str) -> bytes:
    """The bytes of the page's data URL; raises PictureError."""
    try:
        return base64.b64decode(DATA_URL.sub("", url), validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("The picture did not arrive whole.", remedy="Choose it again.") from None


def _sort_choices(language: Language) -> list[tuple[str, str]]:
    return [(say(f"sort_{sort.value}", language), sort.value) for sort in SORTS]
