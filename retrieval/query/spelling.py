"""Mends slips of spelling in a query with the catalogue's own words.

A noisy channel (Kernighan, Church, Gale, COLING 1990) decides: a word of the catalogue was meant
when it, times the chance of the slip, is likelier than the word as it was typed. That one may be
a word of the catalogue, of the language in general, or a name that nobody has listed, of which
there may be many of few letters. So "granola" stays where the shop has none, and "headfones" does
not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from math import log10

from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from retrieval.index.analysis import fold
from retrieval.query.general_words import general_frequencies, general_frequency
from retrieval.query.slips import CHEAPEST, slip_cost
from retrieval.types import Change, Repair

# Three letters are too few to tell a slip from another word.
SHORTEST = 4
# Two edits leave enough of a word only from this length on.
TWO_EDITS = 7
# A word of fewer products may itself be a slip in the catalogue, so nothing is mended to it.
LEAST_PRODUCTS = 2
# A word of one product is as often a slip as a word: discounted, as by Good (1953).
DISCOUNT = 0.7
# Shares of a query's words: those that the language has and the catalogue lacks, and names that
# no list has, whose letters are as free as of one in `LETTERS`.
GENERAL = 0.5
NAMES, LETTERS = 1e-3, 15.0
# Ten times as likely: below, what was typed is searched for as well.
SURE = 1.0
# Queries longer than this are sentences, whose words the catalogue need not know.
MOST_WORDS = 12
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LATIN = re.compile(r"[a-z]+$")


class Speller:
    """Knows the words of one catalogue; safe to call from many threads."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """`words` maps the catalogue's words (folded) to their number of products."""
        self._words = words
        self._total = max(sum(words.values()), 1)
        self._most = max(words.values(), default=0)
        by_length: dict[int, list[str]] = defaultdict(list)
        for word, count in words.items():
            if count >= LEAST_PRODUCTS and len(word) >= SHORTEST and _LATIN.match(word):
                by_length[len(word)].append(word)
        self._by_length = dict(by_length)
        # Reading the lists takes half a second: at start, not at the first slip.
        general_frequencies()
        general_frequency("")
        self.nearest = lru_cache(maxsize=4096)(self._nearest)

    def repair(self, text: str) -> Repair:
        """`text` with its slips mended; sure when the catalogue has none of the typed words."""
        found = list(_WORD.finditer(text))
        if len(found) > MOST_WORDS:
            return Repair(text=text)
        mended, changes, sure, end = "", [], True, 0
        for match in found:
            typed = fold(match[0])
            read = self.nearest(typed)
            if read is None or _is_part_of_model(text, match):
                continue
            word, likely = read
            mended += text[end : match.start()] + word
            end = match.end()
            changes.append(Change(typed=match[0], read=word))
            sure = sure and likely and typed not in self._words
        return Repair(text=mended + text[end:], changes=tuple(changes), sure=sure)

    def is_known(self, word: str) -> bool:
        """Whether the catalogue has `word` (folded) in more than one product."""
        return self._words.get(word, 0) >= LEAST_PRODUCTS

    def _nearest(self, word: str) -> tuple[str, bool] | None:
        """The word that was meant instead of `word`, and whether it is ten times as likely;
        None where nothing is wrong with it."""
        if len(word) < SHORTEST or not _LATIN.match(word):
            return None
        kept = self.log_chance(word)
        if kept >= log10(max(self._most, 1) / self._total) - CHEAPEST:
            return None
        edits = 2 if len(word) >= TWO_EDITS and word not in self._words else 1
        scored = [
            (log10(self._words[near] / self._total) - slip_cost(near, word), near)
            for near in self._within(word, edits)
        ]
        best, meant = max(scored, default=(kept, word))
        return (meant, best - kept >= SURE) if best > kept else None

    def log_chance(self, word: str) -> float:
        """log10 of the chance that someone who types `word` means it."""
        own = max(self._words.get(word, 0) - DISCOUNT, 0.0) / self._total
        return log10(own + GENERAL * general_frequency(word) + NAMES * LETTERS ** -len(word))

    def _within(self, word: str, edits: int) -> list[str]:
        """The catalogue's words within so many edits (optimal string alignment)."""
        lengths = range(len(word) - edits, len(word) + edits + 1)
        candidates = [w for n in lengths for w in self._by_length.get(n, ()) if w != word]
        if not candidates:
            return []
        distances = cdist([word], candidates, scorer=OSA.distance, score_cutoff=edits)[0]
        return [w for w, distance in zip(candidates, distances, strict=True) if distance <= edits]


def _is_part_of_model(text: str, match: re.Match[str]) -> bool:
    """Whether digits touch the word ("tn2110", "dv7-abcd"): numbers are spelled as they are."""
    before = text[max(0, match.start() - 2) : match.start()]
    after = text[match.end() : match.end() + 2]
    return bool(re.search(r"\d[-./]?$", before) or re.match(r"[-./]?\d", after))
