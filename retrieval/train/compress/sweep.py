"""Every variant of an encoder's graph, its vectors and the index over them, measured."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import Field

from retrieval.evaluate import DEPTH, score_query
from retrieval.index.encoder_graph import Precision, write_encoder_graph
from retrieval.index.encoder_onnx import GRAPH, OnnxEncoder
from retrieval.index.indexer import encode_by_length
from retrieval.index.qdrant_embedded import create_shard
from retrieval.index.schema import SCHEMA_VERSION
from retrieval.index.tuning import IndexTuning, Quantization
from retrieval.index.types import IndexSchema, Point, ProductIndex, VectorName, VectorQuery
from retrieval.train.compress.reduce import fit_projection, project, read_reduction
from retrieval.types import Frozen, ProgressListener, SparseVector, Vectors

DEPTH_OF_RECALL = 100
# Queries whose times and neighbours are taken; the judged ones are all measured.
MOST_QUERIES = 300
# Texts that encoders of other precision are compared on, beside the judged ones.
MOST_TEXTS = 3000
PRECISIONS: tuple[Precision, ...] = ("fp32", "mixed", "int8")
# Segments above this many KB get a graph and quantised vectors; the least the engine takes.
INDEXED_KB = 1000
POINTS_AT_ONCE = 1000
MIB = 1 << 20
NO_WORDS = SparseVector(indices=(), values=())

Grades = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Material:
    """What variants are measured on: texts by product id, queries, grades where there are any."""

    texts: Mapping[str, str]
    queries: tuple[str, ...]
    grades: Grades

    def sample(self, seed: int) -> Material:
        """The judged texts and MOST_TEXTS more."""
        judged = {p for graded in self.grades.values() for p in graded if p in self.texts}
        others = sorted(self.texts.keys() - judged)
        drawn = np.random.default_rng(seed).permutation(len(others))[:MOST_TEXTS]
        kept = judged | {others[n] for n in drawn}
        return Material({p: self.texts[p] for p in sorted(kept)}, self.queries, self.grades)


class Variant(Frozen):
    """One row of the table.

    `part` is the encoder, the vectors or the index; `size_mib` the graph's file, or the bytes of
    all vectors that a query compares first; `p50_ms` encoding a query, or searching for 100;
    `recall` the share of the exact 100 nearest of whole float vectors among the first 100;
    `ndcg` judged-only nDCG@10 where there are judgments; `cosine` the mean to fp32.
    """

    part: str
    name: str
    size_mib: float
    p50_ms: float | None = None
    recall: float
    ndcg: float | None = None
    cosine: float | None = None
    dimensions: int = 0
    settings: dict[str, str] = Field(default_factory=dict)


# ------------------------------------------------------------------------- encoders


def sweep_encoder(
    folder: Path, material: Material, listener: ProgressListener, *, seed: int = 0
) -> Iterator[Variant]:
    """The encoder's weights as graphs of each precision; fp32 is what the others lose against."""
    few = material.sample(seed)
    exact: tuple[Vectors, Vectors] | None = None
    for precision in PRECISIONS:
        with TemporaryDirectory() as scratch:
            made = Path(scratch) / precision
            shutil.copytree(folder, made, ignore=shutil.ignore_patterns("onnx"))
            write_encoder_graph(made, made / GRAPH, precision)
            encoder = OnnxEncoder(made, precision)
            size = (made / GRAPH).stat().st_size
            listener(0, None, f"encoding with {precision}")
            corpus = encode_by_length(encoder, list(few.texts.values()))
            queries, times = _encode_timed(encoder, few.queries)
        exact = exact or (queries, corpus)
        yield Variant(
            part="encoder",
            name=precision,
            size_mib=round(size / MIB, 1),
            p50_ms=round(statistics.median(times), 2),
            recall=_recall(exact[0] @ exact[1].T, queries @ corpus.T),
            ndcg=_ndcg(_ranked(queries @ corpus.T, list(few.texts)), few),
            cosine=round(float(np.mean(np.sum(exact[1] * corpus, axis=1))), 4),
            dimensions=corpus.shape[1],
        )


def _encode_timed(encoder: OnnxEncoder, texts: Sequence[str]) -> tuple[Vectors, list[float]]:
    vectors, times = [], []
    encoder.encode_queries(texts[:1])
    for text in texts:
        began = time.perf_counter()
        vectors.append(encoder.encode_queries([text])[0])
        times.append(1000 * (time.perf_counter() - began))
    return np.stack(vectors), times


# -------------------------------------------------------------------------- vectors


def reductions(dimensions: int) -> list[str]:
    """The names of the reductions that are tried for vectors of so many dimensions."""
    sizes = [dimensions * n // 12 for n in (8, 6, 4, 3, 2)]
    return [f"{kind}-{size}" for kind in ("pca", "first") for size in sizes]


def sweep_vectors(queries: Vectors, corpus: Vectors, material: Material) -> Iterator[Variant]:
    """Shorter vectors, compared exactly: what is lost is lost by the vectors alone."""
    exact = queries @ corpus.T
    for name in ("whole", *reductions(corpus.shape[1])):
        short_queries, short = reduce_vectors(name, queries, corpus)
        scores = short_queries @ short.T
        yield Variant(
            part="vectors",
            name=name,
            size_mib=round(short.nbytes / MIB, 2),
            recall=_recall(exact, scores),
            ndcg=_ndcg(_ranked(scores, list(material.texts)), material),
            dimensions=short.shape[1],
        )


def reduce_vectors(name: str, queries: Vectors, corpus: Vectors) -> tuple[Vectors, Vectors]:
    """Both as the reduction makes them; "whole" leaves them alone."""
    if name == "whole":
        return queries, corpus
    projection = fit_projection(corpus, *read_reduction(name))
    return project(queries, projection), project(corpus, projection)


# ---------------------------------------------------------------------------- index


def index_variants() -> dict[str, IndexTuning]:
    """The tunings that are tried, by name."""
    graph = IndexTuning(exact_up_to_kb=INDEXED_KB)
    int8, binary = Quantization.INT8, Quantization.BINARY
    return {
        "scan": IndexTuning(exact_up_to_kb=100 * MIB),
        "graph": graph,
        "int8": replace(graph, quantization=int8),
        "int8, not rescored": replace(graph, quantization=int8, rescore=False),
        "binary": replace(graph, quantization=binary),
        "binary, not rescored": replace(graph, quantization=binary, rescore=False),
    }


def sweep_index(
    queries: Vectors,
    corpus: Vectors,
    material: Material,
    reduced: Sequence[str],
    listener: ProgressListener,
) -> Iterator[Variant]:
    """An index of its own for each tuning and length of vectors, queried one by one."""
    exact, tunings = queries @ corpus.T, index_variants()
    total = len(reduced) * len(tunings)
    done = 0
    for reduction in reduced:
        short_queries, short = reduce_vectors(reduction, queries, corpus)
        for name, tuning in tunings.items():
            done += 1
            listener(done, total, "building indexes")
            yield _measure_index(
                f"{reduction}, {name}", tuning, short_queries, short, exact, material
            )


def _measure_index(
    name: str,
    tuning: IndexTuning,
    queries: Vectors,
    corpus: Vectors,
    exact: Vectors,
    material: Material,
) -> Variant:
    with TemporaryDirectory() as scratch:
        index = _build(Path(scratch) / "shard", corpus, tuning)
        try:
            found, times = _search_timed(index, queries[:MOST_QUERIES])
            ids = list(material.texts)
            deep = [] if not material.grades else _search_deep(index, queries, len(material.grades))
        finally:
            index.close()
    depth = min(DEPTH_OF_RECALL, exact.shape[1])
    best = np.argpartition(-exact[: len(found)], depth - 1, axis=1)[:, :depth]
    kept = [len(set(row) & set(hits)) for row, hits in zip(best.tolist(), found, strict=True)]
    return Variant(
        part="index",
        name=name,
        size_mib=round(corpus.size * _bytes_of(tuning.quantization) / MIB, 2),
        p50_ms=round(statistics.median(times), 3),
        recall=round(float(np.mean(kept)) / depth, 4),
        ndcg=_ndcg([[ids[n] for n in row] for row in deep], material),
        dimensions=corpus.shape[1],
        settings=settings_of(tuning),
    )


def settings_of(tuning: IndexTuning) -> dict[str, str]:
    """The environment that makes an index so."""
    said = {"AISLE_INDEX_EXACT_UP_TO_KB": str(tuning.exact_up_to_kb)}
    if tuning.quantization is not Quantization.NONE:
        said["AISLE_INDEX_QUANTIZATION"] = tuning.quantization.value
        said["AISLE_INDEX_RESCORE"] = str(tuning.rescore).lower()
    return said


def _bytes_of(kind: Quantization) -> float:
    return {Quantization.NONE: 4.0, Quantization.INT8: 1.0, Quantization.BINARY: 1 / 8}[kind]


def _build(path: Path, corpus: Vectors, tuning: IndexTuning) -> ProductIndex:
    name = VectorName.ENGLISH
    schema = IndexSchema(SCHEMA_VERSION, {name.value: ""}, {name.value: corpus.shape[1]})
    index = create_shard(path, schema, tuning)
    for start in range(0, len(corpus), POINTS_AT_ONCE):
        rows = range(start, min(start + POINTS_AT_ONCE, len(corpus)))
        index.upsert(
            [
                Point(_point_name(n), {}, {name: corpus[n]}, SparseVector(indices=(), values=()))
                for n in rows
            ]
        )
    index.flush()
    return index


def _point_name(row: int) -> str:
    return str(row)


def _row(point: str) -> int:
    return int(point)


def _search_timed(index: ProductIndex, queries: Vectors) -> tuple[list[list[int]], list[float]]:
    found, times = [], []
    for query in (queries[0], *queries):  # the first query loads what is loaded at the first
        began = time.perf_counter()
        (hits,) = index.search([VectorQuery(VectorName.ENGLISH, query, DEPTH_OF_RECALL)])
        times.append(1000 * (time.perf_counter() - began))
        found.append([_row(hit.id) for hit in hits])
    return found[1:], times[1:]


def _search_deep(index: ProductIndex, queries: Vectors, judged: int) -> list[list[int]]:
    """The judged queries come first."""
    answers = (
        index.search([VectorQuery(VectorName.ENGLISH, query, DEPTH)])[0]
        for query in queries[:judged]
    )
    return [[_row(hit.id) for hit in hits] for hits in answers]


# -------------------------------------------------------------------------- measures


def _recall(exact: Vectors, scores: Vectors) -> float:
    """Mean share of the 100 best by `exact` among the 100 best by `scores`."""
    depth: int = min(DEPTH_OF_RECALL, exact.shape[1])
    best, got = (np.argpartition(-s, depth - 1, axis=1)[:, :depth] for s in (exact, scores))
    shared = [len(set(a) & set(b)) for a, b in zip(best.tolist(), got.tolist(), strict=True)]
    mean = float(np.mean(shared))
    return round(mean / depth, 4)


def _ranked(scores: Vectors, ids: Sequence[str]) -> list[list[str]]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return [[ids[n] for n in row] for row in order.tolist()]


def _ndcg(ranked: Sequence[Sequence[str]], material: Material) -> float | None:
    """Judged-only nDCG@10; the judged queries come first, in the order of the grades."""
    pairs = zip(ranked, material.grades.values(), strict=False)
    scores: list[float] = [score_query(row, grades).ndcg_judged for row, grades in pairs]
    return round(float(np.mean(scores)), 4) if scores else None
