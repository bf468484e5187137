"""Training and measuring next-item models: parts made from settings, results written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from assistant.build import load_encoders
from assistant.learning import sequence_models
from assistant.llm.weights import ensure_encoders
from assistant.settings import Settings
from retrieval.recommend.sequence import load_sequence_model
from retrieval.train.processes import process_group, rank
from retrieval.train.registry import (
    SEQUENCE,
    HeldOut,
    Remeasure,
    TrainedManifest,
    TrainedModels,
)
from retrieval.train.sequence.data import (
    Sequences,
    leave_one_out,
    read_sequences,
    read_texts,
    texts_of,
)
from retrieval.train.sequence.measures import measure_ranks, rank_targets
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.train.sequence.train import TrainingReport, text_vectors, train_sequence_model
from retrieval.types import ProgressListener, Vectors

MEASURE = "ndcg@10"


@dataclass(frozen=True)
class Source:
    """The files to learn from: users' sequences, and what items say."""

    sequences: Path
    items: Path | None = None
    limit: int | None = None


def load_source(
    settings: Settings, source: Source, listener: ProgressListener, *, catalogue: bool
) -> tuple[Sequences, Vectors | None]:
    """Sequences, and text vectors where there is an items file.

    With `catalogue`, items that only the items file knows belong to the model as well; measures
    are over the items of the sequences alone, as published ones are.
    """
    texts = read_texts(source.items) if source.items else {}
    sequences = read_sequences(
        source.sequences, limit=source.limit, catalogue=tuple(texts) if catalogue else ()
    )
    if not texts:
        return sequences, None
    said = texts_of(sequences.items, texts)
    ensure_encoders(settings, listener)
    # Chinese and other languages need the encoder that reads them.
    english, multilingual = load_encoders(settings)
    encoder = english if all(text.isascii() for text in said) else multilingual
    return sequences, text_vectors(said, encoder, listener)


def train_sequence(
    settings: Settings,
    source: Source,
    training: TrainingSettings,
    listener: ProgressListener,
    *,
    checkpoint: Path | None = None,
) -> TrainedManifest | None:
    """Train, measure and keep a model below AISLE_HOME; None in all processes but the first.

    The checkpoint lets a killed run go on; it is removed when the model is kept.
    """
    with process_group():
        sequences, texts = load_source(settings, source, listener, catalogue=True)
        named = {"first_user": sequences.users[0], "last_user": sequences.users[-1]}
        return learn_and_keep(
            settings, sequences, texts, training, listener, named, checkpoint=checkpoint
        )


def learn_and_keep(
    settings: Settings,
    sequences: Sequences,
    texts: Vectors | None,
    training: TrainingSettings,
    listener: ProgressListener,
    named: Mapping[str, int | str],
    *,
    store: str = "",
    checkpoint: Path | None = None,
) -> TrainedManifest | None:
    """The same on sequences that are read; `named` says more of their span, `store` whose log
    they come from."""
    models = sequence_models(settings)
    kept = checkpoint or models.root / f"{sequences.digest[:12]}.checkpoint"
    trained = train_sequence_model(sequences, training, listener, texts=texts, checkpoint=kept)
    if trained is None or rank() > 0:
        return None
    model, report = trained
    manifest = describe(models, sequences, report, named, store)
    models.add(manifest, model.save)
    kept.unlink(missing_ok=True)
    return manifest


def describe(
    models: TrainedModels,
    sequences: Sequences,
    report: TrainingReport,
    named: Mapping[str, int | str],
    store: str,
) -> TrainedManifest:
    """The manifest of a model that was just trained."""
    return TrainedManifest(
        kind=SEQUENCE,
        version=models.new_version(sequences.digest),
        created_at=datetime.now(UTC),
        code=version("aisle"),
        data=sequences.digest,
        span={
            "users": len(sequences.users),
            "items": len(sequences.items),
            "events": sequences.events,
            **named,
        },
        held_out=HeldOut(measure=MEASURE, value=report.test.ndcg, data=sequences.digest),
        store=store,
        settings=report.settings.model_dump(),
        report=report.model_dump(exclude={"settings"}),
    )


def evaluate_recommend(
    settings: Settings, source: Source, training: TrainingSettings, listener: ProgressListener
) -> dict[str, float | int]:
    """Train on a file and measure: hr@10, ndcg@10, fit_s, users, and the same for cold items."""
    sequences, texts = load_source(settings, source, listener, catalogue=False)
    trained = train_sequence_model(sequences, training, listener, texts=texts)
    assert trained is not None  # one process
    _, report = trained
    return {
        "hr@10": round(report.test.hr, 5),
        "ndcg@10": round(report.test.ndcg, 5),
        "fit_s": report.fit_s,
        "users": report.users,
        "items": report.items,
        "cold_users": report.cold.users,
        "cold_hr@10": round(report.cold.hr, 5),
        "cold_ndcg@10": round(report.cold.ndcg, 5),
        "validation_ndcg@10": round(report.validation.ndcg, 5),
    }


def promote_model(
    settings: Settings, kind: str, wanted: str, sequences: Path | None
) -> TrainedManifest:
    """Let a trained version serve, if it is not worse on the held-out items."""
    again = measure_on(read_sequences(sequences)) if sequences else None
    if kind == SEQUENCE:
        return sequence_models(settings).promote(wanted, again)
    return TrainedModels(settings.models_path, kind).promote(wanted, again)


def measure_on(sequences: Sequences) -> Remeasure:
    """Measures a kept model on the last items of sequences."""
    split = leave_one_out(sequences)

    def measure(folder: Path) -> HeldOut:
        model = load_sequence_model(folder)
        names = sequences.items
        histories = [model.known([names[n] for n in h]) for h in split.test_histories()]
        targets = [model.known([names[n]]) for n in split.test]
        # A question about items the model has never heard of is answered wrong.
        asked = [n for n in range(len(targets)) if len(histories[n]) and len(targets[n])]
        ranks = rank_targets(
            model.score,
            [histories[n] for n in asked],
            np.array([targets[n][0] for n in asked], np.int64),
            exclude_seen=model.config.exclude_seen,
        )
        share = len(asked) / len(targets)
        value = measure_ranks(ranks).ndcg * share
        return HeldOut(measure=MEASURE, value=value, data=sequences.digest)

    return measure
