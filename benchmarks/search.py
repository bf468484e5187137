"""How good is the ranking? All systems on the same queries and products in one run.

    python -m benchmarks.search [--catalog FEED] [--judgments CSV] [--models DIR] [--json OUT]

bm25s over title, brand and description; MiniLM alone; e5 alone; MiniLM and bm25s fused by
reciprocal rank and by score distribution as Qdrant's hybrid search guide does; Aisle. Every
system answers from the same import, the dense ones from its index.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import bm25s

from benchmarks.parts import CATALOG, JUDGMENTS, Parts, default_models, open_parts
from retrieval.evaluate import Ranker, evaluate_ranker, read_judgments
from retrieval.index.types import VectorName, VectorQuery
from retrieval.rank.fusion import fuse_distributions, fuse_ranks
from retrieval.types import Product, SearchRequest

# Candidates of each retriever before fusion, as many as Aisle takes.
DEPTH = 200
COLUMNS = ("ndcg@10", "ndcg@10_judged", "recall@100", "judged@10", "p50_ms", "p95_ms")

Scorer = Callable[[str, int], Mapping[str, float]]


def bm25_scorer(products: Sequence[Product]) -> Scorer:
    """Plain BM25 with its package's defaults, English stop words left out."""
    texts = [f"{p.title} {p.brand or ''} {p.description}" for p in products]
    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    ids = [p.id for p in products]

    def score(query: str, limit: int) -> dict[str, float]:
        tokens = bm25s.tokenize([query], stopwords="en", show_progress=False)
        rows, scores = engine.retrieve(tokens, k=limit, show_progress=False)
        pairs = zip(rows[0], scores[0], strict=True)
        return {ids[row]: float(value) for row, value in pairs if value > 0}

    return score


def dense_scorer(parts: Parts, name: VectorName) -> Scorer:
    """One encoder's cosine over the whole index."""
    encoder = parts.encoders[name]

    def score(query: str, limit: int) -> dict[str, float]:
        vector = encoder.encode_queries([query])[0]
        answer = parts.index.search([VectorQuery(name, vector, limit)])[0]
        return {parts.product_ids[s.id]: s.score for s in answer}

    return score


def ranker(score: Scorer) -> Ranker:
    return lambda query, limit: list(score(query, limit))


def fused(scorers: Sequence[Scorer], fuse: Callable[..., dict[str, float]]) -> Ranker:
    def rank(query: str, limit: int) -> list[str]:
        return list(fuse([score(query, max(DEPTH, limit)) for score in scorers]))[:limit]

    return rank


def aisle(parts: Parts) -> Ranker:
    def rank(query: str, limit: int) -> list[str]:
        result = parts.searcher.search(SearchRequest(text=query, limit=limit))
        return [hit.product.id for hit in result.hits]

    return rank


def systems(parts: Parts) -> Iterator[tuple[str, Ranker]]:
    lexical = bm25_scorer(parts.products)
    english = dense_scorer(parts, VectorName.ENGLISH)
    yield "bm25s", ranker(lexical)
    yield "MiniLM", ranker(english)
    yield "e5", ranker(dense_scorer(parts, VectorName.MULTILINGUAL))
    yield "RRF (MiniLM, bm25s)", fused([english, lexical], fuse_ranks)
    yield "DBSF (MiniLM, bm25s)", fused([english, lexical], fuse_distributions)
    yield "Aisle", aisle(parts)


@contextmanager
def quiet() -> Iterator[None]:
    import logging

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", type=Path, default=CATALOG)
    parser.add_argument("--judgments", type=Path, default=JUDGMENTS)
    parser.add_argument("--models", type=Path, default=default_models())
    parser.add_argument("--stores", type=Path, default=Path(gettempdir()) / "aisle-benchmarks")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    judgments = read_judgments(options.judgments)
    results: dict[str, dict[str, float]] = {}
    with quiet(), open_parts(options.catalog, options.models, options.stores) as parts:
        print(f"{'':24}" + "".join(f"{name:>16}" for name in COLUMNS))
        for name, rank in systems(parts):
            results[name] = evaluate_ranker(rank, judgments)
            row = "".join(f"{results[name][column]:16.3f}" for column in COLUMNS)
            print(f"{name:24}{row}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
