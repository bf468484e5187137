"""Retrieves the sentences of a store's own texts that answer a question best."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from retrieval.index.analysis import terms
from retrieval.types import Encoder

# Cosines of e5 lie between .79 and .87: a tenth of the share of matched words weighs as much as
# all they tell apart, so that words decide where there are any and meaning where there are none.
WORD_WEIGHT = 0.1
# Texts remembered: at 384 numbers each, 15 MB.
REMEMBERED = 10_000

_SENTENCE = re.compile(r"[^.!?。！？]+(?:\.(?=[\w@])[^.!?。！？]*)*[.!?。！？]?")


@dataclass(frozen=True)
class Passage:
    """One sentence of a text of the store; `evidence` says which (``"policy:returns"``)."""

    text: str
    evidence: str
    title: str = ""


@dataclass(frozen=True)
class FoundPassage:
    """A passage, how well it answers (higher is better), and the share of words it shares."""

    passage: Passage
    score: float
    shared: float


def split_passages(text: str, evidence: str, title: str = "") -> list[Passage]:
    """The sentences of `text`."""
    return [
        Passage(sentence.strip(), evidence, title)
        for sentence in _SENTENCE.findall(text)
        if re.search(r"\w", sentence)
    ]


class PassageFinder:
    """Ranks passages by meaning (a multilingual encoder) and by the words they share."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self._lock = Lock()

    def rank(self, question: str, passages: Sequence[Passage]) -> list[FoundPassage]:
        """`passages` for `question`, best first; equal ones keep their order."""
        if not passages:
            return []
        cosines = self._vectors(passages) @ self._encoder.encode_queries([question])[0]
        asked = _words(question)
        found = [
            FoundPassage(passage, float(cosine) + WORD_WEIGHT * shared, shared)
            for passage, cosine in zip(passages, cosines, strict=True)
            for shared in [_share(asked, _words(f"{passage.title} {passage.text}"))]
        ]
        return sorted(found, key=lambda f: -f.score)

    def _vectors(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        texts = [f"{p.title}: {p.text}" if p.title else p.text for p in passages]
        with self._lock:
            new = list(dict.fromkeys(t for t in texts if t not in self._known))
            if new:
                if len(self._known) + len(new) > REMEMBERED:
                    self._known.clear()
                    new = list(dict.fromkeys(texts))
                vectors = self._encoder.encode_passages(new)
                self._known.update(zip(new, vectors, strict=True))
            return np.stack([self._known[t] for t in texts])


def _words(text: str) -> frozenset[str]:
    return frozenset(term.text for term in terms(text))


def _share(asked: Iterable[str], told: frozenset[str]) -> float:
    wanted = list(asked)
    return sum(w in told for w in wanted) / len(wanted) if wanted else 0.0
