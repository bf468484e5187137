"""How common English words are in general, as the package wordfreq counts them (Apache-2.0).

Its list of 320,000 words joins books, subtitles, the web and more (Speer 2022), brand names
among them; what stands in it is hardly ever a slip of the pen. Only file that imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from wordfreq import get_frequency_dict

from retrieval.query.dictionary import english_words

GLOSS_FREQUENCY = 1e-7
"""What a word of the dictionary's glosses counts at least: a right word, however rare."""


@lru_cache(maxsize=1)
def general_frequencies() -> Mapping[str, float]:
    """English word → its share of all words of text; read in a tenth of a second, 35 MB."""
    return get_frequency_dict("en", wordlist="large")


def general_frequency(word: str) -> float:
    """The share of `word` (lower case) in English text; 0 for what is no word."""
    found = general_frequencies().get(word, 0.0)
    if found < GLOSS_FREQUENCY and (
        word in english_words() or word.removesuffix("s") in english_words()
    ):
        return GLOSS_FREQUENCY
    return found
