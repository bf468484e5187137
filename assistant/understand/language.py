"""Which language a message is in, and its text in one normal form."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

from retrieval.types import Language

# Longer messages are cut: nothing a shopper asks needs more, and reading stays in milliseconds.
MAX_CHARACTERS = 2000

HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[^\W\d_]{2,}", re.ASCII)
_DASHES = re.compile(r"[‐‑‒–—―−－]+")
_APOSTROPHES = re.compile(r"[‘’ʼ`´]")
_SPACES = re.compile(r"\s+")
# Up to this many words in Latin letters may be a brand or a model inside a Chinese conversation.
NAME_WORDS = 2


def normalise(message: str) -> str:
    """`message` in NFKC and simplified Chinese, without control characters, on one line."""
    text = unicodedata.normalize("NFKC", message[:MAX_CHARACTERS])[:MAX_CHARACTERS]
    text = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    text = _APOSTROPHES.sub("'", _DASHES.sub("-", text))
    if _HAN.search(text):
        text = _simplifier().convert(text)
    return _SPACES.sub(" ", text).strip()


def detect_language(text: str, previous: Language | None, default: Language) -> Language:
    """The language of normalised `text`; names, digits and emoji keep the `previous` one."""
    han = len(_HAN.findall(text))
    words = len(_LATIN_WORD.findall(text))
    if han:
        # "muji 无印良品 notebook": a foreign name of two or three characters does not decide.
        return Language.CHINESE if han >= words else Language.ENGLISH
    if words > NAME_WORDS:
        return Language.ENGLISH
    if previous is not None:
        return previous
    return Language.ENGLISH if words else default


@cache
def _simplifier() -> OpenCC:
    """Traditional to simplified characters."""
    return OpenCC("t2s")
