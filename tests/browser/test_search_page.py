"""The search page in a real browser, over a real index of the samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.index_products import HashingEncoder

from assistant.types import Act, Understanding
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index
from retrieval.profile.types import Visitor
from retrieval.search import HybridSearcher
from retrieval.types import Filters, Language, SearchResult, Sort
from ui.app import create_app
from ui.samples import sample_products, sample_store, write_pictures
from ui.scripted import ScriptedService, detect_language

Opener = Callable[..., Page]
LABELS = {Language.CHINESE: {"color": "颜色", "black": "黑色", "white": "白色"}}


class IndexedService(ScriptedService):
    """The scripted assistant with a real index behind its search box."""

    searcher: HybridSearcher

    async def search(
        self,
        text: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        sort: Sort | None = None,
        limit: int = 24,
        offset: int = 0,
        understanding: Understanding | None = None,
        facets: bool = False,
        visitor: Visitor | None = None,
        image: Sequence[float] = (),
    ) -> tuple[Understanding, SearchResult]:
        read = understanding or Understanding(
            act=Act.SEARCH, language=language or detect_language(text), query=text.strip()
        )
        request = read.search_request(limit).model_copy(
            update={"relevant": True, "diverse": True, "relax": True, "facets": facets}
        )
        return read, self.searcher.search(request)


@pytest.fixture(scope="module")
def search_url(tmp_path_factory: pytest.TempPathFactory, serving_class: type[Any]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("search")
    encoder, products = HashingEncoder(), sample_products()
    vocabulary = build_vocabulary(products, LABELS)
    index = open_embedded_index(folder / "index", index_schema(encoder, encoder))
    Indexer(index, encoder, encoder).index(products)
    write_pictures(folder / "media")
    service = IndexedService(
        products, store=sample_store(), vocabulary=vocabulary, media_path=folder / "media"
    )
    service.searcher = HybridSearcher(index, encoder, encoder, vocabulary)
    serving = serving_class(create_app(service))
    yield serving.url
    serving.stop()
    index.close()


def search(page: Page, query: str, tab: str = "Search") -> None:
    page.get_by_role("tab", name=tab).click()
    page.locator("#ai-query textarea, #ai-query input").first.fill(query)
    page.locator("#ai-go").click()
    expect(page.locator(".ai-list .ai-count")).to_be_visible()


def test_facets_narrow_widen_and_are_given_up(open_page: Opener, search_url: str) -> None:
    page = open_page(search_url, tolerate_complaints=True)
    search(page, "headphones")
    count = page.locator(".ai-count")
    lumen = page.locator('[data-facet="brand"]', has_text="Lumen")
    told = int(lumen.locator("b").inner_text())
    lumen.click()
    expect(lumen).to_have_attribute("aria-checked", "true")
    expect(count).to_contain_text(f"{told} products")
    pip = page.locator('[data-facet="brand"]', has_text="Pip")
    pip.click()
    expect(count).to_contain_text(f"{told + 1} products")
    page.get_by_role("button", name="Remove Pip").click()
    expect(count).to_contain_text(f"{told} products")


def test_a_price_box_leads_to_a_way_out(open_page: Opener, search_url: str) -> None:
    page = open_page(search_url, tolerate_complaints=True)
    search(page, "headphones")
    page.locator('[data-price="high"]').fill("0.5")
    page.locator('[data-price="high"]').press("Enter")
    expect(page.locator(".ai-ways")).to_contain_text("over budget")
    expect(page.locator(".ai-cards.near .ai-card").first).to_be_visible()
    page.locator("[data-relax]").first.click()
    expect(page.locator(".ai-ways")).to_have_count(0)
    expect(page.locator(".ai-list .ai-card").first).to_be_visible()


def test_the_page_speaks_chinese_and_fits_a_phone(open_page: Opener, search_url: str) -> None:
    page = open_page(search_url, locale="zh-CN", size=(390, 844), tolerate_complaints=True)
    search(page, "耳机", tab="搜索")
    box = page.locator(".ai-sidebox")
    expect(box.locator("> summary")).to_contain_text("筛选")
    expect(box).not_to_have_attribute("open", "")
    box.locator("> summary").click()
    expect(page.locator(".ai-facets")).to_contain_text("品牌")
    expect(page.locator(".ai-facets")).to_contain_text("颜色")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
