"""Next-item recommendation on Amazon Beauty: the trained model beside its baselines.

Full ranking over all items, leave-one-out; everything is learned on the training items, chosen
on the validation item and reported once on the test item.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from scipy.linalg import cho_factor, cho_solve

from assistant.learn import Source, load_source
from assistant.progress import show_progress
from assistant.settings import load_settings
from retrieval.recommend.sequence import Blend, SequenceModel, history_matrix
from retrieval.train.sequence.data import Indices, Split, count_items, leave_one_out
from retrieval.train.sequence.measures import Measures, Scorer, measure_ranks, rank_targets
from retrieval.train.sequence.neighbours import fit_ease
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.train.sequence.train import COLD_EVENTS, train_sequence_model
from retrieval.types import ProgressListener, Vectors

BEAUTY = Path(__file__).resolve().parents[2] / "shared" / "data" / "amazon-beauty"
# Keeps two chance meetings of rare items from being the nearest neighbours.
KNN_SHRINK = 10.0
# Alternating least squares (Hu, Koren, Volinsky, ICDM 2008), as the package implicit has it:
# usual sizes, the weight of what was seen chosen on validation.
FACTORS, ALS_RIDGE, ALS_ROUNDS, ALS_WEIGHTS = 128, 10.0, 8, (5.0, 20.0)


def main() -> None:
    arguments = parse_arguments()
    console = Console()
    rows: dict[str, tuple[Measures, Measures, float]] = {}
    with show_progress(console) as listener:
        source = Source(arguments.sequences, arguments.items, arguments.limit)
        sequences, texts = load_source(load_settings(), source, listener, catalogue=False)
        split = leave_one_out(sequences)
        training = TrainingSettings(seed=arguments.seed)
        for name, vectors in (("without texts", None), ("with texts", texts)):
            if name == "with texts" and texts is None:
                continue
            kept = arguments.checkpoints and arguments.checkpoints / f"{name}.checkpoint"
            trained = train_sequence_model(
                sequences, training, listener, texts=vectors, checkpoint=kept
            )
            assert trained is not None  # one process
            model, report = trained
            rows[f"Aisle, {name}"] = (report.test, report.cold, report.fit_s)
            rows |= measure_signals(model, split, listener, name)
        rows |= measure_als(model, split, listener)
    print_rows(rows)
    if arguments.json:
        write_rows(arguments.json, rows)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=Path, default=BEAUTY / "sequences.txt")
    parser.add_argument("--items", type=Path, default=BEAUTY / "items.tsv")
    parser.add_argument("--limit", type=int, help="only the first users")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoints", type=Path, help="folder; a killed run goes on from it")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure_signals(
    model: SequenceModel, split: Split, listener: ProgressListener, name: str
) -> dict[str, tuple[Measures, Measures, float]]:
    """Each signal of the blend alone; the transformer for every way of training."""
    alone = {f"transformer, {name}": "transformer"}
    if name == "without texts":
        alone |= {
            "popularity": "popularity",
            "item-kNN in sequence": "sequence",
            "SLIT": "transitions",
        }
    else:
        alone |= {"content only": "text"}
    found = {}
    for label, signal in alone.items():
        recency = model.config.blend.recency
        one = model.with_blend(Blend(weights={signal: 1.0}, recency=recency))
        found[label] = (*measure(one.score, model, split, listener), 0.0)
    if name == "without texts":
        found |= measure_tables(model, split, listener)
    return found


def measure_tables(
    model: SequenceModel, split: Split, listener: ProgressListener
) -> dict[str, tuple[Measures, Measures, float]]:
    """EASE with all items alike and with recent ones ahead, and item-kNN by cosine."""
    items, found = len(model.items), {}
    seen = history_matrix(split.train, items)
    root = 1 / np.sqrt(count_items(split.train, items) + KNN_SHRINK)
    cosine = (seen.T @ seen).multiply(root[:, None]).multiply(root[None, :]).tocsr()
    cosine.setdiag(0)
    began = time.monotonic()
    ease = fit_ease(seen)
    seconds = time.monotonic() - began
    recency = model.config.blend.recency
    for name, table, decay in (
        ("item-kNN", cosine, 1.0),
        ("EASE", ease, 1.0),
        ("EASE, recent items ahead", ease, recency),
    ):

        def score(histories: Sequence[Indices], table=table, decay=decay) -> Vectors:  # type: ignore[no-untyped-def]
            return (history_matrix(histories, items, decay) @ table).toarray()

        fit = seconds if table is ease else 0.0
        found[name] = (*measure(score, model, split, listener), fit)
    return found


def measure(
    score: Scorer, model: SequenceModel, split: Split, listener: ProgressListener
) -> tuple[Measures, Measures]:
    """Over all users, and over those whose test item is cold."""
    ranks = rank_targets(
        score,
        split.test_histories(),
        split.test,
        exclude_seen=model.config.exclude_seen,
        listener=listener,
        note="measuring",
    )
    cold = count_items(split.train, len(model.items))[split.test] < COLD_EVENTS
    return measure_ranks(ranks), measure_ranks(ranks[cold])


def measure_als(
    model: SequenceModel, split: Split, listener: ProgressListener
) -> dict[str, tuple[Measures, Measures, float]]:
    """The best of ALS_WEIGHTS on validation, on test."""
    began, best, chosen = time.monotonic(), -1.0, None
    for weight in ALS_WEIGHTS:
        score = fit_als(split.train, len(model.items), weight, listener)
        ranks = rank_targets(
            score, split.validation_histories(), split.validation, exclude_seen=True
        )
        ndcg = measure_ranks(ranks).ndcg
        if ndcg > best:
            best, chosen = ndcg, score
    seconds = time.monotonic() - began
    assert chosen is not None
    return {"ALS": (*measure(chosen, model, split, listener), seconds)}


def fit_als(
    histories: Sequence[Indices], items: int, weight: float, listener: ProgressListener
) -> Scorer:
    """A scorer that folds histories into the factors of implicit feedback."""
    seen = history_matrix(histories, items)
    generator = np.random.default_rng(0)
    factors = generator.normal(0, 0.1, (items, FACTORS)).astype(np.float32)
    for done in range(ALS_ROUNDS):
        users = solve_als(seen, factors, weight)
        factors = solve_als(seen.T.tocsr(), users, weight)
        listener(done + 1, ALS_ROUNDS, f"ALS, weight {weight:g}")

    def score(asked: Sequence[Indices]) -> Vectors:
        return solve_als(history_matrix(asked, items), factors, weight) @ factors.T

    return score


def solve_als(seen, factors: Vectors, weight: float) -> Vectors:  # type: ignore[no-untyped-def]
    """Least-squares factors of the rows of `seen`, given those of its columns."""
    everything = factors.T @ factors + ALS_RIDGE * np.eye(factors.shape[1], dtype=np.float32)
    solved = np.zeros((seen.shape[0], factors.shape[1]), np.float32)
    for row in range(seen.shape[0]):
        own = factors[seen.indices[seen.indptr[row] : seen.indptr[row + 1]]]
        if len(own):
            factor = cho_factor(everything + weight * (own.T @ own), check_finite=False)
            solved[row] = cho_solve(factor, (1 + weight) * own.sum(axis=0), check_finite=False)
    return solved


def print_rows(rows: dict[str, tuple[Measures, Measures, float]]) -> None:
    print("\n| system | HR@10 | NDCG@10 | MRR | cold items: HR@10 | NDCG@10 | fit |")
    print("|---|---|---|---|---|---|---|")
    for name, (warm, cold, seconds) in sorted(rows.items(), key=lambda row: row[1][0].ndcg):
        fit = f"{seconds:.0f} s" if seconds else "–"
        print(
            f"| {name} | {warm.hr:.4f} | {warm.ndcg:.4f} | {warm.mrr:.4f} "
            f"| {cold.hr:.4f} | {cold.ndcg:.4f} | {fit} |"
        )


def write_rows(path: Path, rows: dict[str, tuple[Measures, Measures, float]]) -> None:
    path.write_text(
        json.dumps(
            {
                name: {"all": warm.model_dump(), "cold": cold.model_dump(), "fit_s": seconds}
                for name, (warm, cold, seconds) in rows.items()
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
