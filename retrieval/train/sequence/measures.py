"""Ranks of held-out items among all items, and the measures made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.train.sequence.data import Indices
from retrieval.types import Frozen, ProgressListener, Vectors

CUTOFF = 10
# Users scored at once: 512 × 12,000 items of float32 are 25 MB.
BATCH = 512

Scorer = Callable[[Sequence[Indices]], Vectors]
"""Histories → scores of every item, shape (histories, items); the array may be written to."""


class Measures(Frozen):
    """Means over users; `mrr` over the whole ranking."""

    users: int
    hr: float
    ndcg: float
    mrr: float


def rank_targets(
    score: Scorer,
    histories: Sequence[Indices],
    targets: Indices,
    *,
    exclude_seen: bool,
    listener: ProgressListener | None = None,
    note: str = "measuring",
) -> NDArray[np.int64]:
    """0-based ranks of the targets among all items, shape (histories,).

    Ties count against the target, so that a constant score earns nothing.
    """
    ranks = np.empty(len(targets), np.int64)
    for start in range(0, len(targets), BATCH):
        rows = slice(start, min(start + BATCH, len(targets)))
        ranks[rows] = _ranks(score(histories[rows]), histories[rows], targets[rows], exclude_seen)
        if listener:
            listener(rows.stop, len(targets), note)
    return ranks


def _ranks(
    scores: Vectors, histories: Sequence[Indices], targets: Indices, exclude_seen: bool
) -> NDArray[np.int64]:
    own = scores[np.arange(len(targets)), targets]
    if exclude_seen:
        for row, history in enumerate(histories):
            scores[row, history] = -np.inf
    scores[np.arange(len(targets)), targets] = own
    better: NDArray[np.int64] = (scores >= own[:, None]).sum(axis=1) - 1
    return better


def measure_ranks(ranks: NDArray[np.int64]) -> Measures:
    """HR@10, NDCG@10 (one relevant item a user) and MRR."""
    gains = 1 / np.log2(ranks + 2.0)
    return Measures(
        users=len(ranks),
        hr=float((ranks < CUTOFF).mean()) if len(ranks) else 0.0,
        ndcg=float(np.where(ranks < CUTOFF, gains, 0.0).mean()) if len(ranks) else 0.0,
        mrr=float((1 / (ranks + 1.0)).mean()) if len(ranks) else 0.0,
    )
