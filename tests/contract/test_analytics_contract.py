"""The reports' own SQL gives the same on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from support.merchant_log import NOW, PERIOD, MerchantLog

from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdEvent, AdKind, Offer
from retrieval.analytics.campaigns import report_campaigns
from retrieval.analytics.failing import report_failing
from retrieval.analytics.funnel import report_funnel
from retrieval.analytics.log import count_shown, first_seen
from retrieval.profile.types import Action, Consent
from retrieval.rank.online_store import OnlineStore
from retrieval.types import Campaign

TABLES = ("events", "clients", "consents", "action_counts", "ad_events", "ad_campaigns")


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MerchantLog]:
    if request.param == "sqlite":
        made = MerchantLog.in_folder(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
        # A connection far from UTC: days must not follow it.
        far = ("&" if "?" in url else "?") + "options=-c%20TimeZone%3DAsia/Shanghai"
        made = MerchantLog(url + far)
    yield made
    with made.database.begin() as link:
        for table in TABLES:
            link.execute(text(f"DELETE FROM {table}"))
    made.database.dispose()


def test_days_are_utc_and_who_refused_or_is_a_robot_stays_out(log: MerchantLog) -> None:
    late = datetime(2026, 5, 18, 23, 30, tzinfo=UTC)  # the 19th in Shanghai
    shown = {"object_id": "p1", "query_id": "q", "surface": "search"}
    for shopper in ("ann", "bob", "cleo"):
        log.add(Action.IMPRESSION, shopper, moment=late, **shown)
        log.add(Action.CLICK, shopper, moment=late + timedelta(seconds=5), **shown)
    log.add(Action.IMPRESSION, "robot", moment=late, automated=True, **shown)
    log.add(Action.IMPRESSION, "old", moment=PERIOD.since - timedelta(days=1), **shown)
    log.add(Action.IMPRESSION, "ahead", moment=NOW + timedelta(hours=2), **shown)
    log.events.record_consent("bob", Consent.DENIED)
    log.events.record_consent("cleo", Consent.GRANTED)
    clean = log.read()
    (row,) = report_funnel(clean).rows
    assert (row.day, row.impressions, row.opened, row.shoppers) == (date(2026, 5, 18), 2, 2, 2)
    assert count_shown(log.events, clean, NOW, ["p1", "p2"]) == {"p1": 2}
    assert first_seen(log.events, PERIOD.since) == {"old"}


def test_a_refusal_of_the_shopper_covers_all_their_browsers(log: MerchantLog) -> None:
    log.add(Action.CLICK, "phone", user_id="ann", object_id="p1")
    log.add(Action.CLICK, "laptop", user_id="ann", object_id="p1")
    assert len(log.read().acts) == 2
    log.events.record_consent("ann", Consent.DENIED)
    assert log.read().acts == ()


def test_json_details_come_back_as_the_reports_read_them(log: MerchantLog) -> None:
    for number in range(5):
        log.search(f"s{number}", "红色水壶", detail={"results": 0, "relaxed": True})
    (row,) = report_failing(log.read(), 5).rows
    assert (row.query, row.zero_results, row.relaxed) == ("红色水壶", 5, 5)


def test_the_account_of_advertisements_joins_the_log(log: MerchantLog) -> None:
    ads = SqlAdStore(log.database, "shop", lambda: NOW - timedelta(hours=30))
    ads.put(
        Campaign(
            id="spring", sponsor="Okoro", product_ids=("m1",), bid=Decimal("0.5"),
            daily_budget=Decimal("0.6"), starts=date(2026, 1, 1), ends=date(2026, 12, 31),
        )
    )  # fmt: skip
    for number in range(3):
        offer = Offer(f"p{number}", "spring", "m1", Decimal("0.4"))
        for kind in AdKind:
            name, moment = f"{kind.value}{number}", NOW - timedelta(hours=30)
            assert ads.count(AdEvent(name, kind, offer, "search", "ann", moment))
            assert not ads.count(AdEvent(name, kind, offer, "search", "ann", moment))
    log.order("ann", "m1", 40, minute=5)
    (row,) = report_campaigns(log.database, "shop", "EUR", log.read(), NOW).rows
    assert (row.impressions, row.clicks, row.spend) == (3, 3, Decimal("0.60"))
    assert (row.orders, row.revenue, row.state) == (1, 40, "running")


def test_online_learning_finds_no_state_of_another_store(log: MerchantLog) -> None:
    assert OnlineStore(log.database, "shop").load() == (0, None)
