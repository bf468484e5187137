"""What sponsored campaigns got: impressions, clicks, spending, and orders after a click."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import Engine, select

from retrieval.ads.server import state_of
from retrieval.ads.store import SqlAdStore
from retrieval.ads.tables import ad_events
from retrieval.ads.types import AdKind, DayReport
from retrieval.analytics.attribution import Sales, Touch, attribute_orders
from retrieval.analytics.log import CleanLog
from retrieval.analytics.types import CampaignReport, CampaignRow
from retrieval.sql import retryable
from retrieval.types import Campaign

REMOVED = "removed"


def report_campaigns(
    database: Engine, application: str, currency: str, log: CleanLog, now: datetime
) -> CampaignReport:
    """Every campaign there is, and removed ones that had something on the period's days (UTC)."""
    ads = SqlAdStore(database, application, lambda: now)
    first = log.period.since.astimezone(UTC).date()
    last = (log.period.until - timedelta(microseconds=1)).astimezone(UTC).date()
    days = ads.days(first, last)
    known = {campaign.id: campaign for campaign in ads.all()}
    sales = attribute_orders(_clicks(database, application, log), log.acts)
    rows = []
    for name in sorted({*known, *days}):
        campaign = known.get(name)
        state = REMOVED
        if campaign:
            state = state_of(campaign, ads.spent(name, now.date()), now.date()).value
        rows.append(_row(name, campaign, state, days.get(name, ()), sales[name]))
    rows.sort(key=lambda row: (-row.spend, -row.impressions, row.campaign_id))
    return CampaignReport(period=log.period, currency=currency, rows=tuple(rows))


def _clicks(database: Engine, application: str, log: CleanLog) -> list[Touch]:
    """Charged clicks of shoppers who agreed to be known."""
    midnight = datetime.combine(log.period.since.astimezone(UTC).date(), time(), UTC)
    columns = (
        ad_events.c.campaign_id,
        ad_events.c.shopper_id,
        ad_events.c.product_id,
        ad_events.c.counted_at,
    )
    query = select(*columns).where(
        ad_events.c.application == application,
        ad_events.c.kind == AdKind.CLICK.value,
        ad_events.c.shopper_id.is_not(None),
        ad_events.c.counted_at >= midnight,
        ad_events.c.counted_at < log.period.until,
    )
    remedy = "Try again in a moment."
    with retryable("The database of campaigns", remedy), database.connect() as link:
        return [Touch(*row) for row in link.execute(query)]


def _row(
    name: str,
    campaign: Campaign | None,
    state: str,
    days: tuple[DayReport, ...],
    sales: Sales,
) -> CampaignRow:
    impressions = sum(day.impressions for day in days)
    clicks = sum(day.clicks for day in days)
    spend = sum((day.spend for day in days), start=Decimal(0))
    return CampaignRow(
        campaign_id=name,
        sponsor=campaign.sponsor if campaign else "",
        state=state,
        impressions=impressions,
        clicks=clicks,
        spend=spend,
        ctr=round(clicks / impressions, 5) if impressions else None,
        average_cpc=round(spend / clicks, 4) if clicks else None,
        orders=sales.orders,
        revenue=round(sales.revenue, 2),
        return_on_spend=round(sales.revenue / float(spend), 2) if spend else None,
    )
