"""Companions: kept sorted, and never older than the counts."""

from __future__ import annotations

import random

from retrieval.profile.companions import MOST_COMPANIONS, Companions


def test_what_is_kept_sorted_is_what_the_counts_say() -> None:
    shuffle = random.Random(5)
    read, unread = Companions(), Companions()
    for _ in range(400):
        group, item = f"g{shuffle.randrange(40)}", f"p{shuffle.randrange(30)}"
        for each in (read, unread):
            each.add(group, item)
        asked = [f"p{n}" for n in shuffle.sample(range(30), 5)]
        fresh = Companions()
        fresh.__dict__ |= {**unread.__dict__, "_sorted": {}}
        for name in asked:
            assert read.of(name) == fresh.of(name)


def test_the_best_come_first_and_no_more_than_anybody_asks_for() -> None:
    companions = Companions()
    for n in range(MOST_COMPANIONS + 10):
        for group in range(1 + n % 3):
            companions.add(f"{n}-{group}", "bag")
            companions.add(f"{n}-{group}", f"p{n}")
    found = companions.of("bag")
    assert len(found) == MOST_COMPANIONS
    assert [n for _, _, n in found[:10]] == [3] * 10
    assert companions.of("hat") == []
