"""The chat and search page in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assistant.types import (
    Comparison,
    ComparisonEvent,
    ComparisonRow,
    DoneEvent,
    EngineState,
    EngineStatus,
    QuestionEvent,
    Sentence,
    TextEvent,
)
from retrieval.errors import IndexUnavailableError
from retrieval.types import Filters, Language, Range
from ui.scripted import ScriptedService

pytestmark = pytest.mark.browser

DONE = DoneEvent(turn_id="t", trace={})
PHONE = (390, 844)


def say(text: str, *ids: str) -> TextEvent:
    return TextEvent(sentence=Sentence(text=text, product_ids=ids))


def send(page: Page, message: str) -> None:
    box = page.locator("#ai-box textarea")
    expect(box).to_be_editable()
    # The page takes its language first; typing before that would be typing into another box.
    expect(page.locator(".ai-welcome, .ai-said").first).to_be_visible()
    box.fill(message)
    box.press("Enter")


def assert_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_cards_come_before_the_first_sentence(open_page: Any, service: ScriptedService) -> None:
    service.enqueue(
        service.cards("h1", "h2", reasons=["$51 under your budget"]),
        1.5,
        say("The first is quiet.", "h1"),
        0.3,
        say("The second is cheaper.", "h2"),
        DONE,
    )
    page = open_page()
    send(page, "Quiet headphones under $200")

    expect(page.locator(".ai-card")).to_have_count(2)
    assert page.locator(".ai-sentence").count() == 0
    expect(page.locator(".ai-waiting")).to_be_visible()
    expect(page.locator(".ai-card").first).to_contain_text("$149")
    expect(page.locator(".ai-card s").first).to_have_text("$199")
    expect(page.locator(".ai-card").first).to_contain_text("$51 under your budget")
    expect(page.locator(".ai-sentence")).to_have_count(2)
    expect(page.locator(".ai-waiting")).to_have_count(0)
    expect(page.locator(".ai-said")).to_have_text("Quiet headphones under $200")
    assert page.evaluate("document.querySelector('.ai-card img').naturalWidth") > 0


def test_a_chinese_browser_gets_a_chinese_page_and_answer(
    open_page: Any, service: ScriptedService
) -> None:
    page = open_page(locale="zh-CN")
    expect(page.get_by_role("tab", name="对话")).to_be_visible()
    expect(page.locator(".ai-welcome h2")).to_have_text("今天想找点什么？")
    send(page, "耳机")
    expect(page.locator(".ai-card").first).to_contain_text("静音头戴式耳机")
    expect(page.locator(".ai-card").first).to_contain_text("有货")
    expect(page.locator(".ai-sentence")).to_contain_text("为您找到")
    assert service.received[0][2] is Language.CHINESE


def test_the_language_can_be_switched(open_page: Any, service: ScriptedService) -> None:
    page = open_page()
    expect(page.get_by_role("tab", name="Chat")).to_be_visible()
    page.locator("#ai-language").get_by_text("中文").click()
    expect(page.get_by_role("tab", name="搜索")).to_be_visible()
    expect(page.locator("#ai-box textarea")).to_have_attribute("placeholder", "想买什么？直接说……")
    page.locator("#ai-language").get_by_text("English").click()
    expect(page.get_by_role("tab", name="Search")).to_be_visible()


def test_tapping_an_answer_sends_it_in_the_same_conversation(
    open_page: Any, service: ScriptedService
) -> None:
    service.enqueue(
        service.cards("h1"), QuestionEvent(text="Which?", options=("Over-ear", "In-ear")), DONE
    )
    page = open_page()
    send(page, "headphones")
    page.get_by_role("button", name="In-ear").click()
    expect(page.locator(".ai-said")).to_have_count(2)
    expect(page.locator(".ai-said").last).to_have_text("In-ear")
    expect(page.locator("#ai-answer .ai-sentence")).to_have_count(1)
    assert [message for message, _, _ in service.received] == ["headphones", "In-ear"]
    assert service.received[0][1] == service.received[1][1]


def test_a_suggestion_starts_the_conversation(open_page: Any, service: ScriptedService) -> None:
    page = open_page()
    suggestion = page.locator(".ai-welcome .ai-option").first
    text = suggestion.inner_text()
    suggestion.click()
    expect(page.locator(".ai-said")).to_have_text(text)
    assert service.received[0][0] == text


def test_hostile_product_texts_run_nothing(open_page: Any, service: ScriptedService) -> None:
    attack = "<img src=x onerror='window.hacked=2'><script>window.hacked=3</script>"
    service.enqueue(
        service.cards("x1", reasons=[attack]),
        say(attack, "x1"),
        QuestionEvent(text=attack, options=(attack,)),
        DONE,
    )
    page = open_page()
    send(page, attack)
    expect(page.locator(".ai-card .ai-title")).to_contain_text("<script>window.hacked=1</script>")
    expect(page.locator(".ai-sentence")).to_contain_text("onerror")
    expect(page.locator(".ai-question .ai-option")).to_have_text(attack)
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None


def test_a_comparison_is_drawn_as_a_table(open_page: Any, service: ScriptedService) -> None:
    row = ComparisonRow(name="price", label="price", values=("$149", "$79.90"), best=("h2",))
    comparison = Comparison(product_ids=("h1", "h2"), names=("Over-ear", "In-ear"), rows=(row,))
    service.enqueue(service.cards("h1", "h2"), ComparisonEvent(comparison=comparison), DONE)
    page = open_page()
    send(page, "compare the first two")
    expect(page.get_by_role("columnheader", name="In-ear")).to_be_visible()
    expect(page.locator(".ai-table td.best")).to_have_text("$79.90")


def test_an_error_is_one_clear_line_below_the_cards(
    open_page: Any, service: ScriptedService
) -> None:
    service.enqueue(
        service.cards("h1"), IndexUnavailableError("The index is away.", remedy="Try again soon.")
    )
    page = open_page()
    send(page, "headphones")
    expect(page.get_by_role("alert")).to_have_text("The index is away. Try again soon.")
    expect(page.locator(".ai-card")).to_have_count(1)
    expect(page.locator(".ai-waiting")).to_have_count(0)


def test_a_message_that_is_too_long_is_explained(open_page: Any, service: ScriptedService) -> None:
    page = open_page()
    send(page, "x" * 3000)
    expect(page.get_by_role("alert")).to_contain_text("3000 characters")


def test_stop_cancels_the_answer_and_keeps_what_is_there(
    open_page: Any, service: ScriptedService
) -> None:
    service.enqueue(service.cards("h1"), say("One."), 30.0, say("Two."), DONE)
    page = open_page()
    send(page, "headphones")
    expect(page.locator(".ai-sentence")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#ai-answer")).to_contain_text("Stopped.")
    expect(page.locator(".ai-waiting")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.locator(".ai-card")).to_have_count(1)
    for _ in range(50):
        if service.cancelled:
            break
        page.wait_for_timeout(100)
    assert len(service.cancelled) == 1


def test_a_new_chat_starts_another_conversation(open_page: Any, service: ScriptedService) -> None:
    page = open_page()
    send(page, "headphones")
    expect(page.locator(".ai-sentence")).to_have_count(1)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".ai-welcome")).to_be_visible()
    send(page, "kettle")
    expect(page.locator(".ai-said")).to_have_count(1)
    expect(page.locator(".ai-sentence")).to_have_count(1)
    assert service.received[0][1] != service.received[1][1]


def test_the_page_says_that_the_model_is_loading_and_stops_saying_so(
    open_page: Any, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = EngineStatus(state=EngineState.PULLING, detail="part 3 of 22")
    monkeypatch.setattr(service, "engine", loading)
    page = open_page()
    expect(page.locator("#ai-status")).to_contain_text("still loading; search works.")
    expect(page.locator("#ai-status")).to_contain_text("part 3 of 22")
    monkeypatch.setattr(service, "engine", EngineStatus(state=EngineState.READY))
    expect(page.locator(".ai-engine")).to_have_count(0, timeout=15_000)


def test_search_shows_chips_that_take_conditions_away(
    open_page: Any, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = service.search

    async def reading(text: str, **options: Any) -> Any:
        """As a real service reads it: "under 100" is a price."""
        read, result = await search(text.split(" under ")[0], **options)
        if options.get("understanding") is None and " under " in text:
            price = Range(maximum=100)  # type: ignore[arg-type]
            limited = read.model_copy(update={"filters": Filters(price=price)})
            return await search("", understanding=limited, limit=24)
        return read, result

    monkeypatch.setattr(service, "search", reading)
    page = open_page()
    page.get_by_role("tab", name="Search").click()
    box = page.locator("#ai-query textarea")
    box.fill("headphones under 100")
    box.press("Enter")
    results = page.locator("#ai-results")
    expect(results.locator(".ai-count")).to_contain_text("3 products")
    chip = results.get_by_role("button", name="Remove up to $100")
    chip.click()
    expect(results.locator(".ai-count")).to_contain_text("5 products")
    expect(results.locator(".ai-chip")).to_have_count(0)
    expect(results.locator(".ai-card")).to_have_count(5)


def test_search_sorts_again_when_asked(open_page: Any, service: ScriptedService) -> None:
    page = open_page()
    page.get_by_role("tab", name="Search").click()
    page.locator("#ai-query textarea").fill("headphones")
    page.get_by_role("tabpanel").get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#ai-results .ai-card")).to_have_count(5)
    page.locator("#ai-sort input").click()
    page.get_by_role("option", name="Price, low to high").click()
    expect(page.locator("#ai-results .ai-chip")).to_contain_text("Price, low to high")


@pytest.mark.parametrize("size", [PHONE, (320, 640), (1280, 860)])
def test_no_page_scrolls_sideways(
    open_page: Any, service: ScriptedService, size: tuple[int, int]
) -> None:
    service.enqueue(
        service.cards("h1", "h2", "h3", "h4", "x1", reasons=["$51 under your budget"]),
        say("A long_word_" + "x" * 200),
        QuestionEvent(text="Which?", options=("One", "Two", "A rather longer answer to tap")),
        DONE,
    )
    page = open_page(size=size)
    send(page, "headphones " + "y" * 150)
    expect(page.locator(".ai-question")).to_be_visible()
    assert_no_sideways_scroll(page)
    page.get_by_role("tab", name="Search").click()
    page.locator("#ai-query textarea").fill("headphones")
    page.locator("#ai-query textarea").press("Enter")
    expect(page.locator("#ai-results .ai-card")).to_have_count(5)
    assert_no_sideways_scroll(page)
    page.goto(page.url.split("?")[0] + "shop")
    assert_no_sideways_scroll(page)
    page.locator(".ai-card a").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert_no_sideways_scroll(page)
