"""Mends slips of spelling in a query with the catalogue's own words.

Candidates lie within one or two edits (optimal string alignment: a letter lost, added, changed
or two swapped, Damerau 1964); the nearest and then the most frequent one is taken, as in the
noisy-channel model with a flat error model (Kernighan, Church, Gale, COLING 1990).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from retrieval.index.analysis import fold
from retrieval.query.dictionary import english_words
from retrieval.types import Change, Repair

# Three letters are too few to tell a slip from another word.
SHORTEST = 4
# Two edits leave enough of a word only from this length on.
TWO_EDITS = 7
# A word of fewer products may itself be a slip in the catalogue, so nothing is mended to it.
LEAST_PRODUCTS = 2
# A word the catalogue has is a slip itself when its neighbour is this much more frequent.
OUTNUMBERED = 200
# Queries longer than this are sentences, whose words the catalogue need not know.
MOST_WORDS = 12
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LATIN = re.compile(r"[a-z]+$")


class Speller:
    """Knows the words of one catalogue; safe to call from many threads."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """`words` maps the catalogue's words (folded) to their number of products."""
        self._words = words
        self._most = max(words.values(), default=0)
        by_length: dict[int, list[str]] = defaultdict(list)
        for word, count in words.items():
            if count >= LEAST_PRODUCTS and len(word) >= SHORTEST and _LATIN.match(word):
                by_length[len(word)].append(word)
        self._by_length = dict(by_length)
        # Reading the dictionary takes half a second: at start, not at the first slip.
        self._english = english_words()
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
            mended += text[end : match.start()] + read
            end = match.end()
            changes.append(Change(typed=match[0], read=read))
            sure = sure and typed not in self._words
        return Repair(text=mended + text[end:], changes=tuple(changes), sure=sure)

    def _nearest(self, word: str) -> str | None:
        """The word that was meant instead of `word`; None where nothing is wrong with it."""
        if len(word) < SHORTEST or not _LATIN.match(word):
            return None
        own = self._words.get(word, 0)
        if own >= LEAST_PRODUCTS and own * OUTNUMBERED > self._most:
            return None
        if not own and (word in self._english or word.removesuffix("s") in self._english):
            return None  # a right word for something that this catalogue may not have
        edits = 2 if len(word) >= TWO_EDITS and not own else 1
        lengths = range(len(word) - edits, len(word) + edits + 1)
        candidates = [w for n in lengths for w in self._by_length.get(n, ()) if w != word]
        if not candidates:
            return None
        distances = cdist([word], candidates, scorer=OSA.distance, score_cutoff=edits)[0]
        near = [
            (int(distance), candidate[0] != word[0], -self._words[candidate], candidate)
            for candidate, distance in zip(candidates, distances, strict=True)
            if distance <= edits
        ]
        if not near:
            return None
        best = min(near)[3]
        return best if self._words[best] > own * OUTNUMBERED else None


def _is_part_of_model(text: str, match: re.Match[str]) -> bool:
    """Whether digits touch the word ("tn2110", "dv7-abcd"): numbers are spelled as they are."""
    before = text[max(0, match.start() - 2) : match.start()]
    after = text[match.end() : match.end() + 2]
    return bool(re.search(r"\d[-./]?$", before) or re.match(r"[-./]?\d", after))
