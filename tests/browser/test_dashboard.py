"""The merchant's dashboard in a browser, over a real log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.jobs_store import open_small_assistant
from support.merchant_log import MerchantLog

from assistant.analytics import Analytics, Catalogue
from assistant.settings import Settings
from retrieval.experiment.types import Arm, Experiment
from retrieval.profile.types import Action
from ui.app import create_app
from ui.samples import sample_service

pytestmark = pytest.mark.browser

PASSWORD = "a long password"
ARMS = {"control": Arm(share=0.5), "new": Arm(share=0.5)}
EXPERIMENTS = (
    Experiment(name="big-pictures", arms=ARMS),
    Experiment(name="two-rankings", arms=ARMS, interleave=True),
)


def fill(log: MerchantLog) -> None:
    """Three days of a shop where nobody finds a left-handed mouse."""
    for number in range(30):
        moment = datetime.now(UTC) - timedelta(days=number % 3, hours=1)
        shopper, seen = f"shopper{number}", f"list{number}"
        found = {"query_id": seen, "surface": "search", "object_id": "mouse-1"}
        asked = "left-handed mouse" if number % 2 else "<b>desk lamp</b>"
        log.add(
            Action.SEARCH, shopper, moment=moment, user_query=asked, query_id=seen,
            detail={"results": 0 if number % 2 else 9}, surface="search",
        )  # fmt: skip
        log.add(Action.IMPRESSION, shopper, moment=moment, **found)
        if number % 3 == 0:
            log.add(Action.CLICK, shopper, moment=moment + timedelta(seconds=9), **found)
            fields = {"experiments": {"two-rankings": "x"}, "detail": {"team": "new"}}
            log.add(Action.CLICK, f"u{number}", moment=moment, **found, **fields)
    log.read()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, serving_class: Any) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dashboard")
    with open_small_assistant(folder, password=PASSWORD) as assistant:
        log = MerchantLog.in_folder(folder)
        fill(log)
        settings = Settings(home=folder, store="shop")
        assistant.analytics = Analytics(
            settings, log.database, experiments=EXPERIMENTS, catalogue=lambda: Catalogue("USD")
        )
        serving = serving_class(create_app(assistant))
        yield serving.url
        serving.stop()
        log.database.dispose()


def sign_in(page: Page) -> None:
    page.locator("input").first.fill("Ana")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("button").last.click()
    expect(page.locator("#dash-failing table")).to_be_visible(timeout=20_000)


def test_the_page_tells_what_shoppers_do_not_find(open_page: Any) -> None:
    page = open_page("/dashboard/", tolerate_complaints=True)
    sign_in(page)
    expect(page.locator(".dash-kpis")).to_contain_text("Searches")
    for plot in ("#dash-steps", "#dash-days", "#dash-failed"):
        expect(page.locator(f"{plot} svg.main-svg").first).to_be_visible(timeout=20_000)
    row = page.locator("#dash-failing tr", has_text="left-handed mouse")
    expect(row.locator("td.number").nth(2)).to_have_text("15")
    # What shoppers typed is text, never markup.
    expect(page.locator("#dash-failing th", has_text="<b>desk lamp</b>")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 1280


def test_experiments_without_an_answer_say_not_yet(open_page: Any) -> None:
    page = open_page("/dashboard/", tolerate_complaints=True)
    sign_in(page)
    verdict = page.locator(".dash-verdict")
    expect(verdict).to_contain_text("Nobody has been in it yet")
    page.locator("#dash-which input").click()
    page.get_by_role("option", name="two-rankings").click()
    expect(verdict).to_contain_text("Not yet: too few")
    expect(page.locator("#dash-lifts")).to_contain_text("new", timeout=20_000)
    expect(page.locator("#dash-models")).to_contain_text("Nothing was trained")


def test_the_period_and_its_faults(open_page: Any) -> None:
    page = open_page("/dashboard/", tolerate_complaints=True)
    sign_in(page)
    page.locator("#dash-period label").last.click()
    since = page.locator("#dash-dates input, #dash-dates textarea").first
    since.fill("last week")
    page.locator("#dash-show").click()
    expect(page.locator("#dash-note")).to_contain_text("since is no date")
    expect(page.locator("#dash-failing table")).to_be_visible()
    since.fill("2020-01-01")
    page.locator("#dash-dates input, #dash-dates textarea").last.fill("2020-02-01")
    page.locator("#dash-show").click()
    expect(page.locator("#dash-funnel")).to_contain_text("Nothing is logged of these days")
    expect(page.locator("#dash-failed svg.main-svg")).to_have_count(0)


def test_chinese_on_a_phone(open_page: Any) -> None:
    page = open_page("/dashboard/", locale="zh-CN", size=(400, 800), tolerate_complaints=True)
    sign_in(page)
    expect(page.locator("#dash-failing h2")).to_have_text("想要却没找到")
    expect(page.locator("#dash-period")).to_contain_text("近 30 天")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.locator("#ai-language label").first.click()
    expect(page.locator("#dash-failing h2")).to_have_text("Asked for and not found")


def test_without_a_password_it_says_how_to_turn_it_on(
    open_page: Any, serving_type: Any, tmp_path: Any
) -> None:
    serving = serving_type(create_app(sample_service(tmp_path / "media")))
    page = open_page(f"{serving.url}/dashboard", tolerate_complaints=True)
    expect(page.locator("body")).to_contain_text("AISLE_DESK_PASSWORD")
    serving.stop()


def test_a_stranger_sees_nothing(open_page: Any) -> None:
    page = open_page("/dashboard/", tolerate_complaints=True)
    page.locator("input").first.fill("Eve")
    page.locator("input[type=password]").fill("guess")
    page.locator("button").last.click()
    expect(page.locator("body")).to_contain_text("Incorrect")
    expect(page.locator("#dash-funnel")).to_have_count(0)
