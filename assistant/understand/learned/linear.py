"""Logistic models over named features: small enough to read, fast enough for every turn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from retrieval.types import Frozen

# Present in every example, so a model's intercept is a weight like any other.
BIAS = ""


class LinearModel(Frozen):
    """One logistic regression a label, each against the rest; all features are 0 or 1."""

    weights: dict[str, dict[str, float]]

    def probabilities(self, features: Iterable[str]) -> dict[str, float]:
        """Each label's own probability; they need not sum to 1."""
        present = [BIAS, *features]
        return {
            label: _sigmoid(sum(known.get(name, 0.0) for name in present))
            for label, known in self.weights.items()
        }

    def best(self, features: Iterable[str]) -> str:
        """The most probable label."""
        probabilities = self.probabilities(features)
        return max(probabilities, key=probabilities.__getitem__)


def _sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def choose_by_expected_f1(probabilities: Sequence[float]) -> list[int]:
    """Positions of the subset with the highest expected F1, in their own order; never none.

    Taken from the most probable down while 2·E[hits] / (chosen + E[relevant]) grows: the
    optimum for independent items, up to the ratio of expectations (Lipton et al., ECML 2014).
    """
    if not probabilities:
        return []
    order = sorted(range(len(probabilities)), key=lambda i: -probabilities[i])
    relevant = sum(probabilities)
    hits, best, count = 0.0, -1.0, 1
    for taken, position in enumerate(order, start=1):
        hits += probabilities[position]
        expected = 2 * hits / (taken + relevant)
        if expected > best:
            best, count = expected, taken
    return sorted(order[:count])
