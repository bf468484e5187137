"""Which attributes a result set is best narrowed by, and what their stored values are called."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.index.analysis import fold
from retrieval.index.document import category_key, number_field
from retrieval.index.types import Payload
from retrieval.types import AttributeKind, AttributeProfile, Vocabulary

# Values of a facet; nobody reads a longer list, a search box is faster.
MOST_VALUES = 10
# An attribute that fewer products state splits what is written, not what there is.
COVERAGE = 0.25
# Products whose titles are read to see which attributes their makers name.
TITLES = 40
# What an attribute counts that no title names: it may split well, but few shop by it.
UNNAMED = 0.05
# Every measure splits well: one that fewer titles than this name is packaging.
NAMED_NUMBER = 0.1


@dataclass(frozen=True)
class FacetNames:
    """Stored (folded) values of a catalogue and what they are called."""

    brands: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, AttributeProfile] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)


def facet_names(vocabulary: Vocabulary | None) -> FacetNames:
    """The names of a catalogue, from its vocabulary."""
    if vocabulary is None:
        return FacetNames()
    attributes = vocabulary.attributes
    return FacetNames(
        brands={fold(brand): brand for brand in reversed(vocabulary.brands)},
        categories={category_key(c.path): c.path for c in vocabulary.categories},
        attributes=attributes,
        values={n: {fold(v): v for v in p.values} for n, p in attributes.items()},
        numbers={
            number_field(n).removeprefix("numbers."): n
            for n, p in attributes.items()
            if p.kind is AttributeKind.NUMBER
        },
    )


def rank_attributes(rows: Sequence[Payload], names: FacetNames) -> list[str]:
    """Attributes by how well they split `rows`, how many state them, how often titles name
    their values: what makers put in titles is what shoppers choose by."""
    if len(rows) < 2:
        return []
    texts: dict[str, Counter[str]] = {}
    stated: Counter[str] = Counter()
    for row in rows:
        own = set()
        for choice in row.get("attributes") or ():
            name, _, value = choice.partition("=")
            texts.setdefault(name, Counter())[value] += 1
            own.add(name)
        for stored, numbers in (row.get("numbers") or {}).items():
            if name := names.numbers.get(stored, ""):
                texts.setdefault(name, Counter()).update(f"{n:g}" for n in numbers)
                own.add(name)
        stated.update(own)
    spread = {
        name: stated[name] / len(rows) * _evenness(counts)
        for name, counts in texts.items()
        if name in names.attributes and stated[name] >= COVERAGE * len(rows) and len(counts) > 1
    }
    named = named_shares(rows[:TITLES], names, spread.keys())
    scores = {
        name: share * (UNNAMED + named.get(name, 0.0))
        for name, share in spread.items()
        if names.attributes[name].kind is not AttributeKind.NUMBER
        or named.get(name, 0.0) >= NAMED_NUMBER
    }
    return sorted((n for n, s in scores.items() if s > 0), key=lambda n: (-scores[n], n))


def _evenness(counts: Counter[str]) -> float:
    """Gini impurity over the values that would be shown, times the share they cover."""
    total = sum(counts.values())
    shown = [n for _, n in counts.most_common(MOST_VALUES)]
    covered = sum(shown)
    return (1 - sum((n / covered) ** 2 for n in shown)) * covered / total if covered else 0.0


def named_shares(
    rows: Sequence[Payload], names: FacetNames, asked: Collection[str]
) -> dict[str, float]:
    """For each attribute `asked`: of the products that state it, the share whose title does."""
    stated: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for row in rows:
        product = json.loads(row["product"])
        title = f" {fold(product['title'])} "
        told: dict[str, bool] = {}
        for attribute in product.get("attributes", ()):
            name, value = attribute["name"], attribute["value"]
            if name not in asked:
                continue
            if isinstance(value, bool):
                seen = value and name.replace("_", " ") in title
            elif name in names.attributes and names.attributes[name].kind is AttributeKind.NUMBER:
                seen = bool(re.search(rf"(?<![\d.]){re.escape(_plain(value))}(?![\d.]\d)", title))
            else:
                seen = len(str(value)) > 1 and fold(str(value)) in title
            told[name] = told.get(name, False) or seen
        stated.update(told.keys())
        named.update(name for name, seen in told.items() if seen)
    return {name: named[name] / count for name, count in stated.items()}


def _plain(value: object) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
