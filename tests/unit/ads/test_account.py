"""What is charged: once, at the agreed price, never above a budget, whoever clicks when."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Engine

from retrieval.ads.offers import OfferSigner
from retrieval.ads.server import AdServer, Audience, Placed
from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdReport, AdSettings, CampaignState
from retrieval.profile.types import Action
from retrieval.rank.sponsored import Bidder, Won
from retrieval.types import Campaign, Placement

from .conftest import NOON, SECRET, Clock, campaign, happened

Serve = Callable[..., AdServer]


def offer(cost: str, campaign_id: str = "c", secret: str = SECRET) -> Placed:
    bid = Bidder(campaign_id, "s", f"{campaign_id}1", Decimal("9"), 1.0, 0.02)
    token = OfferSigner(secret, "shop").sign(Won(bid, Decimal(cost)))
    placement = Placement(campaign_id=campaign_id, sponsor="s", token=token)
    return Placed(f"{campaign_id}1", placement)


def report(ads: AdServer) -> AdReport:
    return ads.report("EUR", "shop")


def test_a_click_costs_its_offer_once(serve: Serve) -> None:
    ads = serve(campaign())
    placed = offer("0.35")
    click = happened(Action.CLICK, placed)
    for _ in range(3):
        ads.settle([click])
    # Another click on the same card is the same shopper's impatience.
    ads.settle([happened(Action.CLICK, placed)])
    (found,) = report(ads).campaigns
    assert (found.clicks, found.spend, found.average_cpc) == (1, Decimal("0.35"), Decimal("0.35"))


def test_impressions_are_counted_and_cost_nothing(serve: Serve) -> None:
    ads = serve(campaign())
    offers = [offer("0.35") for _ in range(4)]
    ads.settle([happened(Action.IMPRESSION, each) for each in offers])
    ads.settle([happened(Action.IMPRESSION, offers[0]), happened(Action.CLICK, offers[0])])
    (found,) = report(ads).campaigns
    assert (found.impressions, found.clicks, found.ctr) == (4, 1, 0.25)
    assert found.pacing.spent_today == Decimal("0.35")


def test_robots_forgers_and_others_products_cost_nothing(serve: Serve) -> None:
    ads = serve(campaign())
    true = offer("0.35")
    forged = offer("5.00", secret="another secret of 32 characters!!")
    ads.settle(
        [
            happened(Action.CLICK, true, automated=True),
            happened(Action.CLICK, forged),
            happened(Action.CLICK, true, object_id="another"),
            happened(Action.CLICK, offer("0.35", "nobody")),
            happened(Action.CLICK, true, detail={"campaign_id": "c"}),
            happened(Action.CART, true),
        ]
    )
    (found,) = report(ads).campaigns
    assert (found.clicks, found.spend) == (0, 0)


def test_no_budget_is_overspent_by_clicks_at_once(database: Engine, clock: Clock) -> None:
    store = SqlAdStore(database, "shop", clock)
    store.put(campaign(daily_budget=Decimal("2.00")))

    def click(_: int) -> None:
        # A server of its own each: nothing is shared but the database.
        ads = AdServer(
            SqlAdStore(database, "shop", clock),
            OfferSigner(SECRET, "shop"),
            AdSettings(),
            now=clock,
        )
        ads.settle([happened(Action.CLICK, offer("0.30"))])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(click, range(24)))
    spent = store.spent("c", NOON.date())
    assert spent.today == Decimal("2.00") == spent.ever
    # Six whole clicks, the seventh cost what was left, the others nothing.
    (day,) = store.days(NOON.date(), NOON.date())["c"]
    assert (day.clicks, day.spend) == (24, Decimal("2.00"))


def test_the_whole_budget_bounds_all_days(serve: Serve, clock: Clock) -> None:
    ads = serve(campaign(daily_budget=Decimal("1.00"), budget=Decimal("1.50")))
    for day in range(3):
        clock.now = NOON + timedelta(days=day)
        ads.settle([happened(Action.CLICK, offer("0.80")) for _ in range(2)])
    (found,) = report(ads).campaigns
    assert found.spend == Decimal("1.50") and found.state is CampaignState.SPENT
    assert [day.spend for day in found.days] == [Decimal("1.00"), Decimal("0.50"), 0]
    assert ads.candidates() == ()


def test_money_is_exact(serve: Serve) -> None:
    ads = serve(campaign(daily_budget=Decimal("100000")))
    ads.settle([happened(Action.CLICK, offer("0.10")) for _ in range(30)])
    assert report(ads).campaigns[0].spend == Decimal("3.00")


def test_an_old_offer_is_nobodys_bill(serve: Serve) -> None:
    ads = serve(campaign())
    bid = Bidder("c", "s", "c1", Decimal("9"), 1.0, 0.02)
    token = OfferSigner(SECRET, "shop").sign(Won(bid, Decimal(1)), NOON - timedelta(days=3))
    old = Placed("c1", Placement(campaign_id="c", sponsor="s", token=token))
    ads.settle([happened(Action.CLICK, old)])
    assert report(ads).campaigns[0].clicks == 0


def test_offers_are_read_by_their_own_store_alone() -> None:
    token = offer("0.30").placement.token
    assert OfferSigner(SECRET, "other").read(token) is None
    found = OfferSigner(SECRET, "shop").read(token)
    assert found is not None and found.cost == Decimal("0.30")


def test_campaigns_that_came_with_the_store_stay_removed_and_changed(serve: Serve) -> None:
    first, second = campaign("a"), campaign("b")
    ads = serve()
    ads.store.seed([first, second])
    ads.remove("a")
    changed: Campaign = second.model_copy(update={"bid": Decimal("3")})
    ads.put(changed)
    ads.store.seed([first, second])
    assert ads.store.all() == (changed,)
    assert not ads.remove("a")


def test_a_forgotten_shopper_leaves_sums_behind(serve: Serve) -> None:
    ads = serve(campaign())
    ads.settle([happened(Action.IMPRESSION, offer("0.30"), "anna")])
    assert ads.store.shown_to("anna", NOON.date()) == {"c": 1}
    ads.store.forget(["anna"])
    assert ads.store.shown_to("anna", NOON.date()) == {}
    assert report(ads).campaigns[0].impressions == 1


def test_states_follow_days_pauses_and_money(serve: Serve) -> None:
    day = NOON.date()
    ads = serve(
        campaign("ended", ends=day - timedelta(1), starts=day - timedelta(9)),
        campaign("paused", paused=True),
        campaign("runs"),
        campaign("waits", starts=day + timedelta(1)),
    )
    assert {v.campaign.id: v.state.value for v in ads.views()} == {
        "ended": "ended",
        "paused": "paused",
        "runs": "running",
        "waits": "waiting",
    }
    assert ads.candidates() == ("runs1",)


def test_how_often_a_shopper_is_shown_a_campaign_is_bounded(serve: Serve, clock: Clock) -> None:
    ads = serve(campaign(), daily_cap=2)
    anna, other = Audience(shopper_id="anna"), Audience(shopper_id="bo")

    def shown(audience: Audience) -> bool:
        placed = ads.place({"c1": 1.0}, (), audience)
        ads.settle([happened(Action.IMPRESSION, p, audience.shopper_id) for p in placed])
        return bool(placed)

    assert [shown(anna) for _ in range(4)] == [True, True, False, False]
    assert shown(other)
    clock.now = NOON + timedelta(days=1)
    assert shown(anna)


def test_without_consent_a_session_alone_is_counted_and_nothing_is_kept(serve: Serve) -> None:
    ads = serve(campaign(), daily_cap=2)
    session = Audience(session_id="page-1")
    assert [bool(ads.place({"c1": 1.0}, (), session)) for _ in range(3)] == [True, True, False]
    assert ads.place({"c1": 1.0}, (), Audience(session_id="page-2"))
    assert report(ads).campaigns[0].impressions == 0


def test_what_is_shown_anyway_and_what_is_far_is_not_sold(serve: Serve) -> None:
    ads = serve(campaign("c", "c1", "c2"), floor=0.5)
    assert [p.product_id for p in ads.place({"c1": 0.6, "c2": 0.9})] == ["c2"]
    assert [p.product_id for p in ads.place({"c1": 0.6, "c2": 0.9}, {"c2"})] == ["c1"]
    assert ads.place({"c1": 0.6, "c2": 0.9}, {"c1", "c2"}) == ()
    assert ads.place({"c1": 0.4}) == ()
    assert ads.place({}) == ()


def test_slots_are_a_setting(serve: Serve) -> None:
    many = [campaign(name) for name in "abcd"]
    relevance = {f"{name}1": 1.0 for name in "abcd"}
    assert len(serve(*many, slots=3).place(relevance)) == 3
    assert serve(*many, slots=0).place(relevance) == ()
