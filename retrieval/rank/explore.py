"""Now and then two products of a page change places, with known probability.

What is shown at other places than the model would put it tells what the model does not know
(and which places are looked at: swap interventions, Joachims et al., WSDM 2017); the propensities
make estimates from the log unbiased.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from retrieval.rank.click_features import Numbers


def explore_page(
    order: Sequence[int],
    relevance: Sequence[float],
    doubts: Numbers,
    *,
    page: int,
    rate: float,
    reach: float,
    seed: str,
) -> tuple[list[int], list[float]]:
    """The order with at most two products exchanged, and the propensity of what each place shows.

    With probability `rate` a place of the page but the first, drawn evenly, changes with a later
    one, drawn in proportion to `doubts` (how little is known of a product) among those whose
    share of relevance is within `reach` of its own. The same `seed` gives the same page: a list
    does not flicker when it is asked again.
    """
    shown = list(order)
    odds = _swap_odds(shown, relevance, doubts, page, rate, reach)
    touched = odds.sum(axis=0) + odds.sum(axis=1)
    propensities = [float(1 - touched[place]) for place in range(len(shown))]
    random = Random(seed)
    draw = random.random()
    if draw >= odds.sum():
        return shown, propensities
    flat = int(np.searchsorted(np.cumsum(odds), draw, side="right"))
    here, there = divmod(min(flat, odds.size - 1), len(odds))
    shown[here], shown[there] = shown[there], shown[here]
    propensities[here] = propensities[there] = float(odds[here, there])
    return shown, propensities


def _swap_odds(
    order: Sequence[int],
    relevance: Sequence[float],
    doubts: Numbers,
    page: int,
    rate: float,
    reach: float,
) -> Numbers:
    """The probability with which two places change, shape (places, places), earlier first."""
    size = len(order)
    odds = np.zeros((size, size))
    places = range(1, min(page, size))
    top = max([*relevance, 0.0]) or 1.0
    for here in places:
        weights = np.zeros(size)
        for there in range(here + 1, min(size, 2 * page)):
            apart = abs(relevance[order[here]] - relevance[order[there]]) / top
            weights[there] = max(doubts[order[there]], 1e-6) if apart <= reach else 0.0
        if weights.sum() > 0:
            odds[here] = rate / len(places) * weights / weights.sum()
    return odds
