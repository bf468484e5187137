"""Which products meet in one group of a shopper's acts, a session or an order."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence

# Groups under way whose products may still meet others.
GROUPS = 20_000
# Products of one group that are paired; beyond lie resellers and crawlers.
MOST_PAIRED = 20
# Pairs seen once are chance: the prior of a cosine over counts.
PAIR_PRIOR = 3.0
# Companions of a product that anybody asks for: the best of hundreds.
MOST_COMPANIONS = 20
# Products whose companions are kept sorted, some 2 KB each.
KEPT_SORTED = 4_000

Companion = tuple[str, float, int]


class Companions:
    """Counts of products that met, and the companions of each; the caller locks."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self._together: dict[str, Counter[str]] = defaultdict(Counter)
        self._groups: OrderedDict[str, list[str]] = OrderedDict()
        self._sorted: dict[str, list[Companion]] = {}

    def add(self, group: str, item: str) -> None:
        """`item` is in `group` as well; a second time counts for nothing."""
        others = self._members(group)
        if item in others or len(others) >= MOST_PAIRED:
            return
        for other in others:
            self._together[item][other] += 1
            self._together[other][item] += 1
        others.append(item)
        self.times[item] += 1
        self._forget(item)

    def _members(self, group: str) -> list[str]:
        members = self._groups.setdefault(group, [])
        self._groups.move_to_end(group)
        if len(self._groups) > GROUPS:
            self._groups.popitem(last=False)
        return members

    def _forget(self, item: str) -> None:
        """How often a product was met counts in its association with each that it met."""
        if not self._sorted:
            return
        self._sorted.pop(item, None)
        for other in self._together.get(item, ()):
            self._sorted.pop(other, None)

    def groups(self) -> list[tuple[str, ...]]:
        """The groups that hold several products."""
        return [tuple(items) for items in self._groups.values() if len(items) > 1]

    def of(self, item: str) -> Sequence[Companion]:
        """(product, association 0 to 1, groups in common), the best `MOST_COMPANIONS` first."""
        known = self._sorted.get(item)
        if known is None:
            known = self._associate(item)
            if len(self._sorted) >= KEPT_SORTED:
                del self._sorted[next(iter(self._sorted))]
            self._sorted[item] = known
        return known

    def _associate(self, item: str) -> list[Companion]:
        """Cosines over counts, shrunk towards none where the counts are few."""
        together, times = self._together.get(item), self.times
        if not together:
            return []
        own = times[item]
        found = [
            (other, n / (math.sqrt(own * times[other]) + PAIR_PRIOR), n)
            for other, n in together.items()
        ]
        return sorted(found, key=lambda each: (-each[1], each[0]))[:MOST_COMPANIONS]
