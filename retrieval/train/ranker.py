"""Learns the ranker's weights from graded queries, and tells how they do on unseen ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from retrieval.errors import CallerError
from retrieval.evaluate import CUTOFF, Judgments, dcg
from retrieval.index.types import point_id
from retrieval.rank.features import Feature
from retrieval.rank.ranker import LinearRanker
from retrieval.types import ProgressListener, SearchRequest, Vectors

# Judging pools are small, so most unjudged candidates are unknown rather than wrong: as the
# worse side of a pair they count this much of a judged one. Half of it lifts the judged-only
# nDCG by .002 and costs the other .006.
UNJUDGED = 0.02
# Ridge on weights in units of each feature's spread; a tenth of it costs .006.
L2 = 0.1
FOLDS = 6
# Each feature's least weight: none may be lost for want of examples (Chinese queries, say,
# of which there may be no judgment).
LEAST = 0.02
LEAST_QUERIES = 10
Numbers = NDArray[np.float64]
FUSED = list(Feature).index(Feature.FUSED)


@dataclass(frozen=True)
class Example:
    """One judged query: its candidates in their first order, their features and grades.

    `grades` are −1 where nobody judged; `ideal` is the query's best possible DCG.
    """

    query: str
    features: Vectors
    grades: Vectors
    ideal: float


@dataclass(frozen=True)
class Outcome:
    """Mean nDCG@10 of judged candidates and of all (unjudged as 0)."""

    judged: float
    all: float


class FeatureSource(Protocol):
    """Gives a request's candidates in their first order and their features."""

    def features(self, request: SearchRequest) -> tuple[list[str], Vectors]:
        """Point ids, and features of shape (candidates, len(Feature))."""
        ...


def collect_examples(
    source: FeatureSource,
    judgments: Judgments,
    read: Callable[[str, int], SearchRequest],
    listener: ProgressListener,
) -> list[Example]:
    """One example for each query that has a relevant product among its candidates."""
    examples = []
    for done, (query, grades) in enumerate(judgments.items(), start=1):
        listener(done, len(judgments), query)
        ids, features = source.features(read(query, CUTOFF))
        graded = {point_id(key): grade for key, grade in grades.items()}
        if any(graded.get(key, 0) > 0 for key in ids):
            examples.append(make_example(query, ids, features, graded))
    if len(examples) < LEAST_QUERIES:
        raise CallerError(
            f"Only {len(examples)} judged queries have a relevant product among their "
            f"candidates; {LEAST_QUERIES} are the least to learn from.",
            remedy="Judge more queries, or keep the ranker that ships.",
        )
    return examples


def train_with_manifest(examples: Sequence[Example], source: str, code: str) -> LinearRanker:
    """The ranker with what it was learned from and its cross-validated outcome beside the
    fused order's."""
    before = mean_outcome([measure(e, e.features[:, FUSED]) for e in examples])
    after = cross_validate(examples)
    manifest = {
        "judgments": source,
        "queries": len(examples),
        "code": code,
        "features": [feature.value for feature in Feature],
        "fused": {"ndcg@10_judged": round(before.judged, 4), "ndcg@10": round(before.all, 4)},
        "cross_validated": {
            "ndcg@10_judged": round(after.judged, 4),
            "ndcg@10": round(after.all, 4),
        },
    }
    return train_ranker(examples).model_copy(update={"manifest": manifest})


def make_example(
    query: str, ids: Sequence[str], features: Vectors, grades: Mapping[str, int]
) -> Example:
    """The example of one query."""
    return Example(
        query=query,
        features=features,
        grades=np.array([grades.get(key, -1) for key in ids], np.float32),
        ideal=dcg(sorted(grades.values(), reverse=True)[:CUTOFF]),
    )


def train_ranker(examples: Sequence[Example]) -> LinearRanker:
    """Weights that order pairs as judged: RankNet (Burges et al., ICML 2005) with a linear
    model, pairs weighted by their difference in gain, every query alike."""
    differences, weights = _pairs(examples)
    spread = np.concatenate([e.features for e in examples]).std(axis=0) + 1e-6
    scaled = differences * (1 / spread)

    def loss(w: Numbers) -> tuple[float, Numbers]:
        margins = scaled @ w
        slope = -weights / (1 + np.exp(margins))
        value = (weights * np.logaddexp(0, -margins)).sum() + L2 * (w @ w)
        return float(value), scaled.T @ slope + 2 * L2 * w

    start = np.full(len(Feature), 0.1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start)).x
    raw = found / spread
    shares = np.maximum(raw / raw.sum(), LEAST)
    shares = shares / shares.sum()
    return LinearRanker(
        weights={f: round(float(s), 4) for f, s in zip(Feature, shares, strict=True)}
    )


def _pairs(examples: Sequence[Example]) -> tuple[Numbers, Numbers]:
    """Differences of better and worse candidates, and what each pair counts."""
    differences, weights = [], []
    for example in examples:
        gains = np.exp2(np.maximum(example.grades, 0)) - 1
        counts = np.where(example.grades >= 0, 1.0, UNJUDGED)
        better, worse = np.where((gains[:, None] > gains[None, :]) & (example.grades[:, None] > 0))
        if len(better) == 0:
            continue
        weight = (gains[better] - gains[worse]) * counts[worse]
        features = example.features.astype(np.float64)
        differences.append(features[better] - features[worse])
        weights.append(weight / weight.sum())
    if not differences:
        return np.zeros((0, len(Feature))), np.zeros(0)
    return np.concatenate(differences), np.concatenate(weights) / len(weights)


def measure(example: Example, scores: Vectors) -> Outcome:
    """One query's outcome under `scores`."""
    grades = example.grades[np.argsort(-scores, kind="stable")]
    known = [int(g) for g in grades[grades >= 0][:CUTOFF]]
    top = [max(int(g), 0) for g in grades[:CUTOFF]]
    return Outcome(dcg(known) / example.ideal, dcg(top) / example.ideal)


def cross_validate(examples: Sequence[Example], seed: int = 0) -> Outcome:
    """The mean outcome of queries that were left out of the training (6 folds)."""
    order = np.random.default_rng(seed).permutation(len(examples))
    outcomes = []
    for fold in np.array_split(order, min(FOLDS, len(examples))):
        held = set(fold.tolist())
        ranker = train_ranker([e for n, e in enumerate(examples) if n not in held])
        outcomes += [measure(examples[n], ranker.score(examples[n].features)) for n in held]
    return mean_outcome(outcomes)


def mean_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """The mean over queries."""
    return Outcome(
        float(np.mean([o.judged for o in outcomes])), float(np.mean([o.all for o in outcomes]))
    )
