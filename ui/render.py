"""Products and answers as HTML; every catalogue and model text is escaped on the way."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from assistant.answer.metrics import saving_percent
from assistant.answer.money import format_money
from assistant.types import (
    Bundle,
    Comparison,
    ProductsEvent,
    QuestionEvent,
    Sentence,
    ShownProduct,
    Understanding,
)
from retrieval.rank.sponsored import place_in_slots
from retrieval.recommend.guides import GuideCard, offer_guide
from retrieval.types import (
    Attribute,
    Hit,
    HitVariant,
    Language,
    Placement,
    Product,
    Range,
    SearchResult,
    StoreInfo,
    Vocabulary,
)
from ui.chips import list_chips
from ui.facets import view_facets, view_relaxations
from ui.numbers import format_number
from ui.texts import say

TEMPLATES = Path(__file__).parent / "templates"
FEW_LEFT = 5
"""From this stock down the number is news to a shopper."""

SHOWN_REASONS = 3
"""Reasons that fit under a card."""

SHOWN_CHOICES = 6
"""Versions that fit under a card; the rest are on the product's page."""

WEB_URL = re.compile(r"^https?://", re.IGNORECASE)


class Choice(BaseModel):
    """One version on a card."""

    label: str
    link: str
    price: str
    stock: str
    stock_class: str
    image: str
    current: bool


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
    propensity: float = 1.0
    placement: Placement | None = None
    choices: tuple[Choice, ...] = ()
    more_choices: int = 0


class Described(Protocol):
    """Who knows the store as it is now: it may be imported again while pages are served."""

    @property
    def store(self) -> StoreInfo:
        """Its name, currency and texts."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of its catalogue."""
        ...


class Renderer:
    """Turns products, answers and search results of one store into HTML."""

    def __init__(self, catalog: Described) -> None:
        self._catalog = catalog
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def _store(self) -> StoreInfo:
        return self._catalog.store

    @property
    def _vocabulary(self) -> Vocabulary:
        return self._catalog.vocabulary

    def render(self, template: str, language: Language, **values: object) -> str:
        """`template` filled with `values`; `t(key, ...)` inside speaks `language`."""

        def translate(key: str, **words: object) -> str:
            return say(key, language, **words)

        page = self._environment.get_template(template)
        return page.render(t=translate, language=language, store=self._store, **values)

    # ------------------------------------------------------------- products

    def card(
        self,
        product: Product,
        language: Language,
        *,
        position: int = 0,
        reasons: Sequence[str] = (),
        sponsored: Placement | None = None,
        variants: Sequence[HitVariant] = (),
        propensity: float = 1.0,
    ) -> Card:
        """What a card of `product` shows to a shopper of `language`."""
        choices = self._choices(product, variants, language)
        stock, stock_class = describe_stock(product.stock, language)
        price, before, rating = product.price, product.list_price, product.rating
        reduced = price is not None and before is not None and price < before
        return Card(
            id=product.id,
            title=product.title_in(language),
            brand=product.brand or "",
            link=product_link(product),
            image=image_link(product.image_url),
            price=say_price(price, product.currency, language) or say("no_price", language),
            list_price=say_price(before, product.currency, language) if reduced else "",
            discount=saving_percent(product) or 0,
            rating="" if rating is None else format_number(rating),
            rating_count=product.rating_count,
            rated=say_rating(rating, product.rating_count, language),
            stock=stock,
            stock_class=stock_class,
            position=position,
            reasons=tuple(reasons),
            propensity=propensity,
            placement=sponsored,
            choices=choices[:SHOWN_CHOICES],
            more_choices=max(0, len(choices) - SHOWN_CHOICES),
        )

    def _choices(
        self, product: Product, variants: Sequence[HitVariant], language: Language
    ) -> tuple[Choice, ...]:
        """The versions to choose from, by what they differ in alone."""
        stated = [tuple(v.options.items()) for v in variants]
        common = set.intersection(*map(set, stated)) if len(stated) > 1 else set()
        choices = []
        for variant in variants:
            words = [
                self._vocabulary.label(value, language)
                for pair in variant.options.items()
                if pair not in common and (value := pair[1])
            ]
            price = say_price(variant.price, product.currency, language)
            stock, stock_class = describe_stock(variant.stock, language)
            choices.append(
                Choice(
                    label=" / ".join(words) or price,
                    link=product_page(variant.product_id)
                    if variant.product_id != product.id
                    else product_link(product),
                    price=price,
                    stock=stock,
                    stock_class=stock_class,
                    image=image_link(variant.image_url),
                    current=variant.product_id == product.id and variant.variant_id is None,
                )
            )
        return tuple(choice for choice in choices if choice.label)

    def shown_cards(self, shown: Sequence[ShownProduct], language: Language) -> list[Card]:
        """The cards of a products event, numbered as the shopper may refer to them."""
        return [
            self.card(
                item.hit.product,
                language,
                position=item.position,
                reasons=item.reasons[:3],
                sponsored=item.hit.sponsored,
                variants=item.hit.variants,
                propensity=item.hit.propensity,
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
            list_id=event.list_id,
            experiments=dict(event.experiments),
            model=event.model_version,
            cards=self.shown_cards(event.products, language),
            chips=[label for _, label in self.chips(event.understanding, language)],
            notes=event.understanding.notes,
            total=event.total,
            organic=sum(not item.sponsored for item in event.products),
            searched=event.understanding.act.value in ("search", "refine"),
        )

    def bundle(self, bundle: Bundle, language: Language) -> str:
        """The cards of a set, thing by thing."""
        return self.render(
            "bundle.html",
            language,
            groups=[
                (item.name, item.quantity, self.shown_cards(item.products, language))
                for item in bundle.items
            ],
            total=say_price(bundle.total, bundle.currency, language),
        )

    def guide(self, card: GuideCard, language: Language) -> str:
        """A buying guide beside the products of a turn."""
        return self.render("guide_card.html", language, guide=card)

    def answer(
        self,
        sentences: Sequence[Sentence],
        language: Language,
        *,
        positions: dict[str, int],
        comparison: Comparison | None = None,
        question: QuestionEvent | None = None,
        error: tuple[str, str] | None = None,
        waiting: str = "",
    ) -> str:
        """Table and sentences so far, then a question, an error or what is waited for."""
        return self.render(
            "answer.html",
            language,
            comparison=comparison,
            sentences=sentences,
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
        typed: str = "",
        reasons: Mapping[str, Sequence[str]] | None = None,
        *,
        guided: bool = True,
    ) -> str:
        """Facets, chips, a line of counts and timings, ranked cards, and ways out.

        A `guided` page has a buying guide below the cards where one helps.
        """
        list_id = uuid.uuid4().hex
        guide = None
        if guided:
            guide = offer_guide(self._store, self._vocabulary, result, language, list_id)
        facets = view_facets(result, self._store, self._vocabulary, language)
        ways = view_relaxations(result, self._vocabulary, language)
        price = understanding.filters.price or Range()
        repair = understanding.repair
        return self.render(
            "results.html",
            language,
            list_id=list_id,
            guide=guide,
            experiments=dict(result.experiments),
            model=result.model_version,
            elapsed=round(elapsed_ms, 1),
            teams=[hit.team for hit in result.hits] if any(h.team for h in result.hits) else [],
            facets=facets,
            chosen=sum(choice.selected for facet in facets for choice in facet.choices),
            price_low="" if price.minimum is None else format_number(price.minimum),
            price_high="" if price.maximum is None else format_number(price.maximum),
            repair=repair if repair and repair.changes else None,
            typed=typed,
            chips=self.chips(understanding, language),
            notes=understanding.notes,
            cards=self.page_cards(result, language, reasons),
            relaxations=ways,
            nearest=[
                (way.label, self.hit_cards(relaxation.hits, language))
                for way, relaxation in zip(ways, result.relaxations, strict=True)
            ],
            total=result.total,
            exhaustive=result.exhaustive,
            ms=max(1, round(elapsed_ms)),
        )

    def page_cards(
        self,
        result: SearchResult,
        language: Language,
        reasons: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Card]:
        """The cards of a page: what was found in its order, advertisements at their slots."""
        return self.hit_cards(place_in_slots(result.hits, result.sponsored), language, reasons)

    def hit_cards(
        self,
        hits: Sequence[Hit],
        language: Language,
        reasons: Mapping[str, Sequence[str]] | None = None,
    ) -> list[Card]:
        """The cards of ranked products; `reasons` are in words, by product id."""
        why = reasons or {}
        return [
            self.card(
                hit.product,
                language,
                sponsored=hit.sponsored,
                variants=hit.variants,
                propensity=hit.propensity,
                reasons=(*hit.reasons, *why.get(hit.product.id, ()))[:SHOWN_REASONS],
            )
            for hit in hits
        ]

    def anchor(self, language: Language, product: Product | None, photo: bool, photos: bool) -> str:
        """What is searched like: a product, a photo or nothing; `photos` offers to choose one."""
        return self.render(
            "anchor.html",
            language,
            kind="photo" if photo else "product" if product else "",
            card=self.card(product, language) if product else None,
            photos=photos,
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


def say_price(amount: Decimal | None, currency: str, language: Language) -> str:
    """The amount in words and signs, or nothing."""
    return "" if amount is None else format_money(amount, currency, language)


def say_rating(rating: Decimal | None, count: int, language: Language) -> str:
    """The rating as a screen reader says it, or nothing."""
    return (
        "" if rating is None else say("rated", language, rating=format_number(rating), count=count)
    )


def product_link(product: Product) -> str:
    """The shop's own page where the feed names one, else the demo shop's."""
    if product.url and WEB_URL.match(product.url):
        return product.url
    return product_page(product.id)


def product_page(product_id: str) -> str:
    """The demo shop's page of a product."""
    return f"/shop/products/{quote(product_id, safe='')}"


def image_link(url: str | None) -> str:
    """A picture's address; anything but a web address or a media file is left out."""
    if not url:
        return ""
    if WEB_URL.match(url):
        return url
    return f"/{quote(url)}" if url.startswith("media/") else ""
