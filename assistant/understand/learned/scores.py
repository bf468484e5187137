"""Token F1, in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assistant.understand.learned.tokens import words
from retrieval.types import Language


def token_f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of two bags of words, as in SQuAD (Rajpurkar et al., EMNLP 2016): repeats count."""
    if not found or not wanted:
        return float(found == wanted)
    shared = sum((Counter(found) & Counter(wanted)).values())
    return 2 * shared / (len(found) + len(wanted))


def best_reference(found: Sequence[str], texts: Sequence[str], language: Language) -> list[str]:
    """The words of that of `texts` which `found` is nearest to once its other words are gone."""
    references = [words(text, language) for text in texts]
    return max(references, key=lambda r: token_f1([w for w in found if w in set(r)], r))


def best_f1(found: str, texts: Sequence[str], language: Language) -> float:
    """Token F1 against the nearest of several references."""
    kept = words(found, language)
    return max(token_f1(kept, words(text, language)) for text in texts)
