"""Words of a message: what the models tag, and what token F1 counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.index.analysis import segment_chinese
from retrieval.types import Language

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Token:
    """A lower-cased word and where it stands: the text it is from is text[start:end]."""

    text: str
    start: int
    end: int


def tokenize(text: str, language: Language) -> list[Token]:
    r"""The words of `text`: runs of \w in English, jieba's words in Chinese; no punctuation."""
    if language is Language.CHINESE:
        return _segment(text)
    return [Token(m[0].lower(), *m.span()) for m in _WORD.finditer(text)]


def words(text: str, language: Language) -> list[str]:
    """The lower-cased words of `text`, in order, repeats included."""
    return [token.text for token in tokenize(text, language)]


def _segment(text: str) -> list[Token]:
    tokens = []
    start = 0
    # Lower-casing must not move positions ("İ" has a longer lower case).
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    for part in segment_chinese(lowered):
        if _WORD.search(part):
            tokens.append(Token(part, start, start + len(part)))
        start += len(part)
    return tokens
