"""What the shopper asked for, wish by wish, and how each product's record answers it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from assistant.answer.quantity import format_quantity
from assistant.answer.record import Finding, Record, Verdict, is_positive, split_words
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
    """Stated wishes, attribute conditions and those query words that tell products apart."""
    found = [Wish(w.strip()) for w in understanding.wishes if w.strip()]
    found += [
        Wish(_filter_text(f, understanding.language, vocabulary), f)
        for f in understanding.filters.attributes
    ]
    said = {word for wish in found for word in split_words(wish.text)}
    for phrase in _query_phrases(understanding.query, records):
        words = set(split_words(phrase))
        if not words <= said:
            found.append(Wish(phrase))
            said |= words
    return tuple(dict.fromkeys(found))


def _query_phrases(query: str, records: Sequence[Record]) -> list[str]:
    """Words of the query that at least one record affirms or denies, longest phrase first.

    What every title says ("mouse" among mice) is no wish any more, and what no record
    speaks of ("for my son") is no property.
    """
    words = [w for w in fold(query).replace("-", " ").split() if w not in STOPWORDS]
    phrases: list[str] = []
    i = 0
    while i < len(words):
        for size in range(min(_PHRASE, len(words) - i), 0, -1):
            phrase = " ".join(words[i : i + size])
            verdicts = [r.says(phrase).verdict for r in records]
            telling = any(v is not Verdict.UNKNOWN for v in verdicts)
            named = all(
                set(split_words(phrase)) <= set(split_words(r.product.title)) for r in records
            )
            if telling and not (named and size == 1):
                phrases.append(phrase)
                break
            if telling:
                break
        else:
            size = 1
        i += size
    return phrases


def judge_wish(
    wish: Wish, record: Record, language: Language, vocabulary: Vocabulary
) -> tuple[Finding, str]:
    """What the record says of the wish, and the wording of that in `language`."""
    if wish.filter is None:
        return record.says(wish.text), wish.text
    return _judge_filter(wish, wish.filter, record, language, vocabulary)


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
        shown = format_quantity(attribute.value, attribute.unit, language)
        text = _labelled(vocabulary.label(wanted.name, language), shown, language)
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


def _filter_text(wanted: AttributeFilter, language: Language, vocabulary: Vocabulary) -> str:
    label = vocabulary.label(wanted.name, language)
    flags = {fold(v) for v in wanted.values}
    if flags & {"true", "yes"}:
        text = label
    elif flags & {"false", "no"}:
        return f"没有{label}" if language is Language.CHINESE else f"no {label}"
    elif wanted.values:
        text = "/".join(vocabulary.label(v, language) for v in wanted.values)
    elif wanted.range:
        text = _labelled(label, _range_text(wanted, language), language)
    else:
        text = label
    if not wanted.exclude:
        return text
    return f"不要{text}" if language is Language.CHINESE else f"not {text}"


def _range_text(wanted: AttributeFilter, language: Language) -> str:
    assert wanted.range is not None
    low, high = wanted.range.minimum, wanted.range.maximum

    def show(value: Decimal) -> str:
        return format_quantity(value, wanted.unit, language)

    if low is not None and high is not None:
        return show(low) if low == high else f"{show(low)}–{show(high)}"
    chinese = language is Language.CHINESE
    if low is not None:
        return f"至少{show(low)}" if chinese else f"at least {show(low)}"
    assert high is not None
    return f"至多{show(high)}" if chinese else f"at most {show(high)}"
