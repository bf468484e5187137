"""Sentences of a product's texts that speak of all that was asked, in whichever language.

A review in Chinese answers a question in English: each word stands for itself and for what
CC-CEDICT translates it by (dictionary-based retrieval across languages: Pirkola, SIGIR 1998).
Only a sentence that meets every word counts. Closeness of meaning alone does not: of the
nearest sentences by multilingual-e5 fewer than half answered 57 questions on the demo store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import jieba

from assistant.answer.phrases import PHRASES
from assistant.answer.quotable import is_quotable
from retrieval.index.analysis import STOPWORDS, fold, stem
from retrieval.query.dictionary import load_dictionary
from retrieval.types import Language, Product

# The first meanings of a word are its usual ones; of longer glosses no single word is the meaning.
GLOSSES, GLOSS_WORDS = 5, 2

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[\u4e00-\u9fff]+")
_SENTENCE = re.compile(r"[^.!?。！？]+(?:\.\d[^.!?。！？]*)*[.!?。！？]?")


@dataclass(frozen=True)
class Mention:
    """A sentence of a description or review; `stars` is 0 for a description."""

    quote: str
    evidence: str
    stars: int = 0

    def told(self, language: Language) -> str:
        """ "a 4-star review says: “…”"."""
        phrase = "review" if self.stars else "description"
        return PHRASES[language][phrase].format(quote=self.quote, stars=self.stars)


def find_mentions(
    words: Sequence[str], product: Product, language: Language, *, reviews_only: bool = False
) -> list[Mention]:
    """Sentences that meet every one of `words`, those in `language` first."""
    wanted = [concept for word in words for concept in concepts(word)]
    if not wanted:
        return []
    found = [
        mention
        for mention in _sentences(product, language, reviews_only=reviews_only)
        if _meets(wanted, mention.quote) and is_quotable(mention.quote)
    ]
    return sorted(found, key=lambda mention: not _is_in(mention.quote, language))


def _sentences(product: Product, language: Language, *, reviews_only: bool) -> Iterator[Mention]:
    texts = (
        [] if reviews_only else [(f"description:{language}", product.description_in(language), 0)]
    )
    texts += [(f"review:{r.id}", r.text, r.rating) for r in product.reviews]
    for evidence, text, stars in texts:
        for sentence in _SENTENCE.findall(text):
            if sentence.strip():
                yield Mention(sentence.strip(), evidence, stars)


def _meets(wanted: Sequence[frozenset[str]], sentence: str) -> bool:
    said = {meaning for concept in concepts(sentence) for meaning in concept}
    return all(concept & said for concept in wanted)


def _is_in(text: str, language: Language) -> bool:
    return bool(re.search("[\u4e00-\u9fff]", text)) == (language is Language.CHINESE)


@lru_cache(maxsize=4096)
def concepts(text: str) -> tuple[frozenset[str], ...]:
    """The words of `text` that say something, each with what it may mean."""
    found: list[frozenset[str]] = []
    for word in _WORD.findall(fold(text)):
        if word.isascii():
            if word not in STOPWORDS:
                found.append(frozenset({stem(word)}))
        else:
            found += [_meanings(part) for part in jieba.lcut(word)]
    return tuple(found)


@lru_cache(maxsize=16_384)
def _meanings(word: str) -> frozenset[str]:
    """A Chinese word and the English stems it is translated by."""
    glosses = [g.split() for g in load_dictionary().get(word, ())[:GLOSSES]]
    stems = {stem(w) for g in glosses if len(g) <= GLOSS_WORDS for w in g if w not in STOPWORDS}
    return frozenset({word, *stems})
