"""What the shopper asked for, wish by wish, and how each product's record answers it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from assistant.answer.known import (
    CJK,
    attribute_names,
    attributes_of_value,
    kinds,
    known_phrases,
    split_words,
    wordings,
)
from assistant.answer.metrics import RELATED
from assistant.answer.record import Finding, Record, Verdict, is_positive
from assistant.answer.telling import show_label, show_quantity
from assistant.types import Understanding
from retrieval.index.analysis import STOPWORDS, fold
from retrieval.types import AttributeFilter, Language, Vocabulary
from retrieval.units import convert

# Longest phrase of a query looked up as one property ("active noise cancelling").
_PHRASE = 3
_RELATIVE = Decimal("0.001")


class Wish(NamedTuple):
    """One wish in the shopper's words; `filter` is set when it is a condition on an attribute."""

    text: str
    filter: AttributeFilter | None = None


def collect_wishes(
    understanding: Understanding, records: Sequence[Record], vocabulary: Vocabulary
) -> tuple[Wish, ...]:
    """Stated wishes, attribute conditions and the properties the query names.

    What every record says by its kind ("mouse" among mice), names of measured attributes
    and gradable words ("light", "long") are no wishes: they are told as attributes and ranks.
    """
    found = [
        Wish(filter_text(f, understanding.language, vocabulary), f)
        for f in understanding.filters.attributes
        if not f.implied
    ]
    stated = [w.strip(" ?？!！.。") for w in understanding.wishes]
    phrases = [*stated, *_known_phrases_in(understanding.query, vocabulary)]
    for phrase in sorted(filter(None, phrases), key=lambda p: -len(split_words(p))):
        covered = any(_covers(wish.text, phrase) for wish in found)
        if covered or _is_kind(phrase, records) or not _is_property(phrase, records, vocabulary):
            continue
        found.append(Wish(phrase))
    return tuple(sorted(dict.fromkeys(found), key=lambda w: _place(w, understanding)))


def _place(wish: Wish, understanding: Understanding) -> int:
    """Where the shopper said it; conditions first."""
    if wish.filter:
        return -1
    place = fold(understanding.query).replace("-", " ").find(fold(wish.text).replace("-", " "))
    return place if place >= 0 else len(understanding.query)


def _covers(longer: str, shorter: str) -> bool:
    """Whether a wish already taken says the same or more."""
    if fold(shorter) in fold(longer):
        return True
    ours = {tuple(split_words(w)) for w in wordings(shorter)}
    theirs = {tuple(split_words(w)) for w in wordings(longer)}
    return bool(ours & theirs) or set(split_words(shorter)) <= set(split_words(longer))


def _is_kind(phrase: str, records: Sequence[Record]) -> bool:
    """Whether `phrase` only says what kind of thing all of these are ("mouse" among mice)."""
    if not records:
        return False
    for wording in wordings(phrase):
        words = set(split_words(wording))
        if all(
            any(
                words <= set(split_words(k)) or (not wording.isascii() and wording in fold(k))
                for k in record.kinds
            )
            for record in records
        ):
            return True
    return False


def _known_phrases_in(query: str, vocabulary: Vocabulary) -> list[str]:
    """The properties known by name in `query`, longest first where they overlap."""
    known = known_phrases(vocabulary)
    text = fold(query).replace("-", " ")
    phrases: list[str] = []
    for chunk in re.findall(rf"[{CJK}]+|[^{CJK}]+", text):
        chinese = bool(re.match(rf"[{CJK}]", chunk))
        pieces: Sequence[str] = chunk if chinese else chunk.split()
        joint, longest, least = ("", 8, 2) if chinese else (" ", _PHRASE, 1)
        i = 0
        while i < len(pieces):
            for size in range(min(longest, len(pieces) - i), least - 1, -1):
                phrase = joint.join(pieces[i : i + size])
                if split_words(phrase) in known and phrase not in STOPWORDS:
                    phrases.append(phrase)
                    i += size - 1
                    break
            i += 1
    return phrases


def _is_property(phrase: str, records: Sequence[Record], vocabulary: Vocabulary) -> bool:
    """Whether `phrase` is something a product has or has not, and records could say."""
    words = split_words(phrase)
    if set(words) <= _gradable() or words in kinds() or fold(phrase) in vocabulary.brand_surfaces:
        return False
    named = {a.name for r in records for a in r.product.attributes if not isinstance(a.value, bool)}
    if any(_is_name(phrase, name, vocabulary) for name in named):
        return False
    if any(
        r.says(phrase, prose=not r.has_attributes).verdict is not Verdict.UNKNOWN for r in records
    ):
        return True
    return any(split_words(w) in known_phrases(vocabulary) for w in wordings(phrase))


def _is_name(phrase: str, name: str, vocabulary: Vocabulary) -> bool:
    """Whether `phrase` is what attribute `name` is called: a topic, not a property."""
    return not _alike(phrase).isdisjoint(attribute_names(name, vocabulary))


@lru_cache(maxsize=4096)
def _alike(phrase: str) -> frozenset[str]:
    """What attributes may be called that `phrase` names."""
    asked = {fold(wording) for wording in wordings(phrase)}
    related = (group for group, _ in RELATED if not asked.isdisjoint(group))
    return frozenset(asked.union(*related))


@cache
def _gradable() -> frozenset[str]:
    """Words of degree; products have them more or less, never simply."""
    return frozenset(
        split_words(
            "light lightweight heavy long short big large small little compact wide narrow "
            "tall high low thin thick slim cheap expensive affordable fast slow good great "
            "nice best better new old latest popular quality powerful strong bright loud left "
            "right size weight price 轻 重 轻便 长 短 大 小 宽 窄 高 低 薄 厚 便宜 贵 实惠 快 "
            "慢 好 不错 新 旧 热门 强劲 亮 吵 质量 续航长"
        )
    )


def judge_wish(
    wish: Wish, record: Record, language: Language, vocabulary: Vocabulary
) -> tuple[Finding, str]:
    """What the record says of the wish, and the wording of that in `language`."""
    if wish.filter is None:
        finding = _ask(record, wish.text)
        if finding.verdict is Verdict.YES and _is_stated_otherwise(
            wish.text, record, finding.evidence, vocabulary
        ):
            return Finding(Verdict.UNKNOWN, finding.evidence), wish.text
        return finding, wish.text
    return _judge_filter(wish, wish.filter, record, language, vocabulary)


def _is_stated_otherwise(text: str, record: Record, evidence: str, vocabulary: Vocabulary) -> bool:
    """Whether the attribute whose value `text` is has another one, and only a remark says it.

    An inkjet printer with "laser quality text" among its features is no laser printer.
    """
    source, _, name = evidence.partition(":")
    if source != "attribute":
        return False
    asked = {split_words(wording) for wording in wordings(text)}
    owners = {owner for words in asked for owner in attributes_of_value(words, vocabulary)}
    stated = [a for a in record.product.attributes if a.name in owners and isinstance(a.value, str)]
    return bool(stated) and name not in {a.name for a in stated}


def _ask(record: Record, text: str) -> Finding:
    """What the record says; unknown with evidence where its prose says otherwise, or alone.

    A mouse whose shape is "ambidextrous" is not left-handed by its attribute, and "works in
    either hand" by its description: that is neither met nor missed.
    """
    finding = record.says(text, prose=not record.has_attributes)
    if finding.verdict is Verdict.YES:
        return finding
    whole = record.says(text)
    if whole.verdict is finding.verdict:
        return _touched(finding, record, text)
    return Finding(Verdict.UNKNOWN, whole.evidence)


def _touched(finding: Finding, record: Record, text: str) -> Finding:
    """What is written in other words or another unit ("32GB" for 32 gb) is no silence."""
    if finding.verdict is not Verdict.UNKNOWN or finding.evidence:
        return finding
    evidence = record.touches(text)
    stated = evidence and evidence.startswith(("attribute", "title", "variant"))
    return Finding(Verdict.YES if stated else Verdict.UNKNOWN, evidence or "")


def _judge_filter(
    wish: Wish, wanted: AttributeFilter, record: Record, language: Language, vocabulary: Vocabulary
) -> tuple[Finding, str]:
    attribute = record.product.attribute(wanted.name)
    if attribute is None:
        if wanted.values and not wanted.range:
            finding = record.says(wanted.values[0])
            return _exclude(finding, wanted), wish.text
        return Finding(Verdict.UNKNOWN), wish.text
    evidence = f"attribute:{wanted.name}"
    if isinstance(attribute.value, bool):
        met = any(fold(v) in ("true", "yes") for v in wanted.values) == attribute.value
        return _exclude(_finding(met, evidence), wanted), wish.text
    if isinstance(attribute.value, Decimal):
        value = convert(attribute.value, attribute.unit, wanted.unit or attribute.unit)
        if value is None:
            return Finding(Verdict.UNKNOWN), wish.text
        met = bool(wanted.range and wanted.range.holds(value)) or any(
            _same_number(value, v) for v in wanted.values
        )
        shown = show_quantity(attribute.value, attribute.unit, language, vocabulary)
        text = _labelled(show_label(attribute, language, vocabulary), shown, language)
        return _exclude(_finding(met, evidence), wanted), text
    have = fold(attribute.value)
    met = any(fold(v) in have or have in fold(v) for v in wanted.values)
    if not met and is_positive(attribute):
        met = any(fold(v) in ("true", "yes") for v in wanted.values)
    return _exclude(_finding(met, evidence), wanted), wish.text


def _finding(met: bool, evidence: str) -> Finding:
    return Finding(Verdict.YES if met else Verdict.NO, evidence)


def _exclude(finding: Finding, wanted: AttributeFilter) -> Finding:
    """The finding on an excluded value, turned into one on the wish not to have it."""
    if not wanted.exclude or finding.verdict is Verdict.UNKNOWN:
        return finding
    return _finding(finding.verdict is Verdict.NO, finding.evidence)


def _same_number(value: Decimal, text: str) -> bool:
    try:
        other = Decimal(text)
    except ArithmeticError:
        return False
    return abs(value - other) <= abs(other) * _RELATIVE


def _labelled(label: str, value: str, language: Language) -> str:
    return f"{label}{value}" if language is Language.CHINESE else f"{label} {value}"


def filter_text(wanted: AttributeFilter, language: Language, vocabulary: Vocabulary) -> str:
    """A condition on an attribute in the shopper's words: "at least 32 GB", "not leather"."""
    label = vocabulary.label(wanted.name, language)
    flags = {fold(v) for v in wanted.values}
    if flags & {"true", "yes"}:
        text = label
    elif flags & {"false", "no"}:
        return f"没有{label}" if language is Language.CHINESE else f"no {label}"
    elif wanted.values:
        text = "/".join(vocabulary.label(v, language) for v in wanted.values)
    elif wanted.range:
        text = _labelled(label, _range_text(wanted, language, vocabulary), language)
    else:
        text = label
    if not wanted.exclude:
        return text
    return f"不要{text}" if language is Language.CHINESE else f"not {text}"


def _range_text(wanted: AttributeFilter, language: Language, vocabulary: Vocabulary) -> str:
    assert wanted.range is not None
    low, high = wanted.range.minimum, wanted.range.maximum

    def show(value: Decimal) -> str:
        return show_quantity(value, wanted.unit, language, vocabulary)

    if low is not None and high is not None:
        return show(low) if low == high else f"{show(low)}–{show(high)}"
    chinese = language is Language.CHINESE
    if low is not None:
        return f"至少{show(low)}" if chinese else f"at least {show(low)}"
    assert high is not None
    return f"至多{show(high)}" if chinese else f"at most {show(high)}"
