"""What another policy would have earned, from the log of the one that served.

IPS weighs every logged reward by how much likelier the target policy is to do the same
(Horvitz and Thompson 1952); self-normalised IPS divides by the weights' sum (Swaminathan and
Joachims, NeurIPS 2015); doubly robust adds what a reward model predicts (Dudík, Langford and
Li, ICML 2011). Clicks depend on the place as well: under the position-based model a product's
weight is the ratio of how often the two places are looked at (Joachims, Swaminathan and
Schnabel, WSDM 2017; Li et al., KDD 2018).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from retrieval.errors import InvalidRequestError
from retrieval.profile.types import Action, StoredEvent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Folds of the reward model: no decision is judged by a model that saw its reward.
FOLDS = 5
# Prior decisions of the average reward in the mean of an action and place.
PRIOR = 20.0


@dataclass(frozen=True)
class LoggedDecisions:
    """One row a decision: its reward, the probability that was logged, the target's of the same.

    `cluster` numbers what was decided together (the list of an impression): the variance is
    taken over clusters. For the doubly robust estimate `predicted` is the reward model's value
    of what was done, `expected` its mean over what the target would do.
    """

    reward: Floats
    propensity: Floats
    target: Floats
    cluster: Ints
    predicted: Floats | None = None
    expected: Floats | None = None

    def __post_init__(self) -> None:
        if not len(self.reward):
            raise InvalidRequestError("The log holds no decision to estimate from.")
        if not (self.propensity > 0).all() or not (self.propensity <= 1).all():
            raise InvalidRequestError("A propensity is not in (0, 1].")


@dataclass(frozen=True)
class PolicyEstimate:
    """Reward per cluster under the target policy, with its interval.

    `effective` is the number of clusters that weigh as much as these do (Kish): where it is a
    small part of all, the log says little about this target. `mean_weight` is 1 in
    expectation; far from it, the logged propensities are wrong or the log lacks support.
    """

    method: str
    value: float
    low: float
    high: float
    clusters: int
    effective: float
    mean_weight: float


def estimate_ips(log: LoggedDecisions, alpha: float = 0.05) -> PolicyEstimate:
    """Unbiased where every choice of the target had a chance; its variance grows with weights."""
    weights = log.target / log.propensity
    values = _by_cluster(weights * log.reward, log.cluster)
    return _interval("ips", log, weights, float(values.mean()), values - values.mean(), alpha)


def estimate_snips(log: LoggedDecisions, alpha: float = 0.05) -> PolicyEstimate:
    """IPS over the mean weight: a little biased in small logs, far less noisy."""
    weights = log.target / log.propensity
    total = weights.sum()
    if total <= 0:
        raise InvalidRequestError(
            "The target policy does nothing that was logged.",
            remedy="Log with exploration, or compare a policy nearer to the one that serves.",
        )
    count = log.cluster.max() + 1
    size = len(log.reward) / count  # decisions per cluster
    mean = float((weights * log.reward).sum() / total)
    influence = _by_cluster(weights * (log.reward - mean), log.cluster) * len(weights) / total
    return _interval("snips", log, weights, mean * size, influence, alpha)


def estimate_doubly_robust(log: LoggedDecisions, alpha: float = 0.05) -> PolicyEstimate:
    """Right if either the propensities or the reward model are; needs both predictions."""
    if log.predicted is None or log.expected is None:
        raise InvalidRequestError("A doubly robust estimate needs a reward model.")
    weights = log.target / log.propensity
    terms = log.expected + weights * (log.reward - log.predicted)
    values = _by_cluster(terms, log.cluster)
    value = float(values.mean())
    return _interval("doubly_robust", log, weights, value, values - value, alpha)


def _by_cluster(values: Floats, cluster: Ints) -> Floats:
    sums = np.bincount(cluster, values, minlength=int(cluster.max()) + 1)
    return sums.astype(np.float64)


def _interval(
    method: str,
    log: LoggedDecisions,
    weights: Floats,
    value: float,
    influence: Floats,
    alpha: float,
) -> PolicyEstimate:
    """The interval by the clusters' variance.

    Few heavy weights are few observations, so Student's t has the freedom of the effective
    number.
    """
    count = len(influence)
    per_cluster = _by_cluster(weights, log.cluster)
    effective = float(per_cluster.sum() ** 2 / max(float((per_cluster**2).sum()), 1e-300))
    freedom = max(1.0, effective - 1)
    error = float(np.sqrt((influence**2).sum() / max(1, count - 1) / count))
    half = float(t.ppf(1 - alpha / 2, freedom)) * error
    mean_weight = float(weights.mean())
    return PolicyEstimate(method, value, value - half, value + half, count, effective, mean_weight)


# ------------------------------------------------------------- from the log


@dataclass(frozen=True)
class Shown:
    """One impression and whether it was clicked."""

    list_id: str
    object_id: str
    ordinal: int
    propensity: float
    clicked: bool
    query: str = ""


def read_impressions(log: Iterable[StoredEvent], surface: str = "search") -> list[Shown]:
    """The impressions of a surface that carry a propensity, joined with their clicks."""
    seen: dict[tuple[str, str], tuple[int, float, str]] = {}
    clicked: set[tuple[str, str]] = set()
    for stored in log:
        event = stored.event
        if event.surface != surface or event.automated or not event.query_id or not event.object_id:
            continue
        key = (event.query_id, event.object_id)
        if event.action_name is Action.CLICK:
            clicked.add(key)
        elif event.action_name is Action.IMPRESSION and event.ordinal and event.propensity:
            seen.setdefault(key, (event.ordinal, event.propensity, event.user_query or ""))
    return [
        Shown(key[0], key[1], ordinal, propensity, key in clicked, query)
        for key, (ordinal, propensity, query) in seen.items()
    ]


def examination(ordinals: Sequence[int], eta: float) -> Floats:
    """How often each place (from 1) is looked at: 1/place**eta; 0 for place 0 (not shown)."""
    places = np.asarray(ordinals, np.float64)
    return np.where(places > 0, np.maximum(places, 1.0) ** -eta, 0.0)


def decide_by_position(
    shown: Sequence[Shown], places: Mapping[tuple[str, str], int], eta: float
) -> LoggedDecisions:
    """A deterministic log against a deterministic target ranking, by the position-based model.

    `places` is (list, product) → the target's place; products it does not show are left out.
    What the target shows and the log did not is no part of the estimate.
    """
    logged = examination([each.ordinal for each in shown], eta)
    target = examination([places.get((e.list_id, e.object_id), 0) for e in shown], eta)
    return _decisions(shown, logged, target)


def decide_by_propensity(
    shown: Sequence[Shown], chances: Mapping[tuple[str, str, int], float]
) -> LoggedDecisions:
    """An exploring log against a target that puts products at places with known chances.

    `chances` is (list, product, place) → the target's probability of it, else 0. The reward
    model is the mean of a product and place, fitted on the lists of other folds.
    """
    logged = np.array([each.propensity for each in shown], np.float64)
    target = np.array([chances.get((e.list_id, e.object_id, e.ordinal), 0.0) for e in shown])
    decisions = _decisions(shown, logged, target)
    predicted, expected = _predict(shown, decisions.cluster, chances)
    return LoggedDecisions(decisions.reward, logged, target, decisions.cluster, predicted, expected)


def _decisions(shown: Sequence[Shown], logged: Floats, target: Floats) -> LoggedDecisions:
    numbers: dict[str, int] = {}
    cluster = np.array([numbers.setdefault(s.list_id, len(numbers)) for s in shown], np.int64)
    reward = np.array([float(each.clicked) for each in shown])
    return LoggedDecisions(reward, logged, target, cluster)


def _predict(
    shown: Sequence[Shown], cluster: Ints, chances: Mapping[tuple[str, str, int], float]
) -> tuple[Floats, Floats]:
    """Predictions at what was logged, and the target's expectation spread over a list's rows."""
    wanted: dict[str, list[tuple[str, int, float]]] = {}
    for (name, product, place), chance in chances.items():
        wanted.setdefault(name, []).append((product, place, chance))
    predicted, expected = np.zeros(len(shown)), np.zeros(len(shown))
    rows = np.bincount(cluster)
    for fold in range(FOLDS):
        outside = [s for s, c in zip(shown, cluster, strict=True) if c % FOLDS != fold]
        model = _fit(outside)
        for row in np.flatnonzero(cluster % FOLDS == fold):
            each = shown[int(row)]
            predicted[row] = model.predict(each.object_id, each.ordinal)
            total = sum(
                chance * model.predict(product, place)
                for product, place, chance in wanted.get(each.list_id, ())
            )
            expected[row] = total / rows[cluster[row]]
    return predicted, expected


@dataclass(frozen=True)
class MeanReward:
    """Means of product and place, drawn to the place's mean where there is little."""

    cells: Mapping[tuple[str, int], tuple[float, float]]
    places: Mapping[int, float]
    average: float

    def predict(self, product: str, place: int) -> float:
        """The expected reward of a product at a place."""
        prior = self.places.get(place, self.average)
        total, count = self.cells.get((product, place), (0.0, 0.0))
        return (total + PRIOR * prior) / (count + PRIOR)


def _fit(shown: Sequence[Shown]) -> MeanReward:
    cells: dict[tuple[str, int], tuple[float, float]] = {}
    places: dict[int, tuple[float, float]] = {}
    for each in shown:
        key = (each.object_id, each.ordinal)
        reward = float(each.clicked)
        cells[key] = _plus(cells.get(key), reward)
        places[each.ordinal] = _plus(places.get(each.ordinal), reward)
    average = sum(t for t, _ in places.values()) / max(1.0, sum(n for _, n in places.values()))
    return MeanReward(cells, {p: total / n for p, (total, n) in places.items()}, average)


def _plus(sums: tuple[float, float] | None, reward: float) -> tuple[float, float]:
    total, count = sums or (0.0, 0.0)
    return total + reward, count + 1


def estimate_all(log: LoggedDecisions, alpha: float = 0.05) -> list[PolicyEstimate]:
    """Every estimate that the log allows."""
    found = [estimate_ips(log, alpha), estimate_snips(log, alpha)]
    return found + ([estimate_doubly_robust(log, alpha)] if log.predicted is not None else [])
