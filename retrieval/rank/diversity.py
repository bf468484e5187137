"""Diversity: a page of look-alikes answers less than one of each kind.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the next product is the one
with the best balance of relevance and unlikeness to those already taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Candidates that are spread: two pages of cards and a half. Below, order hardly shows.
WINDOW = 60
# What relevance counts against likeness. On the development queries of chorus-icecat .95 costs
# no nDCG@10 (.777 to .778 unjudged as 0, judged-only .906 both); .9 costs .003.
RELEVANCE_SHARE = 0.95

Floats = NDArray[np.float64]


def diversify(
    relevance: Sequence[float],
    likeness: Callable[[int], Floats],
    count: int,
    share: float = RELEVANCE_SHARE,
) -> list[int]:
    """The first `count` positions by maximal marginal relevance, then the rest in the given
    order; ties keep the given order.

    `relevance` of length n is scaled to 0 … 1 here; `likeness(i)` says how alike i and each
    of the n are, 0 … 1.
    """
    scores = scale(relevance)
    left = np.ones(len(scores), bool)
    nearest = np.zeros(len(scores))
    order: list[int] = []
    for _ in range(min(count, len(scores))):
        gain = np.where(left, share * scores - (1 - share) * nearest, -np.inf)
        best = int(np.argmax(gain))
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, likeness(best))
    return [*order, *np.flatnonzero(left).tolist()]


def scale(relevance: Sequence[float]) -> Floats:
    """Scores from 0 (the worst) to 1 (the best); all 1 where they are equal."""
    scores = np.asarray(relevance, float)
    if not len(scores):
        return scores
    low, width = scores.min(), np.ptp(scores)
    return (scores - low) / width if width > 0 else np.ones(len(scores))


def measure_likeness(term_sets: Sequence[Sequence[str]]) -> Callable[[int], Floats]:
    """For a position, how much of their terms it and every other share (Jaccard), length n."""
    # Bits rather than a matrix product: BLAS threads beside a running engine cost 30 ms.
    bits: dict[str, int] = {}
    masks = [sum({1 << bits.setdefault(term, len(bits)) for term in terms}) for terms in term_sets]

    def compare(position: int) -> Floats:
        one = masks[position]
        return np.array(
            [(one & m).bit_count() / (one | m).bit_count() if one | m else 0.0 for m in masks]
        )

    return compare
