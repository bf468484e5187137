"""A photo on the search page, in a real browser; then like a product, but in another colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import ImageOps
from playwright.sync_api import Page, expect
from support.lamps import lamp_service
from support.pictures import BLUE, as_bytes, draw

from ui.app import create_app

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def lamps_url(tmp_path_factory: pytest.TempPathFactory, serving_class: type[Any]) -> Iterator[str]:
    with lamp_service(tmp_path_factory.mktemp("lamps")) as service:
        serving = serving_class(create_app(service))
        yield serving.url
        serving.stop()


def choose(page: Page, data: bytes, name: str = "photo.jpg") -> None:
    page.locator(".ai-photo input").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": data}
    )


def titles(page: Page) -> list[str]:
    return page.locator("#ai-results .ai-card .ai-title").all_inner_texts()


def test_a_photo_finds_its_product_and_words_narrow_it(open_page: Opener, lamps_url: str) -> None:
    page = open_page(lamps_url, tolerate_complaints=True)
    page.get_by_role("tab", name="Search").click()
    photo = as_bytes(ImageOps.mirror(draw(BLUE, size=1200)), "JPEG")
    choose(page, photo)
    expect(page.locator(".ai-anchor")).to_contain_text("What looks like your photo")
    expect(page.locator(".ai-anchor")).to_contain_text("not kept")
    expect(page.locator("#ai-results .ai-card").first).to_contain_text("Sky table lamp")
    shown = page.locator("img[data-thumb]")
    assert shown.evaluate("image => image.complete && image.naturalWidth") == 448
    page.locator("#ai-query textarea, #ai-query input").first.fill("but red")
    page.locator("#ai-go").click()
    expect(page.locator(".ai-chip")).to_contain_text("red")
    assert titles(page) == ["Poppy table lamp"]
    assert shown.get_attribute("src"), "the photo stays while it is refined"
    page.locator("[data-unanchor]").click()
    expect(page.locator(".ai-anchor")).to_have_count(0)


def test_a_file_that_is_no_picture_is_told_on_the_page(open_page: Opener, lamps_url: str) -> None:
    page = open_page(lamps_url, tolerate_complaints=True)
    page.get_by_role("tab", name="Search").click()
    choose(page, b"not a picture")
    expect(page.locator(".ai-photo-error")).to_have_text("This file cannot be read as a picture.")


def test_similar_products_and_another_colour_in_chinese(open_page: Opener, lamps_url: str) -> None:
    page = open_page(lamps_url, locale="zh-CN", size=(390, 844), tolerate_complaints=True)
    page.get_by_role("tab", name="搜索").click()
    expect(page.locator(".ai-photo")).to_contain_text("以图搜索")
    box = page.locator("#ai-query textarea, #ai-query input").first
    box.fill("fern lamp")
    page.locator("#ai-go").click()
    page.locator('[data-similar="lamp-fern"]').click()
    expect(page.locator(".ai-anchor")).to_contain_text("相似的商品")
    expect(page.locator('#ai-results [data-id="lamp-poppy"]')).to_contain_text("便宜")
    box.fill("but blue")
    page.locator("#ai-go").click()
    expect(page.locator(".ai-chip")).to_have_count(1)
    assert titles(page) == ["Sky table lamp"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_product_s_page_shows_similar_items(open_page: Opener, lamps_url: str) -> None:
    page = open_page(f"{lamps_url}/shop/products/lamp-fern", tolerate_complaints=True)
    expect(page.locator(".ai-alike .ai-card")).to_have_count(2)
    page.locator(".ai-alike .ai-link").first.click()
    expect(page.locator(".ai-product h1")).to_contain_text("table lamp")
