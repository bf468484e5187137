"""Chooses what each signal counts, on the validation questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from retrieval.recommend.sequence import SIGNALS, Blend, SequenceModel
from retrieval.train.sequence.data import Indices
from retrieval.types import ProgressListener, Vectors

# The best of each signal are candidates: what no signal has among these reaches no top ten.
CANDIDATES = 60
# Users looked at: seven weights are known well enough after so many.
USERS = 8000
BATCH = 256
# Ridge on weights in units of each signal's spread.
RIDGE = 1e-3


def fit_blend(
    model: SequenceModel,
    histories: Sequence[Indices],
    targets: Indices,
    listener: ProgressListener,
    *,
    seed: int = 0,
) -> Blend:
    """Weights (none below 0) that make the targets likeliest among each user's candidates.

    A conditional logit (McFadden 1974) over the union of every signal's best items; users
    whose target no signal has among its best are left out, as no weights could help them.
    """
    chosen = np.random.default_rng(seed).permutation(len(targets))[:USERS]
    features, places = [], []
    for start in range(0, len(chosen), BATCH):
        rows = chosen[start : start + BATCH]
        batch, place = _collect(model, [histories[r] for r in rows], targets[rows])
        features += batch
        places += place
        listener(min(start + BATCH, len(chosen)), len(chosen), "choosing the blend")
    if not features:
        return Blend(weights={"transformer": 1.0}, recency=model.config.blend.recency)
    weights = _solve(features, places)
    return Blend(
        weights={name: round(float(w), 4) for name, w in zip(SIGNALS, weights, strict=True)},
        recency=model.config.blend.recency,
    )


def _collect(
    model: SequenceModel, histories: Sequence[Indices], targets: Indices
) -> tuple[list[Vectors], list[int]]:
    """Features of shape (candidates, signals) and the target's place, for users that have it."""
    signals = [model.signal(name, histories) for name in SIGNALS]
    if model.config.exclude_seen:
        for signal in signals:
            for row, history in enumerate(histories):
                signal[row, history] = -np.inf
    kept = min(CANDIDATES, len(model.items))
    best = np.concatenate(
        [np.argpartition(-s, kept - 1, axis=1)[:, :kept] for s in signals], axis=1
    )
    features, places = [], []
    for row in range(len(histories)):
        candidates = np.unique(best[row])
        values = np.stack([signal[row, candidates] for signal in signals], axis=1)
        there = np.isfinite(values).all(axis=1)
        place = np.flatnonzero(candidates[there] == targets[row])
        if len(place):
            features.append(values[there].astype(np.float32))
            places.append(int(place[0]))
    return features, places


def _solve(features: list[Vectors], places: list[int]) -> NDArray[np.float64]:
    flat = np.concatenate(features).astype(np.float64)
    lengths = np.array([len(f) for f in features])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owner = np.repeat(np.arange(len(lengths)), lengths)
    spread = flat.std(axis=0)
    used = spread > 1e-9
    flat[:, used] /= spread[used]
    wanted = flat[starts + np.array(places)]

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = flat @ w
        scores -= np.maximum.reduceat(scores, starts)[owner]
        raised = np.exp(scores)
        norms = np.add.reduceat(raised, starts)
        shares = raised / norms[owner]
        value = -(np.log(shares[starts + np.array(places)])).mean() + RIDGE * (w @ w)
        slope = (flat.T @ shares - wanted.sum(axis=0)) / len(places) + 2 * RIDGE * w
        return float(value), slope

    start = np.where(used, 0.3, 0.0)
    bounds = [(0.0, None) if u else (0.0, 0.0) for u in used]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.where(used, found / np.where(used, spread, 1.0), 0.0)
