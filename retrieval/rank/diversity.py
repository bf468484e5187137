"""Diversity: a page of look-alikes answers less than one of each kind.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the next product is the one
with the best balance of relevance and unlikeness to those already taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Candidates that are spread: two pages of cards and a half. Below, order hardly shows.
WINDOW = 60
# What relevance counts against likeness. On the development queries of chorus-icecat .95 costs
# no nDCG@10 (.777 to .778 unjudged as 0, judged-only .906 both); .9 costs .003.
RELEVANCE_SHARE = 0.95

Floats = NDArray[np.float64]


def diversify(
    relevance: Sequence[float], likeness: Floats, share: float = RELEVANCE_SHARE
) -> list[int]:
    """Positions in the order of maximal marginal relevance; ties keep the given order.

    `relevance` of length n is scaled to 0 … 1 here; `likeness` has shape (n, n), 0 … 1.
    """
    scores = scale(relevance)
    left = np.ones(len(scores), bool)
    nearest = np.zeros(len(scores))
    order: list[int] = []
    for _ in range(len(scores)):
        gain = np.where(left, share * scores - (1 - share) * nearest, -np.inf)
        best = int(np.argmax(gain))
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, likeness[best])
    return order


def scale(relevance: Sequence[float]) -> Floats:
    """Scores from 0 (the worst) to 1 (the best); all 1 where they are equal."""
    scores = np.asarray(relevance, float)
    if not len(scores):
        return scores
    low, width = scores.min(), np.ptp(scores)
    return (scores - low) / width if width > 0 else np.ones(len(scores))


def likeness(term_sets: Sequence[Sequence[str]]) -> Floats:
    """How much of their terms every two products share (Jaccard), shape (n, n)."""
    columns: dict[str, int] = {}
    for terms in term_sets:
        for term in terms:
            columns.setdefault(term, len(columns))
    table = np.zeros((len(term_sets), max(1, len(columns))), np.float32)
    for row, terms in enumerate(term_sets):
        table[row, [columns[term] for term in terms]] = 1
    common = (table @ table.T).astype(float)
    sizes = table.sum(axis=1).astype(float)
    union = sizes[:, None] + sizes[None, :] - common
    shares: Floats = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return shares
