"""How good is the ranking? All systems on the same queries and products in one run.

    python -m benchmarks.search [--catalog FEED] [--judgments CSV] [--models DIR] [--json OUT]

bm25s and tantivy over title, brand and description; MiniLM alone; e5 alone; MiniLM and bm25s
fused by reciprocal rank and by score distribution as Qdrant's hybrid search guide does; Aisle
without and with its ranker, and with the ranker cross-validated: every query ranked by weights
learned from the others. Every system answers from the same import, the dense ones from its
index. Then Aisle on the same queries with one slip of the pen a word, and in Chinese
(benchmarks/queries.zh.csv).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import gettempdir

import bm25s
import numpy as np
import tantivy

from benchmarks.parts import CATALOG, JUDGMENTS, Parts, default_models, open_parts
from retrieval.evaluate import (
    Judgments,
    Ranker,
    evaluate_ranker,
    plain_request,
    read_judgments,
    score_query,
)
from retrieval.index.types import VectorName, VectorQuery
from retrieval.rank.fusion import fuse_distributions, fuse_ranks
from retrieval.train.ranker import FOLDS, collect_examples, train_ranker
from retrieval.types import Product, Searcher, SearchRequest

# Candidates of each retriever before fusion, as many as Aisle takes.
DEPTH = 200
# The list in which judged products are looked for, as `aisle eval retrieval` does.
DEEP = 1000
COLUMNS = ("ndcg@10", "ndcg@10_judged", "recall@100", "judged@10", "p50_ms", "p95_ms")

# Grades of ours for what nobody had judged among the first ten of 25 queries.
OWN = Path(__file__).with_name("judgments.own.csv")
CHINESE = Path(__file__).with_name("queries.zh.csv")

Read = Callable[[str, int], SearchRequest]
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


def tantivy_ranker(products: Sequence[Product]) -> Ranker:
    """Tantivy's BM25 with English stemming, its query parser's defaults."""
    builder = tantivy.SchemaBuilder()
    for name in ("title", "brand", "description"):
        builder.add_text_field(name, tokenizer_name="en_stem")
    builder.add_unsigned_field("row", stored=True)
    engine = tantivy.Index(builder.build())
    writer = engine.writer()
    for row, p in enumerate(products):
        document = tantivy.Document(title=p.title, brand=p.brand or "", description=p.description)
        document.add_unsigned("row", row)
        writer.add_document(document)
    writer.commit()
    engine.reload()
    searcher = engine.searcher()

    def rank(query: str, limit: int) -> list[str]:
        parsed, _ = engine.parse_query_lenient(query, ["title", "brand", "description"])
        hits = searcher.search(parsed, limit).hits
        return [products[searcher.doc(address)["row"][0]].id for _, address in hits]

    return rank


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


def aisle(searcher: Searcher, read: Read) -> Ranker:
    def rank(query: str, limit: int) -> list[str]:
        return [hit.product.id for hit in searcher.search(read(query, limit)).hits]

    return rank


def cross_validated(parts: Parts, judgments: Judgments) -> Ranker:
    """Aisle with, for each query, a ranker that was trained without it."""
    held = {q: g for q, g in judgments.items() if any(g.values())}
    examples = collect_examples(parts.searcher, held, parts.read, lambda d, t, note="": None)
    order = np.random.default_rng(0).permutation(len(examples))
    rankers: dict[str, Ranker] = {}
    for fold in np.array_split(order, FOLDS):
        mine = set(fold.tolist())
        learned = train_ranker([e for n, e in enumerate(examples) if n not in mine])
        ranking = aisle(parts.with_ranker(learned), parts.read)
        rankers |= {examples[n].query: ranking for n in mine}
    usual = aisle(parts.searcher, parts.read)
    return lambda query, limit: rankers.get(query, usual)(query, limit)


def misspell(query: str, random: Random) -> str:
    """One edit in each word of four letters or more: a letter lost, doubled, swapped, changed."""
    return " ".join(_slip(w, random) if len(w) > 3 and w.isalpha() else w for w in query.split())


def _slip(word: str, random: Random) -> str:
    at = random.randrange(len(word) - 1)
    left, right = word[:at], word[at + 1 :]
    letter = random.choice("abcdefghijklmnopqrstuvwxyz".replace(word[at], ""))
    swapped = right[0] + word[at] + right[1:]
    return left + random.choice([right, word[at] * 2 + right, swapped, letter + right])


def misspelled(judgments: Judgments, seed: int = 0) -> Judgments:
    random = Random(seed)
    return {misspell(query, random): grades for query, grades in judgments.items()}


def translated(judgments: Judgments) -> Judgments:
    """The judgments under the Chinese wordings; two queries may share one."""
    with CHINESE.open(encoding="utf-8", newline="") as file:
        chinese = {row["query"]: row["chinese"] for row in csv.DictReader(file)}
    merged: dict[str, dict[str, int]] = {}
    for query, grades in judgments.items():
        merged.setdefault(chinese[query], {}).update(grades)
    return merged


def systems(parts: Parts, judgments: Judgments) -> Iterator[tuple[str, Ranker, Judgments]]:
    lexical = bm25_scorer(parts.products)
    english = dense_scorer(parts, VectorName.ENGLISH)
    yield "bm25s", ranker(lexical), judgments
    yield "tantivy", tantivy_ranker(parts.products), judgments
    yield "MiniLM", ranker(english), judgments
    yield "e5", ranker(dense_scorer(parts, VectorName.MULTILINGUAL)), judgments
    yield "RRF (MiniLM, bm25s)", fused([english, lexical], fuse_ranks), judgments
    yield "DBSF (MiniLM, bm25s)", fused([english, lexical], fuse_distributions), judgments
    yield "Aisle, no ranker", aisle(parts.with_ranker(None), parts.read), judgments
    yield "Aisle", aisle(parts.searcher, parts.read), judgments
    yield "Aisle, cross-validated", cross_validated(parts, judgments), judgments
    unmended = aisle(parts.searcher, plain_request)
    yield "Aisle, misspelled, unmended", unmended, misspelled(judgments)
    yield "Aisle, misspelled", aisle(parts.searcher, parts.read), misspelled(judgments)
    own = {q: judgments[q] | grades for q, grades in read_judgments(OWN).items() if q in judgments}
    if own:
        for name, rank in (
            ("RRF", fused([english, lexical], fuse_ranks)),
            ("Aisle, no ranker", aisle(parts.with_ranker(None), parts.read)),
            ("Aisle", aisle(parts.searcher, parts.read)),
        ):
            yield f"{name}, own grades", rank, own
    if set(judgments) <= chinese_queries():
        e5 = dense_scorer(parts, VectorName.MULTILINGUAL)
        yield "e5, in Chinese", ranker(e5), translated(judgments)
        yield "Aisle, in Chinese", aisle(parts.searcher, parts.read), translated(judgments)


def chinese_queries() -> set[str]:
    with CHINESE.open(encoding="utf-8", newline="") as file:
        return {row["query"] for row in csv.DictReader(file)}


def print_worst(parts: Parts, judgments: Judgments, count: int) -> None:
    """The queries with the lowest judged-only nDCG@10, as rows of a Markdown table."""
    rows = []
    for query, grades in judgments.items():
        if not any(grades.values()):
            continue
        hits = parts.searcher.search(parts.read(query, DEEP)).hits
        scores = score_query([hit.product.id for hit in hits], grades)
        first = (
            f"{h.product.title[:26].strip()} ({grades.get(h.product.id, '–')})" for h in hits[:3]
        )
        rows.append((scores.ndcg_judged, query, scores, "; ".join(first)))
    for judged, query, scores, first in sorted(rows, key=lambda row: row[:2])[:count]:
        print(f"| {query} | {judged:.2f} | {scores.ndcg:.2f} | {scores.judged:.1f} | {first} |")


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
    parser.add_argument("--worst", type=int, default=0, help="only list Aisle's worst queries")
    options = parser.parse_args()
    judgments = read_judgments(options.judgments)
    results: dict[str, dict[str, float]] = {}
    with quiet(), open_parts(options.catalog, options.models, options.stores) as parts:
        if options.worst:
            print_worst(parts, judgments, options.worst)
            return
        print(f"{'':24}" + "".join(f"{name:>16}" for name in COLUMNS))
        for name, rank, graded in systems(parts, judgments):
            results[name] = evaluate_ranker(rank, graded)
            row = "".join(f"{results[name][column]:16.3f}" for column in COLUMNS)
            print(f"{name:24}{row}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
