"""The words of this catalogue in a message: brands, categories, attribute names and values."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from assistant.understand.language import HAN, normalise
from assistant.understand.phrases import words
from retrieval.query.dictionary import chinese_names
from retrieval.types import AttributeKind, Vocabulary

_TOKEN = re.compile(r"[a-z0-9\u00c0-\u024f]+")
_HAN_RUN = re.compile(f"[{HAN}]")
# "startech.com" and "tp link": what may stand between two words of one name.
_JOINT = re.compile(r"[\s.'&+/-]{0,3}")
# Names written without their hyphen ("tplink") are known from this length on; shorter ones
# would meet ordinary words.
JOINED_LENGTH = 5


class Kind(StrEnum):
    """What a word of the catalogue is."""

    BRAND = "brand"
    CATEGORY = "category"
    VALUE = "value"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a surface; `canonical` is a brand, a value, an attribute name or a path."""

    kind: Kind
    canonical: str
    attribute: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A surface found at text[start:end] and all it may mean."""

    start: int
    end: int
    surface: str
    meanings: tuple[Meaning, ...]

    def of(self, kind: Kind) -> tuple[Meaning, ...]:
        """The meanings of one kind."""
        return tuple(m for m in self.meanings if m.kind is kind)


class Lexicon:
    """Longest-match lookup of a vocabulary's surfaces, Latin by word and Chinese by character."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._latin: dict[tuple[str, ...], dict[Meaning, None]] = defaultdict(dict)
        self._han: dict[str, dict[Meaning, None]] = defaultdict(dict)
        for surface, meaning in _surfaces(vocabulary):
            self._add(surface, meaning)
        self._longest_latin = max(map(len, self._latin), default=0)
        self._longest_han = max(map(len, self._han), default=0)

    def _add(self, surface: str, meaning: Meaning) -> None:
        surface = normalise(surface).lower()
        if _HAN_RUN.search(surface):
            # One Chinese character alone means too many things; 黑 is met as 黑色.
            if len(surface) > 1:
                self._han[surface][meaning] = None
            return
        tokens = tuple(_TOKEN.findall(surface))
        if len("".join(tokens)) < 2 or all(t in words("stopwords") for t in tokens):
            return
        self._latin[tokens][meaning] = None
        joined = "".join(tokens)
        if len(tokens) > 1 and len(joined) >= JOINED_LENGTH:
            self._latin[(joined,)][meaning] = None

    def mentions(self, text: str) -> list[Mention]:
        """Longest surfaces in lower-case `text`, left to right, none overlapping."""
        found: list[Mention] = []
        position = 0
        while position < len(text):
            if mention := self.at(text, position):
                found.append(mention)
                position = mention.end
            elif token := _TOKEN.match(text, position):
                position = token.end()
            else:
                position += 1
        return found

    def at(self, text: str, start: int) -> Mention | None:
        """The longest surface of lower-case `text` that begins exactly at `start`."""
        if start >= len(text):
            return None
        han, latin = self._han_at(text, start), self._latin_at(text, start)
        return max((m for m in (han, latin) if m), key=lambda m: m.end, default=None)

    def ending_at(self, text: str, end: int) -> Mention | None:
        """The longest surface of lower-case `text` that ends exactly at `end`."""
        reach = max(self._longest_han, 1) + 20
        for start in range(max(0, end - reach), end):
            mention = self.at(text, start)
            if mention and mention.end == end:
                return mention
        return None

    def _han_at(self, text: str, start: int) -> Mention | None:
        for length in range(min(self._longest_han, len(text) - start), 1, -1):
            surface = text[start : start + length]
            if meanings := self._han.get(surface):
                return Mention(start, start + length, surface, tuple(meanings))
        return None

    def _latin_at(self, text: str, start: int) -> Mention | None:
        if start and _TOKEN.match(text[start - 1]):
            return None
        tokens: list[str] = []
        best: Mention | None = None
        position = start
        while len(tokens) < self._longest_latin and (token := _TOKEN.match(text, position)):
            tokens.append(token[0])
            if meanings := self._lookup(tokens):
                best = Mention(start, token.end(), text[start : token.end()], tuple(meanings))
            joint = _JOINT.match(text, token.end())
            position = joint.end() if joint else token.end()
        return best

    def _lookup(self, tokens: list[str]) -> dict[Meaning, None] | None:
        """The meanings of `tokens`, the last one also without its plural ending."""
        if found := self._latin.get(tuple(tokens)):
            return found
        for singular in _singulars(tokens[-1]):
            if found := self._latin.get((*tokens[:-1], singular)):
                # A name has no plural: "vans" is not a model of "Van".
                kept = {m: None for m in found if m.kind in (Kind.CATEGORY, Kind.VALUE)}
                if kept:
                    return kept
        return None


def _singulars(word: str) -> list[str]:
    """What `word` may be the English plural of."""
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return []
    if word.endswith("ies"):
        return [word[:-3] + "y", word[:-1]]
    if word.endswith("es"):
        return [word[:-1], word[:-2]]
    return [word[:-1]]


def _surfaces(vocabulary: Vocabulary) -> list[tuple[str, Meaning]]:
    """Every surface of `vocabulary` with what it means."""
    found: list[tuple[str, Meaning]] = []
    for brand in vocabulary.brands:
        found.append((brand, Meaning(Kind.BRAND, brand)))
        found += [(word, Meaning(Kind.BRAND, brand)) for word in chinese_names(brand.lower())]
    for surface, brand in vocabulary.brand_surfaces.items():
        found.append((surface, Meaning(Kind.BRAND, brand)))
    for category in vocabulary.categories:
        meaning = Meaning(Kind.CATEGORY, " > ".join(category.path), path=category.path)
        found += [(surface, meaning) for surface in category.surfaces]
    for name, profile in vocabulary.attributes.items():
        named = Meaning(Kind.ATTRIBUTE, name, name)
        found.append((name.replace("_", " "), named))
        for surface, canonical in profile.surfaces.items():
            if canonical == name:
                found.append((surface, named))
            elif profile.kind is AttributeKind.TEXT:
                found.append((surface, Meaning(Kind.VALUE, canonical, name)))
        if profile.kind is AttributeKind.TEXT:
            found += [(v, Meaning(Kind.VALUE, v, name)) for v in profile.values]
    return found
