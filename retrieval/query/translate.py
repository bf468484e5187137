"""Turns a Chinese query into English for a catalogue that has no Chinese, without a model.

Dictionary-based query translation (Pirkola, SIGIR 1998): each word's glosses come from the
dictionary; the catalogue's own words and the multilingual encoder choose among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import log1p

from retrieval.index.analysis import fold, query_terms, terms
from retrieval.types import Encoder

# The longest dictionary word tried at a place ("笔记本电脑" has five characters).
LONGEST_WORD = 8
# What a tenfold frequency in the catalogue is worth against closeness in meaning, and what a
# gloss loses that the catalogue does not know: multilingual-e5's cosines differ by about .1.
FREQUENCY = 0.02
UNKNOWN = 0.1
# Of wordings that stand in the order of their usage, the first with this share of the products
# of the most frequent one is taken.
COMMON = 0.05
# What a word costs where words are told apart: fewer are likelier, a shop's own likelier still,
# and a character that no dictionary has is the last way out.
SHOP_WORD, UNKNOWN_WORD = 0.9, 1.5
_LATIN = re.compile(r"[^\s\u3400-\u4dbf\u4e00-\u9fff]+|\s+")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# A word-forming character or function word alone says nothing in English.
_SILENT = frozenset("的了和与是有个式型款用带给我要想请吗呢之")


class DictionaryTranslator:
    """Translates queries with the words of one catalogue; translations are cached."""

    def __init__(
        self,
        dictionary: Mapping[str, Sequence[str]],
        words: Mapping[str, int],
        encoder: Encoder,
        usual: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`words` maps the catalogue's words to their number of products; `usual` has the words
        of shops with wordings of one meaning, the commonest first."""
        self._usual = usual or {}
        self._dictionary = dictionary
        self._encoder = encoder
        self._known: Counter[str] = Counter()
        for word, count in words.items():
            if word.isascii():
                for term in terms(word):
                    self._known[term.text] += count
        self.translate = lru_cache(maxsize=2048)(self._translate)

    def _translate(self, text: str) -> str:
        """`text` in English, word by word; what no dictionary knows is left out."""
        query = fold(text)
        words = self._split(query)
        chosen = (self._choose(word, query) if _HAN.search(word) else word for word in words)
        return " ".join(" ".join(part for part in chosen if part).split())

    def _split(self, text: str) -> list[str]:
        """The fewest words that make up `text`, those of shops before the dictionary's: 24口交换机
        ends in a switch. Latin runs stay whole, but for a word that begins in one (u盘)."""
        best: list[tuple[float, list[str]]] = [(0.0, [])]
        for start in range(len(text) - 1, -1, -1):
            ways = [
                (self._cost(word) + best[-len(word)][0], word)
                for word in self._words_from(text, start)
            ]
            cost, word = min(ways, key=lambda way: way[0])
            best.append((cost, [word, *best[-len(word)][1]]))
        return best[-1][1]

    def _words_from(self, text: str, start: int) -> Iterator[str]:
        """What may stand at `start`, the longest word first, else a run or a character."""
        for length in range(min(LONGEST_WORD, len(text) - start), 0, -1):
            word = text[start : start + length]
            if _HAN.search(word) and self._glosses(word):
                yield word
        latin = _LATIN.match(text, start)
        yield latin[0] if latin else text[start]

    def _cost(self, word: str) -> float:
        if not _HAN.search(word):
            return 0.0
        if not self._glosses(word):
            return UNKNOWN_WORD
        return SHOP_WORD if word in self._usual else 1.0

    def _choose(self, word: str, query: str) -> str:
        """The gloss that the catalogue uses and that is nearest to the word and its query."""
        glosses = self._glosses(word)
        if not glosses or word in _SILENT:
            return ""
        if word in self._usual:
            return self._choose_usual(glosses)
        vectors = self._encoder.encode_queries([word, query, *glosses])
        closeness = vectors[2:] @ (vectors[0] + vectors[1]) / 2
        counts = [self._count(gloss) for gloss in glosses]
        scores = [
            float(near) + FREQUENCY * log1p(count) - (0 if count else UNKNOWN)
            for near, count in zip(closeness, counts, strict=True)
        ]
        return glosses[max(range(len(glosses)), key=scores.__getitem__)]

    def _glosses(self, word: str) -> list[str]:
        return list(self._usual.get(word) or self._dictionary.get(word, ()))

    def _choose_usual(self, wordings: Sequence[str]) -> str:
        """The first wording that the catalogue uses, unless it hardly does beside another."""
        counts = [self._count(wording) for wording in wordings]
        least = COMMON * max(counts)
        return next(w for w, count in zip(wordings, counts, strict=True) if count >= least)

    def _count(self, gloss: str) -> int:
        """Products that have the gloss's rarest word."""
        whole = [t.text for t in query_terms(gloss) if t.weight == 1.0]
        return min((self._known[term] for term in whole), default=0)
