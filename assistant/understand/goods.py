"""Things that shops sell, whether this one does or not: "wallet", 钱包."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.query.dictionary import chinese_names, load_retail

# The thing stands before what it is for or has: "a wallet for men", "with a zip".
_BESIDE = re.compile(r"\b(?:for|with|without|in|of|from|by|under|over|that|which|to|and|or)\b")
_PLURAL = re.compile(r"(?<=[a-z]{3})(?:(?<=[sxzh])es|s)$")
# Words of an English name, characters of a Chinese one.
LONGEST_ENGLISH, LONGEST_CHINESE = 2, 8


@dataclass(frozen=True)
class Goods:
    """The thing in the shopper's word, and all that it is called in either language."""

    word: str
    names: tuple[str, ...]


def find_goods(query: str) -> Goods | None:
    """The thing that `query` ends with, if shops are known to sell it."""
    text = query.strip().lower()
    return _find_english(text) if text.isascii() else _find_chinese(text)


def _find_chinese(text: str) -> Goods | None:
    retail = load_retail()
    for size in range(min(LONGEST_CHINESE, len(text)), 1, -1):
        word = text[-size:]
        if glosses := retail.get(word):
            return Goods(word, (word, *glosses))
    return None


def _find_english(text: str) -> Goods | None:
    words = _BESIDE.split(text, maxsplit=1)[0].split()
    for size in range(min(LONGEST_ENGLISH, len(words)), 0, -1):
        said = " ".join(words[-size:])
        for name in (said, _PLURAL.sub("", said)):
            if chinese := chinese_names(name):
                retail = load_retail()
                others = (gloss for word in chinese for gloss in retail[word])
                return Goods(said, tuple(dict.fromkeys((said, name, *others, *chinese))))
    return None
