"""What a catalogue knows by name: words, their other wordings, attributes and values.

Everything is folded (see `retrieval.index.analysis`) and cached per vocabulary.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.resources import files

from retrieval.index.analysis import fold, stem
from retrieval.types import AttributeKind, Language, Vocabulary
from retrieval.units import find_unit

CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:[.'][^\W_{CJK}]+)*")
_MIXED = re.compile(rf"[a-z][0-9 -]?[{CJK}]|[{CJK}] ?[a-z]")
# Names longer than this are sentences.
_PHRASE_WORDS = 3


@lru_cache(maxsize=32768)
def split_words(text: str) -> tuple[str, ...]:
    """Folded words of `text`: English words stemmed, Chinese runs whole."""
    return tuple(stem(word) for word in _TOKEN.findall(fold(text)))


@cache
def _groups() -> dict[str, list[list[str]]]:
    """Wordings of one meaning in both languages: properties, kinds of things, topics.

    Of "implied" groups the first property follows from each of the others, not the reverse.
    """
    text = files(__package__).joinpath("concepts.json").read_text("utf-8")
    groups: dict[str, list[list[str]]] = json.loads(text)
    return groups


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    """Folded wording → all wordings of the same meaning, in both languages."""
    table: dict[str, tuple[str, ...]] = {}
    meanings = (groups for name, groups in _groups().items() if name != "implied")
    for group in (group for groups in meanings for group in groups):
        wordings = tuple(fold(wording) for wording in group)
        for wording in wordings:
            key = " ".join(split_words(wording))
            table[key] = tuple(dict.fromkeys((*table.get(key, ()), *wordings)))
    return table


@cache
def kinds() -> frozenset[tuple[str, ...]]:
    """Words for kinds of things ("mouse"), stemmed: what is looked for, not what it is like."""
    return frozenset(split_words(w) for group in _groups()["kinds"] for w in group)


@lru_cache(maxsize=8192)
def wordings(term: str) -> tuple[str, ...]:
    """`term` and what means the same in either language ("静音" → "quiet", "silent")."""
    folded = fold(term)
    return tuple(dict.fromkeys((folded, *_concepts().get(" ".join(split_words(folded)), ()))))


@lru_cache(maxsize=8192)
def implying(term: str) -> tuple[str, ...]:
    """What makes `term` true without naming it: "Bluetooth" for "wireless"."""
    asked = set(wordings(term))
    groups = (group for group in _groups()["implied"] if asked & set(wordings(group[0])))
    return tuple(dict.fromkeys(w for _, *others in groups for o in others for w in wordings(o)))


class ByIdentity:
    """A cache key for the one vocabulary of a store, too large to hash by value."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def __hash__(self) -> int:
        return id(self.vocabulary)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.vocabulary is self.vocabulary


@lru_cache(maxsize=4096)
def _attribute_names(key: ByIdentity, name: str) -> tuple[str, ...]:
    vocabulary = key.vocabulary
    base, _, last = name.rpartition("_")
    # "weight_kg" is the weight.
    own = [base.replace("_", " ")] if base and len(last) > 1 and find_unit(last) else []
    names = [
        name.replace("_", " "),
        *own,
        *(vocabulary.label(name, language) for language in Language),
    ]
    profile = vocabulary.attributes.get(name)
    if profile:
        names += [s for s, canonical in profile.surfaces.items() if canonical == name]
    return tuple(dict.fromkeys(fold(n) for n in names))


def attribute_names(name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """What attribute `name` is called, folded: its own name, labels and learned surfaces."""
    return _attribute_names(ByIdentity(vocabulary), name)


@lru_cache(maxsize=4096)
def category_names(key: ByIdentity, path: tuple[str, ...]) -> tuple[str, ...]:
    """What people call the category at `path`."""
    profiles = [c for c in key.vocabulary.categories if c.path == path]
    return tuple(name for c in profiles for name in (*c.surfaces, *c.labels.values()))


@lru_cache(maxsize=1024)
def known_values(key: ByIdentity, name: str) -> frozenset[str]:
    """Every value of text attribute `name` in the catalogue, by all its wordings."""
    profile = key.vocabulary.attributes[name]
    known = {fold(value) for value in profile.values}
    return frozenset(known | {s for s, of in profile.surfaces.items() if of in profile.values})


@cache
def _concept_phrases() -> frozenset[tuple[str, ...]]:
    return frozenset(split_words(w) for wordings in _concepts().values() for w in wordings)


def known_phrases(vocabulary: Vocabulary) -> frozenset[tuple[str, ...]]:
    """The stems of every property known by name: concepts, attributes, values, in any language."""
    return _vocabulary_phrases(ByIdentity(vocabulary))


@lru_cache(maxsize=4)
def _vocabulary_phrases(key: ByIdentity) -> frozenset[tuple[str, ...]]:
    vocabulary = key.vocabulary
    texts: set[str] = set()
    for name, profile in vocabulary.attributes.items():
        texts |= {name.replace("_", " "), *profile.surfaces}
        texts |= {vocabulary.label(name, language) for language in Language}
        texts |= set(profile.values)
        texts |= {vocabulary.label(v, language) for v in profile.values for language in Language}
    for category in vocabulary.categories:
        texts |= {*category.path, *category.surfaces, *category.labels.values()}
    named = (split_words(text) for text in texts)
    return _concept_phrases() | {words for words in named if 0 < len(words) <= _PHRASE_WORDS}


def attributes_of_value(words: tuple[str, ...], vocabulary: Vocabulary) -> frozenset[str]:
    """The text attributes that have a value of exactly these stems, in any language."""
    return _owners_of_values(ByIdentity(vocabulary)).get(words, frozenset())


@lru_cache(maxsize=4)
def _owners_of_values(key: ByIdentity) -> dict[tuple[str, ...], frozenset[str]]:
    vocabulary = key.vocabulary
    found: dict[tuple[str, ...], set[str]] = {}
    for name, profile in vocabulary.attributes.items():
        if profile.kind is not AttributeKind.TEXT:
            continue
        for value in profile.values:
            for label in {value, *(vocabulary.label(value, language) for language in Language)}:
                if words := split_words(label):
                    found.setdefault(words, set()).add(name)
    return {words: frozenset(names) for words, names in found.items()}


def mixed_names(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Folded labels of attributes and values that mix Latin and Chinese, the longest first."""
    return _mixed_names(ByIdentity(vocabulary))


@lru_cache(maxsize=4)
def _mixed_names(key: ByIdentity) -> tuple[str, ...]:
    labels = {fold(label) for names in key.vocabulary.labels.values() for label in names.values()}
    return tuple(sorted(filter(_MIXED.search, labels), key=len, reverse=True))
