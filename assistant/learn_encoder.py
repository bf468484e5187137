"""Fine-tuning a store's text encoder on its log, measuring it, letting it serve."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from filelock import FileLock
from torch import Tensor

from assistant.catalog_access import read_products
from assistant.database import open_database
from assistant.encoders import (
    EncoderRole,
    base_name,
    trained_encoders,
)
from assistant.errors import CallerError
from assistant.learning import load_store_log
from assistant.llm.weights import ensure_encoders
from assistant.promote_encoder import (
    GUARD,
    GUARD_LOSS,
    HELD_OUT,
    MEASURE,
    describe_in_use,
    measure_folder,
    serving_name,
)
from assistant.settings import Settings
from retrieval.catalog.feed import open_feed
from retrieval.catalog.files import write_atomically
from retrieval.catalog.store import load_store
from retrieval.catalog.types import FeedRow
from retrieval.evaluate import read_judgments
from retrieval.index.document import english_text, multilingual_text
from retrieval.index.encoder import load_encoder
from retrieval.index.encoder_models import PRECISIONS
from retrieval.profile.events import SqlEventStore
from retrieval.train.encoder.export import Tensors, export_encoder, interpolate, read_weights
from retrieval.train.encoder.fit import EncoderTraining, fine_tune
from retrieval.train.encoder.measures import (
    EncoderMeasures,
    Questions,
    ask_clicks,
    ask_judgments,
    measure_encoder,
)
from retrieval.train.encoder.pairs import (
    LOGGED,
    Pair,
    PairSplit,
    digest_of,
    is_foreign,
    keep_pairs,
    pairs_of_log,
    read_kept_pairs,
    read_pairs,
    split_by_time,
)
from retrieval.train.processes import process_group, rank
from retrieval.train.registry import HeldOut, TrainedManifest
from retrieval.types import Product, ProgressListener

# How far from the base to the tuned weights: chosen on the validation pairs.
SHARES = (0.25, 0.5, 0.75, 1.0)
PAIRS, TEXTS = "pairs.jsonl", "texts.json"


@dataclass(frozen=True)
class EncoderSource:
    """What to learn from: the store's own log, or a file of pairs; and judgments that guard.

    `judgments` grade products of the feed `catalog`, or of the store itself.
    """

    pairs: Path | None = None
    judgments: Path | None = None
    catalog: Path | None = None


class Candidate(NamedTuple):
    """An encoder some way from base to tuned, and how it does."""

    share: float
    validation: EncoderMeasures
    guard: EncoderMeasures | None


@dataclass(frozen=True)
class Task:
    """Everything a run measures on."""

    split: PairSplit
    validation: Questions
    held_out: Questions
    guard: Questions | None


def train_encoder(
    settings: Settings,
    role: EncoderRole,
    source: EncoderSource,
    training: EncoderTraining,
    listener: ProgressListener,
) -> TrainedManifest | None:
    """Fine-tune, choose, measure and keep an encoder of the active store; None in all processes
    but the first.

    Learned is from the encoder that the settings name, never from one that was learned before.
    A killed run goes on when it is started again; nothing is promoted.
    """
    models = trained_encoders(settings, role)
    ensure_encoders(settings, listener)
    name = base_name(settings, role)
    base = settings.models_path / name
    weights = read_weights(base)
    if name not in PRECISIONS:
        raise CallerError(
            f"{name} is no packaged encoder.", remedy=f"There are: {', '.join(PRECISIONS)}."
        )
    run = models.root / f".run-{training_key(name, source, training)}"
    with process_group():
        pairs, texts = begin_run(settings, role, source, run)
        split = split_by_time(pairs)
        tuned = fine_tune(base, split.learned, training, run / "checkpoints", listener)
        if rank() > 0:
            return None
    task = make_task(split, role, source, texts)
    chosen = choose_share(base, weights, tuned, task, listener)
    manifest = keep_encoder(settings, role, training, task, chosen, (weights, tuned), listener)
    shutil.rmtree(run)
    return manifest


def training_key(base: str, source: EncoderSource, training: EncoderTraining) -> str:
    """Names a run: the same base, pairs and settings go on where one was killed."""
    said = f"{base} {source.pairs} {training.model_dump_json(exclude={'threads'})}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


# ------------------------------------------------------------------- what is learned from


def begin_run(
    settings: Settings, role: EncoderRole, source: EncoderSource, run: Path
) -> tuple[tuple[Pair, ...], dict[str, str]]:
    """The pairs, and what products say by id: as they were when the run in this folder began.

    The first of several processes reads the store, which only one can have open.
    """
    run.mkdir(parents=True, exist_ok=True)
    with FileLock(run / "lock"):
        if not (run / TEXTS).is_file():
            texts = {p.id: text_of(p, role) for p in read_products(settings)}
            keep_pairs(run / PAIRS, collect_pairs(settings, role, source, texts))
            write_atomically(run / TEXTS, json.dumps(texts))
        return read_kept_pairs(run / PAIRS), json.loads((run / TEXTS).read_text("utf-8"))


def text_of(product: Product, role: EncoderRole) -> str:
    """What the index embeds of a product for this encoder."""
    return english_text(product) if role is EncoderRole.ENGLISH else multilingual_text(product)


def collect_pairs(
    settings: Settings, role: EncoderRole, source: EncoderSource, texts: Mapping[str, str]
) -> list[Pair]:
    """The pairs of the file or of the store's log that this encoder reads."""
    if source.pairs:
        pairs = read_pairs(source.pairs, texts)
    else:
        events = SqlEventStore(open_database(settings.sql_url), settings.store)
        load_store_log(load_store(settings.store_path), events)
        pairs = pairs_of_log(events.scan(actions=LOGGED), texts, datetime.now(UTC))
    return [p for p in pairs if role is EncoderRole.MULTILINGUAL or not is_foreign(p.anchor)]


def make_task(
    split: PairSplit, role: EncoderRole, source: EncoderSource, texts: Mapping[str, str]
) -> Task:
    """The questions of the validation part, of the held-out period and of the judgments."""
    corpus = tuple(dict.fromkeys((*texts.values(), *(p.positive for p in split.learned))))
    if source.pairs:
        # A file of texts may have nothing to do with the store.
        corpus = tuple(dict.fromkeys(p.positive for part in _parts(split) for p in part))
    before = (*split.learned, *split.chosen)
    guard = None
    if source.judgments:
        graded = read_judgments(source.judgments)
        of_feed = _feed_texts(source.catalog, role) if source.catalog else texts
        guard = ask_judgments(graded, of_feed)
        if not guard.questions:
            raise CallerError(
                f"No judged product of {source.judgments} is in the catalogue.",
                remedy="Give the feed they are of with --catalog.",
            )
    return Task(
        split,
        ask_clicks(split.chosen, corpus, split.learned),
        ask_clicks(split.held_out, corpus, before),
        guard,
    )


def _parts(split: PairSplit) -> Iterator[tuple[Pair, ...]]:
    yield from (split.learned, split.chosen, split.held_out)


def _feed_texts(catalog: Path, role: EncoderRole) -> dict[str, str]:
    rows = open_feed(catalog)
    products = (row.product for row in rows if isinstance(row, FeedRow))
    return {product.id: text_of(product, role) for product in products}


# --------------------------------------------------------------------------- choosing


def choose_share(
    base: Path,
    weights: Tensors,
    tuned: Mapping[str, Tensor],
    task: Task,
    listener: ProgressListener,
) -> list[Candidate]:
    """All shares measured, the best first: those that keep general search, by validation."""
    candidates = []
    for share in (0.0, *SHARES):
        with TemporaryDirectory() as folder:
            made = Path(folder) / "encoder"
            export_encoder(base, interpolate(weights, tuned, share), made, PRECISIONS[base.name])
            encoder = load_encoder(made.name, made.parent)
            note = f"measuring {share:.0%} of the way"
            guard = measure_encoder(encoder, task.guard, listener, note) if task.guard else None
            validation = measure_encoder(encoder, task.validation)
        candidates.append(Candidate(share, validation, guard))
    untouched = candidates[0].guard
    return sorted(
        candidates[1:],
        key=lambda c: (_keeps(c.guard, untouched), c.validation.ndcg),
        reverse=True,
    )


def _keeps(guard: EncoderMeasures | None, untouched: EncoderMeasures | None) -> bool:
    return guard is None or untouched is None or guard.ndcg >= untouched.ndcg - GUARD_LOSS


def keep_encoder(
    settings: Settings,
    role: EncoderRole,
    training: EncoderTraining,
    task: Task,
    candidates: list[Candidate],
    weights: tuple[Tensors, Mapping[str, Tensor]],
    listener: ProgressListener,
) -> TrainedManifest:
    """Write the best candidate with what it was measured on, and its manifest."""
    models, name = trained_encoders(settings, role), base_name(settings, role)
    base, (untouched, tuned) = settings.models_path / name, weights
    best = candidates[0]
    made = models.root / f".made-{task.held_out.digest[:12]}"
    mixed = interpolate(untouched, tuned, best.share)
    export_encoder(base, mixed, made, PRECISIONS[name])
    task.held_out.save(made / HELD_OUT)
    if task.guard:
        task.guard.save(made / GUARD)
    pairs = [pair for part in _parts(task.split) for pair in part]
    serving = serving_name(settings, role)
    reached = measure_folder(settings, made, made, listener)
    manifest = TrainedManifest(
        kind=models.kind,
        version=models.new_version(digest_of(pairs)),
        created_at=datetime.now(UTC),
        code=version("aisle"),
        data=digest_of(pairs),
        span={
            "pairs": len(pairs),
            "learned": len(task.split.learned),
            "first": _day(pairs[0].time),
            "held_out_from": _day(task.split.held_out[0].time),
            "last": _day(pairs[-1].time),
        },
        held_out=HeldOut(measure=MEASURE, value=reached[0].ndcg, data=task.held_out.digest),
        settings={**training.model_dump(), "base": name, "share": best.share, "role": role.value},
        report={
            "held_out": reached[0].model_dump(),
            "guard": reached[1].model_dump() if reached[1] else None,
            "in_use": describe_in_use(settings, serving, made, listener),
            "shares": [
                {
                    "share": c.share,
                    "validation": c.validation.ndcg,
                    "guard": c.guard.ndcg if c.guard else None,
                }
                for c in candidates
            ],
        },
    )
    models.add(manifest, partial(os.replace, made))
    return manifest


def _day(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"
