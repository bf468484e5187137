"""Which attributes a result set is best narrowed by, and what their stored values are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrieval.index.analysis import fold
from retrieval.index.document import category_key, number_field
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


def rank_attributes(
    products: int,
    stated: Mapping[str, int],
    values: Mapping[str, Counter[str]],
    named: Mapping[str, float],
    names: FacetNames,
) -> list[str]:
    """Attributes by how well they split `products` products, how many state them, how often
    titles name their values: what makers put in titles is what shoppers choose by.

    `stated` counts the products that state an attribute, `values` those by its value, `named`
    are shares of titles (see `named_shares`).
    """
    if products < 2:
        return []
    scores = {}
    for name, counts in values.items():
        profile = names.attributes.get(name)
        if profile is None or stated[name] < COVERAGE * products or len(counts) < 2:
            continue
        told = named.get(name, 0.0)
        if profile.kind is not AttributeKind.NUMBER or told >= NAMED_NUMBER:
            scores[name] = stated[name] / products * _evenness(counts) * (UNNAMED + told)
    return sorted((n for n, s in scores.items() if s > 0), key=lambda n: (-scores[n], n))


def _evenness(counts: Counter[str]) -> float:
    """Gini impurity over the values that would be shown, times the share they cover."""
    total = sum(counts.values())
    shown = [n for _, n in counts.most_common(MOST_VALUES)]
    covered = sum(shown)
    return (1 - sum((n / covered) ** 2 for n in shown)) * covered / total if covered else 0.0


def named_shares(titles: Sequence[Mapping[str, bool]]) -> dict[str, float]:
    """For each attribute: of the products that state it, the share whose title does."""
    stated = Counter(name for told in titles for name in told)
    named = Counter(name for told in titles for name, seen in told.items() if seen)
    return {name: named[name] / count for name, count in stated.items()}


def name_in_title(product: Mapping[str, Any], names: FacetNames) -> dict[str, bool]:
    """The catalogue's attributes that a stored product states, and whether its title says it."""
    title = f" {fold(product['title'])} "
    told: dict[str, bool] = {}
    for attribute in product.get("attributes", ()):
        name, value = attribute["name"], attribute["value"]
        if (profile := names.attributes.get(name)) is None:
            continue
        if isinstance(value, bool):
            seen = value and name.replace("_", " ") in title
        elif profile.kind is AttributeKind.NUMBER:
            seen = _has_number(title, _plain(value))
        else:
            seen = len(str(value)) > 1 and fold(str(value)) in title
        told[name] = told.get(name, False) or seen
    return told


def _has_number(title: str, number: str) -> bool:
    """Whether `number` stands in `title` by itself, not inside a longer one (27 in 227 or 27.5)."""
    start = title.find(number)
    while start >= 0:
        before, after = title[start - 1 : start], title[start + len(number) :][:2]
        longer = (
            len(after) == 2 and _is_digit(after[1]) and (_is_digit(after[0]) or after[0] == ".")
        )
        if not (_is_digit(before) or before == "." or longer):
            return True
        start = title.find(number, start + 1)
    return False


def _is_digit(text: str) -> bool:
    return text.isdecimal()


def _plain(value: object) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
