"""The chat widget on a shop's page in a real browser."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assistant.types import (
    Comparison,
    ComparisonEvent,
    ComparisonRow,
    DoneEvent,
    ErrorEvent,
    QuestionEvent,
    Sentence,
    TextEvent,
)
from ui.app import STATIC, create_app
from ui.samples import sample_service
from ui.scripted import ScriptedService

pytestmark = pytest.mark.browser

DONE = DoneEvent(turn_id="t", trace={})
PHONE = (390, 844)


def say(text: str, *ids: str) -> TextEvent:
    return TextEvent(sentence=Sentence(text=text, product_ids=ids))


def open_widget(page: Page) -> None:
    page.get_by_role("button", name="Open the store assistant").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def send(page: Page, message: str) -> None:
    page.keyboard.type(message)
    page.keyboard.press("Enter")


def test_the_widget_stays_small() -> None:
    assert (STATIC / "widget.js").stat().st_size < 32_000
    assert (STATIC / "widget-panels.js").stat().st_size < 30_000


def test_it_opens_streams_and_closes_by_keyboard(open_page: Any, service: ScriptedService) -> None:
    service.enqueue(service.cards("h1", "h2"), 1.2, say("The first is quiet."), DONE)
    page = open_page("/shop")
    page.get_by_role("button", name="Open the store assistant").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    send(page, "headphones")

    expect(dialog.locator(".card")).to_have_count(2)
    assert dialog.locator(".text p").count() == 0
    expect(dialog.locator(".card").first).to_contain_text("$149")
    expect(dialog.locator(".card").first).to_contain_text("In stock")
    expect(dialog.locator(".text p")).to_have_text("The first is quiet.")
    expect(dialog.locator(".waiting")).to_have_count(0)
    assert dialog.get_by_role("log").get_attribute("aria-live") == "polite"

    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Open the store assistant")).to_be_focused()


def test_it_speaks_chinese_to_a_chinese_browser(open_page: Any, service: ScriptedService) -> None:
    page = open_page("/shop", locale="zh-CN")
    page.get_by_role("button", name="打开购物助手").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("您好")
    send(page, "耳机")
    expect(dialog.locator(".card").first).to_contain_text("静音头戴式耳机")
    expect(dialog.locator(".card b").first).to_have_text("149美元")
    expect(dialog.locator(".text p")).to_contain_text("为您找到")


def test_enter_that_picks_a_word_does_not_send(open_page: Any, service: ScriptedService) -> None:
    page = open_page("/shop")
    open_widget(page)
    page.get_by_role("dialog").get_by_role("textbox").evaluate(
        """box => { box.value = 'erji'; box.dispatchEvent(new KeyboardEvent('keydown',
             {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})); }"""
    )
    page.wait_for_timeout(200)
    assert service.received == []


def test_a_tapped_answer_goes_on_with_the_conversation(
    open_page: Any, service: ScriptedService
) -> None:
    service.enqueue(service.cards("h1"), QuestionEvent(text="Which?", options=("In-ear",)), DONE)
    page = open_page("/shop")
    open_widget(page)
    send(page, "headphones")
    page.get_by_role("button", name="In-ear").click()
    expect(page.locator(".said")).to_have_count(2)
    expect(page.locator(".text p")).to_have_count(1)
    assert service.received[0][1] == service.received[1][1]


def test_it_goes_on_after_a_change_of_page(open_page: Any, service: ScriptedService) -> None:
    service.enqueue(service.cards("h1"), say("It is quiet."), DONE)
    page = open_page("/shop")
    open_widget(page)
    send(page, "headphones")
    expect(page.locator(".text p")).to_have_text("It is quiet.")
    page.locator(".card").first.click()
    expect(page.locator("h1")).to_have_text("Quiet over-ear headphones")
    expect(page.locator(".text p")).to_have_text("It is quiet.")
    page.get_by_role("dialog").get_by_role("textbox").click()
    send(page, "and cheaper?")
    expect(page.locator(".said")).to_have_count(2)
    expect(page.locator(".waiting")).to_have_count(0)
    assert len({conversation for _, conversation, _ in service.received}) == 1

    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".said")).to_have_count(0)
    send(page, "kettle")
    expect(page.locator(".text p")).to_have_count(1)
    assert len({conversation for _, conversation, _ in service.received}) == 2


def test_hostile_texts_stay_text(open_page: Any, service: ScriptedService) -> None:
    attack = "<img src=x onerror='window.hacked=2'>"
    row = ComparisonRow(name="n", label=attack, values=(attack, attack), best=("h1",))
    table = Comparison(product_ids=("h1", "x1"), names=(attack, attack), rows=(row,))
    service.enqueue(
        service.cards("x1", reasons=[attack]),
        ComparisonEvent(comparison=table),
        say(attack),
        QuestionEvent(text=attack, options=(attack,)),
        ErrorEvent(message=attack, remedy=attack),
    )
    page = open_page("/shop")
    open_widget(page)
    send(page, attack)
    expect(page.locator(".error")).to_contain_text(attack)
    expect(page.locator(".card .name")).to_contain_text("<script>")
    expect(page.locator(".table td.best")).to_have_text(attack)
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#aisle-widget img").count() == 1


def test_a_refused_message_is_explained(open_page: Any, service: ScriptedService) -> None:
    page = open_page("/shop", tolerate_complaints=True)
    open_widget(page)
    page.evaluate("window.Aisle.ask('x'.repeat(5000))")
    expect(page.get_by_role("alert")).to_contain_text("5000 characters")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_on_a_phone_it_fills_the_screen(open_page: Any, service: ScriptedService) -> None:
    service.enqueue(service.cards("h1", "h2", "h3", "x1"), say("y" * 300), DONE)
    page = open_page("/shop", size=PHONE)
    open_widget(page)
    send(page, "headphones")
    expect(page.locator(".text p")).to_be_visible()
    box = page.get_by_role("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_server_that_dies_in_mid_answer_is_told_and_retried(
    open_page: Any, browser: Any, tmp_path: Path, serving_type: Any
) -> None:
    service = sample_service(tmp_path / "media")
    service.enqueue(service.cards("h1"), say("It is quiet."), 60.0, say("late"), DONE)
    serving = serving_type(create_app(service))
    page = open_page(f"{serving.url}/shop", tolerate_complaints=True)
    open_widget(page)
    send(page, "headphones")
    expect(page.locator(".text p")).to_have_text("It is quiet.")

    serving.stop()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The connection was lost.")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("button", name="Try again").click()
    expect(alert).to_contain_text("The assistant cannot be reached.")
    expect(page.locator(".said")).to_have_count(1)


# --------------------------------------------------------- on another origin

PAGE = """<!doctype html><html><head><title>Other shop</title><link rel="icon" href="data:,">
<style>* {{ color: red !important; font-size: 40px; display: block }}</style></head>
<body><h1>Other shop</h1>
<script src="{url}/aisle/widget.js" data-title="Ask Ada" data-language="zh"
 data-accent="#7a1fa2" data-product-link="https://other.example/p/{{id}}"></script>
</body></html>"""


@pytest.fixture
def other_shop(url: str) -> Iterator[str]:
    """A page of another origin that embeds the widget with one tag."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.format(url=url).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_any_shop_embeds_it_with_one_tag(
    open_page: Any, other_shop: str, service: ScriptedService
) -> None:
    page = open_page(other_shop, tolerate_complaints=True)
    launcher = page.get_by_role("button", name="打开购物助手")
    expect(launcher).to_have_text("✦Ask Ada")
    launcher.click()
    send(page, "headphones")
    card = page.locator("#aisle-widget .card").first
    expect(card).to_have_attribute("href", "https://other.example/p/h1")
    expect(card).to_have_attribute("target", "_blank")
    assert (
        page.locator("#aisle-widget .send").evaluate("e => getComputedStyle(e).backgroundColor")
        == "rgb(122, 31, 162)"
    )
    assert card.evaluate("e => getComputedStyle(e).fontSize") == "13px"  # the shop's CSS stays out
    expect(page.locator("#aisle-widget .text p")).to_have_count(1)
    assert service.received
