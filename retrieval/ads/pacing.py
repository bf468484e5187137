"""Even spending over the day by throttling who takes part in auctions.

After Agarwal, Ghosh, Wei, You: "Budget Pacing for Targeted Online Advertisements at LinkedIn"
(KDD 2014): a campaign takes part with a probability, its pass-through rate, which goes down by a
tenth when more is spent than planned by now and up by a tenth when less is. Bids stay as they
are, so that pacing does not change what a click is worth.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal

# As published: a step of a tenth a minute. A day starts at a tenth, so that a campaign does not
# spend it before the first correction; one that is behind its plan takes part at once.
ADJUSTMENT = 0.1
ADJUSTED_EVERY = timedelta(minutes=1)
FIRST_RATE = 0.1
# A campaign that never takes part never learns that it may again.
LEAST_RATE = 0.005
# Tenths add up while clicks keep a campaign waiting: whoever is an hour ahead of the plan waits
# for it, whatever the rate has come to.
MOST_AHEAD = timedelta(hours=1)
# The plan ends before the day does, so that what was held back late is spent as well.
SPENT_BY = timedelta(hours=22)
DAY = timedelta(days=1)


def planned_share(moment: datetime, ahead: timedelta = timedelta(0)) -> Decimal:
    """The share of a day's budget that may be spent by `moment` (its own day, as it is zoned),
    or so much `ahead` of it."""
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (moment - start + ahead) / SPENT_BY
    return Decimal(min(1.0, passed)).quantize(Decimal("0.000001"))


def adjust_rate(rate: float, spent: Decimal, planned: Decimal) -> float:
    """The next pass-through rate, by whether more or less was spent than planned."""
    factor = 1 - ADJUSTMENT if spent > planned else 1 + ADJUSTMENT
    return min(1.0, max(LEAST_RATE, rate * factor))


class Pacer:
    """The pass-through rates of campaigns, adjusted once a minute; thread-safe.

    Each process has its own rates; all follow the same spending, which is shared.
    """

    def __init__(self) -> None:
        self._rates: dict[str, tuple[datetime, float]] = {}
        self._lock = threading.Lock()

    def rate(self, campaign_id: str, now: datetime, spent: Decimal, daily_budget: Decimal) -> float:
        """The probability with which the campaign takes part now."""
        with self._lock:
            known = self._rates.get(campaign_id)
            planned = daily_budget * planned_share(now)
            if known is None or known[0].date() != now.date():
                self._rates[campaign_id] = known = (now, 1.0 if spent < planned else FIRST_RATE)
            since, rate = known
            # A quiet hour is made up for step by step, within bounds.
            steps = min(int((now - since) / ADJUSTED_EVERY), 60)
            for _ in range(steps):
                rate = adjust_rate(rate, spent, planned)
            if steps:
                self._rates[campaign_id] = (now, rate)
            ahead = daily_budget * planned_share(now, ahead=MOST_AHEAD)
            return rate if spent <= ahead else LEAST_RATE

    def known_rate(self, campaign_id: str) -> float | None:
        """The present rate without adjusting it; None for a campaign that was not asked about."""
        known = self._rates.get(campaign_id)
        return known[1] if known else None
