"""Guides in chat, widget and search page: below the products, whole at a tap, logged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.learning_store import SHOPPER

from assistant.types import DoneEvent, GuideEvent, Sentence, TextEvent
from retrieval.profile.types import Event
from retrieval.recommend.guides import GuideCard
from retrieval.recommend.service import Learning
from retrieval.types import Language
from ui.app import create_app
from ui.samples import sample_products, sample_store, sample_vocabulary, write_pictures
from ui.scripted import ScriptedService

pytestmark = pytest.mark.browser

CARD = GuideCard(
    list_id="t1-guide",
    id="guide-headphones",
    title="Headphones: fit first, sound second",
    sentence="Wear them for ten minutes before you listen.",
    language=Language.ENGLISH,
)
CONTENT = "content"


@pytest.fixture(scope="module")
def served(
    learning: Learning, serving_class: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ScriptedService, str]]:
    media = tmp_path_factory.mktemp("media")
    write_pictures(media)
    # As many headphones as make a list that is worth a guide.
    more = [p.model_copy(update={"id": f"{p.id}-{n}"}) for p in sample_products() for n in "ab"]
    service = ScriptedService(
        (*sample_products(), *more),
        store=sample_store(),
        vocabulary=sample_vocabulary(),
        media_path=media,
    )
    service.learning = learning
    serving = serving_class(create_app(service))
    yield service, serving.url
    serving.stop()


@pytest.fixture
def open_shop(browser: Browser, served: tuple[ScriptedService, str]) -> Iterator[Any]:
    faults: list[str] = []

    def open_shop(
        path: str, locale: str = "en-US", size: tuple[int, int] = (1280, 860), agree: bool = False
    ) -> Page:
        context = browser.new_context(
            locale=locale, user_agent=SHOPPER, viewport={"width": size[0], "height": size[1]}
        )
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(served[1] + path)
        page.locator("#ai-consent button").nth(0 if agree else 1).click()
        return page

    yield open_shop
    for context in browser.contexts:
        context.close()
    assert faults == []


def logged(learning: Learning, page: Page, action: str) -> Event:
    """The event of this action on a guide, which arrives in a while."""
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}  # type: ignore[typeddict-item]
    for _ in range(100):
        for stored in learning.events.events_of(cookies["aisle_client"]):
            if (stored.event.action_name.value, stored.event.surface) == (action, CONTENT):
                return stored.event
        time.sleep(0.05)
    raise AssertionError(f"no {action} of a guide was logged")


def test_in_the_chat_it_opens_over_the_page_and_is_logged(
    open_shop: Any, served: tuple[ScriptedService, str], learning: Learning
) -> None:
    service = served[0]
    page = open_shop("/", agree=True)
    service.enqueue(
        service.cards("h1", "h2", "h4"),
        GuideEvent(guide=CARD),
        TextEvent(sentence=Sentence(text="The first is quiet.")),
        DoneEvent(turn_id="t1", trace={}),
    )
    page.locator("#ai-box textarea").fill("headphones")
    page.keyboard.press("Enter")
    guide = page.locator("#ai-now .ai-guide")
    expect(guide).to_contain_text("Buying guide")
    expect(guide).to_contain_text(CARD.sentence)
    expect(page.locator("#ai-answer")).to_contain_text("The first is quiet.")
    last = page.locator("#ai-now .ai-cards .ai-card").last.bounding_box()
    below, answer = guide.bounding_box(), page.locator("#ai-answer").bounding_box()
    assert last and below and answer
    assert last["y"] + last["height"] <= below["y"] and below["y"] < answer["y"]
    shown = logged(learning, page, "impression")
    assert (shown.object_id, shown.query_id, shown.ordinal) == (CARD.id, "t1-guide", 1)

    address = page.url
    guide.locator("a").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("open ones sound wider. <b onmouseover=hacked=1>Below 250 g</b>")
    assert page.url == address and dialog.locator("b").count() == 0
    click = logged(learning, page, "click")
    assert (click.object_id, click.query_id) == (CARD.id, "t1-guide")
    assert click.detail == {"object_type": "guide"}
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#ai-now .ai-cards .ai-card")).to_have_count(3)


def test_in_the_widget_it_opens_beside_the_talk(
    open_shop: Any, served: tuple[ScriptedService, str]
) -> None:
    service = served[0]
    page = open_shop("/shop?lang=en", size=(390, 844))
    done = DoneEvent(turn_id="t2", trace={})
    service.enqueue(service.cards("h1", "h2"), GuideEvent(guide=CARD), done)
    page.evaluate("window.Aisle.ask('headphones')")
    widget = page.get_by_role("dialog")
    expect(widget.locator(".guide")).to_contain_text(CARD.title)
    widget.locator(".guide").click()
    expect(widget.locator(".reading")).to_contain_text("Closed ones keep noise out")
    assert widget.locator(".reading b").count() == 0
    widget.locator(".back").click()
    expect(widget.locator(".reading")).to_have_count(0)
    expect(widget.locator(".card").first).to_be_visible()


def test_on_the_search_page_in_chinese_on_a_phone(open_shop: Any) -> None:
    page = open_shop("/", locale="zh-CN", size=(390, 844))
    page.get_by_role("tab", name="搜索").click()
    page.locator("#ai-query textarea, #ai-query input").first.fill("耳机")
    page.locator("#ai-go").click()
    guide = page.locator(".ai-list .ai-guide")
    expect(guide).to_contain_text("选购指南")
    expect(guide).to_contain_text("先戴十分钟再听。")
    last = page.locator(".ai-list .ai-cards .ai-card").last.bounding_box()
    below = guide.bounding_box()
    assert last and below and last["y"] + last["height"] <= below["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    guide.locator("a").click()
    expect(page.get_by_role("dialog")).to_contain_text("250克以下戴着不累。")
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_its_own_page(open_shop: Any) -> None:
    page = open_shop("/shop/guides/guide-headphones?lang=zh")
    expect(page.locator(".ai-guide-page")).to_contain_text("先戴十分钟再听。")
    page.get_by_role("link", name="查看相关商品").click()
    expect(page.locator(".ai-cards .ai-card").first).to_be_visible()
