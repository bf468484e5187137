"""What one product's record says of a word: yes, no, or nothing.

Shared by the facts, which tell wishes met from wishes missed, and by the verifier, which
lets a word pass only where the record says it. Closed world: what no field says is unknown
and is never claimed, neither way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from assistant.answer.known import (
    CJK,
    ByIdentity,
    attribute_names,
    category_names,
    implying,
    known_values,
    split_words,
    wordings,
)
from assistant.answer.quantity import Quantity, read_quantities
from assistant.answer.quotable import believe
from retrieval.index.analysis import fold, stem
from retrieval.types import Attribute, AttributeKind, Language, Product, Vocabulary
from retrieval.units import find_unit

_PLAIN_WORD = re.compile(r"[a-z0-9]+")
_SENTENCE = re.compile(r"[.!?。！？](?!\d)")
_HAS_CJK = re.compile(rf"[{CJK}]")
# Words between a negation and what it negates: "not fully waterproof".
_NEGATION_REACH = 3
_NEGATIONS = frozenset(
    split_words("no not without lacks lack non nor never isn't doesn't don't aren't cannot")
)
_CHINESE_NEGATION = re.compile(
    r"(?:不是|不带|不含|不支持|没有|并非|不具备|无需|不|无|非|未|没|免)[^,。;、，]{0,2}$"
)
# "Vegan leather", "faux fur": what stands behind these is what a thing is not made of.
_IMITATIONS = frozenset(split_words("vegan faux fake imitation synthetic artificial mock"))
_IMITABLE = frozenset(split_words("leather suede fur wool silk wood marble"))
_NO_VALUES = frozenset(
    (
        "no",
        "none",
        "false",
        "n",
        "not supported",
        "unavailable",
        "无",
        "否",
        "没有",
        "不支持",
        "不带",
    )
)
_YES_VALUES = frozenset(("yes", "true", "y", "supported", "included", "是", "有", "支持", "带"))
# Parts of an attribute's name that add nothing to what it asks ("touchscreen_integrated").
_NAME_FILLERS = frozenset(
    split_words(
        "is has with built in integrated support supported function included of the and ready "
        "compatible feature capable capability technology product item type"
    )
)
# With fewer attributes the description is all there is to ask.
_FEW_ATTRIBUTES = 3
# Attributes that have one value only: being black denies being white, while being fit for
# camping does not deny being fit for winter.
_EXCLUSIVE = frozenset(
    split_words("color colour gender age hand handed orientation resolution panel format shape")
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


class _Words:
    """A text, its stems found when they are needed: most texts are asked of a word they lack."""

    def __init__(self, text: str) -> None:
        self.folded = fold(text)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return split_words(self.folded)

    def may_have(self, stem: str) -> bool:
        """Whether the stem could be among them; short stems may differ from their word's
        beginning (lie of lying), longer ones only at their end."""
        return stem[: 3 if len(stem) > 3 else 1] in self.folded


class Entry(NamedTuple):
    """One text of the record: where it stands and its words."""

    evidence: str
    words: _Words

    @property
    def text(self) -> str:
        """The text folded."""
        return self.words.folded


class Record:
    """One product's record, prepared for questions."""

    def __init__(self, product: Product, vocabulary: Vocabulary) -> None:
        self.product = product
        self._vocabulary = vocabulary
        self._entries = tuple(self._read_texts())
        self._reviews = tuple(
            _entry(f"review:{review.id}", believe(review.text)) for review in product.reviews
        )

    def says(self, term: str, *, reviews: bool = False, prose: bool = True) -> Finding:
        """What the record says of `term` (one or several words of either language).

        Without `prose` the description is not asked: it may speak of a sleeping baby and
        be of a mouse.
        """
        asked = wordings(term)
        for ask in (self._ask_flags, lambda wording: self._ask_texts(wording, reviews, prose)):
            findings = [finding for wording in asked if (finding := ask(wording)) != _UNKNOWN]
            yes = next((f for f in findings if f.verdict is Verdict.YES), None)
            if findings:
                return yes or findings[0]
        return self._ask_alternatives(asked) or self._ask_implying(term)

    def touches(self, term: str) -> str | None:
        """The evidence of what speaks of `term` at all, in any order and any unit, or None.

        Weaker than `says`: enough to keep from calling the catalogue silent.
        """
        folded = fold(term)
        quantities = [q for q in read_quantities(folded) if q.unit]
        if quantities:
            found = [self._finds(quantity) for quantity in quantities]
            return found[0] if all(found) else None
        if _HAS_CJK.search(folded):
            return next(
                (e.evidence for e in self._every_entry for w in wordings(folded) if w in e.text),
                "flag" if any(folded in name for name in self._chinese_names) else None,
            )
        wanted = {stem(word) for word in _PLAIN_WORD.findall(folded)}
        met = wanted and wanted <= self._plain_stems
        return "description" if met else None

    def has_attribute_in(self, text: str) -> bool:
        """Whether folded `text` holds all words of some attribute's name, yes or no whatever."""
        words = frozenset(split_words(text))
        return any(essence <= words for essence in self._attribute_essences if essence) or any(
            name in text for name in self._chinese_names
        )

    @cached_property
    def _attribute_essences(self) -> tuple[frozenset[str], ...]:
        names = (n for a in self.product.attributes for n in self._names_of(a))
        return tuple(frozenset(_essence(n)) for n in names if not _HAS_CJK.search(n))

    @cached_property
    def _chinese_names(self) -> tuple[str, ...]:
        names = (n for a in self.product.attributes for n in self._names_of(a))
        return tuple(n for n in names if _HAS_CJK.search(n) and len(n) > 1)

    def _names_of(self, attribute: Attribute) -> Iterator[str]:
        return (fold(n) for n in attribute_names(attribute.name, self._vocabulary))

    def _finds(self, quantity: Quantity) -> str | None:
        """The evidence of the first field that states this quantity, in whatever unit."""
        for attribute in self.product.attributes:
            value, unit = attribute.value, attribute.unit
            if isinstance(value, Decimal) and find_unit(unit) and quantity.equals(value, unit):
                return f"attribute:{attribute.name}"
        for entry in self._every_entry:
            for other in read_quantities(entry.text):
                if other.unit and quantity.equals(other.value, other.unit.symbol):
                    return entry.evidence
        return None

    @cached_property
    def _every_entry(self) -> tuple[Entry, ...]:
        return (*self._entries, *self._reviews)

    @cached_property
    def _plain_stems(self) -> frozenset[str]:
        texts = (entry.text for entry in self._every_entry)
        return frozenset(stem(word) for text in texts for word in _PLAIN_WORD.findall(text))

    def is_whole(self, text: str) -> bool:
        """Whether folded `text` is all of an attribute's name or value, by any of its labels."""
        return any(
            text == fold(self._vocabulary.label(name, language))
            for a in self.product.attributes
            if not isinstance(a.value, bool) and not is_negative(a)
            for name in (a.name, *((a.value,) if isinstance(a.value, str) else ()))
            for language in Language
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What kind of thing the product is: its categories by all their names."""
        return tuple(self._category_words())

    def speaks_of(self, phrases: Sequence[str]) -> bool:
        """Whether one sentence of the prose says all of `phrases`, and at least two words."""
        if sum(len(split_words(p)) if p.isascii() else len(p) // 2 for p in phrases) < 2:
            return False
        prose = [e.text for e in self._entries if e.evidence.startswith("description")]
        prose += [e.text for e in self._reviews]
        sentences = (s for text in prose for s in _SENTENCE.split(text))
        return any(
            all(
                any(next(_occurrences(e, w), None) is not None for w in wordings(p))
                for p in phrases
            )
            for e in (_entry("", s) for s in sentences)
        )

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """The product's attributes by name; the first where a name comes twice."""
        return {a.name: a for a in reversed(self.product.attributes)}

    @property
    def has_attributes(self) -> bool:
        """Whether the record is more than prose."""
        return len(self.product.attributes) >= _FEW_ATTRIBUTES

    @property
    def texts(self) -> tuple[str, ...]:
        """The folded texts of the record."""
        return tuple(entry.text for entry in self._entries)

    def contains(self, text: str) -> str | None:
        """The evidence of the first field that holds folded `text` as it stands."""
        return next((e.evidence for e in self._entries if text in e.text), None)

    def _read_texts(self) -> Iterator[Entry]:
        """The texts, the most reliable first: evidence names the first that speaks."""
        product = self.product
        for attribute in product.attributes:
            if not isinstance(attribute.value, bool) and not is_negative(attribute):
                yield from self._attribute_entries(attribute)
        yield _entry("title", believe(product.title))
        for language, translation in product.translations.items():
            yield _entry(f"title:{language}", believe(translation.title))
        yield _entry("brand", self._label_all(product.brand or ""))
        yield _entry("category", " | ".join(self._category_words()))
        for variant in product.variants:
            for name, value in variant.options.items():
                yield _entry(f"variant:{variant.id}", f"{name} | {self._label_all(value)}")
        yield _entry("description", believe(product.description))
        for language, translation in product.translations.items():
            yield _entry(f"description:{language}", believe(translation.description))

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
        yield from category_names(ByIdentity(self._vocabulary), path)

    @cached_property
    def _flags(self) -> dict[tuple[str, ...], Finding]:
        """Words that name a yes/no attribute → what it says."""
        table: dict[tuple[str, ...], Finding] = {}
        for attribute in self.product.attributes:
            yes = is_positive(attribute)
            if not yes and not is_negative(attribute):
                continue
            finding = Finding(Verdict.YES if yes else Verdict.NO, f"attribute:{attribute.name}")
            for name in attribute_names(attribute.name, self._vocabulary):
                if words := _essence(name):
                    table.setdefault(words, finding)
        return table

    def _ask_flags(self, wording: str) -> Finding:
        return self._flags.get(_essence(wording), _UNKNOWN)

    def _ask_texts(self, wording: str, reviews: bool, prose: bool) -> Finding:
        negated: Finding | None = None
        for entry in (*self._entries, *(self._reviews if reviews else ())):
            if not prose and entry.evidence.startswith("description"):
                continue
            for denied in _occurrences(entry, wording):
                if not denied:
                    return Finding(Verdict.YES, entry.evidence)
                negated = negated or Finding(Verdict.NO, entry.evidence)
        return negated or _UNKNOWN

    def _ask_implying(self, term: str) -> Finding:
        """Yes where an attribute or the title names what `term` follows from."""
        found = (self._ask_texts(wording, reviews=False, prose=False) for wording in implying(term))
        return next((f for f in found if f.verdict is Verdict.YES), _UNKNOWN)

    def _ask_alternatives(self, terms: tuple[str, ...]) -> Finding | None:
        """NO when `terms` name another value of an attribute this product has a value of."""
        for name in self._exclusive_names:
            known = known_values(ByIdentity(self._vocabulary), name)
            if any(term in known for term in terms):
                return Finding(Verdict.NO, f"attribute:{name}")
        return None

    @cached_property
    def _exclusive_names(self) -> tuple[str, ...]:
        """The attributes of which one value denies the others."""
        return tuple(
            attribute.name
            for attribute in self.product.attributes
            if _is_exclusive(attribute.name)
            and isinstance(attribute.value, str)
            and not is_negative(attribute)
            and (profile := self._vocabulary.attributes.get(attribute.name)) is not None
            and profile.kind is AttributeKind.TEXT
        )


class _Pair:
    """A cache key for a product of a vocabulary: by identity, both are large and never change."""

    def __init__(self, product: Product, vocabulary: Vocabulary) -> None:
        self.product = product
        self.vocabulary = vocabulary

    def __hash__(self) -> int:
        return hash((id(self.product), id(self.vocabulary)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Pair)
            and other.product is self.product
            and other.vocabulary is self.vocabulary
        )


@lru_cache(maxsize=256)
def _read_record(pair: _Pair) -> Record:
    return Record(pair.product, pair.vocabulary)


def read_record(product: Product, vocabulary: Vocabulary) -> Record:
    """The product's record; the same while the same objects are asked about."""
    return _read_record(_Pair(product, vocabulary))


@lru_cache(maxsize=16384)
def _is_exclusive(name: str) -> bool:
    return not _EXCLUSIVE.isdisjoint(split_words(name))


@lru_cache(maxsize=8192)
def _essence(name: str) -> tuple[str, ...]:
    return tuple(w for w in split_words(name) if w not in _NAME_FILLERS)


def is_positive(attribute: Attribute) -> bool:
    """Whether the attribute's value only says yes."""
    value = attribute.value
    return value is True or (isinstance(value, str) and _normalise(value) in _YES_VALUES)


def is_negative(attribute: Attribute) -> bool:
    """Whether the attribute's value only says no."""
    value = attribute.value
    if isinstance(value, str):
        return _normalise(value) in _NO_VALUES
    return value is False


@lru_cache(maxsize=16384)
def _normalise(value: str) -> str:
    return " ".join(fold(value).replace("_", " ").split())


def _entry(evidence: str, text: str) -> Entry:
    return Entry(evidence, _read_label(text) if len(text) <= _LABEL else _Words(text))


# Names and values of attributes recur from product to product; descriptions don't.
_LABEL = 80
_read_label = lru_cache(maxsize=16384)(_Words)


def _is_imitated(stems: Sequence[str], start: int, size: int) -> bool:
    """Whether the material at stems[start] is only imitated: vegan leather is no leather."""
    return start > 0 and stems[start + size - 1] in _IMITABLE and stems[start - 1] in _IMITATIONS


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
    if not wanted or not all(map(entry.words.may_have, wanted)):
        return
    stems = entry.words.stems
    for i in range(len(stems) - size + 1):
        if stems[i : i + size] == wanted:
            before = stems[max(0, i - _NEGATION_REACH) : i]
            after = stems[i + size : i + size + 1]
            denied = bool(_NEGATIONS & set(before)) or after == ("free",)
            yield denied or _is_imitated(stems, i, size)
