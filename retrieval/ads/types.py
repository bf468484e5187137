"""The nouns of advertising: offers that were made, and the merchant's report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from retrieval.types import Campaign, Frozen

MICRO = Decimal("0.000001")


def to_micros(amount: Decimal) -> int:
    """An amount in millionths of its currency's unit."""
    return int(amount.quantize(MICRO).scaleb(6))


def from_micros(micros: int) -> Decimal:
    """The amount of so many millionths, exact, with at least two decimals."""
    amount = Decimal(micros).scaleb(-6)
    cents = amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount.normalize()


class AdKind(StrEnum):
    """What became of a placement."""

    IMPRESSION = "impression"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a placement's token holds: one product of a campaign at a price for one click."""

    placement_id: str
    campaign_id: str
    product_id: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class AdEvent:
    """An impression or a click of an offer, as it is counted."""

    event_id: str
    kind: AdKind
    offer: Offer
    surface: str
    shopper_id: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class AdSettings:
    """What the shop allows.

    `slots` is the most advertisements of one list, `reserve` the least price of a click in the
    store's currency, `floor` the least relevance (0 to 1), `daily_cap` how often one shopper is
    shown one campaign in a day.
    """

    slots: int = 2
    reserve: Decimal = Decimal("0.05")
    floor: float = 0.5
    daily_cap: int = 5


class CampaignState(StrEnum):
    """Where a campaign is: it runs, waits, is held back, has spent its money or is over."""

    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    SPENT_TODAY = "spent_today"
    SPENT = "spent"
    ENDED = "ended"


class CampaignView(Frozen):
    """A campaign with where it is."""

    campaign: Campaign
    state: CampaignState


class DayReport(Frozen):
    """One day (UTC) of a campaign."""

    day: date
    impressions: int
    clicks: int
    spend: Decimal


class Pacing(Frozen):
    """Whether today's spending is on its plan.

    `planned` is what may be spent by now; `rate` the probability with which this process lets
    the campaign into auctions, None where no list was asked for yet.
    """

    spent_today: Decimal
    planned: Decimal
    daily_budget: Decimal
    rate: float | None = None


class CampaignReport(Frozen):
    """What a campaign got for its money; `ctr` and `average_cpc` are None without a base."""

    campaign_id: str
    sponsor: str
    state: CampaignState
    impressions: int
    clicks: int
    spend: Decimal
    ctr: float | None
    average_cpc: Decimal | None
    pacing: Pacing
    days: tuple[DayReport, ...]


class AdReport(Frozen):
    """All campaigns over the same days, amounts in `currency`."""

    store: str
    currency: str
    since: date
    until: date
    campaigns: tuple[CampaignReport, ...]
