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
    relevance: Sequence[float] | Floats,
    likeness: Callable[[int], Floats],
    count: int,
    share: float = RELEVANCE_SHARE,
) -> list[int]:
    """The first `count` positions by maximal marginal relevance, then the rest in the given
    order; ties keep the given order.

    `relevance` of length n lies between 0 and 1, see `scale`; `likeness(i)` says how alike i
    and each of the n are, 0 … 1.
    """
    scores = np.asarray(relevance, float)
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


def count_eligible(
    relevance: Sequence[float] | Floats, threshold: float, share: float = RELEVANCE_SHARE
) -> int:
    """How many of the first `relevance` (0 … 1) can be chosen before those at `threshold`.

    What lies further below than likeness can cost is never among the first.
    """
    near = np.flatnonzero(np.asarray(relevance) >= threshold - (1 - share) / share)
    return int(near[-1]) + 1 if len(near) else 0


def scale(relevance: Sequence[float]) -> Floats:
    """Scores from 0 (the worst) to 1 (the best); all 1 where they are equal."""
    scores = np.asarray(relevance, float)
    if not len(scores):
        return scores
    low, width = scores.min(), np.ptp(scores)
    return (scores - low) / width if width > 0 else np.ones(len(scores))


def measure_likeness(term_sets: Sequence[Sequence[str]]) -> Callable[[int], Floats]:
    """For a position, how much of their terms it and every other share (Jaccard), length n."""
    columns: dict[str, int] = {}
    rows = [
        [columns.setdefault(term, len(columns)) for term in dict.fromkeys(terms)]
        for terms in term_sets
    ]
    has = np.zeros((len(rows), len(columns)), bool)
    for row, its in zip(has, rows, strict=True):
        row[its] = True
    counts = has.sum(axis=1)

    def compare(position: int) -> Floats:
        # No matrix product: BLAS threads beside a running engine cost 30 ms.
        shared = has[:, rows[position]].sum(axis=1) if rows[position] else np.zeros(len(rows))
        either = counts + counts[position] - shared
        alike: Floats = np.divide(shared, either, out=np.zeros(len(rows)), where=either > 0)
        return alike

    return compare
