"""From sequences to a measured model: network, item-to-item tables, blend, held-out measures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retrieval.recommend.sequence import Blend, ModelConfig, SequenceModel, Tables
from retrieval.train.processes import rank
from retrieval.train.sequence.blend import fit_blend
from retrieval.train.sequence.data import Sequences, Split, count_items, leave_one_out
from retrieval.train.sequence.fit import Trainer
from retrieval.train.sequence.measures import Measures, Scorer, measure_ranks, rank_targets
from retrieval.train.sequence.neighbours import fit_cooccurrence, fit_transitions, popularity
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.types import Encoder, Frozen, ProgressListener, Vectors

# Decays of older items to choose from, on validation, by what transitions make of them.
RECENCIES = (0.5, 0.7, 0.85, 1.0)
RECENCY_USERS = 3000
# An item with fewer training events than this is a cold one.
COLD_EVENTS = 10


class TrainingReport(Frozen):
    """What was learned and how well it does; `cold` are users whose test item is a cold one."""

    settings: TrainingSettings
    users: int
    items: int
    events: int
    texts: bool
    exclude_seen: bool
    epochs: int
    best_epoch: int
    fit_s: float
    blend: Blend
    validation: Measures
    test: Measures
    cold: Measures


def text_vectors(texts: Sequence[str], encoder: Encoder, listener: ProgressListener) -> Vectors:
    """Unit vectors of what items say, shape (items, dimensions); zero where nothing is said."""
    said = [number for number, text in enumerate(texts) if text]
    vectors = np.zeros((len(texts), encoder.dimensions), np.float32)
    step = 512
    for start in range(0, len(said), step):
        rows = said[start : start + step]
        vectors[rows] = encoder.encode_passages([texts[n] for n in rows])
        listener(start + len(rows), len(said), "reading the items' texts")
    return centre(vectors)


def centre(vectors: Vectors) -> Vectors:
    """The vectors as unit vectors about their mean, which says nothing about an item: without
    it, likeness spreads over more values. Rows of zeros stay."""
    said = vectors.any(axis=1)
    moved = vectors.copy()
    moved[said] -= moved[said].mean(axis=0)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Vectors = moved / np.maximum(norms, 1e-9)
    return unit


def train_sequence_model(
    sequences: Sequences,
    settings: TrainingSettings,
    listener: ProgressListener,
    *,
    texts: Vectors | None = None,
    checkpoint: Path | None = None,
) -> tuple[SequenceModel, TrainingReport] | None:
    """Learn on all but the last two items, choose on the one before the last, measure on the last.

    Measures rank all items; items of the history are left out where no training sequence comes
    back to an item, as S3-Rec's published protocol does. Where several processes train together,
    all but the first return None.
    """
    split = leave_one_out(sequences)
    began = time.monotonic()
    scaled = None if texts is None else texts * np.float32(np.sqrt(texts.shape[1]))
    trainer = Trainer(settings, sequences, split, texts=scaled, checkpoint=checkpoint)
    prepared = time.monotonic() - began
    trained = trainer.fit(listener)
    if rank() > 0:
        return None
    began = time.monotonic()
    tables = fit_tables(split, len(sequences.items), texts, listener)
    config = ModelConfig(
        shapes=(trained.network.shape,),
        items=sequences.items,
        blend=Blend(weights={"transformer": 1.0}),
        exclude_seen=trainer.exclude_seen,
    )
    model = SequenceModel(config, [trained.network.cpu()], tables)
    model = choose_blend(model, split, listener, seed=settings.seed)
    # A resumed run counts the epochs that were done before.
    fit_s = prepared + trained.seconds + time.monotonic() - began
    validation, _ = measure_split(model.score, split, model, listener, test=False)
    test, cold = measure_split(model.score, split, model, listener, test=True)
    report = TrainingReport(
        settings=settings,
        users=len(split.measured),
        items=len(sequences.items),
        events=sequences.events,
        texts=texts is not None,
        exclude_seen=trainer.exclude_seen,
        epochs=len(trained.epochs),
        best_epoch=trained.best_epoch + 1,
        fit_s=round(fit_s, 1),
        blend=model.config.blend,
        validation=validation,
        test=test,
        cold=cold,
    )
    return model, report


def fit_tables(
    split: Split, items: int, texts: Vectors | None, listener: ProgressListener
) -> Tables:
    """The item-to-item models of the training histories."""
    listener(0, 2, "item-to-item models")
    sequence = fit_cooccurrence(split.train, items)
    listener(1, 2, "item-to-item models")
    transitions = fit_transitions(split.train, items)
    listener(2, 2, "item-to-item models")
    return Tables(transitions, sequence, texts, popularity(split.train, items))


def choose_blend(
    model: SequenceModel, split: Split, listener: ProgressListener, *, seed: int
) -> SequenceModel:
    """The model with the recency and the weights that do best on the validation questions."""
    histories, targets = split.validation_histories(), split.validation
    few = np.random.default_rng(seed).permutation(len(targets))[:RECENCY_USERS]
    best = max(
        RECENCIES,
        key=lambda recency: (
            measure_ranks(
                rank_targets(
                    _transition_scorer(model, recency),
                    [histories[n] for n in few],
                    targets[few],
                    exclude_seen=model.config.exclude_seen,
                )
            ).ndcg
        ),
    )
    model = model.with_blend(Blend(weights={"transformer": 1.0}, recency=best))
    return model.with_blend(fit_blend(model, histories, targets, listener, seed=seed))


def _transition_scorer(model: SequenceModel, recency: float) -> Scorer:
    return model.with_blend(Blend(weights={"transitions": 1.0}, recency=recency)).score


def measure_split(
    score: Scorer, split: Split, model: SequenceModel, listener: ProgressListener, *, test: bool
) -> tuple[Measures, Measures]:
    """Measures over all users, and over those whose target is a cold item."""
    histories = split.test_histories() if test else split.validation_histories()
    targets = split.test if test else split.validation
    ranks = rank_targets(
        score,
        histories,
        targets,
        exclude_seen=model.config.exclude_seen,
        listener=listener,
        note="measuring on the test items" if test else "measuring on the validation items",
    )
    cold = count_items(split.train, len(model.items))[targets] < COLD_EVENTS
    return measure_ranks(ranks), measure_ranks(ranks[cold])
