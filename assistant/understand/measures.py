"""Measured conditions ("at least 16 GB RAM", 55寸以上); plain measures are wishes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from assistant.understand import measure_words as said
from assistant.understand import price_words as words
from assistant.understand.lexicon import Kind, Lexicon
from assistant.understand.numbers import NUMBER, parse_number
from assistant.understand.scan import Scan
from retrieval.types import AttributeFilter, AttributeKind, AttributeProfile, Range, Vocabulary
from retrieval.units import UNITS, Unit, find_unit

# The attribute's name stands this close to the number ("16 GB of RAM", 内存至少16GB).
NEARBY = 24
# An attribute that fewer of a category's products have is not what is measured of them.
COMMON_SHARE = 0.15
# Where so many of a category's products state a count, those without it are few enough to lose.
STATED_SHARE = 0.8
# One attribute is meant where it is so much more common than the next.
DOMINANT = 3

_UNIT = "|".join(
    re.escape(u) + (r"(?![a-z])" if u[-1].isascii() and u[-1].isalpha() else "")
    for u in sorted(UNITS, key=len, reverse=True)
)
_NUMBERS = (
    rf"(?<![a-z0-9_/-])(?<!\d[.,])(?P<sign>[-−]|minus\s|负|零下)?(?P<low>{NUMBER})"
    rf"(?:\s?(?:{_UNIT})?\s?(?P<joint>-|to|到|至|~|and|和)\s?(?P<high>{NUMBER}))?"
)
MEASURE = re.compile(rf"{_NUMBERS}\s?-?(?P<unit>{_UNIT})")


_UNIT_AFTER = re.compile(rf"\s?-?(?:{_UNIT})")


def is_measured(text: str, end: int) -> bool:
    """Whether the number that ends at text[end] has a unit: 16GB and 1.3公斤 are no prices."""
    return bool(_UNIT_AFTER.match(text, end))


@dataclass(frozen=True, slots=True)
class _Measure:
    """A number or two with what they measure, and the span with the words that bound it."""

    wanted: Range
    unit: str | None
    fitting: tuple[AttributeProfile, ...]
    hints: frozenset[str]
    start: int
    end: int
    exact: bool = False


class MeasureReader:
    """Reads measures of one catalogue's attributes."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._numeric = tuple(
            p for p in vocabulary.attributes.values() if p.kind is AttributeKind.NUMBER
        )
        self._counted = dict(_counted_nouns(self._numeric, vocabulary))
        nouns = sorted(self._counted, key=len, reverse=True)
        ends = (re.escape(n) + (r"(?![a-z])" if n.isascii() else "") for n in nouns)
        self._count = re.compile(rf"{_NUMBERS}\s?-?(?P<unit>{'|'.join(ends)})") if nouns else None

    def read(
        self, scan: Scan, topic: str = ""
    ) -> tuple[tuple[AttributeFilter, ...], tuple[str, ...]]:
        """Bounded measures as hard conditions, all others as wishes.

        Only a stated bound ("at least", 以上, "lighter than", "10 to 20") whose attribute is
        certain filters; its words stay in the search text without the bound. A plain
        "27 inch" only ranks, but counted things filter where nearly all of the category state
        them ("2-person tent"). `topic` is what the conversation is about so far.
        """
        filters: list[AttributeFilter] = []
        wishes: list[str] = []
        for pattern in filter(None, (MEASURE, self._count)):
            for match in scan.find(pattern):
                text = " ".join(scan.text[match.start("low") : match.end()].split()).lower()
                counts = pattern is self._count
                measure = self._measure(scan, match, counts)
                if measure is None:
                    wishes += [] if counts else [text]
                    continue
                profile = self._attribute(scan, match, measure, topic)
                if measure.exact and not self._is_stated(profile, scan.lower, topic):
                    continue
                if profile is not None:
                    wanted = _of_limit(profile, measure) if measure.exact else measure.wanted
                    filters.append(
                        AttributeFilter(name=profile.name, range=wanted, unit=measure.unit or None)
                    )
                elif not counts:
                    wishes.append(text)
                if profile is not None or not counts:
                    # The measure itself stays in the search text.
                    scan.take(measure.start, match.start())
                    scan.take(match.end(), measure.end)
        return tuple(filters), tuple(dict.fromkeys(wishes))

    def _measure(self, scan: Scan, match: re.Match[str], counts: bool) -> _Measure | None:
        """The measure of a match where a bound is stated."""
        before, after = scan.free[: match.start()], scan.free[match.end() :]
        bound, hints, start, length = _bound(before, after)
        paired = match["high"] is not None and _joins(match, before)
        if bound is None and not paired and not counts:
            return None
        exact = counts and bound is None and not paired
        wanted = _interval(match, "EXACTLY" if exact else bound, paired)
        if wanted is None:
            return None
        noun = match["unit"]
        unit = find_unit(noun)
        if counts:
            fitting = self._counted[noun]
        else:
            fitting = tuple(p for p in self._numeric if unit and _base(p) == unit.base)
        spelled = noun if not counts else fitting[0].unit if fitting else None
        return _Measure(wanted, spelled, fitting, hints, start, match.end() + length, exact)

    def _attribute(
        self, scan: Scan, match: re.Match[str], measure: _Measure, topic: str
    ) -> AttributeProfile | None:
        """The one attribute meant, or None where there may be several.

        Told by its name nearby, by the adjective ("lighter than"), by what the category's
        products have, and by what such a unit mostly measures.
        """
        if len(measure.fitting) <= 1:
            return measure.fitting[0] if measure.fitting else None
        start = max(0, match.start() - NEARBY)
        window = (
            scan.lower[start : match.start()] + " " + scan.lower[match.end() : match.end() + NEARBY]
        )
        named = {
            meaning.canonical
            for mention in self._lexicon.mentions(window)
            for meaning in mention.of(Kind.ATTRIBUTE)
        }
        called = {word for spoken, word in said.CALLED.items() if spoken in window}
        unit = find_unit(measure.unit)
        typical = (said.TYPICAL.get(unit.symbol) or said.TYPICAL.get(unit.base)) if unit else None
        common = self._common(scan.lower) or self._common(topic)
        chosen = list(measure.fitting)
        for narrowed in (
            [p for p in chosen if p.name in named],
            [p for p in chosen if called & set(p.name.split("_"))],
            [p for p in chosen if measure.hints & set(p.name.split("_"))],
        ):
            if narrowed:
                chosen = narrowed
                break
        else:
            usual = [p for p in chosen if (typical or frozenset()) & set(p.name.split("_"))]
            in_category = [p for p in usual if common.get(p.name)]
            chosen = in_category or (usual if not common else []) or chosen
        return _settle(chosen, common, unit)

    def _is_stated(self, profile: AttributeProfile | None, text: str, topic: str) -> bool:
        """Whether nearly all products of the category at hand state the attribute."""
        if profile is None:
            return False
        shares = self._shares(text) or self._shares(topic)
        return shares.get(profile.name, 0.0) >= STATED_SHARE

    def _common(self, text: str) -> Counter[str]:
        """How many products of the categories named in `text` have each attribute."""
        total, counts = self._counts(text)
        return Counter({n: c for n, c in counts.items() if c >= total * COMMON_SHARE})

    def _shares(self, text: str) -> dict[str, float]:
        total, counts = self._counts(text)
        return {name: count / total for name, count in counts.items()}

    def _counts(self, text: str) -> tuple[int, Counter[str]]:
        """The products of the categories named in `text`, and how many have each attribute."""
        paths = {
            meaning.path
            for mention in self._lexicon.mentions(text.lower())
            for meaning in mention.of(Kind.CATEGORY)
        }
        total, counts = 0, Counter[str]()
        for category in self._vocabulary.categories:
            if category.path in paths:
                total += category.products
                counts.update(category.attributes)
        return total, counts


def _settle(
    chosen: list[AttributeProfile], common: Counter[str], unit: Unit | None
) -> AttributeProfile | None:
    """The only one left; with several, the one that the category's products mostly have.

    Without a category, the one that is given in the very unit that was written.
    """
    if len(chosen) == 1:
        return chosen[0]
    ranked = sorted((p for p in chosen if common.get(p.name)), key=lambda p: -common[p.name])
    if len(ranked) > 1 and common[ranked[0].name] >= DOMINANT * common[ranked[1].name]:
        return ranked[0]
    pool = ranked or [p for p in chosen if unit and find_unit(p.unit) == unit]
    # "width" before "maximum_width": the plain name is the thing's own.
    plain = [p for p in pool if "_" not in p.name]
    return pool[0] if len(pool) == 1 else plain[0] if len(plain) == 1 else None


def _bound(before: str, after: str) -> tuple[str | None, frozenset[str], int, int]:
    """The bound stated around a measure, what its adjective measures, start and length taken."""
    start, length = len(before), 0
    suffix = words.SUFFIXES.match_start(after)
    trailing = said.AFTER.match(after)
    leading = said.BEFORE.search(before)
    prefix = words.PREFIXES.match_end(before)
    hints: frozenset[str] = frozenset()
    if height := said.DIMENSION_AFTER.match(after[suffix.end if suffix else 0 :]):
        hints = said.HINTS.get(height[1], frozenset())
    if leading:
        adjective = leading["adjective"] or leading["zh"]
        direction = said.DIRECTIONS[adjective]
        if leading["not"] or leading["zhnot"]:
            direction = {"BELOW": "AT_LEAST", "ABOVE": "AT_MOST"}[direction]
        return direction, said.HINTS.get(adjective, frozenset()), leading.start(), 0
    if trailing:
        direction = {"BELOW": "AT_MOST", "ABOVE": "AT_LEAST"}[said.DIRECTIONS[trailing[1]]]
        return direction, said.HINTS.get(trailing[1], frozenset()), start, trailing.end()
    for word in (suffix, prefix):
        if word and word.meaning not in ("AROUND", "RANGE"):
            start = prefix.start if prefix else start
            length = suffix.end if suffix else length
            return word.meaning, hints, start, length
    if last := said.LAST.match(after):
        return ("AT_MOST" if last["most"] else "AT_LEAST"), hints, start, 0
    return None, hints, prefix.start if prefix else start, suffix.end if suffix else 0


def _joins(match: re.Match[str], before: str) -> bool:
    """Whether two numbers are one range ("and" needs a "between" before it)."""
    if match["joint"] in ("and", "和"):
        return bool(re.search(r"(?:between|在|从)\s*$", before))
    return True


def _interval(match: re.Match[str], bound: str | None, paired: bool) -> Range | None:
    """The interval of a measure under `bound`."""
    low = parse_number(match["low"])
    high = parse_number(match["high"]) if paired else low
    if low is None or high is None:
        return None
    sign = -1 if match["sign"] else 1
    first, last = sorted((low[0] * sign, high[1] * sign))
    return Range(minimum=first, maximum=last) if first != last else _bounded(first, bound)


def _of_limit(profile: AttributeProfile, measure: _Measure) -> Range:
    """What is "from 2 years old" is for those who are 3, too."""
    words = set(profile.name.split("_"))
    if words & said.LEAST:
        return Range(maximum=measure.wanted.maximum)
    return Range(minimum=measure.wanted.minimum) if words & said.MOST else measure.wanted


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
        case "EXACTLY":
            return Range(minimum=value, maximum=value)
    return None


def _counted_nouns(
    profiles: Iterable[AttributeProfile], vocabulary: Vocabulary
) -> Iterator[tuple[str, tuple[AttributeProfile, ...]]]:
    """What numbers count here ("ports", 页, "nits"): noun → the attributes it may be of.

    A unit that no table knows, or the name of an attribute without a unit.
    """
    found: dict[str, list[AttributeProfile]] = {}
    for profile in profiles:
        nouns: set[str] = set()
        if profile.unit and find_unit(profile.unit) is None:
            nouns |= {profile.unit.lower()}
            tables = vocabulary.labels.values()
            nouns |= {table[profile.unit].lower() for table in tables if profile.unit in table}
        elif not profile.unit:
            names = {s for s, canonical in profile.surfaces.items() if canonical == profile.name}
            labels = {t[profile.name] for t in vocabulary.labels.values() if profile.name in t}
            for name in {profile.name, *names, *labels}:
                lowered = name.lower().replace("_", " ")
                nouns |= {lowered, lowered.removesuffix("数"), lowered.removesuffix("s")}
                nouns |= {noun for noun, word in said.COUNTED.items() if word == profile.name}
        for noun in nouns - {""}:
            found.setdefault(noun, []).append(profile)
    yield from ((noun, tuple(owners)) for noun, owners in found.items())


def _base(profile: AttributeProfile) -> str | None:
    unit = find_unit(profile.unit)
    return unit.base if unit else None
