"""Products and answers as HTML; every catalogue and model text is escaped on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from assistant.answer.money import format_money
from assistant.types import (
    ProductsEvent,
    QuestionEvent,
    Sentence,
    ShownProduct,
    Understanding,
)
from retrieval.types import Attribute, Language, Product, SearchResult, StoreInfo, Vocabulary
from ui.chips import list_chips
from ui.numbers import format_number
from ui.texts import say

TEMPLATES = Path(__file__).parent / "templates"
FEW_LEFT = 5
"""From this stock down the number is news to a shopper."""

WEB_URL = re.compile(r"^https?://", re.IGNORECASE)
TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]*-[\s:|-]*\|[\s:|-]*$")


class Block(NamedTuple):
    """A piece of an answer: a paragraph of sentences, or the rows of a table (head first)."""

    sentences: tuple[Sentence, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Card(BaseModel):
    """What a card shows, ready for the template."""

    id: str
    title: str
    brand: str
    link: str
    image: str
    price: str
    list_price: str
    discount: int
    rating: str
    rating_count: int
    rated: str
    stock: str
    stock_class: str
    position: int
    reasons: tuple[str, ...]
    sponsored: bool


class Renderer:
    """Turns products, answers and search results of one store into HTML."""

    def __init__(self, store: StoreInfo, vocabulary: Vocabulary) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["store"] = store

    def render(self, template: str, language: Language, **values: object) -> str:
        """`template` filled with `values`; `t(key, ...)` inside speaks `language`."""

        def translate(key: str, **words: object) -> str:
            return say(key, language, **words)

        page = self._environment.get_template(template)
        return page.render(t=translate, language=language, **values)

    # ------------------------------------------------------------- products

    def card(
        self,
        product: Product,
        language: Language,
        *,
        position: int = 0,
        reasons: Sequence[str] = (),
        sponsored: bool = False,
    ) -> Card:
        """What a card of `product` shows to a shopper of `language`."""
        stock, stock_class = describe_stock(product.stock, language)
        price, before = product.price, product.list_price
        reduced = price is not None and before is not None and price < before
        rating = format_number(product.rating) if product.rating is not None else ""
        return Card(
            id=product.id,
            title=product.title_in(language),
            brand=product.brand or "",
            link=product_link(product),
            image=image_link(product.image_url),
            price=say("no_price", language)
            if price is None
            else format_money(price, product.currency, language),
            list_price=format_money(before, product.currency, language)
            if reduced and before
            else "",
            discount=percent_off(price, before) if reduced and price and before else 0,
            rating=rating,
            rating_count=product.rating_count,
            rated=say("rated", language, rating=rating, count=product.rating_count)
            if rating
            else "",
            stock=stock,
            stock_class=stock_class,
            position=position,
            reasons=tuple(reasons),
            sponsored=sponsored,
        )

    def shown_cards(self, shown: Sequence[ShownProduct], language: Language) -> list[Card]:
        """The cards of a products event, numbered as the shopper may refer to them."""
        return [
            self.card(
                item.hit.product,
                language,
                position=item.position,
                reasons=item.reasons[:3],
                sponsored=bool(getattr(item, "sponsored", False)),
            )
            for item in shown
        ]

    def chips(self, understanding: Understanding, language: Language) -> list[tuple[str, str]]:
        """(key, label) of what was understood."""
        found = list_chips(understanding, self._store, self._vocabulary, language)
        return [(chip.key, chip.label) for chip in found]

    # ------------------------------------------------------------- chat

    def message(self, text: str) -> str:
        """A shopper's message."""
        return self.render("message.html", Language.ENGLISH, text=text)

    def products(self, event: ProductsEvent, language: Language) -> str:
        """The cards of a turn with what was understood."""
        return self.render(
            "products.html",
            language,
            cards=self.shown_cards(event.products, language),
            chips=[label for _, label in self.chips(event.understanding, language)],
            notes=event.understanding.notes,
            total=event.total,
            searched=event.understanding.act.value in ("search", "refine"),
        )

    def answer(
        self,
        sentences: Sequence[Sentence],
        language: Language,
        *,
        positions: dict[str, int],
        question: QuestionEvent | None = None,
        error: tuple[str, str] | None = None,
        waiting: str = "",
    ) -> str:
        """The sentences so far, then a question, an error or what is being waited for."""
        return self.render(
            "answer.html",
            language,
            blocks=split_blocks(sentences),
            positions=positions,
            question=question,
            error=error,
            waiting=waiting,
        )

    # ------------------------------------------------------------- search

    def results(
        self,
        understanding: Understanding,
        result: SearchResult,
        language: Language,
        elapsed_ms: float,
    ) -> str:
        """Chips, a line of counts and timings, and the ranked cards of a search."""
        first = result.request.offset
        return self.render(
            "results.html",
            language,
            chips=self.chips(understanding, language),
            notes=understanding.notes,
            cards=[
                self.card(hit.product, language, position=first + n)
                for n, hit in enumerate(result.hits, start=1)
            ],
            total=result.total,
            ms=max(1, round(elapsed_ms)),
        )

    def attributes(self, product: Product, language: Language) -> list[tuple[str, str]]:
        """(name, value) of every attribute, as a shopper reads them."""
        return [
            (self._vocabulary.label(a.name, language), self.attribute_value(a, language))
            for a in product.attributes
        ]

    def attribute_value(self, attribute: Attribute, language: Language) -> str:
        """The value with its unit, in words."""
        value = attribute.value
        if isinstance(value, bool):
            yes, no = ("是", "否") if language is Language.CHINESE else ("Yes", "No")
            return yes if value else no
        if isinstance(value, Decimal):
            return f"{format_number(value)} {attribute.unit or ''}".strip()
        return self._vocabulary.label(value, language)


def describe_stock(stock: int | None, language: Language) -> tuple[str, str]:
    """(words, CSS class) for a stock level; nothing where the feed does not say."""
    if stock is None:
        return "", ""
    if stock <= 0:
        return say("sold_out", language), "out"
    if stock <= FEW_LEFT:
        return say("few_left", language, stock=stock), "few"
    return say("in_stock", language), "in"


def percent_off(price: Decimal, before: Decimal) -> int:
    """Whole percent saved, rounded down so that it never promises more than it is."""
    return int((before - price) * 100 / before)


def product_link(product: Product) -> str:
    """The shop's own page where the feed names one, else the demo shop's."""
    if product.url and WEB_URL.match(product.url):
        return product.url
    return f"/shop/products/{quote(product.id, safe='')}"


def image_link(url: str | None) -> str:
    """A picture's address; anything but a web address or a media file is left out."""
    if not url:
        return ""
    if WEB_URL.match(url):
        return url
    return f"/{quote(url)}" if url.startswith("media/") else ""


def split_blocks(sentences: Sequence[Sentence]) -> list[Block]:
    """Consecutive sentences form paragraphs; a Markdown table becomes rows of cells."""
    blocks: list[Block] = []
    for sentence in sentences:
        rows, rest = read_table(sentence.text)
        if rest:
            said = sentence.model_copy(update={"text": rest})
            if blocks and blocks[-1].sentences and not rows:
                said_before = blocks.pop().sentences
                blocks.append(Block(sentences=(*said_before, said)))
            else:
                blocks.append(Block(sentences=(said,)))
        if rows:
            blocks.append(Block(rows=rows))
    return blocks


def read_table(text: str) -> tuple[tuple[tuple[str, ...], ...], str]:
    """(rows of cells, the other text) of a text that may hold a Markdown (GFM) table."""
    lines = text.splitlines()
    if not any(TABLE_RULE.match(line) for line in lines):
        return (), text.strip()
    table = [line for line in lines if line.strip().startswith("|") and not TABLE_RULE.match(line)]
    other = [line for line in lines if not line.strip().startswith("|")]
    return tuple(_cells(line) for line in table), " ".join(other).strip()


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    cells = re.split(r"(?<!\\)\|", inner)
    return tuple(cell.replace("\\|", "|").replace("**", "").strip() for cell in cells)
