"""A page ordered a little to a shopper's taste, and saying so."""

from __future__ import annotations

import math
from collections.abc import Sequence

from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Facet, Profile, Stage, affinity
from retrieval.recommend.reasons import say, taste_reason
from retrieval.types import Hit, Language

# What was searched for decides; taste moves a product past its next few neighbours.
MOST_PLACES = 3
# A page is ordered in blocks of this size, so that no product changes its page.
BLOCK = 12
# What a logit of each facet counts; the category was asked for and says little here.
WEIGHTS = {Facet.BRAND: 0.5, Facet.ATTRIBUTE: 0.5, Facet.PRICE: 0.35, Facet.CATEGORY: 0.2}
# Having looked at this very product counts as much as its brand at most.
SEEN = 0.6
# Strength from which a card says why; below, the order hardly changes either.
TELLING = 0.15
RECENT = 20


def personalise(
    hits: Sequence[Hit], profile: Profile, items: ItemReader, language: Language
) -> tuple[Hit, ...]:
    """The hits with none further than `MOST_PLACES` from where relevance put it.

    Products that fit the shopper's tastes carry the reason.
    """
    if profile.stage is Stage.POPULARITY or not hits:
        return tuple(hits)
    known = items.by_product([hit.product.id for hit in hits])
    recent = frozenset(profile.liked[:RECENT])
    strengths, told = [], []
    for hit in hits:
        item = known.get(hit.product.id)
        fit = affinity(profile, item, items) if item else {}
        total = sum(WEIGHTS[facet] * lift for facet, lift in fit.items())
        seen = hit.product.id in recent
        strength = math.tanh(total + (SEEN if seen else 0.0))
        reason = ""
        if item and strength >= TELLING:
            reason = (
                say("seen", language)
                if seen
                else taste_reason(profile, item, fit, items, language, category=False)
            )
        strengths.append(strength)
        told.append(hit.model_copy(update={"reasons": (reason,)}) if reason else hit)
    return tuple(told[place] for place in reorder(strengths))


def reorder(strengths: Sequence[float]) -> list[int]:
    """Places in their new order: strengths of -1 to 1 shift each by `MOST_PLACES` / 2.

    Two products change places only when fewer than `MOST_PLACES` lie between them.
    """
    order: list[int] = []
    for start in range(0, len(strengths), BLOCK):
        block = range(start, min(start + BLOCK, len(strengths)))
        order += sorted(block, key=lambda place: place - strengths[place] * MOST_PLACES / 2)
    return order
