"""How far two products are apart, and which of several has the most of an attribute."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.evaluate.audit.line import ClaimKind, Line
from assistant.evaluate.audit.record import Field
from assistant.evaluate.audit.text import (
    COUNT,
    COUNTS,
    NUMBER,
    close,
    find_unit,
    to_decimal,
    unit_pattern,
)

_NAME = "[\ue000-\uf8ff]"
_VALUE = rf"(?P<number>{NUMBER})\s?(?P<unit>{unit_pattern()})?"
_GAPS = (
    re.compile(
        rf"the (?P<name>[^{_NAME[1:-1]}]+?) of the (?P<low>{_NAME}) is {_VALUE}[^,.]{{0,12}}? "
        rf"below that of the (?P<high>{_NAME})"
    ),
    re.compile(
        rf"the (?P<low>{_NAME}) ha(?:s|ve) (?P<number>{NUMBER})(?P<unit>) fewer "
        rf"(?P<name>[^{_NAME[1:-1]}]+?) than the (?P<high>{_NAME})"
    ),
    re.compile(
        rf"(?P<low>{_NAME})的(?P<name>[^{_NAME[1:-1]}]+?)比(?P<high>{_NAME})[低少]{_VALUE}\w{{0,4}}"
    ),
)
_ENDS = (
    re.compile(
        r"(?:has|have|(?P<shared>share)) the "
        r"(?P<way>most|more|highest|higher|fewest|fewer|lowest|lower) "
        rf"(?P<name>[a-z0-9 ()_-]+?) of the (?P<count>{COUNT})"
    ),
    re.compile(
        rf"(?:是|(?P<shared>并列))(?P<count>{COUNT})款中(?P<name>[^,。最{_NAME[1:-1]}]+?)"
        r"最(?P<way>[高多低少])的"
    ),
)
_UPPER = frozenset(("most", "more", "highest", "higher", "高", "多"))


def check_ends(line: Line) -> None:
    """ "A has the most pieces of the three": none of the cards has more, and no other as many."""
    for pattern in _ENDS:
        for match in list(pattern.finditer(line.text)):
            values = {i: _value(line, i, match["name"]) for i in line.cards}
            known = [v for v in values.values() if v is not None]
            if not known:
                continue  # a rating is no attribute
            line.take(*match.span())
            count = COUNTS.get(match["count"]) or int(match["count"])
            best = max(known) if match["way"] in _UPPER else min(known)
            first = {i for i, v in values.items() if v == best}
            named = line.objects(0, match.start()) if match["shared"] else ()
            said = {i for ids in named or line.subjects(match.start()) for i in ids}
            whole = len(known) == len(line.cards) == count
            true = whole and said == first and (len(first) > 1) == bool(match["shared"])
            reason = "" if true else "the values don't say so"
            line.add(ClaimKind.COMPARISON, match[0], true, reason)


def _value(line: Line, product_id: str, name: str) -> Decimal | None:
    record = line.records.get(product_id)
    return next((v for f in (record.named(name) if record else ()) if (v := _base(f))), None)


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
    least, most, told = _base(low), _base(high), find_unit(spelled)
    if least is None or most is None:
        return False
    return close(most - least, stated * told.factor if told else stated)


def _base(field: Field) -> Decimal | None:
    """The number of an attribute in base units."""
    value, unit = field.attribute.value, find_unit(field.attribute.unit)
    if isinstance(value, bool) or not isinstance(value, Decimal):
        return None
    return value * unit.factor if unit else value


__all__ = ["check_ends", "check_gaps"]
