"""A shopper and an agent at the desk, each in a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.jobs_store import open_small_assistant

from ui.app import create_app
from ui.samples import sample_service

pytestmark = pytest.mark.browser

PASSWORD = "a long password"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, serving_class: Any) -> Iterator[str]:
    with open_small_assistant(tmp_path_factory.mktemp("desk"), password=PASSWORD) as assistant:
        serving = serving_class(create_app(assistant))
        yield serving.url
        serving.stop()


def ask(page: Page, message: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(message)
    page.keyboard.press("Enter")
    expect(dialog.locator(".said", has_text=message).last).to_be_visible()
    expect(dialog.locator(".waiting")).to_have_count(0)


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("username", exact=False).fill(name)
    page.get_by_label("password", exact=False).fill(password)
    page.get_by_role("button", name="Login").click()


@pytest.mark.parametrize(
    ("locale", "wish", "call", "held", "again"),
    [
        ("en-US", "a quiet mouse", "talk to a human", "talking to Ana", "assistant again"),
        ("zh-CN", "静音鼠标", "转人工", "您正在与Ana对话", "智能助手"),
    ],
)
def test_from_the_call_for_a_human_to_the_hand_back(
    open_page: Any, locale: str, wish: str, call: str, held: str, again: str
) -> None:
    shopper = open_page("/shop", locale=locale)
    shopper.locator(".launch").click()
    ask(shopper, wish)
    ask(shopper, call)
    expect(shopper.locator(".speaker")).to_be_visible()

    agent = open_page("/desk/", tolerate_complaints=True)
    sign_in(agent, "Ana", PASSWORD)
    agent.locator("#queue label").first.click()
    expect(agent.locator("#talk")).to_contain_text(wish)
    expect(agent.locator("#customer")).to_contain_text("Not signed in")
    agent.locator("#reply").click()
    expect(agent.locator("#desk-note")).to_contain_text("empty")
    agent.locator("#take").click()
    expect(shopper.locator(".speaker")).to_contain_text(held)
    ask(shopper, "hello Ana")
    expect(shopper.locator(".turn").last.locator(".text")).to_be_empty()
    expect(agent.locator("#talk")).to_contain_text("hello Ana")

    agent.locator("#find textarea, #find input").first.fill("desk lamp")
    agent.keyboard.press("Enter")
    agent.locator("#found label", has_text="lamp").first.click()
    agent.locator("#desk-box textarea").fill("This lamp <b>fits</b>.")
    agent.locator("#reply").click()
    expect(shopper.locator(".hand")).to_contain_text("This lamp <b>fits</b>.")
    expect(shopper.locator(".turn").last.locator(".card")).to_have_count(1)
    shopper.reload()
    expect(shopper.locator(".hand")).to_contain_text("This lamp")
    expect(shopper.locator(".speaker")).to_contain_text(held)

    agent.locator("#back").click()
    expect(shopper.locator(".log")).to_contain_text(again)
    expect(shopper.locator(".speaker")).to_be_hidden()
    ask(shopper, wish)
    expect(shopper.locator(".turn").last.locator(".card").first).to_be_visible()


def test_a_suggestion_shows_its_evidence(open_page: Any) -> None:
    shopper = open_page("/shop")
    shopper.locator(".launch").click()
    ask(shopper, "how much is shipping?")
    ask(shopper, "talk to a human")
    agent = open_page("/desk/", tolerate_complaints=True)
    sign_in(agent, "Ben", PASSWORD)
    agent.locator("#queue label").last.click()
    agent.locator("#take").click()
    expect(shopper.locator(".speaker")).to_contain_text("Ben")
    ask(shopper, "how much is shipping?")
    expect(agent.locator("#talk .by-hand")).to_contain_text("shipping")
    agent.locator("#suggest").click()
    expect(agent.locator("#suggestion")).to_contain_text("policy:shipping")
    agent.locator("#reply").click()
    expect(shopper.locator(".hand")).to_contain_text("4.90 USD")


def test_a_wrong_password_stays_outside(open_page: Any) -> None:
    page = open_page("/desk/", tolerate_complaints=True)
    sign_in(page, "Eve", "guess")
    expect(page.locator("body")).to_contain_text("Incorrect")
    expect(page.locator("#queue")).to_have_count(0)


def test_without_a_password_the_desk_says_how_to_turn_it_on(
    open_page: Any, serving_type: Any, tmp_path: Any
) -> None:
    serving = serving_type(create_app(sample_service(tmp_path / "media")))
    page = open_page(f"{serving.url}/desk", tolerate_complaints=True)
    expect(page.locator("body")).to_contain_text("AISLE_DESK_PASSWORD")
    serving.stop()


def test_the_chat_page_hears_the_agent_too(open_page: Any) -> None:
    shopper = open_page("/", tolerate_complaints=True)
    box = shopper.locator("#ai-box textarea")
    box.fill("I want to talk to a human")
    shopper.keyboard.press("Enter")
    expect(shopper.locator("#ai-hand")).to_contain_text("colleague", timeout=15_000)
    agent = open_page("/desk/", tolerate_complaints=True)
    sign_in(agent, "Cleo", PASSWORD)
    agent.locator("#queue label").last.click()
    agent.locator("#take").click()
    expect(shopper.locator("#ai-hand")).to_contain_text("talking to Cleo", timeout=15_000)
    agent.locator("#desk-box textarea").fill("Good morning!")
    agent.locator("#reply").click()
    expect(shopper.locator("#ai-hand")).to_contain_text("Good morning!", timeout=15_000)
