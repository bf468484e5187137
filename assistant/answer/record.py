"""What one product's record says of a word: yes, no, or nothing.

Shared by the facts, which tell wishes met from wishes missed, and by the verifier, which
lets a word pass only where the record says it. Closed world: what no field says is unknown
and is never claimed, neither way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from retrieval.index.analysis import fold, stem
from retrieval.types import Attribute, AttributeKind, Language, Product, Vocabulary

CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:[.'][^\W_{CJK}]+)*")
_HAS_CJK = re.compile(rf"[{CJK}]")
# Words between a negation and what it negates: "not fully waterproof".
_NEGATION_REACH = 3
_NEGATIONS = frozenset(
    [
        "no",
        "not",
        "without",
        "lacks",
        "lack",
        "non",
        "nor",
        "never",
        "isn't",
        "doesn't",
        "don't",
        "aren't",
        "cannot",
    ]
)
_CHINESE_NEGATION = re.compile(
    r"(?:不是|不带|不含|不支持|没有|并非|不具备|无需|不|无|非|未|没|免)[^,。;、，]{0,2}$"
)
_NO_VALUES = frozenset(
    [
        "no",
        "none",
        "false",
        "n",
        "not_supported",
        "unavailable",
        "无",
        "否",
        "没有",
        "不支持",
        "不带",
    ]
)
_YES_VALUES = frozenset(["yes", "true", "y", "supported", "included", "是", "有", "支持", "带"])
# Parts of an attribute's name that add nothing to what it asks ("touchscreen_integrated").
_NAME_FILLERS = frozenset(
    stem(w)
    for w in [
        "is",
        "has",
        "with",
        "built",
        "in",
        "integrated",
        "support",
        "supported",
        "function",
        "included",
        "of",
        "the",
        "and",
        "ready",
        "compatible",
        "feature",
        "capable",
        "capability",
        "technology",
        "product",
        "item",
        "type",
    ]
)


class Verdict(StrEnum):
    """What the record says."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """A verdict and the field it rests on."""

    verdict: Verdict
    evidence: str = ""


_UNKNOWN = Finding(Verdict.UNKNOWN)


class Entry(NamedTuple):
    """One text of the record: where it stands, folded, and its stems in order."""

    evidence: str
    text: str
    stems: tuple[str, ...]


def split_words(text: str) -> tuple[str, ...]:
    """Folded words of `text`: English words stemmed, Chinese runs whole."""
    return tuple(stem(word) for word in _TOKEN.findall(fold(text)))


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    """Folded wording → all wordings of the same property, in both languages."""
    groups = json.loads(files(__package__).joinpath("concepts.json").read_text("utf-8"))
    table: dict[str, tuple[str, ...]] = {}
    for group in groups:
        wordings = tuple(fold(wording) for wording in group)
        for wording in wordings:
            key = " ".join(split_words(wording))
            table[key] = tuple(dict.fromkeys((*table.get(key, ()), *wordings)))
    return table


def wordings(term: str) -> tuple[str, ...]:
    """`term` and what means the same in either language ("静音" → "quiet", "silent")."""
    folded = fold(term)
    return tuple(dict.fromkeys((folded, *_concepts().get(" ".join(split_words(folded)), ()))))


class Record:
    """One product's record, prepared for questions."""

    def __init__(self, product: Product, vocabulary: Vocabulary) -> None:
        self.product = product
        self._vocabulary = vocabulary
        self._entries = tuple(self._read_texts())
        self._reviews = tuple(
            _entry(f"review:{review.id}", review.text) for review in product.reviews
        )

    def says(self, term: str, *, reviews: bool = False) -> Finding:
        """What the record says of `term` (one or several words of either language)."""
        asked = wordings(term)
        for ask in (self._ask_flags, lambda wording: self._ask_texts(wording, reviews)):
            findings = [finding for wording in asked if (finding := ask(wording)) != _UNKNOWN]
            yes = next((f for f in findings if f.verdict is Verdict.YES), None)
            if findings:
                return yes or findings[0]
        return self._ask_alternatives(asked) or _UNKNOWN

    @property
    def texts(self) -> tuple[str, ...]:
        """The folded texts of the record."""
        return tuple(entry.text for entry in self._entries)

    def contains(self, text: str) -> str | None:
        """The evidence of the first field that holds folded `text` as it stands."""
        return next((e.evidence for e in self._entries if text in e.text), None)

    def _read_texts(self) -> Iterator[Entry]:
        product = self.product
        yield _entry("title", product.title)
        for language, translation in product.translations.items():
            yield _entry(f"title:{language}", translation.title)
            yield _entry(f"description:{language}", translation.description)
        yield _entry("brand", product.brand or "")
        yield _entry("category", " ".join(self._category_words()))
        yield _entry("description", product.description)
        for attribute in product.attributes:
            if not isinstance(attribute.value, bool) and not is_negative(attribute):
                yield from self._attribute_entries(attribute)
        for variant in product.variants:
            for name, value in variant.options.items():
                yield _entry(f"variant:{variant.id}", f"{name} {self._label_all(value)}")

    def _attribute_entries(self, attribute: Attribute) -> Iterator[Entry]:
        evidence = f"attribute:{attribute.name}"
        yield _entry(evidence, self._label_all(attribute.name))
        if isinstance(attribute.value, str):
            yield _entry(evidence, self._label_all(attribute.value))

    def _label_all(self, text: str) -> str:
        labels = [self._vocabulary.label(text, language) for language in Language]
        return " | ".join(dict.fromkeys((text.replace("_", " "), *labels)))

    def _category_words(self) -> Iterator[str]:
        path = self.product.category
        yield from path
        for profile in self._vocabulary.categories:
            if profile.path == path:
                yield from profile.surfaces
                yield from profile.labels.values()

    def _ask_flags(self, wording: str) -> Finding:
        wanted = [w for w in split_words(wording) if w not in _NAME_FILLERS]
        for attribute in self.product.attributes:
            yes = is_positive(attribute)
            if not yes and not is_negative(attribute):
                continue
            for name in self._names(attribute.name):
                asked = [w for w in split_words(name) if w not in _NAME_FILLERS]
                if asked and asked == wanted:
                    verdict = Verdict.YES if yes else Verdict.NO
                    return Finding(verdict, f"attribute:{attribute.name}")
        return _UNKNOWN

    def _names(self, attribute: str) -> Iterator[str]:
        yield attribute.replace("_", " ")
        for language in Language:
            yield self._vocabulary.label(attribute, language)
        profile = self._vocabulary.attributes.get(attribute)
        if profile:
            yield from (s for s, canonical in profile.surfaces.items() if canonical == attribute)

    def _ask_texts(self, wording: str, reviews: bool) -> Finding:
        negated: Finding | None = None
        for entry in (*self._entries, *(self._reviews if reviews else ())):
            for denied in _occurrences(entry, wording):
                if not denied:
                    return Finding(Verdict.YES, entry.evidence)
                negated = negated or Finding(Verdict.NO, entry.evidence)
        return negated or _UNKNOWN

    def _ask_alternatives(self, terms: tuple[str, ...]) -> Finding | None:
        """NO when `terms` name another value of an attribute this product has a value of."""
        for attribute in self.product.attributes:
            if not isinstance(attribute.value, str) or is_negative(attribute):
                continue
            profile = self._vocabulary.attributes.get(attribute.name)
            if profile is None or profile.kind is not AttributeKind.TEXT:
                continue
            known = {fold(value) for value in profile.values}
            known |= {s for s, canonical in profile.surfaces.items() if canonical in profile.values}
            if any(term in known for term in terms):
                return Finding(Verdict.NO, f"attribute:{attribute.name}")
        return None


def is_positive(attribute: Attribute) -> bool:
    """Whether the attribute's value only says yes."""
    value = attribute.value
    return value is True or (isinstance(value, str) and fold(value).strip() in _YES_VALUES)


def is_negative(attribute: Attribute) -> bool:
    """Whether the attribute's value only says no."""
    value = attribute.value
    if isinstance(value, str):
        return fold(value).strip().replace(" ", "_") in _NO_VALUES
    return value is False


def _entry(evidence: str, text: str) -> Entry:
    folded = fold(text)
    return Entry(evidence, folded, split_words(folded))


def _occurrences(entry: Entry, wording: str) -> Iterator[bool]:
    """For each place where `entry` says `wording`: whether it denies it there."""
    if _HAS_CJK.search(wording):
        start = entry.text.find(wording)
        while start >= 0:
            yield bool(_CHINESE_NEGATION.search(entry.text[max(0, start - 6) : start]))
            start = entry.text.find(wording, start + 1)
        return
    wanted = split_words(wording)
    size = len(wanted)
    for i in range(len(entry.stems) - size + 1 if wanted else 0):
        if entry.stems[i : i + size] == wanted:
            before = entry.stems[max(0, i - _NEGATION_REACH) : i]
            after = entry.stems[i + size : i + size + 1]
            yield bool(_NEGATIONS & set(before)) or after == ("free",)


@cache
def _concept_phrases() -> frozenset[tuple[str, ...]]:
    return frozenset(split_words(w) for wordings in _concepts().values() for w in wordings)


def known_phrases(vocabulary: Vocabulary) -> frozenset[tuple[str, ...]]:
    """The stems of every property known by name: concepts, attributes, values, in any language."""
    return _vocabulary_phrases(_ByIdentity(vocabulary)) | _concept_phrases()


class _ByIdentity:
    """A cache key for the one vocabulary of a store, too large to hash by value."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def __hash__(self) -> int:
        return id(self.vocabulary)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.vocabulary is self.vocabulary


@lru_cache(maxsize=4)
def _vocabulary_phrases(key: _ByIdentity) -> frozenset[tuple[str, ...]]:
    vocabulary = key.vocabulary
    texts: set[str] = set()
    for name, profile in vocabulary.attributes.items():
        texts |= {name.replace("_", " "), *profile.surfaces}
        texts |= {vocabulary.label(name, language) for language in Language}
        texts |= set(profile.values)
        texts |= {vocabulary.label(v, language) for v in profile.values for language in Language}
    for category in vocabulary.categories:
        texts |= {*category.path, *category.surfaces, *category.labels.values()}
    return frozenset(words for text in texts if (words := split_words(text)) and len(words) <= 3)
