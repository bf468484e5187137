"""Specifications: a named attribute with its value, and every number that is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from assistant.evaluate.audit.line import ClaimKind, Line, Subjects
from assistant.evaluate.audit.record import NO, YES, AuditRecord, Field, value_agrees
from assistant.evaluate.audit.text import (
    CJK,
    COUNT,
    HAS_CJK,
    NUMBER,
    find_unit,
    latin_words,
    stem,
    to_decimal,
    unit_pattern,
)
from assistant.evaluate.audit.translation import english_of

_COPULA = re.compile(
    r"^\s*(?:(?:is|are|of|was|at)\b|:|是|为|达到|达|有)\s*:?\s*(?:(?:only|just)\b\s*|仅)?"
)
_MEASURE = re.compile(rf"(?<![a-z0-9.,]){NUMBER}(?![a-z]*\d)")
_UNIT = re.compile(rf"^\s?-?(?P<unit>{unit_pattern()})")
_WEIGHS = re.compile(r"(?:weighs?(?: only| just| about)?|(?<![承载])重量?(?:仅|约|为|是)?)\s*$")
_OF_COUNT = re.compile(
    rf"\b(?:of|the|all|these|both) (?:the )?{COUNT}\b(?! ?\w*%)|{COUNT}款|\bboth\b"
)
_NOUN_AFTER = re.compile(
    r"^\s*(?:of |的)?(?P<noun>memory|ram|storage|内存|存储|battery|续航|power|功率)"
)
_FULL = re.compile(r"\(?满分5分\)?|out of 5|of 5")
_CHINESE_VALUE = re.compile(rf"[{CJK}]+")
_CHINESE_UNIT = re.compile(r"^\s?(?P<unit>[\u4e00-\u9fff]{1,3})")


def check_attributes(line: Line) -> None:
    """ "the weight is 1.2 kg", "重量是1.2公斤": the attribute of that name has that value."""
    names = _names(line)
    for name in names:
        start = line.text.find(name)
        while start >= 0:
            end = start + len(name)
            copula = _COPULA.match(line.text[end:])
            if copula and _bounded(line.text, start, end):
                _judge_value(line, name, start, end + copula.end())
            start = line.text.find(name, end)


def _names(line: Line) -> list[str]:
    """Names of attributes of the products at hand, the longest first."""
    ids = {i for m in line.mentions for i in m.ids} | set(line.hint) | set(line.cards)
    names = {n for i in ids if i in line.records for f in line.records[i].fields for n in f.names}
    return sorted((n for n in names if n in line.text), key=len, reverse=True)


def _bounded(text: str, start: int, end: int) -> bool:
    if HAS_CJK.search(text[start:end]):
        return True
    return not (start and text[start - 1].isalnum() and text[start - 1].isascii()) and not (
        end < len(text) and text[end].isalnum() and text[end].isascii()
    )


def _judge_value(line: Line, name: str, start: int, at: int) -> None:
    subjects = line.subjects(start)
    # A value may hold a word that some product is called by.
    rest = line.unmask(line.text[at:]).lower()
    ends: list[int] = []

    def agrees(record: AuditRecord) -> bool:
        lengths = [n for field in record.named(name) for n in _value_lengths(rest, field)]
        ends.extend(lengths)
        return bool(lengths)

    has = [line.records[i] for ids in subjects for i in ids if i in line.records]
    true = line.holds(subjects, agrees)
    if not true and not any(True for r in has for _ in r.named(name)):
        reason = "the record has no such attribute"
    else:
        reason = "" if true else "the record has another value"
    shown = re.split(r"[,。;]|\band\b", rest, maxsplit=1)[0].strip()
    line.add(ClaimKind.SPECIFICATION, f"{name}: {shown}", true, reason)
    line.take(start, at + max(ends, default=len(shown) + 1))


def _value_lengths(rest: str, field: Field) -> Iterator[int]:
    """How much of `rest` writes the attribute's value; nothing where it doesn't."""
    flag = field.flag
    if flag is not None:
        for word in YES if flag else NO:
            if rest.startswith(word):
                yield len(word)
        return
    value = field.attribute.value
    if isinstance(value, Decimal):
        if match := re.match(rf"-?{NUMBER}", rest):
            unit = _UNIT.match(rest[match.end() :])
            if value_agrees(match[0], unit["unit"] if unit else None, field.attribute):
                yield match.end() + (unit.end() if unit else 0)
        return
    for text in field.renderings:
        if rest.startswith(text):
            yield len(text)
    run = _CHINESE_VALUE.match(rest)
    if run and set(english_of(run[0].removesuffix("的"))) & set(field.renderings):
        yield run.end()


def check_numbers(line: Line) -> None:
    """Every number that is left stands in the record of the product, in the same measure."""
    for match in line.each(_FULL):
        del match
    for match in line.each(_OF_COUNT):
        del match
    for match in list(_MEASURE.finditer(line.text)):
        unit = _UNIT.match(line.text[match.end() :]) or _CHINESE_UNIT.match(
            line.text[match.end() :]
        )
        spelled = unit["unit"] if unit else None
        subjects = line.subjects(match.start())
        number = to_decimal(match[0])
        if (
            line.text[: match.start()].endswith("-")
            and not line.text[: match.start() - 1].strip()[-1:].isalnum()
        ):
            number = -number
        true = line.holds(subjects, lambda r, n=number, u=spelled: _has(r, n, u))  # type: ignore[misc]
        reason = "" if true else "this number is not in the record"
        if true and (other := _wrong_attribute(line, match, number, spelled, subjects)):
            true, reason = False, other
        line.add(ClaimKind.SPECIFICATION, match[0] + (spelled or ""), true, reason)
        line.take(match.start(), match.end() + (unit.end() if unit and find_unit(spelled) else 0))


def _has(record: AuditRecord, number: Decimal, unit: str | None) -> bool:
    if find_unit(unit):
        return record.states(number, unit)
    return any(abs(number) == abs(m.value) for m in record.measures)


def _wrong_attribute(
    line: Line, match: re.Match[str], number: Decimal, unit: str | None, subjects: Subjects
) -> str:
    """Why the number is another attribute's than the one it is said of."""
    noun = _NOUN_AFTER.match(line.text[match.end() + len(unit or "") :].lstrip(" "))
    wanted = (
        noun["noun"] if noun else "weight" if _WEIGHS.search(line.text[: match.start()]) else ""
    )
    if not wanted:
        return ""
    same = {
        "ram": "memory",
        "内存": "memory",
        "存储": "storage",
        "续航": "battery",
        "功率": "power",
    }
    word = stem(same.get(wanted, wanted))

    def fits(record: AuditRecord) -> bool:
        fields = [f for f in record.fields if _is_about(f, word)]
        numbers = [f for f in fields if isinstance(f.attribute.value, Decimal)]
        return not numbers or any(value_agrees(str(number), unit, f.attribute) for f in numbers)

    return "" if line.holds(subjects, fits) else f"not its {wanted}"


def _is_about(field: Field, word: str) -> bool:
    return any(word in {stem(w) for w in latin_words(name)} for name in field.names)
