"""Named features of a turn, of a word in a dialogue, and of a word in an instruction.

All come from the text alone: the words, where they stand, who said them and how long ago. What
earlier turns were labelled with is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.understand.learned.tokens import Token, tokenize, words
from assistant.understand.learned.types import Speaker, Utterance
from assistant.understand.phrases import pattern
from assistant.understand.wording import clean_query
from retrieval.types import Language

# Stands for what is before the first and after the last word.
EDGE = "<>"
_ASKS = re.compile(r"[?？]")
_SENTENCE_END = re.compile(r"[.;!?](?:\s|$)")
_CLAUSE_WORDS = frozenset(("that", "which", "with", "and", "for", "in"))
SIGNS = (
    "any_price",
    "buy",
    "cheap",
    "cheaper",
    "compare",
    "correction",
    "dearer",
    "just_show",
    "likes",
    "must",
    "new_topic",
    "no_preference",
    "others",
    "question",
    "refuse.en",
    "refuse.zh",
    "small_talk",
    "store",
)
"""Phrase lists of the quick reader that tell what a message does, whoever wrote it."""

# Beyond these, counts and distances say nothing more.
MOST_TURNS = 6
MOST_AGE = 4
SHORT = 9


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance and its words."""

    by_user: bool
    text: str
    tokens: list[Token]
    words: list[str]
    ruled: frozenset[str]


def cut_dialogue(dialogue: Sequence[Utterance], language: Language) -> list[Spoken]:
    """The utterances with their words."""
    spoken = []
    for utterance in dialogue:
        text = utterance.text
        tokens = cut_at_fillers(text, language)
        by_user = utterance.speaker is Speaker.USER
        ruled = words_by_rules(text, language)
        spoken.append(Spoken(by_user, text, tokens, [t.text for t in tokens], ruled))
    return spoken


def cut_at_fillers(text: str, language: Language) -> list[Token]:
    """The words of `text`; a Chinese word never reaches over the end of a filler (有刀吗)."""
    if language is not Language.CHINESE:
        return tokenize(text, language)
    filler = pattern("fillers.zh")
    bounds = [0, *(n for m in filler.finditer(text) for n in m.span()), len(text)]
    return [
        Token(token.text, start + token.start, start + token.end)
        for start, end in pairwise(bounds)
        for token in tokenize(text[start:end], language)
    ]


def phrase_signs(text: str) -> list[str]:
    """The kinds of phrase in `text` that the quick reader knows ("something else", "any price")."""
    lowered = text.lower()
    return [f"sign={name}" for name in SIGNS if pattern(name).search(lowered)]


def words_by_rules(text: str, language: Language) -> frozenset[str]:
    """The words that the quick reader's wording rules would search for."""
    return frozenset(words(clean_query(text, language, spoken=True), language))


# -------------------------------------------------------------------- a turn


def turn_features(spoken: Sequence[Spoken]) -> list[str]:
    """Features of the last message: its words and pairs, those it answers, the turn's number."""
    last, history = spoken[-1], spoken[:-1]
    users = [s for s in history if s.by_user]
    systems = [s for s in history if not s.by_user]
    features = [*_grams("u", last.words), f"turn={min(len(users), MOST_TURNS)}"]
    signs = phrase_signs(last.text)
    features += [*signs, f"signs={len(signs)}", f"ruled={min(len(last.ruled), 4)}"]
    features += [f"replies={min(len(systems), MOST_TURNS)}", f"asks={_asks(last)}"]
    if systems:
        features += [*_grams("s", systems[-1].words), f"asked={_asks(systems[-1])}"]
    features += [f"pu:{word}" for word in (users[-1].words if users else ())]
    features += [f"ps:{word}" for word in (systems[-2].words if len(systems) > 1 else ())]
    features.append("after=" + ("none" if not history else "user" if history[-1].by_user else "s"))
    return list(dict.fromkeys(features))


def _grams(name: str, words: list[str]) -> Iterator[str]:
    """Words and pairs of neighbours, and the length of short messages."""
    yield from (f"{name}:{word}" for word in words)
    padded = [EDGE, *words, EDGE]
    yield from (f"{name}:{a}_{b}" for a, b in pairwise(padded))
    yield f"{name}len={min(len(words), SHORT)}"


def _asks(spoken: Spoken) -> int:
    return int(bool(_ASKS.search(spoken.text)))


# --------------------------------------------------------- words of a dialogue


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands: the utterance's and the word's number."""

    utterance: int
    word: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word said so far that may be a keyword; its place is the first of its kind.

    Words of the shopper count before those that only the assistant said.
    """

    word: str
    place: Place
    features: list[str]


def keyword_candidates(spoken: Sequence[Spoken]) -> list[Candidate]:
    """Every word said so far, once, in the order of first mention, with its features."""
    places: dict[str, list[Place]] = {}
    for number, utterance in enumerate(spoken):
        for position, word in enumerate(utterance.words):
            places.setdefault(word, []).append(Place(number, position))
    turn = _Turn(spoken)
    return [turn.candidate(word, found) for word, found in places.items()]


class _Turn:
    """The dialogue at one turn, as the features of its words see it."""

    def __init__(self, spoken: Sequence[Spoken]) -> None:
        self.spoken = spoken
        self.users = [n for n, s in enumerate(spoken) if s.by_user]
        self.signs = phrase_signs(spoken[-1].text)
        self.size = min(sum(len(s.words) for s in spoken) // 15, MOST_TURNS)

    def candidate(self, word: str, places: list[Place]) -> Candidate:
        """`word` with its features."""
        said = [p for p in places if self.spoken[p.utterance].by_user]
        kind, own = ("u", said) if said else ("s", places)
        age = self._age(own[-1]) if said else MOST_AGE
        features = [f"w={word}", f"len={min(len(word), 10)}", f"end={word[-2:]}", f"kind={kind}"]
        features += [f"digit={any(c.isdigit() for c in word)}", f"{kind}count={min(len(own), 3)}"]
        features += [f"{kind}age={age}", f"{kind}first={self._age(own[0])}"]
        features.append(f"system={len(said) < len(places)}")
        if said:
            features.append(f"since={min(self.users.index(own[0].utterance), MOST_TURNS)}")
        features += self._around("L" + kind, own[-1])
        features += self._around("F" + kind, own[0])
        features += self._now(f"{kind}{min(age, 2)}|", present=said != [] and age == 0)
        return Candidate(word, own[0], features)

    def _age(self, place: Place) -> int:
        """How many of the shopper's messages came after."""
        return min(sum(n > place.utterance for n in self.users), MOST_AGE)

    def _around(self, name: str, place: Place) -> Iterator[str]:
        """The neighbours and the position in the utterance."""
        words = self.spoken[place.utterance].words
        before2, before, after, after2 = (_at(words, place.word + o) for o in (-2, -1, 1, 2))
        yield f"{name}-1={before}"
        yield f"{name}+1={after}"
        yield f"{name}-2={before2}"
        yield f"{name}+2={after2}"
        yield f"{name}-12={before2}_{before}"
        yield f"{name}+12={after}_{after2}"
        ruled = self.spoken[place.utterance].ruled
        yield f"{name}rule={words[place.word] in ruled}/{min(len(ruled), 4)}"
        yield f"{name}at={min(place.word, SHORT)}"
        yield f"{name}left={min(len(words) - 1 - place.word, 5)}"
        yield f"{name}size={min(len(words) // 2, 8)}"
        yield f"{name}opens={' '.join(words[:2])}"

    def _now(self, name: str, *, present: bool) -> Iterator[str]:
        """What the last message says beside the word: whether it still stands."""
        words = self.spoken[-1].words
        if not present:
            yield from (f"{name}c:{word}" for word in dict.fromkeys(words))
            yield from (f"{name}{sign}" for sign in self.signs)
            yield f"{name}ruled={min(len(self.spoken[-1].ruled), 4)}"
        yield f"{name}size={min(len(words), 12)}"
        yield f"{name}turn={min(len(self.users), 5)}"
        yield f"{name}said={self.size}"


def _at(words: Sequence[str], position: int) -> str:
    return words[position] if 0 <= position < len(words) else EDGE


# ----------------------------------------------------- words of an instruction


def instruction_features(text: str, tokens: Sequence[Token]) -> list[list[str]]:
    """For each word its features: itself, its neighbours, its sentence and clause."""
    words = [t.text for t in tokens]
    ruled = words_by_rules(text, Language.ENGLISH)
    gaps = [text[a.end : b.start] for a, b in pairwise(tokens)]
    sentences = 1 + sum(bool(_SENTENCE_END.search(gap)) for gap in gaps)
    sentence = clause = since = 0
    rows = []
    for i, word in enumerate(words):
        before = gaps[i - 1].strip()[:2] if i else EDGE
        after = gaps[i].strip()[:2] if i < len(gaps) else EDGE
        if i and _SENTENCE_END.search(gaps[i - 1]):
            sentence, clause, since = sentence + 1, clause + 1, 0
        elif i and ("," in before or word in _CLAUSE_WORDS):
            clause, since = clause + 1, 0
        row = [*_word_features(words, i), f"gap-={before}", f"gap+={after}"]
        row += [f"sentence={min(sentence, 2)}/{min(sentences, 3)}", f"clause={min(clause, 5)}"]
        row += [f"since={min(since, 4)}", f"size={min(len(words) // 4, MOST_TURNS)}"]
        row.append(f"rule={word in ruled}")
        if 0 < i < len(words) - 1:
            row.append(f"rule-0+={words[i - 1] in ruled}{word in ruled}{words[i + 1] in ruled}")
        rows.append(row)
        since += 1
    return rows


def _word_features(words: Sequence[str], i: int) -> Iterator[str]:
    word = words[i]
    yield f"w={word}"
    yield f"end={word[-3:]}"
    yield f"len={min(len(word), 10)}"
    yield f"shape={_shape(word)}"
    for offset in (-3, -2, -1, 1, 2, 3):
        yield f"w{offset:+d}={_at(words, i + offset)}"
    yield f"w-1_0={_at(words, i - 1)}_{word}"
    yield f"w0_1={word}_{_at(words, i + 1)}"
    yield f"w-21={_at(words, i - 2)}_{_at(words, i - 1)}"
    yield f"w12={_at(words, i + 1)}_{_at(words, i + 2)}"
    yield f"shape-={_shape(_at(words, i - 1))}|{word}"
    yield f"shape+={_shape(_at(words, i + 1))}|{word}"
    yield f"at={min(i, 8)}"
    yield f"left={min(len(words) - 1 - i, 6)}"
    yield f"again={word in words[:i]}"
    yield f"more={word in words[i + 1 :]}"


def _shape(word: str) -> str:
    if any(c.isdigit() for c in word):
        return "digits" if word.isdigit() else "mixed"
    return "plural" if word.endswith("s") else "word"
