"""Wishes met and missed, and what the catalogue is said to be silent on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from assistant.evaluate.audit.lexicon import load_lexicon
from assistant.evaluate.audit.line import ClaimKind, Line, Subjects
from assistant.evaluate.audit.record import AuditRecord, value_agrees
from assistant.evaluate.audit.text import (
    HAS_CJK,
    NUMBER,
    latin_words,
    stem,
    to_decimal,
    unit_pattern,
)
from assistant.evaluate.audit.translation import english_of

_END = (
    r"(?=\s*(?:\.(?!\d)|[;。]|"
    r",? (?:and |also )*(?:is|are|has|have|costs?|comes|includes|but|which|while|it)\b|"
    r", (?:and )?(?:the )?(?:best|cheapest|lightest|quietest|rated)\b|"
    r",\s?(?:但|而|且|并|目录|是|售价|价格|比|评分|有货|仅剩|已)|$))"
)
_MISS = re.compile(
    rf"(?:does not match|doesn't match|misses|不符合(?:您的要求)?)[:\s]*(?P<what>.+?){_END}"
)
_MATCH = re.compile(
    rf"(?:match(?:es|ing)?|meets? your wish(?:es)?)[:\s]*(?P<what>.+?){_END}|"
    r"(?<!不)符合(?:您的要求|您对|要求)?(?!\s*\d[\d.,]*\s?(?:[美欧]?元|英镑)的?预算)[:\s]*"
    r"(?P<zh>[^,;。]+?)(?:的?(?:要求|规格|标准))?的?(?=[,;。]|$)"
)
_SILENT = re.compile(
    rf"(?:the )?(?:catalogue|catalog|record|listing) (?:doesn't|does not|"
    rf"doesn’t) (?:say|mention|tell|state|specify)[:\s]*(?:(?:whether|"
    rf"if|that|how|about)\b ?(?:it|they)?(?: is| are| has| have)?)?(?P<what>.*?){_END}|"
    r"(?:目录|商品记录|商品信息)(?:里|中)?(?:没有|未)(?:说明|提到|提及|写明|标明)(?P<zh>[^。;]*)"
)
_NEGATED = re.compile(
    r"\b(?:is not|isn't|are not|aren't|does not have|doesn't have|has no|"
    r"have no|without|lacks|not|no) (?:an? |any |the )?(?P<en>[a-z-]+(?: [a-z-]+)?)|"
    r""
    r"(?:不是|不带|不支持|没有|不含|不具备|并非|无法|不能|不|无|非)(?P<zh>[^\s,。;、:\ue000-\uf8ff]{1,6})"
)
_ITEMS = re.compile(r"\s*(?:,\s*(?:and |or )?|\s+(?:and|or)\s+|、|和|以及)\s*")
_MEASURE = re.compile(rf"^({NUMBER})\s?-?({unit_pattern()})?$")
_NOT = re.compile(r"^(?:not|no|without|non)[ -]|^(?:不要|不是|不含|不带|不|无|非|没有)")
_FREE = re.compile(r"[ -]free$")
_AVERAGE = {"person", "one", "it"}


def check_wishes(line: Line) -> None:
    """ "matches: quiet" needs the record to say quiet; "misses" and "doesn't say" not to."""
    for match in line.each(_SILENT):
        _judge_all(line, match, match["what"] or match["zh"] or "", _silent)
    for match in line.each(_MISS):
        _judge_all(line, match, match["what"], _missed)
    for match in line.each(_MATCH):
        _judge_all(line, match, match["what"] or match["zh"], _met)


def check_negations(line: Line) -> None:
    """ "is not waterproof" is false of what the record calls waterproof."""
    for match in line.each(_NEGATED):
        phrase = (match["en"] or match["zh"] or "").strip()
        words = phrase.split() if match["en"] else [phrase]
        if not words:
            continue
        options = dict.fromkeys((phrase, words[0], words[-1]))
        subjects = line.subjects(match.start())
        denied = [p for p in options if line.holds(subjects, lambda r, q=p: _affirms(r, q))]  # type: ignore[misc]
        allowed = any(line.holds(subjects, lambda r, q=p: r.flag(q) is False) for p in options)  # type: ignore[misc]
        true = allowed or not denied
        line.add(
            ClaimKind.SPECIFICATION,
            match[0],
            true if allowed or denied else None,
            "" if true else f"the record says {denied[0]}",
        )


def _judge_all(line: Line, match: re.Match[str], what: str, test: object) -> None:
    subjects = line.subjects(match.start())
    for item in _items(what):
        verdicts = [
            any(test(line.records[i], item) for i in ids if i in line.records)  # type: ignore[operator]
            for ids in subjects
        ]
        true: bool | None = bool(verdicts) and all(verdicts)
        if not true and test is _met and _is_said_kind(line, item, subjects):
            true = None
        kind = ClaimKind.SILENCE if test is _silent else ClaimKind.SPECIFICATION
        reason = {
            _met: "the record doesn't say so",
            _missed: "the record says it",
            _silent: "the record says it",
        }
        line.add(kind, f"{match[0][:18].strip()}… {item}", true, "" if true else reason[test])  # type: ignore[index]


def _is_said_kind(line: Line, phrase: str, subjects: Subjects) -> bool:
    """Whether it is the shopper's own word for a kind of thing, of which the record says part."""
    words = latin_words(phrase)
    said = any(phrase in message.lower() for message in line.said)
    records = [line.records[i] for ids in subjects for i in ids if i in line.records]
    return len(words) > 1 and said and all(any(r.says(w) for w in words) for r in records)


def _items(what: str) -> list[str]:
    pieces = (p.strip(" .:'\"“”") for p in _ITEMS.split(what))
    bare = (re.sub(r"^(?:the|an?|also|both) ", "", p).removesuffix("的要求") for p in pieces)
    return [p for p in bare if p and p not in _AVERAGE]


# ------------------------------------------------------------------ verdicts


def _met(record: AuditRecord, phrase: str) -> bool:
    if negated := _NOT.match(phrase):
        rest = phrase[negated.end() :].strip()
        return not _affirms(record, rest) or record.flag(rest) is False or backs(record, phrase)
    return backs(record, phrase)


def _missed(record: AuditRecord, phrase: str) -> bool:
    if record.flag(phrase) is False:
        return True  # "fragrance-free: no"
    if negated := _NOT.match(phrase):
        return backs(record, phrase[negated.end() :].strip())
    return record.flag(phrase) is False or not _affirms(record, phrase)


def _silent(record: AuditRecord, phrase: str) -> bool:
    """Whether no attribute is called so and no statement says it."""
    if record.flag(phrase) is not None or any(True for _ in record.named(phrase)):
        return False
    measure = _MEASURE.match(phrase)
    if measure and measure[2]:
        return not record.states(to_decimal(measure[1]), measure[2], strict=True)
    if measure:
        return True
    return not record.says(phrase)


def _affirms(record: AuditRecord, phrase: str) -> bool:
    """Whether title or attributes say `phrase` as it stands."""
    flags = {flag for wording in _wordings(phrase) if (flag := record.flag(wording)) is not None}
    if flags:
        return True in flags
    measure = _MEASURE.match(phrase)
    if measure:
        return record.states(to_decimal(measure[1]), measure[2], strict=True)
    return len(phrase) > (1 if HAS_CJK.search(phrase) else 2) and record.says(phrase, hard=True)


def backs(record: AuditRecord, phrase: str) -> bool:
    """Whether the record says `phrase`, in other words or the other language perhaps."""
    if record.flag(phrase) is False:
        return False
    measure = _MEASURE.match(phrase)
    if measure and (record.states(to_decimal(measure[1]), measure[2]) or not measure[2]):
        return record.says(measure[1]) or record.states(to_decimal(measure[1]), measure[2])
    if _is_attribute(record, phrase):
        return True
    if len(parts := phrase.split(" with ")) > 1:
        return all(backs(record, part) for part in parts)
    return any(record.flag(p) or record.says(p) for p in _wordings(phrase)) or _backs_parts(
        record, phrase
    )


def _is_attribute(record: AuditRecord, phrase: str) -> bool:
    """ "load capacity 8 kg": the attribute of that name has that value."""
    for field in record.fields:
        for name in field.names:
            rest = phrase.removeprefix(name).strip(" :")
            if phrase.startswith(name) and rest in field.renderings:
                return True
            measure = _MEASURE.match(rest) if phrase.startswith(name) else None
            if measure and value_agrees(measure[1], measure[2], field.attribute):
                return True
    return False


def _backs_parts(record: AuditRecord, phrase: str) -> bool:
    """Every word of the phrase by itself, in any wording."""
    if HAS_CJK.search(phrase):
        return False
    words = [w for w in latin_words(phrase) if len(w) > 1 and w not in ("for", "with", "of", "the")]
    return len(words) > 1 and all(any(record.says(w) for w in _wordings(word)) for word in words)


def _wordings(phrase: str) -> Iterator[str]:
    yield phrase
    yield phrase.removesuffix("的")
    yield _FREE.sub("", phrase)
    if "-" in phrase:
        yield phrase.replace("-", " ")
    for group in _same():
        if phrase in group or stem(phrase) in {stem(w) for w in group if w.isascii()}:
            yield from group
    if HAS_CJK.search(phrase):
        yield from english_of(phrase.removesuffix("的"))


@cache
def _same() -> tuple[frozenset[str], ...]:
    """Words that say the same of a product, group by group."""
    return tuple(frozenset(group.split()) for group in load_lexicon()["same"])


def any_backs(records: Iterable[AuditRecord], phrase: str) -> bool:
    """Whether one of the records says `phrase`."""
    return any(backs(record, phrase) for record in records)
