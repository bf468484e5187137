"""The span of time of a report, from what a merchant gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from retrieval.analytics.types import Period
from retrieval.errors import InvalidRequestError

USUAL_DAYS = 30
MOST_DAYS = 3660
_REMEDY = "Give dates as 2026-11-01 (or 2026-11-01T08:00), or --days."


def read_period(
    now: datetime, *, days: int | None = None, since: str = "", until: str = ""
) -> Period:
    """The last `days` (30), or from `since` to `until`; a date without a time means its whole day.

    Raises InvalidRequestError with what is wrong of it.
    """
    if days is not None and since:
        raise InvalidRequestError("Days and since exclude each other.", remedy="Leave one out.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidRequestError(
            f"{days} days is no period.", remedy=f"Give a number from 1 to {MOST_DAYS}."
        )
    end = _read_moment(until, "until", whole_day=True) if until else now
    if since:
        start = _read_moment(since, "since", whole_day=False)
    else:
        start = end - timedelta(days=days or USUAL_DAYS)
    if start >= end:
        raise InvalidRequestError(
            f"The period ends ({end:%Y-%m-%d %H:%M}) before it begins ({start:%Y-%m-%d %H:%M}).",
            remedy="Swap the two or leave one out.",
        )
    return Period(since=start, until=end)


def _read_moment(text: str, name: str, *, whole_day: bool) -> datetime:
    """A date or a moment in UTC; with `whole_day` a date is the end of it."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if whole_day and len(text.strip()) <= len("2026-11-01"):
            moment += timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidRequestError(f"{name} is no date: {text[:40]!r}.", remedy=_REMEDY) from None
    return moment
