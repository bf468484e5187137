"""Places advertisements beside lists and counts what becomes of them."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from retrieval.ads.offers import OfferSigner
from retrieval.ads.pacing import Pacer, planned_share
from retrieval.ads.store import Spent, SqlAdStore
from retrieval.ads.types import (
    AdEvent,
    AdKind,
    AdReport,
    AdSettings,
    CampaignReport,
    CampaignState,
    CampaignView,
    DayReport,
    Pacing,
)
from retrieval.errors import AisleError
from retrieval.profile.items import Cache
from retrieval.profile.types import Action, StoredEvent
from retrieval.rank.sponsored import Bidder, expected_rate, meet_floor, run_auction
from retrieval.types import Campaign, Placement

logger = logging.getLogger(__name__)

# Campaigns and what they have spent are read anew this often; the bound itself is kept where a
# click is charged.
CHECKED_S = 1.0
# Click-through rates move slowly.
RATES_S = 60.0
RATE_WINDOW = timedelta(days=30)
# Sessions whose shoppers did not agree to be remembered are counted here, and nowhere else.
SESSIONS = 10_000
SESSION_S = 6 * 3600.0
PLACEMENT, CAMPAIGN = "placement", "campaign_id"
"""The fields of an event's `detail` that say which advertisement it is about."""

_KINDS = {Action.IMPRESSION: AdKind.IMPRESSION, Action.CLICK: AdKind.CLICK}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a list is for: a shopper who agreed to be remembered, else a session, else nobody."""

    shopper_id: str = ""
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A product that won a slot, with its label."""

    product_id: str
    placement: Placement


@dataclass(frozen=True)
class _Book:
    """Campaigns that may be shown now, and what each has spent."""

    read_at: float = -CHECKED_S
    day: date | None = None
    campaigns: tuple[Campaign, ...] = ()
    spent: Mapping[str, Spent] = field(default_factory=dict)


class AdServer:
    """One store's advertising; thread-safe. Whatever fails, a list goes out without it."""

    def __init__(
        self,
        store: SqlAdStore,
        signer: OfferSigner,
        settings: AdSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Random | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self._signer = signer
        self._now = now
        self._random = random or Random()
        self._pacer = Pacer()
        self._book = _Book()
        self._rates: tuple[float, Mapping[str, tuple[int, int]]] = (-RATES_S, {})
        self._sessions: Cache[str, Counter[str]] = Cache(SESSIONS, SESSION_S)

    # ---------------------------------------------------------------- placing

    def candidates(self) -> tuple[str, ...]:
        """Ids of all products that campaigns would pay for now; () when nothing is for sale."""
        if not self.settings.slots:
            return ()
        try:
            book = self._open_book()
        except AisleError as error:
            logger.warning("no advertisements: %s", error)
            return ()
        return tuple(dict.fromkeys(i for c in book.campaigns for i in c.product_ids))

    def place(
        self,
        relevance: Mapping[str, float],
        shown: Collection[str] = (),
        audience: Audience = Audience(),
    ) -> tuple[Placed, ...]:
        """The advertisements of one list.

        `relevance` says how relevant which candidate is (0 to 1), `shown` what the list shows
        anyway, which is not sold.
        """
        if not relevance or not self.settings.slots:
            return ()
        try:
            return self._place(relevance, shown, audience)
        except AisleError as error:
            logger.warning("no advertisements: %s", error)
            return ()

    def _place(
        self, relevance: Mapping[str, float], shown: Collection[str], audience: Audience
    ) -> tuple[Placed, ...]:
        book = self._open_book()
        bidders = [b for c in book.campaigns for b in self._bidders(c, relevance)]
        bidders = meet_floor(bidders, self.settings.floor, shown)
        entering = {b.campaign_id for b in bidders}
        if not entering:
            return ()
        seen = self._shown_to(audience)
        entering = {
            c.id
            for c in book.campaigns
            if c.id in entering
            and seen.get(c.id, 0) < self.settings.daily_cap
            and self._takes_part(c, book)
        }
        won = run_auction(
            [b for b in bidders if b.campaign_id in entering],
            self.settings.slots,
            self.settings.reserve,
        )
        self._note_session(audience, [each.bidder.campaign_id for each in won])
        return tuple(
            Placed(
                each.bidder.product_id,
                Placement(
                    campaign_id=each.bidder.campaign_id,
                    sponsor=each.bidder.sponsor,
                    token=self._signer.sign(each, self._now()),
                ),
            )
            for each in won
        )

    def _bidders(self, campaign: Campaign, relevance: Mapping[str, float]) -> list[Bidder]:
        rates = self._click_rates()
        return [
            Bidder(
                campaign_id=campaign.id,
                sponsor=campaign.sponsor,
                product_id=each,
                bid=campaign.bid,
                relevance=relevance[each],
                rate=expected_rate(*rates.get(each, (0, 0))),
            )
            for each in campaign.product_ids
            if each in relevance
        ]

    def _takes_part(self, campaign: Campaign, book: _Book) -> bool:
        """Whether pacing lets the campaign into this auction."""
        spent = book.spent[campaign.id].today
        rate = self._pacer.rate(campaign.id, self._now(), spent, campaign.daily_budget)
        return self._random.random() < rate

    def _open_book(self) -> _Book:
        now, clock = self._now(), time.monotonic()
        book = self._book
        if clock - book.read_at < CHECKED_S and book.day == now.date():
            return book
        spent: dict[str, Spent] = {}
        running = []
        for campaign in self.store.all():
            spent[campaign.id] = self.store.spent(campaign.id, now.date())
            if state_of(campaign, spent[campaign.id], now.date()) is CampaignState.RUNNING:
                running.append(campaign)
        self._book = book = _Book(clock, now.date(), tuple(running), spent)
        return book

    def _click_rates(self) -> Mapping[str, tuple[int, int]]:
        read_at, rates = self._rates
        if time.monotonic() - read_at >= RATES_S:
            rates = self.store.totals((self._now() - RATE_WINDOW).date())
            self._rates = (time.monotonic(), rates)
        return rates

    # ---------------------------------------------------------------- how often

    def _shown_to(self, audience: Audience) -> Mapping[str, int]:
        if audience.shopper_id:
            return self.store.shown_to(audience.shopper_id, self._now().date())
        return self._sessions.get(audience.session_id) or {}

    def _note_session(self, audience: Audience, campaign_ids: Sequence[str]) -> None:
        """An impression of a shopper who agreed is counted by its event; here by being placed."""
        if audience.shopper_id or not audience.session_id or not campaign_ids:
            return
        counts = Counter(self._sessions.get(audience.session_id) or {})
        counts.update(campaign_ids)
        self._sessions.put(audience.session_id, counts)

    # ---------------------------------------------------------------- counting

    def settle(self, events: Iterable[StoredEvent]) -> None:
        """Count impressions and charge clicks of placements; again at any time, each once.

        What robots do, and what carries no offer of ours, costs nobody anything.
        """
        for stored in events:
            event = stored.event
            kind, token = _KINDS.get(event.action_name), event.detail.get(PLACEMENT)
            if kind is None or event.automated or not isinstance(token, str):
                continue
            offer = self._signer.read(token)
            if offer is None or offer.product_id != event.object_id:
                continue
            shopper, surface = stored.shopper_id, event.surface
            # By the moment it is counted: a day that is over stays closed.
            ad = AdEvent(event.event_id, kind, offer, surface, shopper, self._now())
            self.store.count(ad)

    # ---------------------------------------------------------------- for the merchant

    def views(self) -> tuple[CampaignView, ...]:
        """All campaigns and where each is."""
        return tuple(
            CampaignView(campaign=campaign, state=state) for campaign, state, _ in self._stated()
        )

    def put(self, campaign: Campaign) -> None:
        """Add or replace a campaign; the next list knows it."""
        self.store.put(campaign)
        self._book = _Book()

    def remove(self, campaign_id: str) -> bool:
        """End a campaign; False where there is none."""
        self._book = _Book()
        return self.store.remove(campaign_id)

    def report(self, currency: str, application: str, days: int = 30) -> AdReport:
        """Impressions, clicks, spending and pacing of all campaigns over the last `days`."""
        until = self._now().date()
        since = until - timedelta(days=days - 1)
        by_campaign = self.store.days(since, until)
        return AdReport(
            store=application,
            currency=currency,
            since=since,
            until=until,
            campaigns=tuple(
                self._report(campaign, state, spent, by_campaign.get(campaign.id, ()))
                for campaign, state, spent in self._stated()
            ),
        )

    def _stated(self) -> list[tuple[Campaign, CampaignState, Spent]]:
        today = self._now().date()
        found = []
        for campaign in self.store.all():
            spent = self.store.spent(campaign.id, today)
            found.append((campaign, state_of(campaign, spent, today), spent))
        return found

    def _report(
        self,
        campaign: Campaign,
        state: CampaignState,
        spent: Spent,
        days: Sequence[DayReport],
    ) -> CampaignReport:
        impressions = sum(day.impressions for day in days)
        clicks = sum(day.clicks for day in days)
        spend = sum((day.spend for day in days), start=Decimal(0))
        planned = campaign.daily_budget * planned_share(self._now())
        return CampaignReport(
            campaign_id=campaign.id,
            sponsor=campaign.sponsor,
            state=state,
            impressions=impressions,
            clicks=clicks,
            spend=spend,
            ctr=round(clicks / impressions, 5) if impressions else None,
            average_cpc=round(spend / clicks, 4) if clicks else None,
            pacing=Pacing(
                spent_today=spent.today,
                planned=round(planned, 2),
                daily_budget=campaign.daily_budget,
                rate=self._pacer.known_rate(campaign.id),
            ),
            days=tuple(days),
        )


def state_of(campaign: Campaign, spent: Spent, today: date) -> CampaignState:
    """Where a campaign is on `today`."""
    if today > campaign.ends:
        return CampaignState.ENDED
    if campaign.paused:
        return CampaignState.PAUSED
    if campaign.budget is not None and spent.ever >= campaign.budget:
        return CampaignState.SPENT
    if today < campaign.starts:
        return CampaignState.WAITING
    if spent.today >= campaign.daily_budget:
        return CampaignState.SPENT_TODAY
    return CampaignState.RUNNING
