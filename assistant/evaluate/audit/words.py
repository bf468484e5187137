"""What is left of a sentence once its claims are read: words the record may not know."""

from __future__ import annotations

import re
from functools import cache

from assistant.evaluate.audit.lexicon import load_lexicon
from assistant.evaluate.audit.line import ClaimKind, Line
from assistant.evaluate.audit.text import CJK, latin_words, stem
from assistant.evaluate.audit.wishes import any_backs

_RUN = re.compile(f"[{CJK}]+")


@cache
def _grammar() -> frozenset[str]:
    words = " ".join(load_lexicon()["english"]).split()
    return frozenset(words) | frozenset(stem(w) for w in words)


@cache
def _chinese_grammar() -> re.Pattern[str]:
    words = " ".join(load_lexicon()["chinese"]).split()
    return re.compile("|".join(sorted(words, key=len, reverse=True)))


def check_words(line: Line) -> None:
    """A name or model number that no product has is false; other unknown words are noted."""
    ids = {i for m in line.mentions for i in m.ids} | set(line.hint) | set(line.cards)
    subjects = {i for ids in line.subjects(len(line.original)) for i in ids} | {
        i for m in line.mentions for i in m.ids
    }
    about = [line.records[i] for i in (subjects or ids) if i in line.records]
    if not about:
        return
    for word in dict.fromkeys(latin_words(line.text)):
        if word in _grammar() or stem(word) in _grammar() or len(word) < 2:
            continue
        if any_backs(about, word) or _is_said(line, word):
            continue
        place = line.text.find(word)
        proper = (line.original[place].isupper() and place > 0) or bool(re.search(r"\d", word))
        kind = ClaimKind.NAME if proper else ClaimKind.SPECIFICATION
        line.add(kind, word, False if proper else None, "no record has this word")
    for run in _RUN.findall(line.text):
        for rest in _chinese_grammar().sub(" ", run).split():
            if len(rest) > 1 and not any_backs(about, rest) and not _is_said(line, rest):
                line.add(ClaimKind.SPECIFICATION, rest, None, "no record has this word")


def _is_said(line: Line, word: str) -> bool:
    """Whether the shopper used the word."""
    return any(word in said.lower() for said in line.said)
