"""What a next-item model is worth where it serves: "for you" lists with it, by its weight."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from retrieval.errors import CallerError
from retrieval.index.types import ProductIndex
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import build_profile
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import StoredEvent
from retrieval.recommend.candidates import Signal
from retrieval.recommend.engine import FOR_YOU_WEIGHTS, Recommender
from retrieval.recommend.next_items import NextItems
from retrieval.recommend.types import Kind, RecommendationRequest
from retrieval.train.sequence.data import LEAST_MEASURED
from retrieval.train.sequence.log import Meeting
from retrieval.types import Frozen, ProgressListener

WEIGHTS = (0.0, 0.25, 0.5, 1.0)
LIST = 10


class WeightRow(Frozen):
    """How "for you" lists of `LIST` do with a weight: the share of shoppers whose held-out
    product is on the list, its nDCG, and how many shoppers gained and lost it against weight 0.

    `before` is the same on the product before the last: what weights are chosen on.
    """

    weight: float
    hit: float
    ndcg: float
    gained: int
    lost: int
    shoppers: int
    before_hit: float
    before_ndcg: float


def measure_weights(
    index: ProductIndex,
    items: ItemReader,
    acts: Sequence[StoredEvent],
    meetings: Mapping[str, Sequence[Meeting]],
    model: NextItems,
    listener: ProgressListener,
    weights: Sequence[float] = WEIGHTS,
) -> list[WeightRow]:
    """Leave-one-out: each shopper's list at the moment before they first met their last (or
    last but one) product, from what all shoppers did without those held out.

    The model learned from neither (`leave_one_out`). Raises CallerError where no shopper met
    enough products.
    """
    met = {s: _known(found, items) for s, found in meetings.items()}
    asked = {s: found for s, found in met.items() if len(found) >= LEAST_MEASURED}
    if not asked:
        raise CallerError(
            f"No shopper of the log met {LEAST_MEASURED} products.",
            remedy="Measure when there is more of a log.",
        )
    before = _find_places(index, items, acts, asked, 2, model, listener, weights)
    last = _find_places(index, items, acts, asked, 1, model, listener, weights)
    return [_row(w, last[w], last[weights[0]], before[w]) for w in weights]


def _known(meetings: Sequence[Meeting], items: ItemReader) -> list[Meeting]:
    there = items.by_product([meeting.product_id for meeting in meetings])
    return [meeting for meeting in meetings if meeting.product_id in there]


def _find_places(
    index: ProductIndex,
    items: ItemReader,
    acts: Sequence[StoredEvent],
    asked: Mapping[str, Sequence[Meeting]],
    back: int,
    model: NextItems,
    listener: ProgressListener,
    weights: Sequence[float],
) -> dict[float, list[int]]:
    """Weight → the held-out product's place on each shopper's list, 0 where it is not on it."""
    cuts = {shopper: found[-back].moment for shopper, found in asked.items()}
    past = _past_of(acts, cuts)
    statistics = BehaviourStatistics(max(stored.event.timestamp for stored in acts))
    statistics.add(stored for each in past.values() for stored in each)
    places: dict[float, list[int]] = {weight: [] for weight in weights}
    lists = {
        weight: Recommender(
            index,
            items,
            statistics,
            next_items=model,
            weights={**FOR_YOU_WEIGHTS, Signal.NEXT: weight},
        )
        for weight in weights
    }
    for number, (shopper, found) in enumerate(asked.items(), start=1):
        profile = build_profile(shopper, past[shopper], items, cuts[shopper])
        request = RecommendationRequest(kind=Kind.FOR_YOU, shopper=shopper, limit=LIST)
        for weight, recommender in lists.items():
            made = recommender.recommend(request, profile).products
            ids = [each.product.id for each in made]
            wanted = found[-back].product_id
            places[weight].append(ids.index(wanted) + 1 if wanted in ids else 0)
        listener(number, len(asked), "lists")
    return places


def _past_of(
    acts: Sequence[StoredEvent], cuts: Mapping[str, datetime]
) -> dict[str, list[StoredEvent]]:
    """What each shopper did before their cut, all of it where they have none; oldest first."""
    past: dict[str, list[StoredEvent]] = defaultdict(list)
    for stored in sorted(acts, key=lambda s: (s.event.timestamp, s.seq)):
        cut = cuts.get(stored.shopper_id)
        if cut is None or stored.event.timestamp < cut:
            past[stored.shopper_id].append(stored)
    return past


def _row(
    weight: float, places: Sequence[int], without: Sequence[int], before: Sequence[int]
) -> WeightRow:
    pairs = list(zip(places, without, strict=True))
    return WeightRow(
        weight=weight,
        hit=_hit(places),
        ndcg=_ndcg(places),
        gained=sum(bool(ours) and not theirs for ours, theirs in pairs),
        lost=sum(bool(theirs) and not ours for ours, theirs in pairs),
        shoppers=len(places),
        before_hit=_hit(before),
        before_ndcg=_ndcg(before),
    )


def _hit(places: Sequence[int]) -> float:
    return round(sum(map(bool, places)) / len(places), 4)


def _ndcg(places: Sequence[int]) -> float:
    return round(sum(1 / math.log2(place + 1) for place in places if place) / len(places), 4)
