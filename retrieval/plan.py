"""The queries of a request: which retriever looks for which wording, and what each counts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

import numpy as np

from retrieval.index.lexical import encode_query
from retrieval.index.types import Group, VectorName, VectorQuery
from retrieval.types import Encoder, Language, SearchRequest, SparseVector, Vectors

# How much each retriever's normalised score counts, by the language of the query. Equal
# shares lie on the plateau of the development split (.35 to .6 differ less than its error).
WEIGHTS: dict[Language, dict[VectorName, float]] = {
    Language.ENGLISH: {VectorName.ENGLISH: 0.5, VectorName.LEXICAL: 0.5},
    Language.CHINESE: {VectorName.MULTILINGUAL: 0.5, VectorName.LEXICAL: 0.5},
}
# A rewrite is someone's guess at what was meant; the shopper's own words count more.
REWRITE_WEIGHT = 0.7
# What a photo counts beside the words that come with it: they say how what is wanted differs.
IMAGE_WEIGHT = 0.6
# What a Chinese wording counts beside its translation where the catalogue has no Chinese: brand
# names and model numbers in it still match. Its words alone are looked up; its vector costs
# twice the time of all the rest and finds less (recall .766 with it, .793 without).
FOREIGN_WEIGHTS = {VectorName.LEXICAL: 0.05}
TRANSLATED_SHARE = 0.9
# What a query's own words count beside the same in the catalogue's name of the thing.
SYNONYM_SHARE = 0.6
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


class QueryTranslator(Protocol):
    """Gives a query in English, empty when nothing of it is known."""

    def translate(self, text: str, /) -> str:
        """`text` in English."""
        ...


class QueryPlanner:
    """Makes the queries of a request; safe to call from many threads."""

    def __init__(
        self,
        encoders: Mapping[VectorName, Encoder],
        languages: Collection[Language],
        translator: QueryTranslator | None = None,
    ) -> None:
        """`languages` are those of the catalogue's texts; the `translator` turns Chinese queries
        into English where the catalogue has no Chinese."""
        self._encoders = encoders
        self._languages = frozenset(languages)
        self._translator = None if Language.CHINESE in self._languages else translator

    def warm_up(self) -> None:
        """Load the encoders' kernels and the translator's dictionary."""
        for encoder in self._encoders.values():
            encoder.encode_queries(["warm up"])
        if self._translator is not None:
            self._translator.translate("热身")

    def plan(
        self, request: SearchRequest, condition: Group, depth: int, wording: str = ""
    ) -> tuple[list[VectorQuery], list[float]]:
        """One query per wording and retriever, the filter inside each, at least `depth` deep,
        and their weights."""
        depth = max(depth, request.offset + request.limit)
        queries: list[VectorQuery] = []
        weights: list[float] = []
        for words, name, weight in self._retrievals(request, wording):
            vector = self._encode(name, words)
            if isinstance(vector, SparseVector) and not vector.indices:
                continue  # punctuation and emoji have no words to look up
            queries.append(VectorQuery(name, vector, depth, condition))
            weights.append(weight)
        if request.image:
            image = np.asarray(request.image, np.float32)
            weights = [(1 - IMAGE_WEIGHT) * weight for weight in weights]
            queries.append(VectorQuery(VectorName.IMAGE, image, depth, condition))
            weights.append(IMAGE_WEIGHT if queries[1:] else 1.0)
        return queries, weights

    def _retrievals(
        self, request: SearchRequest, wording: str
    ) -> Iterator[tuple[str, VectorName, float]]:
        """Every wording with the retrievers that look for it and what each counts; where the
        words are foreign to the catalogue, their translation does most."""
        text = request.text.strip()
        if english := self.translate(request):
            yield from ((text, name, weight) for name, weight in FOREIGN_WEIGHTS.items())
            shares = {english: TRANSLATED_SHARE}
        else:
            shares = weigh_wordings(request)
        if wording:
            shares = {k: SYNONYM_SHARE * v for k, v in shares.items()}
            shares[wording] = shares.get(wording, 0.0) + 1 - SYNONYM_SHARE
        for words, share in shares.items():
            for name, weight in self._weights(words, request.treatment.lexical_share).items():
                yield words, name, share * weight

    def translate(self, request: SearchRequest) -> str:
        """A foreign request in English, empty where it is none or has been rewritten already."""
        text = request.text.strip()
        given = any(rewrite.strip() for rewrite in request.rewrites)
        if self._translator is None or given or language_of(text) is not Language.CHINESE:
            return ""
        return self._translator.translate(text)

    def _weights(self, wording: str, lexical: float | None) -> dict[VectorName, float]:
        """English alone is best on English products; anything else needs the other encoder."""
        language = language_of(wording)
        known = language is Language.ENGLISH and Language.ENGLISH in self._languages
        weights = WEIGHTS[Language.ENGLISH if known else Language.CHINESE]
        if lexical is None:
            return weights
        return {k: lexical if k is VectorName.LEXICAL else 1 - lexical for k in weights}

    def _encode(self, name: VectorName, text: str) -> Vectors | SparseVector:
        if name is VectorName.LEXICAL:
            return encode_query(text)
        vectors = self._encoders[name].encode_queries([text])
        return np.asarray(vectors[0], np.float32)


def language_of(text: str) -> Language:
    """Chinese if there is any Chinese character, else English."""
    return Language.CHINESE if _CJK.search(text) else Language.ENGLISH


def weigh_wordings(request: SearchRequest) -> dict[str, float]:
    """The request's wordings and what each counts; the sum is 1."""
    shares = {request.text.strip(): 1.0} if request.text.strip() else {}
    for rewrite in request.rewrites:
        if rewrite.strip():
            shares.setdefault(rewrite.strip(), REWRITE_WEIGHT)
    total = sum(shares.values())
    return {wording: share / total for wording, share in shares.items()}
