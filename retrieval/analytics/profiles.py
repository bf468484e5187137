"""The mix of profiles: how much is known of the period's shoppers, and what they like."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from retrieval.analytics.log import CleanLog
from retrieval.analytics.types import FEWEST_SHOPPERS, Hidden, MixRow, ProfileReport
from retrieval.profile.explain import label_taste, price_band, told_tastes
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Profile, build_profile
from retrieval.profile.types import StoredEvent
from retrieval.types import Language

# Profiles made for one report; a thousand take a second or two, and the mix of the latest
# thousands is that of all.
MOST_PROFILES = 2_000
# Values of a facet listed.
MOST_VALUES = 12
STAGES = {
    "popularity": "Nothing known yet",
    "session": "This session only",
    "profile": "Own tastes",
}
PRICES = {"low": "Low", "middle": "Middle", "high": "High"}


def report_profiles(
    log: CleanLog, items: ItemReader, now: datetime, language: Language
) -> ProfileReport:
    """Profiles as the acts of the period make them."""
    acts: dict[str, list[StoredEvent]] = defaultdict(list)
    for stored in log.acts:
        acts[stored.shopper_id].append(stored)
    latest = sorted(acts, key=lambda name: acts[name][-1].event.timestamp, reverse=True)
    chosen = latest[:MOST_PROFILES]
    counts: Counter[tuple[str, str, str]] = Counter()
    for name in chosen:
        profile = build_profile(name, acts[name], items, min(now, log.period.until))
        counts.update(_values(profile, items, language))
    kept = {key: n for key, n in counts.items() if n >= FEWEST_SHOPPERS}
    listed: Counter[str] = Counter()
    rows = []
    for (facet, value, label), number in sorted(kept.items(), key=lambda each: -each[1]):
        listed[facet] += 1
        if listed[facet] <= MOST_VALUES:
            share = round(number / len(chosen), 4)
            rows.append(MixRow(facet=facet, value=value, label=label, shoppers=number, share=share))
    small = [n for n in counts.values() if n < FEWEST_SHOPPERS]
    return ProfileReport(
        period=log.period,
        rows=tuple(rows),
        profiles=len(chosen),
        shoppers=len(acts),
        hidden=Hidden(rows=len(small), events=sum(small)),
    )


def _values(profile: Profile, items: ItemReader, language: Language) -> set[tuple[str, str, str]]:
    """What one profile adds to the mix: (facet, value, label), each once."""
    stage = profile.stage.value
    found = {("stage", stage, STAGES[stage])}
    if price := price_band(profile.price):
        found.add(("price", price, PRICES[price]))
    for taste in told_tastes(profile):
        if taste.lift > 0:
            label = label_taste(taste, items, language)
            found.add((taste.facet.value, taste.value, label))
    return found
