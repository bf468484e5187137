"""Reading the demo store's small sources: domains, categories, product lines, words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from retrieval.types import Language

# What a source may give an attribute: a constant, a choice, or a range such as "+18..26/2".
AttributeSpec = bool | int | float | str | list[Any]

_CONDITION = re.compile(r"^\[([^\]]*)\]\s*")


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One piece of copy in both languages, and the attribute conditions under which it is true.

    Written ``[hand_orientation=left-handed,!wireless] English | 中文`` in the sources.
    """

    en: str
    zh: str
    conditions: tuple[str, ...] = ()

    def text(self, language: Language) -> str:
        """The wording in `language`."""
        return self.zh if language is Language.CHINESE else self.en


@dataclass(frozen=True, slots=True)
class Line:
    """A product line: one kind of product within a category, e.g. the vertical mice."""

    kind: Bilingual
    price: tuple[float, float]
    share: float
    attributes: Mapping[str, AttributeSpec]
    intros: tuple[Bilingual, ...]
    colors: tuple[str, ...]
    sizes: tuple[str, ...]
    storages: tuple[tuple[int, float], ...]
    brands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategorySource:
    """Everything from which the products of one category are written."""

    key: str
    domain: str
    path: tuple[str, ...]
    path_zh: tuple[str, ...]
    count: int
    names: tuple[str, ...]
    titles: tuple[Bilingual, ...]
    lines: tuple[Line, ...]
    facts: tuple[Bilingual, ...]
    praise: tuple[Bilingual, ...]
    gripes: tuple[Bilingual, ...]
    color_variants: bool
    queries: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class BrandSource:
    """An invented brand: its Chinese name and its price level (1 is the middle)."""

    name: str
    zh: str
    level: float


@dataclass(frozen=True, slots=True)
class Color:
    """A shade as shops call it, its colour family for filters, and its hex code."""

    name: str
    zh: str
    family: str
    hex: str


@dataclass(frozen=True, slots=True)
class Words:
    """The store's vocabulary: attribute names and units, Chinese words, colours."""

    names_zh: Mapping[str, str]
    units: Mapping[str, str]
    units_zh: Mapping[str, str]
    values_zh: Mapping[str, str]
    colors: Mapping[str, Color]
    families_zh: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources, read once per generation."""

    words: Words
    brands: Mapping[str, BrandSource]
    categories: tuple[CategorySource, ...]
    voices: Mapping[str, tuple[Bilingual, ...]] = field(default_factory=dict)


DOMAINS = (
    "computing",
    "phones_audio",
    "home",
    "kitchen",
    "clothing",
    "shoes_bags",
    "outdoor",
    "beauty",
    "family",
)


def parse_bilingual(text: str) -> Bilingual:
    """Split ``[conditions] English | 中文`` (one wording alone serves both languages)."""
    found = _CONDITION.match(text)
    conditions = tuple(part.strip() for part in found[1].split(",")) if found else ()
    english, _, chinese = text[found.end() if found else 0 :].partition(" | ")
    return Bilingual(english.strip(), (chinese or english).strip(), conditions)


def read_toml(name: str) -> dict[str, Any]:
    """Parse ``sources/<name>.toml`` of this package."""
    path = files(__package__).joinpath("sources", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_sources() -> Sources:
    """Read every source file of the demo store."""
    brands: dict[str, BrandSource] = {}
    categories: list[CategorySource] = []
    for domain in DOMAINS:
        raw = read_toml(domain)
        for name, (chinese, level) in raw.pop("brands").items():
            brands[name] = BrandSource(name, chinese, float(level))
        categories.extend(_read_domain(domain, raw))
    voices = {
        key: tuple(parse_bilingual(line) for line in lines)
        for key, lines in read_toml("voices").items()
    }
    return Sources(_read_words(), brands, tuple(categories), voices)


def _read_words() -> Words:
    raw = read_toml("words")
    colors = {
        name: Color(name, zh, family, code) for name, (zh, family, code) in raw["colors"].items()
    }
    return Words(
        names_zh={name: entry[0] for name, entry in raw["attributes"].items()},
        units={name: entry[1] for name, entry in raw["attributes"].items() if len(entry) > 1},
        units_zh=raw["units"],
        values_zh={**raw["values"], **{color.name: color.zh for color in colors.values()}},
        colors=colors,
        families_zh=raw["families"],
    )


def _read_domain(domain: str, raw: dict[str, Any]) -> Iterator[CategorySource]:
    default = raw.pop("defaults")
    for key, entry in raw.items():
        yield _read_category(domain, key, entry, default)


def _read_category(
    domain: str, key: str, raw: dict[str, Any], default: dict[str, Any]
) -> CategorySource:
    pairs = [parse_bilingual(part) for part in raw["path"]]
    shared = {**default.get("attrs", {}), **raw.get("attrs", {})}
    base = {
        "brands": raw.get("brands", default["brands"]),
        "colors": raw.get("colors", default.get("colors", [])),
        "sizes": raw.get("sizes", []),
        "storages": raw.get("storages", []),
    }
    return CategorySource(
        key=key,
        domain=domain,
        path=tuple(pair.en for pair in pairs),
        path_zh=tuple(pair.zh for pair in pairs),
        count=raw["count"],
        names=tuple(raw["names"].split()),
        titles=_all(raw["titles"]),
        lines=tuple(_read_line(line, base, shared) for line in raw["line"]),
        facts=_all(raw["facts"]),
        praise=_all(raw["praise"]),
        gripes=_all(raw["gripes"]),
        color_variants=raw.get("color_variants", False),
        queries=_all(raw.get("queries", [])),
    )


def _read_line(raw: dict[str, Any], base: dict[str, Any], shared: dict[str, Any]) -> Line:
    merged = {**base, **raw}
    attributes = {**shared, **raw.get("attrs", {})}
    return Line(
        kind=parse_bilingual(raw["type"]),
        price=(float(raw["price"][0]), float(raw["price"][1])),
        share=float(raw.get("share", 1)),
        # "" in a line withdraws an attribute the category would give
        attributes={name: spec for name, spec in attributes.items() if spec != ""},
        intros=_all(raw["intro"]),
        colors=tuple(merged["colors"]),
        sizes=tuple(str(size) for size in merged["sizes"]),
        storages=tuple((int(size), float(extra)) for size, extra in merged["storages"]),
        brands=tuple(merged["brands"]),
    )


def _all(lines: list[str]) -> tuple[Bilingual, ...]:
    return tuple(parse_bilingual(line) for line in lines)
