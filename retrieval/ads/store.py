"""Campaigns and the account of their placements in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, delete, func, select, update

from retrieval.ads.tables import ad_events, campaigns
from retrieval.ads.types import AdEvent, AdKind, DayReport, from_micros, to_micros
from retrieval.sql import retryable, upserting_insert
from retrieval.types import Campaign

LIVE, REMOVED = "live", "removed"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign has spent, on one day and since it began."""

    today: Decimal = Decimal(0)
    ever: Decimal = Decimal(0)


class SqlAdStore:
    """Campaigns and ad events of one store, in SQLite or PostgreSQL; thread-safe.

    Methods raise RetryableError when the database does not answer.
    """

    def __init__(
        self,
        database: Engine,
        application: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._application = application
        self._now = now

    # ---------------------------------------------------------------- campaigns

    def all(self) -> tuple[Campaign, ...]:
        """Every campaign that was not removed, by id."""
        query = (
            select(campaigns.c.content)
            .where(campaigns.c.application == self._application, campaigns.c.state == LIVE)
            .order_by(campaigns.c.id)
        )
        return tuple(
            Campaign.model_validate(content)
            for content in self._run(lambda link: link.scalars(query).all())
        )

    def put(self, campaign: Campaign) -> None:
        """Add the campaign or replace the one of its id; what it has spent stays spent."""
        row = self._row(campaign)

        def write(link: Connection) -> None:
            insert = upserting_insert(link, campaigns).values(row)
            link.execute(
                insert.on_conflict_do_update(
                    index_elements=["application", "id"],
                    set_={name: insert.excluded[name] for name in ("state", "content", "changed")},
                )
            )

        self._run(write)

    def seed(self, found: Iterable[Campaign]) -> None:
        """Add campaigns that came with the store; changed and removed ones stay as they are."""
        rows = [self._row(campaign) for campaign in found]

        def write(link: Connection) -> None:
            link.execute(upserting_insert(link, campaigns).on_conflict_do_nothing(), rows)

        if rows:
            self._run(write)

    def remove(self, campaign_id: str) -> bool:
        """End a campaign for good; its account stays. False where there is none."""
        gone = (
            update(campaigns)
            .where(self._is(campaign_id), campaigns.c.state == LIVE)
            .values(state=REMOVED, changed=self._now())
        )
        return self._run(lambda link: link.execute(gone).rowcount) > 0

    def _row(self, campaign: Campaign) -> dict[str, Any]:
        return {
            "application": self._application,
            "id": campaign.id,
            "state": LIVE,
            "content": campaign.model_dump(mode="json"),
            "changed": self._now(),
        }

    # ---------------------------------------------------------------- the account

    def count(self, event: AdEvent) -> bool:
        """Count an impression or charge a click, once; False where it was counted before.

        Writers of one campaign wait for each other, so that no click takes a budget above its
        bound: the last one costs what is left of it.
        """

        def write(link: Connection) -> bool:
            # The campaign's row is the lock: PostgreSQL locks the row, SQLite the file.
            link.execute(
                update(campaigns)
                .where(self._is(event.offer.campaign_id))
                .values(changed=campaigns.c.changed)
            )
            content = link.scalar(
                select(campaigns.c.content).where(self._is(event.offer.campaign_id))
            )
            if content is None:
                return False
            micros = self._cost(link, event, Campaign.model_validate(content))
            row = {
                "application": self._application,
                "event_id": event.event_id,
                "placement_id": event.offer.placement_id,
                "kind": event.kind.value,
                "campaign_id": event.offer.campaign_id,
                "product_id": event.offer.product_id,
                "surface": event.surface,
                "shopper_id": event.shopper_id,
                "day": event.moment.astimezone(UTC).date(),
                "micros": micros,
                "counted_at": self._now(),
            }
            # The row comes back where it is new; PostgreSQL's driver does not count inserted rows.
            added = (
                upserting_insert(link, ad_events)
                .values(row)
                .on_conflict_do_nothing()
                .returning(ad_events.c.event_id)
            )
            return link.scalar(added) is not None

        return self._run(write)

    def _cost(self, link: Connection, event: AdEvent, campaign: Campaign) -> int:
        """What the event costs: nothing for an impression, at most what the budgets have left."""
        if event.kind is not AdKind.CLICK:
            return 0
        spent = self._spent(link, event.moment.astimezone(UTC).date(), campaign.id)
        left = campaign.daily_budget - spent.today
        if campaign.budget is not None:
            left = min(left, campaign.budget - spent.ever)
        return to_micros(max(min(event.offer.cost, left), Decimal(0)))

    def spent(self, campaign_id: str, day: date) -> Spent:
        """What a campaign has spent on `day` and ever."""
        return self._run(lambda link: self._spent(link, day, campaign_id))

    def _spent(self, link: Connection, day: date, campaign_id: str) -> Spent:
        total = select(func.coalesce(func.sum(ad_events.c.micros), 0)).where(
            ad_events.c.application == self._application,
            ad_events.c.campaign_id == campaign_id,
            ad_events.c.kind == AdKind.CLICK.value,
        )
        today = link.scalar(total.where(ad_events.c.day == day))
        return Spent(from_micros(int(today or 0)), from_micros(int(link.scalar(total) or 0)))

    def shown_to(self, shopper_id: str, day: date) -> dict[str, int]:
        """Campaign → how often this shopper was shown it on `day`."""
        query = (
            select(ad_events.c.campaign_id, func.count())
            .where(
                ad_events.c.application == self._application,
                ad_events.c.shopper_id == shopper_id,
                ad_events.c.day == day,
                ad_events.c.kind == AdKind.IMPRESSION.value,
            )
            .group_by(ad_events.c.campaign_id)
        )
        return {name: int(count) for name, count in self._run(lambda x: x.execute(query).all())}

    def totals(self, since: date) -> dict[str, tuple[int, int]]:
        """Product → (clicks, impressions) of its placements from `since` on."""
        query = (
            select(ad_events.c.product_id, ad_events.c.kind, func.count())
            .where(ad_events.c.application == self._application, ad_events.c.day >= since)
            .group_by(ad_events.c.product_id, ad_events.c.kind)
        )
        found: dict[str, tuple[int, int]] = {}
        for product, kind, count in self._run(lambda link: link.execute(query).all()):
            clicks, impressions = found.get(product, (0, 0))
            clicked = kind == AdKind.CLICK.value
            found[product] = (clicks + count, impressions) if clicked else (clicks, int(count))
        return found

    def days(self, since: date, until: date) -> Mapping[str, tuple[DayReport, ...]]:
        """Campaign → its days from `since` to `until` that had anything, oldest first."""
        query = (
            select(
                ad_events.c.campaign_id,
                ad_events.c.day,
                ad_events.c.kind,
                func.count(),
                func.sum(ad_events.c.micros),
            )
            .where(
                ad_events.c.application == self._application,
                ad_events.c.day >= since,
                ad_events.c.day <= until,
            )
            .group_by(ad_events.c.campaign_id, ad_events.c.day, ad_events.c.kind)
        )
        counted: dict[str, dict[date, dict[str, tuple[int, int]]]] = {}
        for name, day, kind, count, micros in self._run(lambda x: x.execute(query).all()):
            counted.setdefault(name, {}).setdefault(day, {})[kind] = (int(count), int(micros))
        return {
            name: tuple(_day_report(day, kinds) for day, kinds in sorted(days.items()))
            for name, days in counted.items()
        }

    def forget(self, shopper_ids: Iterable[str]) -> None:
        """Take a shopper's name off what was counted; the sums name nobody and stay."""
        names = list(shopper_ids)
        own = (ad_events.c.application == self._application) & ad_events.c.shopper_id.in_(names)
        self._run(lambda link: link.execute(update(ad_events).where(own).values(shopper_id=None)))

    def clear(self) -> None:
        """Remove campaigns and their account, as a store is reset."""
        for table in (ad_events, campaigns):
            own = table.c.application == self._application
            self._run(lambda link, t=table, w=own: link.execute(delete(t).where(w)))  # type: ignore[misc]

    # ---------------------------------------------------------------- plumbing

    def _is(self, campaign_id: str) -> Any:
        return (campaigns.c.application == self._application) & (campaigns.c.id == campaign_id)

    def _run(self, work: Callable[[Connection], T]) -> T:
        remedy = "Try again in a moment."
        with retryable("The database of campaigns", remedy), self._database.begin() as link:
            return work(link)


def _day_report(day: date, kinds: Mapping[str, tuple[int, int]]) -> DayReport:
    clicks, micros = kinds.get(AdKind.CLICK.value, (0, 0))
    impressions, _ = kinds.get(AdKind.IMPRESSION.value, (0, 0))
    return DayReport(day=day, impressions=impressions, clicks=clicks, spend=from_micros(micros))
