"""From text to lexical terms: one analyser for documents and queries, English and Chinese.

Folding is NFKC (full width meets half width), case folding, removal of accents, and
traditional to simplified Chinese (OpenCC). Chinese runs are segmented by jieba in search
mode; English words are stemmed with Snowball's Porter2. Model numbers and measures are
emitted both joined and in parts, so that "TN-2110", "tn2110" and "tn 2110" meet.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import jieba
import opencc
import snowballstemmer

from retrieval.units import find_unit

# A joined form names exactly one thing; its parts are weaker evidence of the same thing.
PART_WEIGHT = 0.5
# jieba may cut a compound differently in query and title; bigrams make the two meet.
BIGRAM_WEIGHT = 0.4
# Letters longer than this before a number are a word, not a model prefix ("printer 6600").
MODEL_PREFIX = 8

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CHUNK = re.compile(
    rf"[{_CJK}]+|\d+(?:\.\d+)+(?!\w)|[^\W_{_CJK}]+(?:['’&.+\-][^\W_{_CJK}]+)*|[\"″”′%°]+"
)
_SEGMENT = re.compile(rf"(?:[^\W_{_CJK}]|(?<=\d)\.(?=\d))+")
_PIECE = re.compile(rf"[^\W\d_{_CJK}]+|\d+(?:\.\d+)?")
_HAS_CJK = re.compile(rf"[{_CJK}]")
_HAS_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MARKS = re.compile("[™®©℠]")
# The closed class of words that carry no wish; kept when a query holds nothing else.
STOPWORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "do",
        "for",
        "from",
        "have",
        "i",
        "in",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "some",
        "that",
        "the",
        "this",
        "to",
        "want",
        "with",
        "you",
        "的",
        "了",
        "和",
        "与",
        "是",
        "我",
        "要",
        "想",
        "有",
        "个",
        "一个",
        "一款",
        "请",
        "给",
        "吗",
        "呢",
    ]
)


class Term(NamedTuple):
    """One lexical term and how strongly it stands for the text it came from."""

    text: str
    weight: float


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _segmenter() -> jieba.Tokenizer:
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer


def segment_chinese(text: str) -> list[str]:
    """The words of `text` as jieba cuts them; joined they are `text` again."""
    return list(_segmenter().cut(text))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Snowball (Porter2) stem of an English word; short and non-Latin words unchanged."""
    if len(word) <= 2 or not word.isascii() or not word.isalpha():
        return word
    return str(snowballstemmer.stemmer("english").stemWord(word))


def warm_up() -> None:
    """Load the Chinese dictionaries now (about a second) rather than in the first query."""
    _simplifier()
    _segmenter()


def fold(text: str) -> str:
    """`text` without the differences of width, case, accent and Chinese script."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _MARKS.sub(" ", text)).casefold()
    if text.isascii():
        return text
    if _HAS_CJK.search(text):
        text = _simplifier().convert(text)
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize(
        "NFC", "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    )


def terms(text: str) -> list[Term]:
    """The lexical terms of `text` in reading order, repetitions included."""
    chunks = _CHUNK.findall(_THOUSANDS.sub("", fold(text)))
    found: list[Term] = []
    for position, chunk in enumerate(chunks):
        if _HAS_CJK.match(chunk):
            found += _chinese(chunk)
        else:
            found += _latin(chunk)
        if position:
            found += _joined(chunks[position - 1], chunk)
    return found


def query_terms(text: str) -> list[Term]:
    """As `terms`, without words that carry no wish unless there are no others."""
    found = terms(text)
    return [t for t in found if t.text not in STOPWORDS] or found


def _chinese(run: str) -> Iterator[Term]:
    words = list(_segmenter().cut_for_search(run))
    for word in words:
        yield Term(word, 1.0)
    seen = set(words)
    for i in range(len(run) - 1):
        if run[i : i + 2] not in seen:
            yield Term(run[i : i + 2], BIGRAM_WEIGHT)


# Catalogues repeat their words: cached, an import analyses twice as fast.
@lru_cache(maxsize=131072)
def _latin(chunk: str) -> tuple[Term, ...]:
    pieces = _PIECE.findall(chunk)
    if len(pieces) == 1:
        return (Term(stem(pieces[0]), 1.0),)
    return tuple(_compound(chunk, pieces)) if pieces else ()


def _compound(chunk: str, pieces: list[str]) -> Iterator[Term]:
    joined = _measure(pieces) or "".join(pieces)
    segments = _SEGMENT.findall(chunk)
    yield Term(joined if _HAS_DIGIT.search(joined) else stem(joined), 1.0)
    for segment in segments:
        parts = _PIECE.findall(segment)
        if len(segments) > 1:
            yield Term(stem(segment), 1.0)
        if len(parts) > 1:
            yield from (Term(stem(part), PART_WEIGHT) for part in parts)


def _measure(pieces: list[str]) -> str | None:
    """A number and its unit in one word, the unit by its symbol ("27in" → "27inch")."""
    if len(pieces) == 2 and pieces[0][0].isdigit() and (unit := find_unit(pieces[1])):
        return pieces[0] + unit.symbol
    return None


def _joined(left: str, right: str) -> Iterator[Term]:
    """What two neighbours mean together: a measure ("27 inch") or a model ("tn 2110")."""
    if left.replace(".", "").isdigit():
        unit = _leading_unit(right)
        if unit:
            yield Term(left + unit, 1.0)
        elif right.isascii() and right.isalpha() and len(right) <= 3:
            yield Term(left + right, PART_WEIGHT)
    elif left.isascii() and left.isalpha() and len(left) <= MODEL_PREFIX and right[0].isdigit():
        yield Term(left + "".join(_PIECE.findall(right)), PART_WEIGHT)


def _leading_unit(text: str) -> str | None:
    """The symbol of the unit `text` is or, in Chinese, begins with ("寸显示器")."""
    candidates = [text[:n] for n in (4, 3, 2, 1)] if _HAS_CJK.match(text) else [text]
    return next((unit.symbol for unit in map(find_unit, candidates) if unit), None)


def term_alternatives(text: str) -> list[list[tuple[str, ...]]]:
    """For each word of `text` the sets of terms of which any one whole set proves it.

    "usb-c" is proved by the joined "usbc" or by "usb" and "c" together.
    """
    words: list[list[tuple[str, ...]]] = []
    for chunk in _CHUNK.findall(_THOUSANDS.sub("", fold(text))):
        if _HAS_CJK.match(chunk):
            words += [[(word,)] for word in _segmenter().cut(chunk)]
            continue
        pieces = _PIECE.findall(chunk)
        if not pieces or (len(pieces) == 1 and pieces[0] in STOPWORDS):
            continue
        joined = "".join(pieces)
        joined = joined if _HAS_DIGIT.search(joined) else stem(joined)
        split = tuple(stem(piece) for piece in pieces)
        words.append([(joined,)] if len(split) == 1 else [(joined,), split])
    return words
