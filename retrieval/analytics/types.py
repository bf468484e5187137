"""What the reports for merchants hold: rows of counts, each over a period of the log."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from retrieval.types import Frozen

# Fewer shoppers than this may be recognised by what they asked for or by the group they are in
# (a name typed into the search box, the one shopper who speaks Chinese): such a row is not shown,
# its numbers are part of the sums alone. Five is the least that offices of statistics commonly
# publish a cell of.
FEWEST_SHOPPERS = 5


class ReportName(StrEnum):
    """The reports there are."""

    FUNNEL = "funnel"
    FAILING = "failing"
    QUERIES = "queries"
    SEGMENTS = "segments"
    PROFILES = "profiles"
    CONTENT = "content"
    CAMPAIGNS = "campaigns"
    EXPERIMENTS = "experiments"
    MODELS = "models"


class Period(Frozen):
    """From `since` (included) to `until`, both in UTC."""

    since: datetime
    until: datetime


class Report(Frozen):
    """A report over a period; `notes` say what of it is left out, and why."""

    period: Period
    notes: tuple[str, ...] = ()


class Hidden(Frozen):
    """What is counted but not shown because fewer than FEWEST_SHOPPERS shoppers stand behind it."""

    rows: int = 0
    events: int = 0


# ---------------------------------------------------------------- funnel


class FunnelRow(Frozen):
    """Steps of one day on one surface: events, and `shoppers` who did any of them."""

    day: date
    surface: str
    impressions: int
    opened: int
    carts: int
    orders: int
    shoppers: int


class FunnelSteps(Frozen):
    """The steps over all surfaces and days."""

    impressions: int = 0
    opened: int = 0
    carts: int = 0
    orders: int = 0
    shoppers: int = 0


class FunnelReport(Report):
    """What was shown, opened, put in carts and ordered, by day and surface.

    `reached` counts the shoppers who came to each step; `left_out` acts that no shopper did:
    bots, duplicates, outliers.
    """

    rows: tuple[FunnelRow, ...]
    total: FunnelSteps
    reached: dict[str, int]
    left_out: dict[str, int]


# ---------------------------------------------------------------- searches


class FailingRow(Frozen):
    """One query whose searches did not end well; a search counts once in `failed`.

    `then` are the queries that followed it most, of those that are shown at all.
    """

    query: str
    searches: int
    shoppers: int
    failed: int
    zero_results: int
    relaxed: int
    no_click: int
    reformulated: int
    then: tuple[str, ...] = ()


class FailingReport(Report):
    """What people ask for and don't find, most failed searches first; sums are over all."""

    rows: tuple[FailingRow, ...]
    searches: int
    failed: int
    zero_results: int
    relaxed: int
    no_click: int
    reformulated: int
    hidden: Hidden


class QueryRow(Frozen):
    """One query: searches, those with a click, and orders of products clicked from its lists."""

    query: str
    searches: int
    shoppers: int
    clicked: int
    click_rate: float
    zero_results: int
    orders: int
    revenue: float


class QueryReport(Report):
    """The queries asked most; sums are over all of them, also those not shown."""

    rows: tuple[QueryRow, ...]
    searches: int
    distinct: int
    clicked: int
    hidden: Hidden


# ---------------------------------------------------------------- shoppers


class Dimension(StrEnum):
    """What shoppers are told apart by."""

    VISIT = "visit"
    ACCOUNT = "account"
    LANGUAGE = "language"
    DEVICE = "device"
    TASTE = "taste"


class SegmentRow(Frozen):
    """A group of shoppers and what it did; `conversion` is the share of them who ordered."""

    dimension: Dimension
    value: str
    label: str
    shoppers: int
    sessions: int
    searches: int
    opened: int
    carts: int
    orders: int
    buyers: int
    conversion: float
    revenue: float


class SegmentReport(Report):
    """Shoppers by new and returning, account, language, device and leading taste."""

    rows: tuple[SegmentRow, ...]
    shoppers: int
    hidden: Hidden


class MixRow(Frozen):
    """How many of the shoppers looked at have something in their profile."""

    facet: str
    value: str
    label: str
    shoppers: int
    share: float


class ProfileReport(Report):
    """What profiles of the period's shoppers hold: how far they are, tastes, price levels.

    `profiles` of `shoppers` were made: those who were here last.
    """

    rows: tuple[MixRow, ...]
    profiles: int
    shoppers: int
    hidden: Hidden


# ---------------------------------------------------------------- content and campaigns


class ContentRow(Frozen):
    """A guide, or all reviews: as a card (shown, clicked) and quoted in the chat.

    `then_clicked` of the `quoted` turns had a product of theirs clicked.
    """

    kind: str
    id: str
    title: str
    shown: int
    clicked: int
    ctr: float | None
    quoted: int
    then_clicked: int


class ContentReport(Report):
    """How guides and reviews do; `other_turns` quoted none."""

    rows: tuple[ContentRow, ...]
    other_turns: int
    other_clicked: int


class CampaignRow(Frozen):
    """What a campaign got: `orders` of a product within a week of the shopper's click on it."""

    campaign_id: str
    sponsor: str
    state: str
    impressions: int
    clicks: int
    spend: Decimal
    ctr: float | None
    average_cpc: Decimal | None
    orders: int
    revenue: float
    return_on_spend: float | None


class CampaignReport(Report):
    """All campaigns of the period's days, amounts in `currency`."""

    currency: str
    rows: tuple[CampaignRow, ...]


# ---------------------------------------------------------------- experiments and models


class Verdict(StrEnum):
    """What may be said of an experiment now."""

    NOTHING = "nothing"
    MISMATCH = "mismatch"
    TOO_FEW = "too_few"
    UNDECIDED = "undecided"
    DECIDED = "decided"


class Lift(Frozen):
    """An arm against the control in one measure, relative to the control's value.

    `always` holds at every look, `fixed` at the end of a test of planned size only; ends are
    None where the interval has none. `good` says whether the arm is better (None: undecided, or
    neither end of the measure is).
    """

    measure: str
    arm: str
    control: float
    value: float
    lift: float | None
    always: tuple[float | None, float | None]
    fixed: tuple[float | None, float | None]
    p_value: float
    decided: bool
    good: bool | None


class ExperimentRow(Frozen):
    """One experiment: `detail` is the whole analysis, as /v1/experiments/{name} gives it."""

    name: str
    state: str
    unit: str
    start: datetime | None
    end: datetime | None
    interleaved: bool
    verdict: Verdict
    units: dict[str, int]
    planned: dict[str, float]
    split_p_value: float
    lifts: tuple[Lift, ...]
    warnings: tuple[str, ...]
    detail: dict[str, Any]


class ExperimentReport(Report):
    """The experiments that ran in the period, each over all of its own time."""

    rows: tuple[ExperimentRow, ...]


class ModelRow(Frozen):
    """One trained model as its manifest has it; `promoted` is None where that is not known."""

    kind: str
    version: str
    in_force: bool
    trained: datetime
    promoted: datetime | None
    measure: str
    value: float
    code: str
    data: str
    span: dict[str, int | str]


class PartInForce(Frozen):
    """What serves now in one part of the pipeline, and whether it was trained here."""

    part: str
    model: str
    trained_here: bool
    detail: str = ""


class ModelReport(Report):
    """What serves now, and every version trained, newest first."""

    parts: tuple[PartInForce, ...]
    rows: tuple[ModelRow, ...]
