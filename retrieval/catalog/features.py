"""What a product shows beside its title: attribute names, short values, description words."""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.types import Product

_WORD = re.compile(r"[^\W\d_]+")
# Longer values are prose; what they say is in too many words to be a feature.
MAX_VALUE = 30
# Attributes that name the kind of product itself.
_KIND_NAMES = frozenset(["product_type", "item_type", "type", "category", "kind", "class"])


def product_features(product: Product) -> list[str]:
    """Features of a product for the classifier, each once."""
    found: dict[str, None] = {}
    for attribute in product.attributes:
        found[f"has {attribute.name}"] = None
        value = attribute.value
        if value is True:
            found[f"is {attribute.name}"] = None
        elif isinstance(value, str) and len(value) <= MAX_VALUE:
            found[f"is {attribute.name} {value.lower()}"] = None
    for word in _WORD.findall(product.description.lower()):
        found[f"word {word}"] = None
    return list(found)


def is_word(feature: str) -> bool:
    """Whether a feature is a word of the description."""
    return feature.startswith("word ")


def kind_values(product: Product) -> tuple[str, ...]:
    """Values of the attributes that name the kind of a product ("Notebook")."""
    return tuple(
        a.value
        for a in product.attributes
        if a.name in _KIND_NAMES and isinstance(a.value, str) and len(a.value) <= MAX_VALUE
    )


def value_words(product: Product) -> frozenset[str]:
    """Words of the values of a product's other attributes, lower case."""
    return frozenset().union(
        *(
            _words(a.value)
            for a in product.attributes
            if isinstance(a.value, str) and len(a.value) <= 40 and a.name not in _KIND_NAMES
        )
    )


@lru_cache(maxsize=65_536)
def _words(value: str) -> frozenset[str]:
    return frozenset(_WORD.findall(value.lower()))


def attribute_heads(product: Product) -> set[tuple[str, str]]:
    """(last word, name) of each attribute: "type" and "speed" head many names."""
    return {(a.name.rpartition("_")[2], a.name) for a in product.attributes}
