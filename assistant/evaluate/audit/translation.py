"""English words of Chinese ones, for catalogues that have English texts only."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.query.dictionary import load_dictionary


def english_of(word: str) -> Iterator[str]:
    """The dictionary's glosses of a Chinese word, and of its two parts side by side."""
    table = load_dictionary()
    yield from table.get(word, ())
    for cut in range(2, len(word) - 1):
        for first in table.get(word[:cut], ())[:4]:
            yield from (f"{first} {second}" for second in table.get(word[cut:], ())[:4])
