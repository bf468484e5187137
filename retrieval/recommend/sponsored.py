"""How relevant products are to a list of recommendations, for advertisements beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from retrieval.index.types import point_id
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Profile, affinity
from retrieval.recommend.engine import Recommender
from retrieval.recommend.types import Kind, RecommendationRequest, Recommendations

# Lists that answer an open question. What was bought, and what goes with it, is none.
OPEN_KINDS = frozenset({Kind.FOR_YOU, Kind.SIMILAR, Kind.TRENDING, Kind.NEW})


def find_relevance(
    recommender: Recommender,
    items: ItemReader,
    found: Recommendations,
    request: RecommendationRequest,
    profile: Profile,
    candidates: Sequence[str],
) -> dict[str, float]:
    """Candidate → relevance (0 to 1) of those that the list might have shown by itself.

    They pass the request's conditions and the shopper's refusals, are of a kind that the list
    shows (or starts from), and are as relevant as they suit the shopper's taste: one half where
    nothing speaks for or against them.
    """
    if request.kind not in OPEN_KINDS or not candidates or not found.products:
        return {}
    starts = request.items or tuple(each.product.id for each in found.products)
    kinds = {item.category for item in items.by_product(starts).values() if item.category}
    hidden = {*request.items, *profile.dismissed, *profile.bought, *profile.session}
    near = [
        point_id(i)
        for i, item in items.by_product(candidates).items()
        if item.category in kinds and i not in hidden
    ]
    if not near:
        return {}
    allowed = recommender.allowed(near, request, profile)
    return {
        item.id: 1 / (1 + math.exp(-sum(affinity(profile, item, items).values())))
        for item in allowed.values()
    }
