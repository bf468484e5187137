"""What all shoppers do: popularity, trends, what is looked at and bought together.

Counts live in memory, rebuilt from the log at start and brought up to date by the bus. Each
shopper counts once a product and day, so that neither scripts nor repeats make a trend, and
decayed counts are sums of powers of the event's own time: the order of arrival is no matter.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from retrieval.profile.companions import Companion, Companions
from retrieval.profile.types import CONTENT, Action, StoredEvent

# How far back the log is read at start: older acts weigh under 2 in 1,000.
WINDOW = timedelta(days=270)
POPULAR_HALF_LIFE = timedelta(days=30)
RECENT_HALF_LIFE = timedelta(days=2)
USUAL_HALF_LIFE = timedelta(days=21)
# Places in the log remembered against counting twice what is delivered twice.
SEEN = 200_000
# Acts of a person on one day, by all they do; beyond is a script.
MOST_A_DAY = 300
# What a click, a cart and an order say of a product's appeal.
APPEAL = {Action.CLICK: 1.0, Action.DETAIL_VIEW: 1.0, Action.CART: 3.0, Action.ORDER: 5.0}
# Seconds for which a sorted list of popular products is kept.
SORTED_S = 2.0

ACTIONS = tuple(action.value for action in APPEAL)


class BehaviourStatistics:
    """Counts over all shoppers; adding and reading may happen in many threads."""

    def __init__(self, now: datetime | None = None) -> None:
        self._start = (now or datetime.now(UTC)).timestamp()
        self._lock = threading.Lock()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._counted: set[tuple[int, str, str]] = set()
        self._person_day: Counter[tuple[int, str]] = Counter()
        self._day = 0
        self.popular: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._top: dict[str, float] = defaultdict(float)
        self._recent: dict[str, float] = defaultdict(float)
        self._usual: dict[str, float] = defaultdict(float)
        self._lookers: dict[str, Counter[int]] = defaultdict(Counter)
        self._viewed, self._bought = Companions(), Companions()
        self._buyers: dict[str, Counter[str]] = defaultdict(Counter)
        self._sorted: dict[str, tuple[float, list[tuple[str, float]]]] = {}

    def add(self, events: Iterable[StoredEvent]) -> None:
        """Count events that were not counted yet."""
        with self._lock:
            for stored in events:
                if stored.seq in self._seen:
                    continue
                self._seen[stored.seq] = None
                if len(self._seen) > SEEN:
                    self._seen.popitem(last=False)
                self._add(stored)

    def _add(self, stored: StoredEvent) -> None:
        event, item = stored.event, stored.event.object_id
        if item is None or event.action_name not in APPEAL or event.automated:
            return
        if event.surface == CONTENT:
            return
        if "campaign_id" in event.detail:
            return  # what was paid for must not become popular by that
        day = event.timestamp.toordinal()
        person = (day, stored.shopper_id)
        self._person_day[person] += 1
        if self._person_day[person] > MOST_A_DAY:
            return
        self._forget(day)
        once = (day, stored.shopper_id, f"{event.action_name.value} {item}")
        if once not in self._counted:
            self._counted.add(once)
            self._count(event.timestamp, item, APPEAL[event.action_name], event.language)
            if (day, stored.shopper_id, item) not in self._counted:
                self._counted.add((day, stored.shopper_id, item))
                self._look(event.timestamp, item)
            self._viewed.add(event.session_id, item)
        if event.action_name is Action.ORDER:
            self._bought.add(event.transaction_id or event.session_id, item)
            self._buyers[item][stored.shopper_id] += 1

    def _forget(self, day: int) -> None:
        """Once a day, drop what only kept the last weeks from counting twice."""
        if day <= self._day:
            return
        self._day = day
        old = day - WINDOW.days
        self._counted = {once for once in self._counted if once[0] >= old}
        self._person_day = Counter({k: n for k, n in self._person_day.items() if k[0] >= old})

    def _count(self, when: datetime, item: str, appeal: float, language: str | None) -> None:
        age = (when.timestamp() - self._start) / 86_400
        popular = appeal * 2 ** (age / POPULAR_HALF_LIFE.days)
        for segment in {"", language or ""}:
            self.popular[segment][item] += popular
            self._top[segment] = max(self._top[segment], self.popular[segment][item])

    def _look(self, when: datetime, item: str) -> None:
        """One shopper looked on one day, however often."""
        age = (when.timestamp() - self._start) / 86_400
        self._lookers[item][when.toordinal()] += 1
        self._recent[item] += 2 ** (age / RECENT_HALF_LIFE.days)
        self._usual[item] += 2 ** (age / USUAL_HALF_LIFE.days)

    # ---------------------------------------------------------------- reading

    def bought_with(self, item: str) -> Sequence[Companion]:
        """(product, association 0 to 1, orders in common), the best few first."""
        with self._lock:
            return self._bought.of(item)

    def viewed_with(self, item: str) -> Sequence[Companion]:
        """(product, association 0 to 1, sessions in common), the best few first."""
        with self._lock:
            return self._viewed.of(item)

    def ordered(self) -> dict[str, int]:
        """Product → number of orders."""
        with self._lock:
            return dict(self._bought.times)

    def baskets(self) -> list[tuple[str, ...]]:
        """The orders that hold several products."""
        with self._lock:
            return self._bought.groups()

    def repeat_share(self, items: Sequence[str]) -> float:
        """The share of buyers of these products who bought one of them again."""
        with self._lock:
            buyers: Counter[str] = Counter()
            for item in items:
                buyers.update(self._buyers.get(item, Counter()))
        again = sum(1 for times in buyers.values() if times > 1)
        return again / len(buyers) if buyers else 0.0

    def popularity(self, segment: str = "") -> list[tuple[str, float]]:
        """(product, share of the most popular one's appeal), best first; a segment is a
        language, and one without events gives everybody's."""
        return self._sorted_once(f"popular {segment}", lambda: self._popularity(segment))

    def appeal_shares(self, items: Sequence[str]) -> dict[str, float]:
        """Product → share of the most popular one's appeal, of those that have any."""
        with self._lock:
            counts, top = self.popular.get("", {}), self._top.get("", 0.0)
            return {item: counts[item] / top for item in items if item in counts} if top else {}

    def _popularity(self, segment: str) -> list[tuple[str, float]]:
        counts = self.popular.get(segment) or self.popular.get("", {})
        top = max(counts.values(), default=0.0)
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return [(item, count / top) for item, count in ordered] if top else []

    def trending(self) -> list[tuple[str, float]]:
        """(product, how many times its usual rate it is looked at now), best first.

        The ratio of two decayed rates, with the usual rate of a middling product as prior;
        weighed by the evidence, so that two clicks on a sleeper make no trend.
        """
        return self._sorted_once("trending", self._trending)

    def _trending(self) -> list[tuple[str, float]]:
        age = (time.time() - self._start) / 86_400
        fade_recent = 2 ** (-age / RECENT_HALF_LIFE.days) / RECENT_HALF_LIFE.days
        fade_usual = 2 ** (-age / USUAL_HALF_LIFE.days) / USUAL_HALF_LIFE.days
        if not self._usual:
            return []
        prior = sum(self._usual.values()) * fade_usual / len(self._usual)
        rates = {
            item: (recent * fade_recent + prior) / (self._usual[item] * fade_usual + prior)
            for item, recent in self._recent.items()
        }
        weighed = {
            item: math.log(rate) * math.sqrt(self._recent[item] * fade_recent)
            for item, rate in rates.items()
            if rate > 1 and self._lookers[item].total() > 1
        }
        ordered = sorted(weighed, key=lambda item: (-weighed[item], item))
        return [(item, rates[item]) for item in ordered]

    def lookers(self, item: str, days: int = 7) -> int:
        """How many shoppers looked at a product in the last `days` days (once a day each)."""
        since = datetime.now(UTC).toordinal() - days
        with self._lock:
            return sum(n for day, n in self._lookers.get(item, {}).items() if day > since)

    def _sorted_once(self, name: str, make: object) -> list[tuple[str, float]]:
        with self._lock:
            kept = self._sorted.get(name)
            if kept and kept[0] > time.monotonic() - SORTED_S:
                return kept[1]
            made: list[tuple[str, float]] = make()  # type: ignore[operator]
            self._sorted[name] = (time.monotonic(), made)
            return made
