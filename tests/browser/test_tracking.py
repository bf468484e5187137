"""What shoppers see and do is logged after they agreed, and not before."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from support.learning_store import PRODUCTS, SHOPPER

from retrieval.recommend.service import Learning
from retrieval.types import Language, StoreInfo
from ui.app import create_app
from ui.scripted import ScriptedService

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop_url(
    learning: Learning, serving_class: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    service = ScriptedService(
        PRODUCTS,
        store=StoreInfo(name="shop", title="Shop", currency="EUR", languages=tuple(Language)),
        media_path=tmp_path_factory.mktemp("media"),
    )
    service.learning = learning
    serving = serving_class(create_app(service))
    yield serving.url
    serving.stop()


@pytest.fixture
def page(browser: Browser, shop_url: str) -> Iterator[Page]:
    context = browser.new_context(
        locale="en-US", user_agent=SHOPPER, viewport={"width": 1280, "height": 860}
    )
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(f"{shop_url}/shop?lang=en")
    yield opened
    context.close()
    assert faults == []


def cookies(page: Page) -> dict[str, str]:
    return {c["name"]: c["value"] for c in page.context.cookies()}  # type: ignore[typeddict-item]


def logged(learning: Learning, client: str, *, until: int = 1) -> Counter[tuple[str, str]]:
    """(action, surface) of a client's events, once there are enough or after a while."""
    for _ in range(100):
        found = learning.events.events_of(client)
        if len(found) >= until:
            break
        time.sleep(0.05)
    return Counter((s.event.action_name.value, s.event.surface) for s in found)


def test_nothing_is_kept_or_sent_before_the_shopper_agrees(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    page.wait_for_selector("#ai-consent")
    page.locator(".ai-card .ai-link").first.click()
    page.wait_for_selector(".ai-product")
    assert cookies(page) == {} and sent == []
    page.click("#ai-consent button >> nth=1")
    page.reload()
    page.wait_for_timeout(300)
    assert cookies(page) == {"aisle_consent": "denied"} and sent == []
    assert page.locator("#ai-consent").count() == 0


def test_after_consent_everything_is_logged_and_the_row_is_the_shoppers(
    page: Page, learning: Learning
) -> None:
    page.click("#ai-consent button >> nth=0")
    page.wait_for_function("document.cookie.includes('aisle_client')")
    client = cookies(page)["aisle_client"]
    seen = logged(learning, client, until=4)
    assert seen["impression", "browse"] >= 3

    page.fill(".ai-find input[name=q]", "lamp")
    page.press(".ai-find input[name=q]", "Enter")
    page.wait_for_url("**q=lamp**")
    second = page.locator(".ai-card").nth(1)
    chosen = second.get_attribute("data-id")
    second.locator(".ai-link").click()
    page.wait_for_selector("[data-cart]")
    page.click("[data-cart]")
    assert page.locator("[data-cart]").inner_text() == "Added"
    logged(learning, client, until=sum(seen.values()) + 5)
    page.goto(page.url.split("/shop")[0] + "/shop?lang=en")
    row = page.locator(".ai-row").first
    assert row.locator("h2").inner_text() == "For you"
    assert "because you looked at" in row.locator(".ai-reasons").first.inner_text()

    gone = row.locator(".ai-card").first.get_attribute("data-id")
    row.locator(".ai-card").first.hover()
    row.locator("[data-dismiss]").first.click()
    assert row.locator(f'[data-id="{gone}"]').count() == 0
    page.wait_for_timeout(300)
    events = [s.event for s in learning.events.events_of(client)]
    by_action = {e.action_name.value: e for e in events}
    click = by_action["click"]
    assert (click.object_id, click.ordinal, click.surface) == (chosen, 2, "search")
    assert click.query_id == by_action["search"].query_id
    assert by_action["search"].user_query == "lamp"
    assert by_action["detail_view"].object_id == by_action["add_to_cart"].object_id == chosen
    assert by_action["dismiss"].object_id == gone
    assert by_action["dismiss"].model_version == "recommend.v1"
    assert not any(e.automated for e in events)
    lists = Counter((e.query_id, e.object_id) for e in events if e.action_name == "impression")
    assert max(lists.values()) == 1
    page.reload()
    assert page.locator(f'.ai-row [data-id="{gone}"]').count() == 0


def test_the_widget_logs_its_cards(page: Page, learning: Learning) -> None:
    page.click("#ai-consent button >> nth=0")
    page.wait_for_function("document.cookie.includes('aisle_client')")
    client = cookies(page)["aisle_client"]
    page.evaluate("window.Aisle.ask('bag')")
    page.wait_for_function(
        "document.querySelector('#aisle-widget').shadowRoot.querySelectorAll('.card').length > 2"
    )
    page.wait_for_timeout(1200)
    page.evaluate(
        "document.querySelector('#aisle-widget').shadowRoot.querySelector('.card').click()"
    )
    page.wait_for_selector(".ai-product")
    for _ in range(60):
        events = [s.event for s in learning.events.events_of(client)]
        chat = [e for e in events if e.surface == "chat"]
        if any(e.action_name == "click" for e in chat):
            break
        time.sleep(0.05)
    shown = {e.object_id: e.ordinal for e in chat if e.action_name == "impression"}
    (click,) = [e for e in chat if e.action_name == "click"]
    assert shown and click.object_id in shown and click.ordinal == 1


def test_refusing_later_forgets_the_browser(page: Page, learning: Learning) -> None:
    page.click("#ai-consent button >> nth=0")
    page.wait_for_function("document.cookie.includes('aisle_client')")
    client = cookies(page)["aisle_client"]
    logged(learning, client)
    page.evaluate("window.Aisle.consent(false)")
    page.wait_for_function("!document.cookie.includes('aisle_client')")
    page.wait_for_timeout(900)
    before = learning.events.state_of(client)
    page.locator(".ai-card .ai-link").first.click()
    page.wait_for_selector(".ai-product")
    page.wait_for_timeout(300)
    assert learning.events.state_of(client) == before
    assert cookies(page) == {"aisle_consent": "denied"}
