"""The demo shop at /shop: plain server-rendered pages with the chat widget on them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from assistant.types import AssistantService
from retrieval.errors import AisleError
from retrieval.profile.types import Visitor
from retrieval.recommend.guides import offer_guide
from retrieval.recommend.types import Kind
from retrieval.reviews import count_reviews
from retrieval.types import Filters, Language, Product
from ui.api import run_search
from ui.errors import NotFoundError, status_of
from ui.language import choose_language
from ui.likeness import word_reasons
from ui.render import Renderer, describe_stock, say_price
from ui.rows import RowMaker
from ui.texts import say
from ui.visitor import visitor_of

PAGE = 24
BESIDE = (Kind.BOUGHT_TOGETHER,)
"""What stands below a product beside what is like it."""

SIMILAR = 5
"""As many similar items as fit one row of a product's page."""

CATEGORIES = 14
"""As many category links as fit one or two lines of the page."""


def create_shop_router(service: AssistantService) -> APIRouter:
    """The routes /shop and /shop/products/{id} over `service`."""
    router = APIRouter(include_in_schema=False)
    shop = _Shop(service)

    @router.get("/shop")
    async def browse(
        request: Request,
        q: str = "",
        category: str = "",
        without: Annotated[list[str], Query()] = [],  # noqa: B006
        offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
        lang: str = "",
    ) -> HTMLResponse:
        language = choose_language(lang, request.headers.get("accept-language", ""))
        try:
            return HTMLResponse(
                await shop.browse(q, category, without, offset, language, visitor_of(request))
            )
        except AisleError as error:
            return shop.explain(error, language)

    @router.get("/shop/products/{product_id:path}")
    async def product(request: Request, product_id: str, lang: str = "") -> HTMLResponse:
        language = choose_language(lang, request.headers.get("accept-language", ""))
        try:
            return HTMLResponse(await shop.show(product_id, language, visitor_of(request)))
        except AisleError as error:
            return shop.explain(error, language)

    return router


class _Shop:
    """Renders the pages of the shop."""

    def __init__(self, service: AssistantService) -> None:
        self._service = service
        self._renderer = Renderer(service)
        self._rows = RowMaker(service, self._renderer)

    async def browse(
        self,
        q: str,
        category: str,
        without: Sequence[str],
        offset: int,
        language: Language,
        visitor: Visitor | None,
    ) -> str:
        """A page of search results, or of the whole catalogue."""
        started = time.perf_counter()
        path = tuple(category.split(" > ")) if category else ()
        filters = Filters(categories=(path,)) if path else Filters()
        understanding, result = await run_search(
            self._service,
            q,
            language,
            filters,
            None,
            PAGE,
            offset,
            tuple(without),
            visitor=visitor,
        )
        front = not (q or category or without or offset)
        rows = await self._rows.make([Kind.FOR_YOU], visitor, language) if front else []

        def link(**changes: object) -> str:
            values: dict[str, object] = {
                "q": q,
                "category": category,
                "without": list(without),
                "lang": language.value,
            }
            values.update(changes)
            return "/shop?" + urlencode({k: v for k, v in values.items() if v}, doseq=True)

        chips = [
            (
                label,
                link(category="")
                if key == f"category:{category}"
                else link(without=[*without, key]),
            )
            for key, label in self._renderer.chips(understanding, language)
        ]
        list_id = uuid.uuid4().hex
        return self._renderer.render(
            "shop.html",
            language,
            q=q,
            list_id=list_id,
            guide=offer_guide(
                self._service.store, self._service.vocabulary, result, language, list_id
            ),
            experiments=dict(result.experiments),
            model=result.model_version,
            teams=[hit.team for hit in result.hits] if any(h.team for h in result.hits) else [],
            rows=rows,
            cards=self._renderer.page_cards(result, language),
            chips=chips,
            notes=understanding.notes,
            categories=self._categories(category, language),
            total=result.total,
            ms=max(1, round((time.perf_counter() - started) * 1000)),
            previous=link(offset=max(0, offset - PAGE)) if offset else "",
            next=link(offset=offset + PAGE) if result.more else "",
            switch=link(lang="en" if language is Language.CHINESE else "zh").removeprefix("/shop?"),
        )

    async def show(self, product_id: str, language: Language, visitor: Visitor | None) -> str:
        """One product's page; raises NotFoundError."""
        found = await self._service.products([product_id])
        if not found:
            raise NotFoundError(say("not_found", language))
        product = found[0]
        _, alike = await self._service.similar(
            product_id, language=language, limit=SIMILAR, visitor=visitor
        )
        return self._renderer.render(
            "product.html",
            language,
            rows=await self._rows.make(BESIDE, visitor, language, [product.id]),
            card=self._renderer.card(product, language),
            description=product.description_in(language),
            attributes=self._renderer.attributes(product, language),
            variants=self._variants(product, language),
            reviews=product.reviews,
            counted=count_reviews(product.reviews),
            similar_list=uuid.uuid4().hex,
            similar=self._renderer.page_cards(
                alike.result, language, word_reasons(self._service, alike, language)
            )
            if alike
            else [],
        )

    def explain(self, error: AisleError, language: Language) -> HTMLResponse:
        """A page that says what was wrong."""
        page = self._renderer.render(
            "notice.html", language, error=error.message, remedy=error.remedy
        )
        return HTMLResponse(page, status_code=status_of(error))

    def _categories(self, current: str, language: Language) -> list[tuple[str, str, bool]]:
        """(label, link, whether chosen) of the store's aisles, largest first."""
        profiles = self._service.vocabulary.categories
        aisles = [profile for profile in profiles if len(profile.path) == 1]
        shown = sorted(aisles or profiles, key=lambda c: -c.products)
        links = []
        for profile in shown[:CATEGORIES]:
            path = " > ".join(profile.path)
            query = urlencode({"category": path, "lang": language.value})
            label = profile.labels.get(language, profile.path[-1])
            links.append((label, f"/shop?{query}", path == current))
        return links

    def _variants(self, product: Product, language: Language) -> list[tuple[str, str, str, str]]:
        return [
            (
                " / ".join(variant.options.values()),
                say_price(variant.price, product.currency, language),
                *describe_stock(variant.stock, language),
            )
            for variant in product.variants
        ]
