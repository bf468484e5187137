"""Guides, reviews and campaigns, over a real log and a real account of advertisements."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from support.learning_store import GUIDES
from support.merchant_log import NOW, MerchantLog

from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdEvent, AdKind, Offer
from retrieval.analytics.campaigns import report_campaigns
from retrieval.analytics.content import report_content
from retrieval.profile.types import Action
from retrieval.types import Campaign, Language


def test_content_counts_as_a_card_and_as_a_quotation(log: MerchantLog) -> None:
    card = {"object_id": "guide-mouse", "surface": "content", "query_id": "l1"}
    for shopper in ("ann", "bob"):
        log.add(Action.IMPRESSION, shopper, **card)
    log.add(Action.CLICK, "ann", minute=1, **card)
    log.add(Action.IMPRESSION, "robot", automated=True, **card)
    turns = {"t1": ["guide:guide-mouse", "review:r1", "review:r2"], "t2": ["review:r1"], "t3": []}
    for name, quoted in turns.items():
        detail = {"quoted": quoted} if quoted else {}
        log.add(Action.CHAT_TURN, "ann", query_id=name, user_query="?", detail=detail)
    for name in ("t1", "t3"):
        log.click("ann", name, f"p-{name}", minute=5)
    report = report_content(log.events, log.read(), NOW, GUIDES, Language.CHINESE)
    rows = {(row.kind, row.id): row for row in report.rows}
    mouse, reviews = rows["guide", "guide-mouse"], rows["review", ""]
    assert (mouse.title, mouse.shown, mouse.clicked, mouse.ctr) == ("选购mouse", 2, 1, 0.5)
    assert (mouse.quoted, mouse.then_clicked) == (1, 1)
    assert (reviews.quoted, reviews.then_clicked) == (2, 1)
    assert rows["guide", "guide-bag"].ctr is None
    assert (report.other_turns, report.other_clicked) == (1, 1)


def campaign(name: str) -> Campaign:
    return Campaign(
        id=name,
        sponsor="Okoro",
        product_ids=("m1",),
        bid=Decimal("0.50"),
        daily_budget=Decimal(10),
        starts=date(2026, 1, 1),
        ends=date(2026, 12, 31),
    )


def test_campaigns_are_billed_by_the_account_and_sold_by_the_log(log: MerchantLog) -> None:
    ads = SqlAdStore(log.database, "shop", lambda: NOW - timedelta(hours=30))
    for name in ("spring", "gone"):
        ads.put(campaign(name))
    for number, shopper in enumerate(("ann", "bob", "cleo", "dan")):
        offer = Offer(f"p{number}", "spring", "m1", Decimal("0.25"))
        moment = NOW - timedelta(hours=30)
        ads.count(AdEvent(f"i{number}", AdKind.IMPRESSION, offer, "search", shopper, moment))
        if number < 2:
            ads.count(AdEvent(f"c{number}", AdKind.CLICK, offer, "search", shopper, moment))
    lost = Offer("p9", "gone", "m1", Decimal("0.25"))
    ads.count(AdEvent("i9", AdKind.IMPRESSION, lost, "search", "ann", NOW - timedelta(hours=30)))
    ads.remove("gone")
    log.order("ann", "m1", 40, minute=5)
    log.order("cleo", "m1", 40, minute=5)  # who clicked nothing
    log.order("bob", "other", 40, minute=5)
    report = report_campaigns(log.database, "shop", "EUR", log.read(), NOW)
    spring, gone = report.rows
    assert (spring.campaign_id, spring.state, spring.sponsor) == ("spring", "running", "Okoro")
    assert (spring.impressions, spring.clicks, spring.ctr) == (4, 2, 0.5)
    assert (spring.spend, spring.average_cpc) == (Decimal("0.50"), Decimal("0.25"))
    assert (spring.orders, spring.revenue, spring.return_on_spend) == (1, 40, 80)
    assert (gone.state, gone.impressions, gone.clicks) == ("removed", 1, 0)
