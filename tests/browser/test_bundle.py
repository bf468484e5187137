"""A set under one budget, and the evidence of a sentence, in a real browser."""

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
    with open_small_assistant(tmp_path_factory.mktemp("bundle")) as assistant:
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
    ("locale", "wish", "groups", "total"),
    [
        ("en-US", "a mouse and a lamp, 100 together", ["mouse", "lamp"], "$64.99"),
        ("zh-CN", "鼠标和台灯，一共100美元以内", ["鼠标", "台灯"], "64.99美元"),
    ],
)
def test_a_set_is_grouped_and_its_total_told(
    open_page: Any, locale: str, wish: str, groups: list[str], total: str
) -> None:
    page = open_page("/shop", locale=locale)
    page.locator(".launch").click()
    ask(page, wish)
    turn = page.locator(".turn").last
    expect(turn.locator(".group")).to_have_text(groups)
    expect(turn.locator(".card")).to_have_count(2)
    expect(turn.locator(".text")).to_contain_text(total)
    page.reload()
    expect(page.locator(".turn").last.locator(".group")).to_have_text(groups)


@pytest.mark.parametrize(
    ("locale", "wish", "tap", "source", "question", "policy"),
    [
        (
            "en-US",
            "a quiet mouse",
            "Show the evidence",
            "Price: $24.99",
            "how much is delivery?",
            "Store policy: shipping",
        ),
        ("zh-CN", "静音鼠标", "查看依据", "价格: 24.99美元", "运费多少", "商店政策： shipping"),
    ],
)
def test_a_tap_shows_where_a_sentence_comes_from(
    open_page: Any, locale: str, wish: str, tap: str, source: str, question: str, policy: str
) -> None:
    page = open_page("/shop", locale=locale)
    page.locator(".launch").click()
    ask(page, wish)
    button = page.locator(".turn").last.get_by_role("button", name=tap).first
    button.click()
    expect(page.locator(".shown-source")).to_contain_text(source)
    button.click()
    expect(page.locator(".shown-source")).to_have_count(0)
    ask(page, question)
    page.locator(".turn").last.get_by_role("button", name=tap).first.click()
    expect(page.locator(".shown-source")).to_have_text(policy)
