"""How does search grow? Query times at 20,000 and at a million synthetic products.

    python -m benchmarks.million [--products 1000000] [--quantization int8] [--json OUT]

Every synthetic product stands between two real ones: its dense vectors are a mixture of theirs
with noise, its lexical vector resamples their terms, its payload is the first one's with
another price. They are made in a stream, so memory holds one batch of them; each batch depends on
its number alone, so an interrupted run goes on where it stopped. The queries are
the real ones of the judgments; each index is measured in a fresh process that opens it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import psutil

from benchmarks.parts import CATALOG, ENGLISH, JUDGMENTS, MULTILINGUAL, default_models, open_parts
from retrieval.evaluate import read_judgments
from retrieval.index.encoder import load_encoder
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage
from retrieval.index.tuning import IndexTuning, Quantization
from retrieval.index.types import Point, ProductIndex, VectorName, VectorQuery
from retrieval.search import DEPTH, HybridSearcher
from retrieval.types import Filters, Range, SearchRequest, SparseVector, Vectors

SMALL = 20_000
BATCH = 2000
# Share of the first parent in a mixture, noise (its norm), share of terms that are kept of the
# first parent and taken from the second: cosine to the first about .9, as near as variants of
# one product lie in the real catalogue.
MIXTURE = (0.65, 0.95)
NOISE = 0.25
KEPT, TAKEN = 0.85, 0.15
ROUNDS = 3
DENSE = (VectorName.ENGLISH, VectorName.MULTILINGUAL)


@dataclass(frozen=True)
class Build:
    """What building one index took; `truth` is the exact ten nearest of each query."""

    products: int
    seconds: float
    disk_bytes: int
    truth: list[list[str]]


@dataclass(frozen=True)
class Measure:
    """Query times in ms and what the opened index adds to the process."""

    p50_ms: float
    p95_ms: float
    filtered_p50_ms: float
    retrieve_p50_ms: float
    recall: float
    recall_searched: float
    memory_bytes: int


class Synthesiser:
    """Makes synthetic points out of real ones."""

    def __init__(self, points: list[Point], seed: int) -> None:
        self._points = points
        self._seed = seed
        self._random = np.random.default_rng(seed)
        self._dense = {n: np.stack([p.dense[n] for p in points]) for n in DENSE}

    def batches(
        self, count: int, done: int = 0
    ) -> Iterator[tuple[list[Point], Mapping[VectorName, Vectors]]]:
        """The batches after the first `done` points, a whole number of batches."""
        for start in range(done, count, BATCH):
            self._random = np.random.default_rng((self._seed, start))
            size = min(BATCH, count - start)
            pairs = self._random.integers(len(self._points), size=(size, 2))
            dense = {n: self._mixed(self._dense[n], pairs) for n in DENSE}
            points = [
                self._point(start + row, int(a), int(b), {n: dense[n][row] for n in DENSE})
                for row, (a, b) in enumerate(pairs)
            ]
            yield points, dense

    def _mixed(self, real: Vectors, pairs: np.ndarray) -> Vectors:
        share = self._random.uniform(*MIXTURE, (len(pairs), 1)).astype(np.float32)
        noise = self._random.standard_normal((len(pairs), real.shape[1]), np.float32)
        noise *= NOISE / np.sqrt(real.shape[1])
        mixed = share * real[pairs[:, 0]] + (1 - share) * real[pairs[:, 1]] + noise
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)

    def _point(self, number: int, a: int, b: int, dense: Mapping[VectorName, Vectors]) -> Point:
        first, second = self._points[a], self._points[b]
        payload = dict(first.payload)
        name = f"synthetic-{number}"
        payload["product"] = payload["product"].replace(
            json.dumps(payload["id"]), json.dumps(name), 1
        )
        payload["id"] = name
        if "price" in payload:
            payload["price"] = round(payload["price"] * float(self._random.lognormal(0, 0.2)), 2)
        lexical = self._lexical(first.lexical, second.lexical)
        return Point(str(number + 1), payload, dense, lexical)

    def _lexical(self, first: SparseVector, second: SparseVector) -> SparseVector:
        weights: dict[int, float] = {}
        for vector, share in ((second, TAKEN), (first, KEPT)):
            drawn = self._random.random(len(vector.indices)) < share
            weights |= {
                i: w for i, w, d in zip(vector.indices, vector.values, drawn, strict=True) if d
            }
        ordered = sorted(weights)
        return SparseVector(
            indices=tuple(ordered), values=tuple(weights[index] for index in ordered)
        )


@dataclass(frozen=True)
class Progress:
    """What an index that is being filled holds already; the truth of its first `done` points."""

    done: int
    best: Vectors
    ids: np.ndarray
    seconds: float
    tuning: str

    @classmethod
    def load(cls, path: Path, queries: int, tuning: IndexTuning) -> Progress:
        """What an earlier run with the same queries and settings left, else a fresh start."""
        wanted = json.dumps(tuning.built(), sort_keys=True)
        fresh = cls(
            0,
            np.full((queries, 10), -1.0, np.float32),
            np.zeros((queries, 10), np.int64),
            0.0,
            wanted,
        )
        if not path.is_file():
            return fresh
        kept = np.load(path)
        same = str(kept["tuning"]) == wanted and len(kept["best"]) == queries
        return (
            cls(int(kept["done"]), kept["best"], kept["ids"], float(kept["seconds"]), wanted)
            if same
            else fresh
        )

    def save(self, path: Path) -> None:
        """Write it whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"half-{path.name}")
        np.savez(half, **asdict(self))
        half.replace(path)


def build(
    points: list[Point], count: int, path: Path, tuning: IndexTuning, queries: Vectors, models: Path
) -> Build:
    """Fill an index with `count` synthetic products and build its graphs."""
    encoders = [load_encoder(name, models) for name in (ENGLISH, MULTILINGUAL)]
    storage = EmbeddedStorage(path, tuning)
    progress = Progress.load(path.with_suffix(".progress.npz"), len(queries), tuning)
    if not progress.done:
        storage.destroy()
    index = storage.open(index_schema(*encoders)).index
    started = time.monotonic() - progress.seconds
    best, ids = progress.best, progress.ids
    for batch, dense in Synthesiser(points, seed=count).batches(count, progress.done):
        index.upsert(batch)
        scores = queries @ dense[VectorName.ENGLISH].T
        best, ids = keep_best(best, ids, scores, progress.done)
        progress = Progress(
            progress.done + len(batch), best, ids, time.monotonic() - started, progress.tuning
        )
        progress.save(path.with_suffix(".progress.npz"))
        if progress.done % 50_000 < BATCH:
            rest = progress.seconds * (count / progress.done - 1)
            memory = psutil.Process().memory_info().rss / 1e9
            print(
                f"  {progress.done:,} products, {progress.seconds:.0f} s, about {rest:.0f} s to go "
                f"before the graphs, {memory:.1f} GB",
                flush=True,
            )
    index.flush()
    index.close()
    seconds = time.monotonic() - started
    disk = sum(f.stat().st_blocks * 512 for f in path.rglob("*") if f.is_file())
    truth = [[str(int(i) + 1) for i in row] for row in ids]
    return Build(count, seconds, disk, truth)


def keep_best(
    best: Vectors, ids: np.ndarray, scores: Vectors, offset: int
) -> tuple[Vectors, np.ndarray]:
    """The ten best of each row among those known and the new `scores`."""
    numbers = np.broadcast_to(np.arange(offset, offset + scores.shape[1]), scores.shape)
    all_scores, all_ids = np.hstack([best, scores]), np.hstack([ids, numbers])
    top = np.argsort(-all_scores, axis=1)[:, :10]
    return np.take_along_axis(all_scores, top, 1), np.take_along_axis(all_ids, top, 1)


def measure(
    path: Path,
    tuning: IndexTuning,
    texts: list[str],
    vectors: Vectors,
    truth: list[list[str]],
    models: Path,
) -> Measure:
    """Times of every query alone, in a process of its own."""
    english, multilingual = (load_encoder(name, models) for name in (ENGLISH, MULTILINGUAL))
    english.encode_queries(["warm up"])
    multilingual.encode_queries(["warm up"])
    before = psutil.Process().memory_info().rss
    index = EmbeddedStorage(path, tuning).open(index_schema(english, multilingual)).index
    searcher = HybridSearcher(index, english, multilingual)
    searcher.warm_up()
    cheap = Filters(price=Range(maximum=Decimal(100)))
    times: dict[str, list[float]] = {"plain": [], "filtered": [], "retrieve": []}
    for round_number in range(ROUNDS + 1):
        for text in texts:
            # A new searcher's cache of encoded queries would hide the encoder in later rounds.
            searcher = HybridSearcher(index, english, multilingual)
            for name, filters in (("plain", Filters()), ("filtered", cheap)):
                started = time.perf_counter()
                result = searcher.search(SearchRequest(text=text, filters=filters))
                if round_number:
                    times[name].append((time.perf_counter() - started) * 1000)
                    if name == "plain":
                        times["retrieve"].append(result.timings_ms["retrieve"])
    memory = psutil.Process().memory_info().rss - before
    recall, searched = (measure_recall(index, vectors, truth, n) for n in (10, DEPTH))
    index.close()
    return Measure(
        p50_ms=statistics.median(times["plain"]),
        p95_ms=float(np.percentile(times["plain"], 95)),
        filtered_p50_ms=statistics.median(times["filtered"]),
        retrieve_p50_ms=statistics.median(times["retrieve"]),
        recall=recall,
        recall_searched=searched,
        memory_bytes=memory,
    )


def measure_recall(
    index: ProductIndex, vectors: Vectors, truth: list[list[str]], limit: int
) -> float:
    """The share of the exact ten nearest among the first `limit` of the dense search."""
    found = [index.search([VectorQuery(VectorName.ENGLISH, v, limit)])[0] for v in vectors]
    hits = [len({s.id for s in f} & set(t)) / 10 for f, t in zip(found, truth, strict=True)]
    return statistics.mean(hits)


def report(built: Build, measured: Measure, tuning: IndexTuning) -> None:
    print(
        f"{built.products:,} products ({tuning.quantization.value}, m {tuning.hnsw_m}, "
        f"ef_construct {tuning.hnsw_ef_construct}, on disk {tuning.on_disk}): built in "
        f"{built.seconds:.0f} s; query p50 {measured.p50_ms:.1f} ms, p95 {measured.p95_ms:.1f} ms, "
        f"with a price filter p50 {measured.filtered_p50_ms:.1f} ms, in the index alone "
        f"{measured.retrieve_p50_ms:.1f} ms; recall of the ten nearest by the dense search "
        f"{measured.recall:.3f}, of {DEPTH} asked for {measured.recall_searched:.3f}; "
        f"memory a product {measured.memory_bytes / built.products:,.0f} bytes, "
        f"disk {built.disk_bytes / built.products:,.0f} bytes",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--catalog", type=Path, default=CATALOG)
    parser.add_argument("--judgments", type=Path, default=JUDGMENTS)
    parser.add_argument("--models", type=Path, default=default_models())
    parser.add_argument("--stores", type=Path, default=Path(gettempdir()) / "aisle-benchmarks")
    parser.add_argument("--quantization", type=Quantization, default=Quantization.INT8)
    parser.add_argument("--hnsw-m", type=int, default=16)
    parser.add_argument("--hnsw-ef-construct", type=int, default=64)
    parser.add_argument(
        "--exact-up-to-kb", type=int, default=IndexTuning().exact_up_to_kb, help="Scan below."
    )
    parser.add_argument("--keep", action="store_true", help="Leave the built index on the disk.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts = list(read_judgments(options.judgments))
    with open_parts(options.catalog, options.models, options.stores) as parts:
        points = list(parts.index.scan_points())
        queries = parts.encoders[VectorName.ENGLISH].encode_queries(texts)
    large = IndexTuning(
        hnsw_m=options.hnsw_m,
        hnsw_ef_construct=options.hnsw_ef_construct,
        exact_up_to_kb=options.exact_up_to_kb,
        quantization=options.quantization,
        on_disk=True,
    )
    results: dict[str, dict[str, object]] = {}
    for count, tuning in ((SMALL, IndexTuning()), (options.products, replace(large))):
        path = options.stores / f"synthetic-{count}"
        built = build(points, count, path, tuning, queries, options.models)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            arguments = (path, tuning, texts, queries, built.truth, options.models)
            measured = pool.apply(measure, arguments)
        report(built, measured, tuning)
        results[str(count)] = {
            "seconds": built.seconds,
            "disk_bytes": built.disk_bytes,
            "tuning": tuning.built(),
            **asdict(measured),
        }
        if not options.keep:
            shutil.rmtree(path, ignore_errors=True)
            path.with_suffix(".progress.npz").unlink(missing_ok=True)
    small, big = (results[str(n)]["p50_ms"] for n in (SMALL, options.products))
    print(f"p50 at {options.products:,} over p50 at {SMALL:,}: {big / small:.2f}")  # type: ignore[operator]
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
