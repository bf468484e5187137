"""How far two products are apart: "the weight of the A is 120 g below that of the B"."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.evaluate.audit.line import ClaimKind, Line
from assistant.evaluate.audit.record import Field
from assistant.evaluate.audit.text import NUMBER, close, find_unit, to_decimal, unit_pattern

_NAME = "[\ue000-\uf8ff]"
_VALUE = rf"(?P<number>{NUMBER})\s?(?P<unit>{unit_pattern()})?"
_GAPS = (
    re.compile(
        rf"the (?P<name>[^{_NAME[1:-1]}]+?) of the (?P<low>{_NAME}) is {_VALUE}[^,.]{{0,12}}? "
        rf"below that of the (?P<high>{_NAME})"
    ),
    re.compile(
        rf"(?P<low>{_NAME})的(?P<name>[^{_NAME[1:-1]}]+?)比(?P<high>{_NAME})低{_VALUE}\w{{0,4}}"
    ),
)


def check_gaps(line: Line) -> None:
    """The difference of two values of one attribute, in the stated unit."""
    for pattern in _GAPS:
        for match in line.each(pattern):
            true = any(
                _is_gap(low, high, to_decimal(match["number"]), match["unit"])
                for low in _fields(line, match["low"], match["name"])
                for high in _fields(line, match["high"], match["name"])
                if low.attribute.name == high.attribute.name
            )
            reason = "" if true else "the records are not so far apart"
            line.add(ClaimKind.COMPARISON, match[0], true, reason)


def _fields(line: Line, character: str, name: str) -> list[Field]:
    ids = line.mentions[ord(character) - 0xE000].ids
    records = (line.records[i] for i in ids if i in line.records)
    return [field for record in records for field in record.named(name)]


def _is_gap(low: Field, high: Field, stated: Decimal, spelled: str | None) -> bool:
    values = []
    for field in (low, high):
        value, unit = field.attribute.value, find_unit(field.attribute.unit)
        if isinstance(value, bool) or not isinstance(value, Decimal):
            return False
        values.append(value * unit.factor if unit else value)
    told = find_unit(spelled)
    return close(values[1] - values[0], stated * told.factor if told else stated)


__all__ = ["check_gaps"]
