"""Rules that stand above scores: an exact model number is what the shopper means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from retrieval.index.analysis import fold
from retrieval.types import Product

# A model number spans at most this many words of a query ("dv7 1211 ea").
SPAN = 3
# If more products than this carry the number, it names a family: scores decide.
MOST_PINNED = 5
_WORD = re.compile(r"[^\W_]+")
_LONG_NUMBER = re.compile(r"^\d{5,}$")


def model_key(text: str) -> str:
    """A model number without case, width and punctuation: "TN-2110" → "tn2110"."""
    return "".join(_WORD.findall(fold(text)))


def is_model_key(key: str) -> bool:
    """Whether `key` can only be meant as a number of one thing: letters and digits, or a
    part number of five digits and more."""
    if _LONG_NUMBER.match(key):
        return True
    return len(key) >= 4 and any(map(str.isdigit, key)) and any(map(str.isalpha, key))


def product_models(product: Product) -> list[str]:
    """The model keys a product answers to: its identifiers and its id."""
    texts = (*product.identifiers.values(), product.id)
    return sorted({key for key in map(model_key, texts) if is_model_key(key)})


def query_models(text: str) -> list[str]:
    """Every run of up to three words of the query that may be a model number, joined."""
    words = _WORD.findall(fold(text))
    runs = {
        "".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, SPAN + 1)
    }
    return sorted(run for run in runs if is_model_key(run))


def pin(fused: Mapping[str, float], pinned: Iterable[str]) -> dict[str, float]:
    """`fused` with the pinned ids first; their scores are lifted above the best."""
    order = list(pinned)
    top = max(fused.values(), default=1.0)
    lifted = {key: top + 1.0 - rank / (len(order) + 1) for rank, key in enumerate(order)}
    return {**lifted, **{k: v for k, v in fused.items() if k not in lifted}}
