"""Which of a few titles a few words mean."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from retrieval.index.analysis import fold

# Below this, words and a title have next to nothing in common (measured on the demo's titles:
# a word of the title scores 100, a plural above 85, an unrelated word below 60).
ENOUGH = 80.0
# Titles that are nearly as good as the best are meant as much.
CLOSE = 3.0


def best_matches(words: str, titles: Sequence[str]) -> list[int]:
    """Positions of the titles that `words` mean, none where nothing fits."""
    scores = [_score(fold(words), fold(title)) for title in titles]
    best = max(scores, default=0.0)
    if best < ENOUGH:
        return []
    return [n for n, score in enumerate(scores) if score >= best - CLOSE]


def _score(words: str, title: str) -> float:
    if not words.isascii():
        # Chinese is not spaced: the longest part of the title that was said.
        return fuzz.partial_ratio(words, title)
    said = words.split()
    parts = [max((fuzz.ratio(w, t) for t in title.split()), default=0.0) for w in said]
    good = [p for p in parts if p >= ENOUGH]
    return sum(good) / len(parts) if parts and len(good) * 2 >= len(parts) else 0.0
