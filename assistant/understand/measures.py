"""Measured conditions ("at least 16 GB RAM", 55寸以上); plain measures are wishes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from assistant.understand import price_words as words
from assistant.understand.lexicon import Kind, Lexicon
from assistant.understand.numbers import NUMBER, parse_number
from assistant.understand.scan import Scan
from retrieval.types import AttributeFilter, AttributeKind, AttributeProfile, Range, Vocabulary
from retrieval.units import UNITS, find_unit

# The attribute's name stands this close to the number ("16 GB of RAM", 内存至少16GB).
NEARBY = 24

# What shoppers call an attribute whose name holds the word on the right.
_CALLED = {
    "ram": "memory", "运行内存": "memory", "运存": "memory", "ssd": "storage", "hdd": "storage",
    "disk": "storage", "hard drive": "storage", "硬盘": "storage", "固态": "storage",
    "screen": "display", "屏幕": "display", "屏": "display", "wattage": "power", "瓦数": "power",
}  # fmt: skip

_UNIT = "|".join(
    re.escape(u) + (r"(?![a-z])" if u[-1].isascii() and u[-1].isalpha() else "")
    for u in sorted(UNITS, key=len, reverse=True)
)
MEASURE = re.compile(
    rf"(?<![a-z0-9.,_/-])(?P<low>{NUMBER})(?:\s?(?:-|to|到|至|~)\s?(?P<high>{NUMBER}))?\s?-?(?P<unit>{_UNIT})"
)


def read_measures(
    scan: Scan, vocabulary: Vocabulary, lexicon: Lexicon
) -> tuple[tuple[AttributeFilter, ...], tuple[str, ...]]:
    """Bounded measures as hard conditions, all others as wishes.

    Only a stated bound ("at least", 以上) whose attribute is certain filters; its words stay
    in the search text without the bound. A plain "27 inch" only ranks.
    """
    filters: list[AttributeFilter] = []
    wishes: list[str] = []
    for match in scan.find(MEASURE):
        text = " ".join(scan.text[match.start("low") : match.end()].split())
        before, after = scan.free[: match.start()], scan.free[match.end() :]
        prefix, suffix = words.PREFIXES.match_end(before), words.SUFFIXES.match_start(after)
        bound = next(
            (w.meaning for w in (suffix, prefix) if w and w.meaning not in ("AROUND", "RANGE")),
            None,
        )
        wanted = _interval(match, bound)
        if wanted is None or bound is None:
            wishes.append(text.lower())
            continue
        profile = _attribute(scan, match, vocabulary, lexicon)
        if profile is not None:
            filters.append(AttributeFilter(name=profile.name, range=wanted, unit=match["unit"]))
        else:
            wishes.append(text.lower())
        if prefix:
            scan.take(prefix.start, prefix.end)
        if suffix:
            scan.take(match.end() + suffix.start, match.end() + suffix.end)
    return tuple(filters), tuple(dict.fromkeys(wishes))


def _interval(match: re.Match[str], bound: str | None) -> Range | None:
    """The interval of a measure under `bound`."""
    low = parse_number(match["low"])
    high = parse_number(match["high"]) if match["high"] else low
    if low is None or high is None:
        return None
    first, last = sorted((low[0], high[1]))
    if first != last:
        return Range(minimum=first, maximum=last)
    return _bounded(first, bound)


def _bounded(value: Decimal, bound: str | None) -> Range | None:
    match bound:
        case "BELOW":
            return Range(maximum=value, exclusive_maximum=True)
        case "AT_MOST":
            return Range(maximum=value)
        case "ABOVE":
            return Range(minimum=value, exclusive_minimum=True)
        case "AT_LEAST":
            return Range(minimum=value)
    return None


def _attribute(
    scan: Scan, match: re.Match[str], vocabulary: Vocabulary, lexicon: Lexicon
) -> AttributeProfile | None:
    """The one numeric attribute meant: named nearby, else the only one with such a unit."""
    unit = find_unit(match["unit"])
    fitting = [p for p in _measured(vocabulary) if unit and _base(p) == unit.base]
    start = max(0, match.start() - NEARBY)
    window = scan.free[start : match.start()] + " " + scan.free[match.end() : match.end() + NEARBY]
    named = {
        meaning.canonical
        for mention in lexicon.mentions(window)
        for meaning in mention.of(Kind.ATTRIBUTE)
    }
    called = {word for said, word in _CALLED.items() if said in window}
    for chosen in (
        [p for p in fitting if p.name in named],
        [p for p in fitting if called & set(p.name.split("_"))],
    ):
        if len(chosen) == 1:
            return chosen[0]
    return fitting[0] if len(fitting) == 1 else None


def _measured(vocabulary: Vocabulary) -> Iterable[AttributeProfile]:
    return (p for p in vocabulary.attributes.values() if p.kind is AttributeKind.NUMBER)


def _base(profile: AttributeProfile) -> str | None:
    unit = find_unit(profile.unit)
    return unit.base if unit else None
