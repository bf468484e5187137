"""Which places of a list are looked at, and what a click says once that is known.

Two ways that check each other: regression-EM (Wang et al., WSDM 2018) from every impression, and
intervention harvesting (Agarwal et al., WSDM 2019, "AllPairs") from products that the same query
showed at different places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from retrieval.rank.click_features import Integers, Numbers
from retrieval.rank.clicks import sigmoid

# Ridge on weights of standardised features, in impressions' log loss.
L2 = 2.0
EM_STEPS = 60
REGRESSION_STEPS = 12
# Change of every examination probability below which EM has arrived.
SETTLED = 1e-4
# The least probability: clicks at unseen places would weigh without bound.
LEAST = 0.02
# A click counts at most so much for its place (Saito et al., WSDM 2020, clip likewise).
MOST_WEIGHT = 10.0
# How strongly calibration holds to what was learned: a log's few days must not bend it.
PLATT_RIDGE = 10.0
# Places that are told apart; those beyond share the last one's probability.
PLACES = 30


@dataclass(frozen=True)
class Shown:
    """Impressions: standardised features with a last column of ones, places from 1, clicks."""

    features: Numbers
    places: Integers
    clicks: Numbers
    names: Sequence[str] = ()
    """What was shown for what ("query\\x1fproduct"): the pairs that harvesting looks for."""

    def __len__(self) -> int:
        return len(self.clicks)


def fit_regression_em(shown: Shown) -> tuple[Numbers, Numbers]:
    """Examination by place, shape (places,), the first being 1, and the layer, shape
    (features + 1,), by expectation maximisation of the position-based model."""
    last = int(min(shown.places.max(), PLACES))
    at = np.minimum(shown.places, last) - 1
    counts = np.maximum(np.bincount(at, minlength=last), 1)
    theta = np.clip(np.bincount(at, shown.clicks, last) / counts, 1e-4, None)
    theta = np.clip(theta / theta[0], LEAST, 1.0)
    layer = np.zeros(shown.features.shape[1])
    layer[-1] = -1.0
    for _ in range(EM_STEPS):
        wanted = sigmoid(shown.features @ layer)
        unseen = 1 - theta[at] * wanted
        examined = shown.clicks + (1 - shown.clicks) * theta[at] * (1 - wanted) / unseen
        liked = shown.clicks + (1 - shown.clicks) * wanted * (1 - theta[at]) / unseen
        before = theta
        theta = np.bincount(at, examined, last) / counts
        theta = np.clip(theta / theta[0], LEAST, 1.0)
        layer = fit_logistic(shown.features, liked, start=layer, steps=REGRESSION_STEPS)
        if np.abs(theta - before).max() < SETTLED:
            break
    return theta, layer


def harvest_examination(shown: Shown, places: int) -> Numbers:
    """Examination by place, shape (places,), from products shown at several places for the same
    query; nan where a place has no such pair with any other.

    For each pair of places the clicks on what stood at both, each impression weighed by the
    inverse of how often its product stood there, are the ratio of their examination. The
    ratios are brought together by least squares on logarithms, weighed by clicks.
    """
    stood: dict[str, dict[int, list[float]]] = defaultdict(dict)
    for name, place, click in zip(shown.names, shown.places, shown.clicks, strict=True):
        if place <= places:
            tally = stood[name].setdefault(int(place), [0.0, 0.0])
            tally[0] += 1
            tally[1] += click
    clicks = np.zeros((places, places))
    for tallies in stood.values():
        for one, (shows, clicked) in tallies.items():
            for other, (others, _) in tallies.items():
                if one != other:
                    # A pair counts by its rarer side.
                    clicks[one - 1, other - 1] += clicked / shows * min(shows, others)
    return _join_ratios(clicks)


def _join_ratios(clicks: Numbers) -> Numbers:
    """Least squares of log examination over all pairs of places, the first being 1."""
    size = len(clicks)
    rows, goals, weights = [], [], []
    for one in range(size):
        for other in range(one + 1, size):
            here, there = clicks[one, other], clicks[other, one]
            if here > 0 and there > 0:
                row = np.zeros(size)
                row[one], row[other] = 1.0, -1.0
                rows.append(row)
                goals.append(np.log(here / there))
                weights.append(np.sqrt(1 / (1 / here + 1 / there)))
    if not rows:
        return np.full(size, np.nan)
    matrix = np.array(rows) * np.array(weights)[:, None]
    found, *_ = np.linalg.lstsq(matrix[:, 1:], np.array(goals) * np.array(weights), rcond=None)
    linked = np.abs(matrix).sum(axis=0) > 0
    curve = np.exp(np.concatenate([[0.0], found]))
    curve[~linked] = np.nan
    curve[0] = 1.0
    return np.asarray(curve)


def fit_logistic(
    features: Numbers,
    targets: Numbers,
    *,
    start: Numbers | None = None,
    steps: int = 200,
    l2: float = L2,
) -> Numbers:
    """The layer, shape (features + 1,), with the least log loss for `targets`.

    Targets above 1 are clicks divided by their place's examination (inverse propensity
    weighting, Joachims et al., WSDM 2017): the loss log(1 + e^s) - t s stays convex.
    """
    ridge = np.full(features.shape[1], l2)
    ridge[-1] = 0.0

    def loss(w: Numbers) -> tuple[float, Numbers]:
        logits = features @ w
        value = np.logaddexp(0, logits).sum() - targets @ logits + (ridge * w * w).sum() / 2
        return float(value), features.T @ (sigmoid(logits) - targets) + ridge * w

    first = np.zeros(features.shape[1]) if start is None else start
    return np.asarray(
        minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    )


def fit_weighted(shown: Shown, theta: Numbers) -> Numbers:
    """The layer learned from clicks weighed by the inverse of their place's examination."""
    examined = theta[np.minimum(shown.places, len(theta)) - 1]
    return fit_logistic(shown.features, np.minimum(shown.clicks / examined, MOST_WEIGHT))


def fit_platt(logits: Numbers, examined: Numbers, clicks: Numbers) -> tuple[float, float]:
    """Slope and intercept of the logits (Platt, 1999) under which clicks are likeliest, places
    being what they are, drawn a little to (1, 0)."""

    def loss(w: Numbers) -> float:
        chance = np.clip(examined * sigmoid(w[0] * logits + w[1]), 1e-9, 1 - 1e-9)
        likelihood = (clicks * np.log(chance) + (1 - clicks) * np.log(1 - chance)).sum()
        return float(PLATT_RIDGE * ((w[0] - 1) ** 2 + w[1] ** 2) - likelihood)

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(found[0]), float(found[1])


def information(shown: Shown, theta: Numbers, layer: Numbers, l2: float = L2) -> Numbers:
    """What the impressions say of the layer: the expected information of the position-based
    model plus the ridge, shape (features + 1, features + 1)."""
    examined = theta[np.minimum(shown.places, len(theta)) - 1]
    wanted = sigmoid(shown.features @ layer)
    weight = examined * wanted * (1 - wanted) ** 2 / np.maximum(1 - examined * wanted, 1e-6)
    found = (shown.features * weight[:, None]).T @ shown.features
    return np.asarray(found + l2 * np.eye(len(layer)))
