"""Every number that no other check has verified must be an attribute of its product."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from assistant.answer.known import CJK, split_words
from assistant.answer.lexicon import harmless_words
from assistant.answer.metrics import named_attributes
from assistant.answer.quantity import Quantity, read_quantities
from assistant.answer.record import Record
from assistant.answer.scene import ClaimError, N, P, Scene
from retrieval.types import Attribute, Language, Product
from retrieval.units import convert, find_unit

_SHOWN = re.compile(
    rf"(?P<n>{N}) (?:\w+ )?(?:options?|products?|models?|choices?|items?|results?|"
    rf"alternatives?|candidates?|picks?)\b"
    rf"|(?P<z>{N})[款个种]"
)
_AT_LEAST = re.compile(r"(?:\b(?:over|more than|at least|above)|超过|至少|不低于|多于) ?$")
_AT_MOST = re.compile(r"(?:\b(?:under|less than|at most|below)|不到|至多|低于|不超过) ?$")
_ABOUT = re.compile(r"(?:\b(?:about|around|approximately|roughly)|约|大约|差不多|约为) ?$")
_UP_TO = re.compile(
    r"(?:\b(?:up to|as much as|only|just)|最多|最长|最高|长达|高达|仅|只有|可达) ?$"
)
_NEIGHBOUR_BEFORE = re.compile(rf"([a-z]+|{N}|[{CJK}]{{2}})[\s-]?(?:[x×] ?)?$")
_NEIGHBOUR_AFTER = re.compile(rf"[\s-]?(?:[x×] ?|[个项条])?([a-z]+|{N}|[{CJK}]{{2}})")
_ROUGHLY = Decimal("0.03")
# Verbs that fix the dimension: nothing weighs 14 inches.
_VERBS = (
    (re.compile(r"\bweigh|\bheavy\b|重"), "g"),
    (re.compile(r"\bwide\b|\btall\b|\blong\b(?! bat)|\bdeep\b|\bthick\b|宽|高度|厚|深"), "mm"),
    (re.compile(r"\blasts?\b|续航"), "s"),
)


def check_numbers(scene: Scene) -> None:
    """Quantities with units, percentages, counts ("3 buttons", 3个按键)."""
    _check_shown_count(scene)
    for match in re.finditer(rf"{N}|{P}", scene.text):
        quantity = scene.quantity(match.group())
        bound, start = _bound_before(scene, match.start())
        what = f"number {quantity.value:f} {quantity.unit.symbol if quantity.unit else ''}".strip()
        unit, length = _named_unit(scene, match.end()) if quantity.unit is None else ("", 0)
        predicate = _backed(scene, quantity, match.start(), bound, unit)
        evidence = _find_evidence(scene, quantity, match.start())
        scene.claim(match.start(), predicate, what, evidence, negated=False)
        if scene.negated(match.start()):
            raise ClaimError(f"{what}: denied")
        scene.consume(start, match.end() + length)


def _bound_before(scene: Scene, position: int) -> tuple[str, int]:
    """What the words before a number make of it ("over", "about"), and where they start."""
    for pattern, bound in (
        (_AT_LEAST, "least"),
        (_AT_MOST, "most"),
        (_ABOUT, "about"),
        (_UP_TO, ""),
    ):
        if found := pattern.search(scene.text, 0, position):
            return bound, found.start()
    return "", position


def _named_unit(scene: Scene, position: int) -> tuple[str, int]:
    """A unit only the catalogue knows ("510 shots", 2年) that stands at `position`."""
    rest = scene.text[position : position + 24]
    for unit, surfaces in scene.setting.units.items():
        for surface in surfaces:
            found = re.match(rf"[ -]?{re.escape(surface)}(?![a-z])", rest)
            if found:
                return unit, found.end()
    return "", 0


def _check_shown_count(scene: Scene) -> None:
    shown = len(scene.setting.products)
    for match in _SHOWN.finditer(scene.text):
        slot = match["n"] or match["z"]
        quantity = scene.quantity(slot)
        if quantity.unit is None and quantity.value in (shown, len(scene.all_mentioned) or shown):
            at = match.start("n") if match["n"] else match.start("z")
            scene.consume(at, at + 1)


def _find_evidence(scene: Scene, quantity: Quantity, position: int) -> str:
    for product_id in scene.subject_at(position):
        for attribute in scene.setting.products[product_id].attributes:
            if _equals(attribute, quantity, ""):
                return f"attribute:{attribute.name}"
    return "title"


def _backed(
    scene: Scene, quantity: Quantity, position: int, bound: str, unit: str
) -> Callable[[Product], bool | None]:
    segment = _readable_segment(scene, position)
    if unit:
        for surface in scene.setting.units[unit]:
            segment = segment.replace(surface, " ")

    def predicate(product: Product) -> bool | None:
        record = scene.setting.records[product.id]
        numeric = [a for a in product.attributes if isinstance(a.value, Decimal)]
        named = named_attributes(segment, product.attributes, scene.setting.vocabulary)
        named = [a for a in named if a in numeric]
        backing = [a for a in numeric if _equals(a, quantity, bound)]
        if quantity.unit is None:
            backing = [a for a in backing if (a.unit or "") == unit]
        if named and not [a for a in backing if a in named]:
            # "16 GB of storage": the number is the product's, but of something else.
            return False
        if not named and not _dimension_fits(segment, quantity):
            return False
        if unit:
            return bool(backing)
        if quantity.unit is None:
            return bool([a for a in backing if a in named]) or _quoted_in_text(
                record, scene, position
            )
        return bool(backing) or _written_in_text(record, quantity)

    return predicate


def _readable_segment(scene: Scene, position: int) -> str:
    """The words around the number, names taken out; other numbers as they were written."""
    segment = "".join(
        f" {scene.quantities[c].raw} " if c in scene.quantities and c != here else c
        for here in (scene.original[position],)
        for c in scene.segment_around(position)
    )
    return re.sub(r"[\ue000-\uf8ff]", " ", segment)


def _equals(attribute: Attribute, quantity: Quantity, bound: str) -> bool:
    if not isinstance(attribute.value, Decimal):
        return False
    if quantity.unit is None:
        known = find_unit(attribute.unit)
        return known is None and quantity.equals(attribute.value, attribute.unit)
    if not bound:
        return quantity.equals(attribute.value, attribute.unit)
    value = convert(attribute.value, attribute.unit, quantity.unit.symbol)
    if value is None:
        return False
    if bound == "least":
        return value >= quantity.value
    if bound == "most":
        return value <= quantity.value
    return abs(value - quantity.value) <= abs(value) * _ROUGHLY


def _dimension_fits(segment: str, quantity: Quantity) -> bool:
    if quantity.unit is None:
        return True
    fixed = [base for verb, base in _VERBS if verb.search(segment)]
    return not fixed or quantity.unit.base in fixed


def _written_in_text(record: Record, quantity: Quantity) -> bool:
    """Whether title or description holds the same number with the same unit."""
    return any(
        q.value == quantity.value and q.unit == quantity.unit
        for text in record.texts
        for q in read_quantities(text)
    )


def _quoted_in_text(record: Record, scene: Scene, position: int) -> bool:
    """Whether the number stands in the record's text beside the same neighbour.

    "3 buttons", "1440 x 900", "USB 3.0": the word or number before or after goes with it.
    """
    start, end = scene.clause_span(position)
    before = _NEIGHBOUR_BEFORE.search(scene.original, start, position)
    after = _NEIGHBOUR_AFTER.match(scene.original, position + 1, end)
    number = scene.raw(position, position + 1)
    pairs = []
    if before and not _is_harmless(scene.raw(before.start(1), before.end(1))):
        pairs.append((scene.raw(before.start(1), before.end(1)), number))
    if after and not _is_harmless(scene.raw(after.start(1), after.end(1))):
        pairs.append((number, scene.raw(after.start(1), after.end(1))))
    return any(
        re.search(
            rf"(?<![\w.,]){re.escape(a)}[\s-]?(?:[x×]\s?|[个项条])?{re.escape(b)}(?!\w)", text
        )
        for a, b in pairs
        for text in record.texts
    )


def _is_harmless(word: str) -> bool:
    harmless = harmless_words(Language.ENGLISH) | harmless_words(Language.CHINESE)
    return set(split_words(word)) <= harmless
