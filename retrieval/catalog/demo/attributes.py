"""Drawing attribute values from their specification and showing them in text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from random import Random

from retrieval.catalog.demo.sources import AttributeSpec, Bilingual, Words
from retrieval.types import Attribute, Language

Value = bool | Decimal | str

_RANGE = re.compile(r"^([+-]?)(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?:/(\d+(?:\.\d+)?))?$")
_CONDITION = re.compile(r"!?(\w+)(?:([=<>])(.*))?")
_SLOT = re.compile(r"\{(\w+)(#?)\}")
_UNITS_WITHOUT_SPACE = frozenset(("%", "°", "x", ""))
_SINGULAR = {
    "days": "day",
    "years": "year",
    "years old": "year old",
    "months": "month",
    "sheets": "sheet",
    "pages": "page",
}
# How far a value may stray from what the product's price class suggests (share of the range).
_STRAY = 0.18
_STRAY_CHOICE = 0.35
_RANKED = "+"


def draw_value(spec: AttributeSpec, quality: float, random: Random) -> Value:
    """Draw one value for a product of `quality` 0 to 1.

    ``+a..b/step`` rises with the quality and ``-a..b`` falls; a list of numbers, or of texts
    after a ``"+"``, goes from the simple to the fine product; other lists are free choices.
    """
    if isinstance(spec, list):
        return draw_value(_choose(spec, quality, random), quality, random)
    if isinstance(spec, bool):
        return spec
    if isinstance(spec, int | float):
        return Decimal(str(spec))
    found = _RANGE.match(spec)
    if not found:
        return spec
    sign, low, high = found[1], Decimal(found[2]), Decimal(found[3])
    step = Decimal(found[4] or "1")
    place = random.random()
    if sign:
        place = quality if sign == "+" else 1 - quality
        place = min(1.0, max(0.0, place + random.uniform(-_STRAY, _STRAY)))
    steps = int((high - low) / step)
    return low + step * round(place * steps)


def _choose(options: list[AttributeSpec], quality: float, random: Random) -> AttributeSpec:
    ranked = options[0] == _RANKED
    options = options[1:] if ranked else options
    numbers = all(isinstance(o, int | float) and not isinstance(o, bool) for o in options)
    if not ranked and not numbers:
        return random.choice(options)
    place = quality + random.uniform(-_STRAY_CHOICE, _STRAY_CHOICE)
    return options[min(len(options) - 1, max(0, int(place * len(options))))]


def show_number(value: Decimal) -> str:
    """Decimal without superfluous zeros or an exponent."""
    return format(value.normalize(), "f")


def show_value(name: str, value: Value, language: Language, words: Words) -> str:
    """A value with its unit (number) or its word (text) as shops write it."""
    if isinstance(value, bool):
        yes, no = ("是", "否") if language is Language.CHINESE else ("yes", "no")
        return yes if value else no
    if isinstance(value, Decimal):
        unit = words.units.get(name, "")
        if language is Language.CHINESE:
            return show_number(value) + words.units_zh.get(unit, unit)
        joint = "" if unit in _UNITS_WITHOUT_SPACE else " "
        return show_number(value) + joint + (_SINGULAR.get(unit, unit) if value == 1 else unit)
    return words.values_zh.get(value, value) if language is Language.CHINESE else value


def holds(piece: Bilingual, values: Mapping[str, Value]) -> bool:
    """Whether the conditions of a piece are met and all its slots can be filled."""
    return all(meets(condition, values) for condition in piece.conditions) and all(
        slot in values for slot, _ in _SLOT.findall(piece.en + piece.zh)
    )


def meets(condition: str, values: Mapping[str, Value]) -> bool:
    """Whether ``flag``, ``name=value``, ``name<1`` or ``name>1`` is true; ``!`` negates."""
    name, sign, wanted = _parse_condition(condition)
    value = values.get(name)
    if sign in {"<", ">"}:
        met = isinstance(value, Decimal) and (
            value < Decimal(wanted) if sign == "<" else value > Decimal(wanted)
        )
    else:
        met = str(value) == wanted if sign else value is not None and value is not False
    return met is not condition.startswith("!")


def slots(piece: Bilingual) -> frozenset[str]:
    """Names of the attributes a piece speaks of, its conditions included."""
    spoken = {slot for slot, _ in _SLOT.findall(piece.en)}
    return frozenset(spoken | {_parse_condition(c)[0] for c in piece.conditions})


def _parse_condition(condition: str) -> tuple[str, str, str]:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise ValueError(f"not a condition: {condition!r}")
    return found[1], found[2] or "", found[3] or ""


def draw_values(
    specs: Mapping[str, AttributeSpec], quality: float, random: Random
) -> dict[str, Value]:
    """Draw all attributes of a line; ``name[condition]`` is drawn only where it is met."""
    values: dict[str, Value] = {}
    for key, spec in specs.items():
        name, _, condition = key.rstrip("]").partition("[")
        if not condition or meets(condition, values):
            values[name] = draw_value(spec, quality, random)
    return values


def fill(template: str, values: Mapping[str, Value], language: Language, words: Words) -> str:
    """Put values into ``{name}`` (with unit) and ``{name#}`` (bare number)."""

    def put(match: re.Match[str]) -> str:
        value = values[match[1]]
        if match[2] and isinstance(value, Decimal):
            return show_number(value)
        return show_value(match[1], value, language, words)

    return _SLOT.sub(put, template)


def as_attribute(name: str, value: Value, words: Words) -> Attribute:
    """The catalogue's record of a drawn value."""
    unit = words.units.get(name) if isinstance(value, Decimal) else None
    return Attribute(name=name, value=value, unit=unit or None)
