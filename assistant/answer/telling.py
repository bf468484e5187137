"""Which attributes matter for a request, and how a value is shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from assistant.answer.known import split_words, wordings
from assistant.answer.metrics import names_attribute
from assistant.answer.phrases import PHRASES
from assistant.answer.quantity import format_quantity
from assistant.answer.record import Record, is_negative, is_positive
from assistant.types import Understanding
from retrieval.index.analysis import fold
from retrieval.types import Attribute, AttributeKind, Language, Vocabulary
from retrieval.units import find_unit

# "weight_kg" ends in a unit, "type_c" does not.
_UNIT_LETTERS = 2
_ASIDE = re.compile(r"\s*[(（][^()（）]*[)）]$")
# A value longer than this is a paragraph or a list of standards.
VALUE_CHARACTERS = 40
# Text attributes with more values than this name things (part numbers, colour names).
_MANY_VALUES = 400
# True of nearly every feed, told by none: packaging, certificates, origin, identifiers.
_DULL = frozenset(
    split_words(
        "package packaging pack pallet carton shipping gtin ean upc mpn sku id code certification "
        "certificates compliance rohs origin warranty brand title manual quantity pieces markets "
        "harmonized system operating altitude humidity dimensions mtbf emission "
        "outer gross master layer"
    )
)
# "324 x 228 x 27", "5 - 35": right in a data sheet, not in a sentence.
_SEVERAL_NUMBERS = re.compile(r"[\d.,]+(?:\s*[-–x×/]\s*[\d.,]+)+")
_EXTENTS = frozenset(split_words("depth height width length weight diameter thickness"))
_EMPTY_VALUES = frozenset(("not available", "n/a", "na", "-", "unknown", "other", ""))


def telling_attributes(
    understanding: Understanding, records: Sequence[Record], vocabulary: Vocabulary
) -> tuple[str, ...]:
    """Names of the attributes to tell: those the request speaks of, then the category's own."""
    asked = [f.name for f in understanding.filters.attributes]
    request = " ".join((understanding.query, *understanding.wishes, *understanding.rewrites))
    names = dict.fromkeys(a.name for r in records for a in r.product.attributes)
    spoken = Spoken.read(request)
    asked += [name for name in names if is_spoken_of(name, spoken, records, vocabulary)]
    spoken_of = set(asked)
    weights = {n: _weight(n, records, vocabulary) for n in names if n not in spoken_of}
    rest = sorted(weights, key=lambda name: (-weights[name], name))
    others = frozenset((*asked, *names))
    shown = [name for name in rest if weights[name] > 0 and not _repeats(name, others)]
    return tuple(dict.fromkeys((*(n for n in asked if n in names), *shown)))


@dataclass(frozen=True)
class Spoken:
    """A request made ready to be asked what it speaks of."""

    folded: str
    words: frozenset[str]

    @classmethod
    def read(cls, request: str) -> Spoken:
        """`request` folded, and the stems of its words."""
        folded = fold(request)
        return cls(folded, frozenset(split_words(folded)))


def is_spoken_of(
    name: str, request: Spoken, records: Sequence[Record], vocabulary: Vocabulary
) -> bool:
    """Whether `request` uses a name of the attribute or one of its values here."""
    if names_attribute(request.folded, name, vocabulary):
        return True
    words, folded = request.words, request.folded
    values: dict[str, None] = {}
    for record in records:
        attribute = record.attributes.get(name)
        if attribute and isinstance(attribute.value, str) and not is_negative(attribute):
            values[attribute.value] = None
    texts = [t for value in values for t in (value, vocabulary.label(value, Language.CHINESE))]
    for text in texts:
        for wording in wordings(text):
            if wording.isascii():
                wanted = split_words(wording)
                if wanted and set(wanted) <= words:
                    return True
            elif len(wording) > 1 and wording in folded:
                return True
    return False


def _repeats(name: str, others: Collection[str]) -> bool:
    """Whether the attribute only refines another ("color_name" beside "color")."""
    return any(name[:end] in others for end, letter in enumerate(name) if letter == "_")


def _weight(name: str, records: Sequence[Record], vocabulary: Vocabulary) -> float:
    """How much the attribute tells: shared by the list, differing within it, not dull."""
    if _is_dull(name):
        return 0
    values = [a for r in records if (a := r.attributes.get(name)) is not None]
    texts = {str(a.value) for a in values}
    if not any(is_showable(a) for a in values) or any(map(_has_several_numbers, texts)):
        return 0
    share = len(values) / len(records)
    differs = len(texts) > 1 or len(values) < len(records)
    profile = vocabulary.attributes.get(name)
    many = profile is not None and profile.kind is AttributeKind.TEXT
    naming = many and profile is not None and len(profile.values) > _MANY_VALUES
    known = min(1.0, profile.products / 200) if profile else 0.0
    flag = all(is_positive(a) or is_negative(a) for a in values)
    return share + (1.0 if differs else 0.0) + known - (0.8 if flag else 0) - (0.5 if naming else 0)


@lru_cache(maxsize=16384)
def _is_dull(name: str) -> bool:
    return not _DULL.isdisjoint(split_words(name))


def _has_several_numbers(text: str) -> bool:
    return text[:1].isdigit() and _SEVERAL_NUMBERS.fullmatch(text) is not None


def is_showable(attribute: Attribute, most: int = VALUE_CHARACTERS) -> bool:
    """Whether a value says something in no more than `most` characters."""
    if not isinstance(attribute.value, str):
        # A depth of 0 mm is a field left empty.
        return attribute.value != 0 or not set(split_words(attribute.name)) & _EXTENTS
    return len(attribute.value) <= most and fold(attribute.value) not in _EMPTY_VALUES


def show_value(attribute: Attribute, language: Language, vocabulary: Vocabulary) -> str:
    """The value as a shopper of `language` reads it."""
    say = PHRASES[language]
    if is_positive(attribute):
        return say["yes"]
    if is_negative(attribute):
        return say["no"]
    if isinstance(attribute.value, Decimal):
        return show_quantity(attribute.value, attribute.unit, language, vocabulary)
    return vocabulary.label(str(attribute.value), language)


def show_quantity(
    value: Decimal, unit: str | None, language: Language, vocabulary: Vocabulary
) -> str:
    """ "16 GB", "3岁": a unit that no table knows is called as the store labels it."""
    if unit and find_unit(unit) is None:
        unit = vocabulary.label(unit, language)
    return format_quantity(value, unit, language)


def show_label(attribute: Attribute, language: Language, vocabulary: Vocabulary) -> str:
    """The attribute's name; a unit that only tells feeds apart ("weight_kg") is left out."""
    label = vocabulary.label(attribute.name, language)
    base, _, last = attribute.name.rpartition("_")
    unit = find_unit(attribute.unit)
    if unit is None or not base or find_unit(last) != unit or len(last) < _UNIT_LETTERS:
        return label
    if label == attribute.name.replace("_", " "):
        return vocabulary.label(base, language)
    return _ASIDE.sub("", label)


def name_attribute(name: str, vocabulary: Vocabulary, language: Language) -> str:
    """What an attribute is called where no value stands beside it, by the same rule."""
    base, _, last = name.rpartition("_")
    named = name in vocabulary.labels.get(language, {})
    if base and len(last) >= _UNIT_LETTERS and find_unit(last) and not named:
        return vocabulary.label(base, language)
    return vocabulary.label(name, language)


def show_attribute(attribute: Attribute, language: Language, vocabulary: Vocabulary) -> str:
    """ "weight: 1.2 kg", "重量：1.2公斤"."""
    return PHRASES[language]["attribute"].format(
        label=show_label(attribute, language, vocabulary),
        value=show_value(attribute, language, vocabulary),
    )


__all__ = [
    "Spoken",
    "is_showable",
    "is_spoken_of",
    "name_attribute",
    "show_attribute",
    "show_quantity",
    "show_value",
    "telling_attributes",
]
