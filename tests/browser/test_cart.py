"""The cart and signing in, in a real browser over a whole assistant without a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.jobs_store import open_small_assistant
from support.orders import write_order

from ui.app import create_app

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, serving_class: Any) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("jobs")
    with open_small_assistant(folder) as assistant:
        write_order(f"sqlite:///{folder}/aisle.db", "10002", "ann", "lamp", ships=-1, arrives=2)
        serving = serving_class(create_app(assistant))
        yield serving.url
        serving.stop()


def ask(page: Page, message: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(message)
    page.keyboard.press("Enter")
    expect(dialog.locator(".turn").last.locator(".said")).to_have_text(message)
    expect(dialog.locator(".waiting")).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "wish", "add", "cart", "more", "empty"),
    [
        (
            "en-US",
            "a quiet mouse",
            "Add to cart",
            "Cart, 1 item",
            "One more",
            "Your cart is empty.",
        ),
        ("zh-CN", "静音鼠标", "加入购物车", "购物车，1件", "加一件", "购物车是空的。"),
    ],
)
def test_a_card_goes_into_the_cart_and_out_again(
    open_page: Any, locale: str, wish: str, add: str, cart: str, more: str, empty: str
) -> None:
    page = open_page("/shop", locale=locale)
    page.locator(".launch").click()
    ask(page, wish)
    page.get_by_role("button", name=add).first.click()
    page.get_by_role("button", name=cart).click()
    side = page.locator(".side")
    expect(side.locator(".sum")).to_contain_text("24.99")
    side.get_by_role("button", name=more).click()
    expect(side.locator(".sum")).to_contain_text("49.98")
    side.locator(".gone").click()
    expect(side).to_contain_text(empty)


def test_a_version_is_chosen_on_the_card_and_by_word(open_page: Any) -> None:
    page = open_page("/shop")
    page.locator(".launch").click()
    ask(page, "running shoes")
    card = page.locator(".cards li", has_text="Trail running shoes").first
    card.get_by_role("button", name="Add to cart").click()
    expect(card.get_by_role("button", name="43 · black")).to_be_disabled()
    card.get_by_role("button", name="42 · black").click()
    expect(page.locator(".badge")).to_have_text("1")
    ask(page, "add the trail running shoes to my cart")
    page.locator(".option", has_text="41").click()
    expect(page.locator(".badge")).to_have_text("2")
    expect(page.locator(".turn").last).to_contain_text("$165 in all")


def test_orders_are_told_after_signing_in_and_the_cart_comes_along(open_page: Any) -> None:
    page = open_page("/shop")
    page.locator(".launch").click()
    ask(page, "a quiet mouse")
    page.get_by_role("button", name="Add to cart").first.click()
    expect(page.locator(".badge")).to_have_text("1")
    ask(page, "where is my order?")
    expect(page.locator(".turn").last).to_contain_text("sign in")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="ann").click()
    expect(page.locator(".account")).to_have_text("ann")
    expect(page.locator(".badge")).to_have_text("1")
    ask(page, "where is my order?")
    expect(page.locator(".turn").last).to_contain_text("10002")
    page.reload()
    expect(page.locator(".badge")).to_have_text("1")
    expect(page.locator(".account")).to_have_text("ann")
