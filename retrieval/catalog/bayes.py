"""Naive Bayes over the sparse presence features of products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Expected counts added to every feature, in proportion to its overall frequency.
SMOOTHING = 0.4
# Class sizes say how large a shelf is, not what a product is: their pull is dampened.
PRIOR_WEIGHT = 0.3

Features = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Bayes:
    """Log likelihood ratios of shape (features, classes) and log priors of shape (classes,)."""

    ratios: Floats
    priors: Floats

    def scores(self, features: Features) -> Floats:
        """Evidence for each class, shape (classes,).

        Divided by the root of the number of features, because the features of long data
        sheets are far from independent of each other.
        """
        evidence = self.ratios[features].sum(axis=0) / np.sqrt(max(1, len(features)))
        return np.asarray(evidence + PRIOR_WEIGHT * self.priors, dtype=np.float32)

    def score_of(self, features: Features, label: int) -> float:
        """As `scores`, for one class."""
        evidence = self.ratios[features, label].sum() / np.sqrt(max(1, len(features)))
        return float(evidence + PRIOR_WEIGHT * self.priors[label])


def train_bayes(
    rows: Sequence[Features], labels: Sequence[int], features: int, classes: int
) -> Bayes:
    """Fit to `rows` (feature ids of a product) and their class numbers."""
    counts = np.zeros((features, classes), dtype=np.float32)
    for row, label in zip(rows, labels, strict=True):
        counts[row, label] += 1
    sizes = np.bincount(np.asarray(labels, dtype=np.int64), minlength=classes).astype(np.float32)
    background = (counts.sum(axis=1) + 1) / (sizes.sum() + 2)
    present = (counts + SMOOTHING * background[:, None]) / (sizes + SMOOTHING)
    ratios = np.log(present / background[:, None]).astype(np.float32)
    priors = np.log((sizes + 1) / (sizes.sum() + classes)).astype(np.float32)
    return Bayes(ratios, priors)


@dataclass(frozen=True)
class Judged:
    """For each row the score of its own class, the best class, that one's score, and its
    margins over the second class and over the best class of another group."""

    own: Floats
    best: NDArray[np.int64]
    scores: Floats
    margins: Floats
    group_margins: Floats


def cross_judge(
    rows: Sequence[Features], labels: Sequence[int], features: int, groups: Sequence[int]
) -> Judged:
    """Judge each row by a model that never saw it; `groups` gives the group of each class.

    Rows are dealt to two halves in turn; each half is judged by a model of the other.
    """
    best = np.zeros(len(rows), dtype=np.int64)
    own = np.zeros(len(rows), dtype=np.float32)
    numbers = np.zeros((3, len(rows)), dtype=np.float32)
    grouped = np.asarray(groups)
    for half in (0, 1):
        train = [i for i in range(len(rows)) if i % 2 != half]
        model = train_bayes(
            [rows[i] for i in train], [labels[i] for i in train], features, len(groups)
        )
        for i in range(half, len(rows), 2):
            scores = model.scores(rows[i])
            own[i] = scores[labels[i]]
            best[i], *numbers[:, i] = judge(scores, grouped)
    return Judged(own, best, *numbers)


def judge(scores: Floats, groups: NDArray[np.int64]) -> tuple[int, float, float, float]:
    """The best class, its score, and how far it is ahead of the second class and of the best
    class of another group."""
    best = int(scores.argmax())
    if len(scores) < 2:
        return best, float(scores[best]), float("inf"), float("inf")
    second = np.partition(scores, -2)[-2]
    others = scores[groups != groups[best]]
    other = others.max() if len(others) else -np.inf
    return best, float(scores[best]), float(scores[best] - second), float(scores[best] - other)
