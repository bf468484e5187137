"""What is kept in mind, seen and forgotten in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.jobs_store import open_small_assistant

from ui.app import create_app

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, serving_class: Any) -> Iterator[str]:
    with open_small_assistant(tmp_path_factory.mktemp("memory")) as assistant:
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
    ("locale", "wish", "taste", "again", "panel", "nothing"),
    [
        ("en-US", "a lamp, no gold", "no gold", "a desk lamp", "Kept in mind", "Nothing is kept"),
        ("zh-CN", "台灯，不要gold", "不要gold", "橡木台灯", "已记住的偏好", "没有记住"),
    ],
)
def test_a_taste_is_shown_and_forgotten(
    open_page: Any, locale: str, wish: str, taste: str, again: str, panel: str, nothing: str
) -> None:
    page = open_page("/shop", locale=locale)
    page.locator(".launch").click()
    ask(page, wish)
    expect(page.locator(".turn").last.locator(".kept")).to_contain_text(f"{taste} ×")
    page.get_by_role("button", name=panel).click()
    expect(page.locator(".taste")).to_contain_text(taste)
    page.locator(".back").click()
    page.locator(".turn").last.locator(".kept button").click()
    expect(page.locator(".kept .lost")).to_have_text(taste)
    page.get_by_role("button", name=panel).click()
    expect(page.locator(".side")).to_contain_text(nothing)
    page.locator(".back").click()
    page.locator(".fresh").click()
    ask(page, again)
    expect(page.locator(".turn").last.locator(".kept")).to_have_count(0)
