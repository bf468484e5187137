"""Measures a searcher against human judgments: nDCG, recall and response times.

Judgments are a CSV file with the columns query, product_id, grade (0 to 3).
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.errors import CallerError
from retrieval.types import ProgressListener, Searcher, SearchRequest

COLUMNS = ("query", "product_id", "grade")
CUTOFF = 10
RECALL_CUTOFF = 100
# The least grade that counts as found for recall.
RELEVANT = 2
# The list in which judged products are looked for when unjudged ones are dropped.
DEPTH = 1000
HIGHEST_GRADE = 3

Grades = Mapping[str, int]
Judgments = Mapping[str, Grades]
# The measures by name, as `aisle eval retrieval` writes them.
RetrievalMeasures = dict[str, float]


# Anything that answers a query with so many product ids, best first.
Ranker = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class QueryScores:
    """One query's measures; `recall` is None when nothing has a grade of 2 or 3."""

    ndcg: float
    ndcg_judged: float
    recall: float | None
    judged: float


def read_judgments(path: Path) -> dict[str, dict[str, int]]:
    """Grades by query and product id; raises CallerError naming the line that is wrong."""
    judgments: dict[str, dict[str, int]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise CallerError(
                    f"{path} lacks the columns {', '.join(COLUMNS)}.",
                    remedy="Write them as its first line.",
                )
            for row in rows:
                grade = _read_grade(path, rows.line_num, row["grade"])
                judgments.setdefault(row["query"], {})[row["product_id"]] = grade
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CallerError(f"The judgments {path} cannot be read: {error}.") from None
    if not judgments:
        raise CallerError(f"{path} holds no judgments.")
    return judgments


def _read_grade(path: Path, line: int, text: str | None) -> int:
    grade = int(text) if text is not None and text.strip().isdecimal() else -1
    if not 0 <= grade <= HIGHEST_GRADE:
        raise CallerError(
            f"Line {line} of {path}: the grade {text!r} is none of 0, 1, 2, 3.",
            remedy="Mend or remove the line.",
        )
    return grade


def dcg(grades: Sequence[int]) -> float:
    """Discounted cumulative gain with gain 2^grade − 1 (Burges et al., ICML 2005)."""
    return sum(((1 << grade) - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def score_query(ranked: Sequence[str], grades: Grades) -> QueryScores:
    """The measures of one ranked list against one query's judgments."""
    ideal = dcg(sorted(grades.values(), reverse=True)[:CUTOFF])
    top = ranked[:CUTOFF]
    judged = [key for key in ranked if key in grades][:CUTOFF]
    relevant = {key for key, grade in grades.items() if grade >= RELEVANT}
    found = len(relevant.intersection(ranked[:RECALL_CUTOFF]))
    return QueryScores(
        ndcg=dcg([grades.get(key, 0) for key in top]) / ideal,
        ndcg_judged=dcg([grades[key] for key in judged]) / ideal,
        recall=found / len(relevant) if relevant else None,
        judged=sum(key in grades for key in top) / CUTOFF,
    )


def summarise(scores: Sequence[QueryScores], times_ms: Sequence[float]) -> RetrievalMeasures:
    """Means over queries (macro average), and quantiles of the response times."""
    recalls = [s.recall for s in scores if s.recall is not None]
    return {
        "ndcg@10": float(np.mean([s.ndcg for s in scores])),
        "ndcg@10_judged": float(np.mean([s.ndcg_judged for s in scores])),
        "recall@100": float(np.mean(recalls)) if recalls else math.nan,
        "judged@10": float(np.mean([s.judged for s in scores])),
        "p50_ms": float(np.quantile(times_ms, 0.5)),
        "p95_ms": float(np.quantile(times_ms, 0.95)),
        "queries": len(scores),
    }


def evaluate_ranker(
    rank: Ranker, judgments: Judgments, listener: ProgressListener | None = None
) -> RetrievalMeasures:
    """The measures of any ranking function; times are of lists of ten, as a page shows.

    Queries without any relevant product (grade above 0) are left out.
    """
    queries = [q for q, grades in judgments.items() if any(grades.values())]
    if not queries:
        raise CallerError("No query of the judgments has a relevant product.")
    rank(queries[0], CUTOFF)  # loads what is loaded at the first query
    scores: list[QueryScores] = []
    times_ms: list[float] = []
    for number, query in enumerate(queries, start=1):
        started = time.perf_counter()
        rank(query, CUTOFF)
        times_ms.append((time.perf_counter() - started) * 1000)
        scores.append(score_query(rank(query, DEPTH), judgments[query]))
        if listener is not None:
            listener(number, len(queries), query)
    return summarise(scores, times_ms)


def plain_request(query: str, limit: int) -> SearchRequest:
    """The query as it stands, no word of it read as a condition."""
    return SearchRequest(text=query, limit=limit)


def evaluate_retrieval(
    searcher: Searcher,
    judgments_csv: Path,
    listener: ProgressListener | None = None,
    *,
    read: Callable[[str, int], SearchRequest] = plain_request,
) -> RetrievalMeasures:
    """What `aisle eval retrieval` writes: the measures of `searcher` on a judgments file.

    `ndcg@10` counts unjudged products as irrelevant, `ndcg@10_judged` drops them before the
    ten are taken. `read` turns a query and a limit into a request.
    Raises CallerError when the file is malformed.
    """

    def rank(query: str, limit: int) -> list[str]:
        result = searcher.search(read(query, limit))
        return [hit.product.id for hit in result.hits]

    return evaluate_ranker(rank, read_judgments(judgments_csv), listener)
