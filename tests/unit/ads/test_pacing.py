"""Even spending: simulated days of auctions, with and without throttling."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from retrieval.ads.pacing import FIRST_RATE, LEAST_RATE, Pacer, adjust_rate, planned_share

from .conftest import NOON

MIDNIGHT = NOON.replace(hour=0)
BUDGET = Decimal("24.00")
COST = Decimal("0.25")


def spend_a_day(requests_a_minute: int, seed: int, *, paced: bool) -> list[Decimal]:
    """What is spent by each hour's end, 5% of shown advertisements being clicked."""
    draw, pacer = Random(seed), Pacer()
    spent, hours = Decimal(0), []
    for minute in range(24 * 60):
        now = MIDNIGHT + timedelta(minutes=minute)
        for _ in range(requests_a_minute):
            if spent >= BUDGET:
                break
            rate = pacer.rate("c", now, spent, BUDGET) if paced else 1.0
            if draw.random() < rate and draw.random() < 0.05:
                spent += min(COST, BUDGET - spent)
        if minute % 60 == 59:
            hours.append(spent)
    return hours


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_day_is_spent_evenly_and_wholly(seed: int) -> None:
    paced = spend_a_day(20, seed, paced=True)
    assert paced[-1] == BUDGET
    for hour, spent in enumerate(paced, start=1):
        planned = BUDGET * planned_share(MIDNIGHT + timedelta(hours=min(hour, 23)))
        assert abs(spent - planned) <= BUDGET * Decimal("0.08"), hour
    # Without pacing the same day is over in two hours.
    assert spend_a_day(20, seed, paced=False)[1] == BUDGET


def test_a_quiet_day_is_not_held_back() -> None:
    paced = spend_a_day(1, 3, paced=True)
    free = spend_a_day(1, 3, paced=False)
    assert paced[-1] >= free[-1] * Decimal("0.7")


def test_rates_move_a_tenth_within_bounds() -> None:
    assert adjust_rate(0.5, Decimal(2), Decimal(1)) == pytest.approx(0.45)
    assert adjust_rate(0.5, Decimal(1), Decimal(2)) == pytest.approx(0.55)
    assert adjust_rate(1.0, Decimal(0), Decimal(1)) == 1.0
    assert adjust_rate(LEAST_RATE, Decimal(1), Decimal(0)) == LEAST_RATE


def test_a_rate_changes_once_a_minute_and_a_day_begins_anew() -> None:
    pacer = Pacer()

    def rate(after: timedelta, spent: str) -> float:
        now: datetime = MIDNIGHT + after
        return pacer.rate("c", now, Decimal(spent), BUDGET)

    assert rate(timedelta(0), "0") == FIRST_RATE
    assert rate(timedelta(seconds=59), "0") == FIRST_RATE
    assert rate(timedelta(seconds=60), "0") == pytest.approx(FIRST_RATE * 1.1)
    assert rate(timedelta(seconds=90), "0.5") == pytest.approx(FIRST_RATE * 1.1)
    assert rate(timedelta(seconds=130), "0.5") == pytest.approx(FIRST_RATE * 1.1 * 0.9)
    assert rate(timedelta(days=1), "0") == FIRST_RATE


def test_a_campaign_behind_its_plan_takes_part_at_once() -> None:
    assert Pacer().rate("c", NOON, Decimal(0), BUDGET) == 1.0


def test_the_plan_is_even_and_done_before_the_day_is() -> None:
    assert planned_share(MIDNIGHT) == 0
    assert planned_share(MIDNIGHT + timedelta(hours=11)) == Decimal("0.5")
    assert planned_share(MIDNIGHT + timedelta(hours=22)) == 1
    assert planned_share(MIDNIGHT + timedelta(hours=23)) == 1
