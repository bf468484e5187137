"""Measures what compression gains and costs on a store, and keeps the encoder that was chosen."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from assistant.catalog_access import read_products
from assistant.encoders import EncoderRole, base_name, trained_encoders
from assistant.errors import CallerError
from assistant.learn_encoder import EncoderSource, collect_pairs, text_of
from assistant.promote_encoder import (
    HELD_OUT,
    MEASURE,
    describe_in_use,
    measure_folder,
    serving_name,
)
from assistant.settings import Settings
from retrieval.catalog.files import write_atomically
from retrieval.evaluate import read_judgments
from retrieval.index.encoder import PROJECTED, load_encoder
from retrieval.index.encoder_graph import write_encoder_graph
from retrieval.index.encoder_models import PRECISIONS
from retrieval.index.encoder_onnx import GRAPH
from retrieval.index.indexer import encode_by_length
from retrieval.train.compress.reduce import fit_projection, read_reduction, write_projected_graph
from retrieval.train.compress.sweep import (
    MOST_QUERIES,
    Material,
    Variant,
    sweep_encoder,
    sweep_index,
    sweep_vectors,
)
from retrieval.train.encoder.measures import Questions, ask_clicks, ask_judgments
from retrieval.train.registry import HeldOut, TrainedManifest
from retrieval.types import ProgressListener, Vectors

# Lengths of vectors that every tuning of the index is tried with, as shares of the whole.
INDEXED_SHARES = (0.5,)
STEP = 2048


@dataclass(frozen=True)
class Measured:
    """The encoder that serves, what it was measured on, and its vectors of all texts."""

    folder: Path
    material: Material
    questions: Questions
    corpus: Vectors


def measure_compression(
    settings: Settings, role: EncoderRole, judgments: Path | None, listener: ProgressListener
) -> tuple[list[Variant], Measured]:
    """Every variant for the active store's encoder; ranking is measured on judgments."""
    folder = settings.models_path / serving_name(settings, role)
    material, questions = read_material(settings, role, judgments)
    encoder = load_encoder(str(folder.relative_to(settings.models_path)), settings.models_path)
    texts = list(material.texts.values())
    corpus = np.zeros((len(texts), encoder.dimensions), np.float32)
    for start in range(0, len(texts), STEP):
        part = texts[start : start + STEP]
        corpus[start : start + len(part)] = encode_by_length(encoder, part)
        listener(start + len(part), len(texts), "encoding the catalogue")
    queries = encoder.encode_queries(material.queries)
    whole = encoder.dimensions
    reduced = ("whole", *(f"pca-{round(whole * share)}" for share in INDEXED_SHARES))
    variants = [
        *(() if (folder / PROJECTED).is_file() else sweep_encoder(folder, material, listener)),
        *sweep_vectors(queries, corpus, material),
        *sweep_index(queries, corpus, material, reduced, listener),
    ]
    return variants, Measured(folder, material, questions, corpus)


def read_material(
    settings: Settings, role: EncoderRole, judgments: Path | None
) -> tuple[Material, Questions]:
    """The store's texts; queries of the judgments, else of its log, else titles."""
    texts = {product.id: text_of(product, role) for product in read_products(settings)}
    if judgments:
        graded = {
            query: found
            for query, grades in read_judgments(judgments).items()
            if any((found := {p: g for p, g in grades.items() if p in texts}).values())
        }
        if not graded:
            raise CallerError(
                f"No judged product of {judgments} is in the store {settings.store!r}.",
                remedy="Name the store they are of with --store.",
            )
        return Material(texts, tuple(graded), graded), ask_judgments(graded, texts)
    questions = ask_clicks(
        collect_pairs(settings, role, EncoderSource(), texts), tuple(texts.values())
    )
    queries = [question.query for question in questions.questions][:MOST_QUERIES]
    if not queries:
        queries = list(texts.values())[:MOST_QUERIES]
    return Material(texts, tuple(queries), {}), questions


def write_table(variants: Sequence[Variant], path: Path) -> None:
    """The table as JSON."""
    rows = [variant.model_dump(exclude_none=True) for variant in variants]
    write_atomically(path, json.dumps(rows, indent=1) + "\n")


def keep_reduced(
    settings: Settings,
    role: EncoderRole,
    measured: Measured,
    reduction: str,
    listener: ProgressListener,
) -> TrainedManifest:
    """An encoder like the one that serves, with shorter vectors, to be promoted like any other."""
    if not measured.questions.questions:
        raise CallerError(
            "There is nothing to measure the shorter vectors on.",
            remedy="Give --judgments, or let the store's log grow.",
        )
    models, base = trained_encoders(settings, role), base_name(settings, role)
    if not (measured.folder / "model.safetensors").is_file() or base not in PRECISIONS:
        raise CallerError(f"{base} is no packaged encoder.", remedy="Serve with one that is.")
    projection = fit_projection(measured.corpus, *read_reduction(reduction))
    made = models.root / f".made-{reduction}"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(
        measured.folder, made, ignore=shutil.ignore_patterns("onnx", "manifest.json", "*.json.lock")
    )
    write_encoder_graph(made, made / "whole.onnx", PRECISIONS[base])
    write_projected_graph(made / "whole.onnx", made / GRAPH, projection)
    (made / "whole.onnx").unlink()
    write_atomically(made / PROJECTED, json.dumps({"reduction": reduction}))
    measured.questions.save(made / HELD_OUT)
    held_out, _ = measure_folder(settings, made, made, listener)
    manifest = TrainedManifest(
        kind=models.kind,
        version=models.new_version(measured.questions.digest),
        created_at=datetime.now(UTC),
        code=version("aisle"),
        data=measured.questions.digest,
        span={"texts": len(measured.material.texts), "queries": held_out.queries},
        held_out=HeldOut(measure=MEASURE, value=held_out.ndcg, data=measured.questions.digest),
        settings={"base": base, "role": role.value, "reduction": reduction},
        report={
            "held_out": held_out.model_dump(),
            "in_use": describe_in_use(settings, serving_name(settings, role), made, listener),
        },
    )
    models.add(manifest, partial(os.replace, made))
    return manifest
