"""Superlatives, comparatives, ties and "the only one"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product as combinations
from typing import NamedTuple

from assistant.evaluate.audit.lexicon import load_lexicon
from assistant.evaluate.audit.line import ClaimKind, Line, Subjects
from assistant.evaluate.audit.record import AuditRecord
from assistant.evaluate.audit.text import COUNT, COUNTS, MENTION, find_unit, latin_words, stem


class _Scale(NamedTuple):
    """What an adjective measures; `names` are words an attribute's name must have."""

    metric: str
    highest: bool
    names: tuple[str, ...] = ()


def _read_scales() -> dict[str, list[_Scale]]:
    table: dict[str, list[_Scale]] = {}
    for row in load_lexicon()["scales"]:
        scale = _Scale(row["metric"], row["highest"], tuple(row["names"]))
        for word in row["words"].split("|"):
            table.setdefault(word, []).append(scale)
    return table


_SCALES = _read_scales()
_SUPERLATIVE_ENDS = ("est", "best", "most", "least", "latest", "worst")


def _join(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_ENGLISH = _join(w for w in _SCALES if w.isascii())
_MOST = _join(w for w in _SCALES if "最" in w)
_MORE = _join(w for w in _SCALES if not w.isascii() and "最" not in w)
_OF = (
    r"(?: (?:one|option|choice|product|pick))?"
    rf"(?: (?:of|among|out of)(?: the| these| all)*(?: (?P<count>{COUNT}))?)?"
)
_PATTERN_EN = re.compile(
    rf"(?P<tied>(?:tied|ties)(?: with (?P<with>.{{0,40}}?))? (?:for|"
    rf"as)(?: the)? )?(?<![a-z-])(?P<word>{_ENGLISH})(?![a-z])"
    rf"(?P<than> than(?: the| both)? ?(?P<object>{MENTION}(?:,? (?:and|"
    rf"or) (?:the )?{MENTION})?|other(?: (?:one|two|three|four|five)|"
    rf"s)?|rest)?)?{_OF}"
)
_MOST_ZH = rf"(?:(?P<count>{COUNT})款(?:商品|产品)?(?:中|里)?(?:是)?)?(?P<word>(?:{_MOST}))(?:的)?"
_PATTERN_ZH = re.compile(
    rf"(?P<tied>(?:与|和)(?P<with>{MENTION}(?:、{MENTION})*)并列|并列)?{_MOST_ZH}|"
    rf"比(?P<object>{MENTION})(?:还|要|更|都)?(?P<than>{_MORE})(?!了?\s?\d)"
)
_SAME = re.compile(
    r"(?:have|has|share|at|are)(?: both)?(?: of)? the same (?P<what>[a-z ]+?)(?= (?:as|"
    r"of|and|but)\b|[,.;]|$)|"
    rf"(?:{COUNT}款)?(?:的)?(?P<zh>[^\s,。{MENTION[1:-1]}]{{1,8}}?)(?:都|均)?(?:相同|一样)"
)
_EXCLUSIVE = re.compile(r"\bthe only (?!\d)(?:one|product|option|choice|model)?|唯一")


def check_ranks(line: Line) -> None:
    """Every claim of order among the products on the cards."""
    for match in line.each(_PATTERN_EN):
        word = match["word"]
        if word == "cheap" or (
            word in ("larger", "longer") and match["object"] is None and not match["count"]
        ):
            line.add(ClaimKind.COMPARISON, match[0], None, "no comparison to check")
            continue
        superlative = word.split()[0].split("-")[0].endswith(_SUPERLATIVE_ENDS)
        _judge(line, match, word, superlative or bool(match["count"]))
    for match in line.each(_PATTERN_ZH):
        word = match["word"] or match["than"]
        _judge(line, match, word, superlative=bool(match["word"]))
    _check_same(line)
    for match in line.each(_EXCLUSIVE):
        line.add(ClaimKind.COMPARISON, match[0], False, "nobody can vouch for the only one")


def _judge(line: Line, match: re.Match[str], word: str, superlative: bool) -> None:
    groups = match.groupdict()
    subjects = line.subjects(match.start())
    others = line.objects(match.start(), match.end())
    tied = groups.get("tied")
    if not others and not superlative:
        # "A is cheaper, while B is more expensive" compares the two.
        own = {i for ids in subjects for i in ids}
        others = tuple(m.ids for m in line.mentions if not own & set(m.ids))
    rivals = others if others and not tied else _rest(line, subjects)
    count = groups.get("count")
    if count and (reason := _wrong_count(line, count, subjects)):
        line.add(ClaimKind.COMPARISON, match[0], False, reason)
        return
    if tied and others:
        subjects = (*subjects, *others)
        rivals = _rest(line, subjects)
    true = any(
        _ranks(line, scale, subjects, rivals, strict=not superlative, tied=bool(tied))
        for scale in _SCALES[word]
    )
    line.add(ClaimKind.COMPARISON, match[0], true, "" if true else "the values don't say so")


def _rest(line: Line, subjects: Subjects) -> Subjects:
    own = {i for ids in subjects for i in ids}
    return tuple((i,) for i in line.cards if i not in own)


def _wrong_count(line: Line, word: str, subjects: Subjects) -> str:
    """Why "of the three" is not how many there are to choose from."""
    count = COUNTS.get(word) or (int(word) if word.isdigit() else 0)
    named = {i for m in line.mentions for i in m.ids}
    if count in (len(line.cards), len(named)) or not count:
        return ""
    return f"there are {len(line.cards)}"


def _ranks(
    line: Line, scale: _Scale, subjects: Subjects, rivals: Subjects, *, strict: bool, tied: bool
) -> bool:
    """Whether the subjects come before all rivals, by any reading of the scale."""
    if not subjects or (not rivals and not tied):
        return False
    everyone = [ids[0] for ids in (*subjects, *rivals)]
    for own in combinations(*subjects):
        for values in _values(line, scale, [*own, *everyone[len(own) :]]):
            mine, theirs = values[: len(own)], values[len(own) :]
            sign = 1 if scale.highest else -1
            if tied and len(set(mine)) > 1:
                continue
            if strict and not tied and len(own) == 1:
                if all(sign * mine[0] > sign * value for value in theirs):
                    return True
            # A first place may be shared only where the sentence says so.
            elif all(sign * m >= sign * v for m in mine for v in theirs) and (
                tied or len(own) > 1 or not set(mine) & set(theirs)
            ):
                return True
    return False


def _values(line: Line, scale: _Scale, ids: Sequence[str]) -> list[list[Decimal]]:
    """The values of the products, one list for each attribute that may be meant."""
    records = [line.records[i] for i in ids if i in line.records]
    if scale.metric != "attribute":
        found = [_core(record, scale.metric) for record in records]
        return [[v for v in found if v is not None]] if None not in found else []
    names = {
        field.attribute.name
        for record in records
        for field in record.fields
        if isinstance(field.attribute.value, Decimal) and _is_called(field.names, scale.names)
    }
    lists = []
    for name in names:
        measured = [_measure(record, name) for record in records]
        if None not in measured:
            lists.append([m for m in measured if m is not None])
    return lists


def _is_called(names: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(
        word in name if not word.isascii() else stem(word) in {stem(w) for w in latin_words(name)}
        for name in names
        for word in wanted
    )


def _core(record: AuditRecord, metric: str) -> Decimal | None:
    product = record.product
    if metric == "price":
        return product.price
    if metric == "rating":
        return product.rating
    if metric == "count":
        return Decimal(product.rating_count)
    return Decimal(product.released.toordinal()) if product.released else None


def _measure(record: AuditRecord, name: str) -> Decimal | None:
    attribute = record.product.attribute(name)
    if attribute is None or not isinstance(attribute.value, Decimal):
        return None
    unit = find_unit(attribute.unit)
    return attribute.value * (unit.factor if unit else 1)


def _check_same(line: Line) -> None:
    """ "Both have the same price": equal values under that name."""
    core = {"price": "price", "rating": "rating", "价格": "price", "评分": "rating"}
    for match in line.each(_SAME):
        what = (match["what"] or match["zh"]).strip()
        subjects = line.subjects(match.start())
        group = subjects if len(subjects) > 1 else tuple((i,) for i in line.cards)
        records = [line.records[ids[0]] for ids in group if ids[0] in line.records]
        if what in core:
            values = {_core(r, core[what]) for r in records}
        else:
            held = [next((str(f.attribute.value) for f in r.named(what)), None) for r in records]
            values = set(held)  # type: ignore[arg-type]
        true = len(values) == 1 and None not in values
        line.add(ClaimKind.COMPARISON, match[0], true, "" if true else "they differ")
