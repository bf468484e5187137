"""How well an encoder alone ranks texts for queries whose answers are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.files import write_atomically
from retrieval.errors import TerminalError
from retrieval.index.indexer import encode_by_length
from retrieval.train.encoder.pairs import Pair, clicks_by_query
from retrieval.types import Encoder, Frozen, ProgressListener, Vectors

CUTOFF = 10
# Queries scored at once: bounds the memory of a large corpus.
AT_ONCE = 256
# Texts encoded between two words to the listener.
STEP = 2048


class Question(Frozen):
    """A query and how much each text is worth as its answer.

    `among` are the texts it is answered from (empty: the whole corpus); `known` says that the
    query was learned from as well.
    """

    query: str
    gains: dict[int, float]
    among: tuple[int, ...] = ()
    known: bool = False


class Questions(Frozen):
    """Queries with their answers among the texts of a corpus."""

    corpus: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def digest(self) -> str:
        """Of all that is measured on."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Keep it beside the model that is measured on it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, self.model_dump_json())


class EncoderMeasures(Frozen):
    """Means over queries; `ndcg_new` is of queries that were not learned from (None: no such)."""

    ndcg: float
    recall: float
    queries: int
    ndcg_new: float | None = None
    queries_new: int = 0


def load_questions(path: Path) -> Questions:
    """What `Questions.save` wrote; raises TerminalError."""
    try:
        return Questions.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        raise TerminalError(f"{path} is missing or damaged.", remedy="Train again.") from None


def ask_clicks(
    pairs: Iterable[Pair], corpus: Sequence[str], learned: Iterable[Pair] = ()
) -> Questions:
    """The queries of a period; a text is worth as much as it was clicked."""
    clicked = clicks_by_query(pairs)
    texts = tuple(dict.fromkeys((*corpus, *(t for found in clicked.values() for t in found))))
    place = {text: number for number, text in enumerate(texts)}
    known = clicks_by_query(learned).keys()
    questions = (
        Question(query=q, gains={place[t]: n for t, n in found.items()}, known=q in known)
        for q, found in clicked.items()
    )
    return Questions(corpus=texts, questions=tuple(questions))


def ask_judgments(
    judgments: Mapping[str, Mapping[str, int]], texts: Mapping[str, str]
) -> Questions:
    """Graded queries, each over its judged products alone; gains are 2^grade − 1."""
    judged = dict.fromkeys(p for grades in judgments.values() for p in grades if p in texts)
    place = {product: number for number, product in enumerate(judged)}
    questions = []
    for query, grades in judgments.items():
        gains = {place[p]: float((1 << g) - 1) for p, g in grades.items() if p in place and g}
        if gains:
            among = tuple(place[p] for p in grades if p in place)
            questions.append(Question(query=query, gains=gains, among=among, known=False))
    return Questions(corpus=tuple(texts[p] for p in judged), questions=tuple(questions))


def measure_encoder(
    encoder: Encoder, asked: Questions, listener: ProgressListener | None = None, note: str = ""
) -> EncoderMeasures:
    """nDCG@10 and the share of all gain that is found among the first ten."""
    corpus = np.zeros((len(asked.corpus), encoder.dimensions), np.float32)
    for start in range(0, len(corpus), STEP):
        part = asked.corpus[start : start + STEP]
        corpus[start : start + len(part)] = encode_by_length(encoder, part)
        if listener:
            listener(start + len(part), len(corpus), note)
    queries = encoder.encode_queries([q.query for q in asked.questions])
    return measure_vectors(queries, corpus, asked)


def measure_vectors(queries: Vectors, corpus: Vectors, asked: Questions) -> EncoderMeasures:
    """The same for vectors of shape (questions, d) and (texts, d)."""
    discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
    ndcg, recall = np.zeros(len(asked.questions)), np.zeros(len(asked.questions))
    for start in range(0, len(asked.questions), AT_ONCE):
        scores = queries[start : start + AT_ONCE] @ corpus.T
        for row, question in enumerate(asked.questions[start : start + AT_ONCE]):
            gained = _best_gains(scores[row], question)
            ideal = np.sort(list(question.gains.values()))[::-1][:CUTOFF]
            ndcg[start + row] = (
                gained @ discounts[: len(gained)] / (ideal @ discounts[: len(ideal)])
            )
            recall[start + row] = gained.sum() / sum(question.gains.values())
    new = np.array([not question.known for question in asked.questions], bool)
    return EncoderMeasures(
        ndcg=_mean(ndcg),
        recall=_mean(recall),
        queries=len(ndcg),
        ndcg_new=_mean(ndcg[new]) if new.any() else None,
        queries_new=int(new.sum()),
    )


def _best_gains(scores: Vectors, question: Question) -> Vectors:
    among = np.array(question.among, np.int64) if question.among else np.arange(len(scores))
    best = among[np.argsort(-scores[among], kind="stable")[:CUTOFF]]
    return np.array([question.gains.get(int(n), 0.0) for n in best])


def _mean(values: NDArray[Any]) -> float:
    return round(float(values.mean()), 5) if len(values) else 0.0
