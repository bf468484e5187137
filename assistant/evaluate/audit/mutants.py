"""True sentences made false, to measure what the auditor's silence is worth.

Each mutant changes one thing that was claimed: a number, a name, a word of comparison, a
state, an attribute's value. A change that may leave the sentence true is not made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from assistant.evaluate.audit.auditor import Auditor
from assistant.evaluate.audit.line import ClaimKind
from assistant.evaluate.audit.names import mask_names
from assistant.evaluate.audit.record import AuditRecord
from assistant.evaluate.audit.text import MENTION, NUMBER
from assistant.evaluate.transcript import ShownTurn

_COMPARISONS = (
    ("under your budget", "over your budget"),
    ("预算低", "预算高"),
    ("cheapest", "most expensive"),
    ("cheaper", "more expensive"),
    ("best rated", "worst rated"),
    ("better rated", "worse rated"),
    ("lightest", "heaviest"),
    ("lighter", "heavier"),
    ("quietest", "loudest"),
    ("quieter", "louder"),
    ("longest lasting", "shortest lasting"),
    ("thinnest", "thickest"),
    ("newest", "oldest"),
    ("最便宜", "最贵"),
    ("评分最高", "评分最低"),
    ("最轻", "最重"),
    ("最安静", "最吵"),
    ("最薄", "最厚"),
    ("最新", "最旧"),
    ("续航最长", "续航最短"),
)
_STATES = (
    ("in stock", "sold out"),
    ("sold out", "in stock"),
    ("有货", "已售罄"),
    ("已售罄", "有货"),
    (": yes", ": no"),
    (": no", ": yes"),
    ("：是", "：否"),
    ("：否", "：是"),
)
# Numbers are changed by what nobody would call rounding.
_STEP = Decimal("0.15")


class Mutant(NamedTuple):
    """A sentence made false, and what was changed."""

    change: str
    text: str


def make_mutants(turn: ShownTurn, text: str, records: dict[str, AuditRecord]) -> Iterator[Mutant]:
    """Every mutant of a true sentence of `turn`."""
    yield from _numbers(text, records)
    yield from _words(text, "comparison", _COMPARISONS)
    yield from _words(text, "state", _STATES)
    yield from _names(turn, text, records)
    yield from _values(text, records)


def _words(text: str, change: str, pairs: Sequence[tuple[str, str]]) -> Iterator[Mutant]:
    for word, opposite in pairs:
        start = text.find(word)
        boundary = start > 0 and text[start - 1].isascii() and text[start - 1].isalnum()
        # "only 4 left in stock" and 仅剩4件 say more than "in stock".
        if (
            start >= 0
            and not boundary
            and "left" not in text
            and "tied" not in text
            and "并列" not in text
        ):
            yield Mutant(change, text[:start] + opposite + text[start + len(word) :])


def _numbers(text: str, records: dict[str, AuditRecord]) -> Iterator[Mutant]:
    masked, mentions = mask_names(text, records, {})
    for match in re.finditer(rf"(?<![\w.,-]){NUMBER}(?![\d.]*\w*-)", masked):
        whole = masked[: match.start()] + _changed(match[0]) + masked[match.end() :]
        names = iter(mentions)
        yield Mutant("number", re.sub(MENTION, lambda _, n=names: next(n).text, whole))  # type: ignore[misc]


def _changed(number: str) -> str:
    value = Decimal(number.replace(",", ""))
    # "of 5", 满分5分: the scale stays a number that no rating scale is.
    step = max(value * _STEP, Decimal(2) if value == value.to_integral_value() else Decimal("0.7"))
    places = len(number.partition(".")[2])
    return f"{value + step:.{places}f}"


def _names(turn: ShownTurn, text: str, records: dict[str, AuditRecord]) -> Iterator[Mutant]:
    """Another card's name in place of the only one, where the two cost something else."""
    masked, mentions = mask_names(text, records, {})
    if len(mentions) != 1 or len(mentions[0].ids) != 1:
        return
    own = records[mentions[0].ids[0]].product
    for other in turn.cards:
        record = records.get(other)
        if record is None or other == own.id:
            continue
        rival = record.product
        if rival.price != own.price and _costs(text, own.price):
            title = rival.title_in(turn.language)
            yield Mutant("name", re.sub(MENTION, lambda _, t=title: t, masked))  # type: ignore[misc]
            return


def _costs(text: str, price: Decimal | None) -> bool:
    """Whether the sentence states the price: then another name makes it false."""
    if price is None:
        return False
    shown = f"{price.normalize():f}"
    return f"{price:,}" in text or f"{int(price):,}" in text or shown in text


def _values(text: str, records: dict[str, AuditRecord]) -> Iterator[Mutant]:
    """An attribute's text value replaced by another product's of the same attribute."""
    for record in records.values():
        for field in record.fields:
            value = str(field.attribute.value)
            if isinstance(field.attribute.value, bool) or len(value) < 4 or value not in text:
                continue
            start = text.find(value)
            if not re.search(r"(?:is|:|：|是)\s*$", text[:start]):
                continue
            for rival in records.values():
                other = rival.product.attribute(field.attribute.name)
                if other and isinstance(other.value, str) and not _overlap(other.value, value):
                    yield Mutant("value", text[:start] + other.value + text[start + len(value) :])
                    return


def _overlap(one: str, other: str) -> bool:
    return one.lower() in other.lower() or other.lower() in one.lower()


def measure_auditor(
    auditor: Auditor, turns: Sequence[ShownTurn]
) -> tuple[dict[str, tuple[int, int]], list[Mutant]]:
    """(caught, made) by kind of change over the true sentences of `turns`, and what passed."""
    counts: dict[str, list[int]] = {}
    passed: list[Mutant] = []
    for turn in turns:
        for sentence in turn.sentences:
            claims, _ = auditor.check(turn, sentence.text, sentence.product_ids, ())
            kinds = {claim.kind for claim in claims} - {ClaimKind.SILENCE}
            if not kinds or any(claim.true is False for claim in claims):
                continue
            records = auditor.records(turn)
            for mutant in dict.fromkeys(make_mutants(turn, sentence.text, records)):
                found, _ = auditor.check(turn, mutant.text, sentence.product_ids, ())
                caught = any(claim.true is False for claim in found)
                count = counts.setdefault(mutant.change, [0, 0])
                count[0] += caught
                count[1] += 1
                if not caught:
                    passed.append(mutant)
    return {change: (c, n) for change, (c, n) in counts.items()}, passed
