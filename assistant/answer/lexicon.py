"""Words that claim nothing, read from the two lexicon files."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from retrieval.index.analysis import fold, stem
from retrieval.types import Language


@cache
def harmless_words(language: Language) -> frozenset[str]:
    """English: stems of harmless words. Chinese: harmless words as they stand."""
    text = files(__package__).joinpath(f"lexicon.{language}.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    words = {fold(word) for line in lines for word in line.split()}
    return (
        frozenset(stem(word) for word in words)
        if language is Language.ENGLISH
        else (frozenset(words))
    )
