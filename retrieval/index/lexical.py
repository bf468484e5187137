"""Sparse lexical vectors: BM25F term weights, to be dotted with inverse document frequency.

Each field's term frequency is normalised by the field's length, weighted, summed and then
saturated (Robertson, Zaragoza, Taylor: Simple BM25 Extension to Multiple Weighted Fields,
CIKM 2004). The store multiplies by the inverse document frequency at query time, so that
products can come and go without touching the others' vectors.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import NamedTuple

from retrieval.index.analysis import query_terms, terms
from retrieval.index.document import lexical_fields
from retrieval.types import Product, SparseVector


class FieldWeight(NamedTuple):
    """How much a field counts, and its usual length in terms (fixed, so that a product's
    vector does not depend on the others)."""

    weight: float
    length: float


# Chosen by cross-validation, see docs/evaluation.md.
FIELDS: dict[str, FieldWeight] = {
    "title": FieldWeight(2.0, 14),
    "kind": FieldWeight(2.0, 3),
    "description": FieldWeight(1.5, 14),
    "category": FieldWeight(1.0, 4),
    "identifier": FieldWeight(0.3, 6),
    "attributes": FieldWeight(0.6, 30),
    "flags": FieldWeight(0.3, 12),
    "measures": FieldWeight(0.3, 12),
    "brand": FieldWeight(0.3, 1),
}
# Saturation of repeated terms and strength of length normalisation (BM25's k1 and b).
K1 = 0.9
B = 0.3


def term_id(term: str) -> int:
    """The dimension of `term`: CRC-32, 20 collisions expected in 400,000 terms."""
    return zlib.crc32(term.encode())


def encode_document(product: Product) -> SparseVector:
    """The saturated BM25F weights of a product's terms."""
    weights: dict[int, float] = defaultdict(float)
    for name, text in lexical_fields(product).items():
        if not text:
            continue
        field = FIELDS[name]
        found = terms(text)
        total = sum(term.weight for term in found)
        scale = field.weight / (1 - B + B * total / field.length)
        for term in found:
            weights[term_id(term.text)] += term.weight * scale
    saturated = {i: w * (K1 + 1) / (w + K1) for i, w in weights.items()}
    return _vector(saturated)


def encode_query(text: str) -> SparseVector:
    """Each distinct term of the query once, parts of joined forms at their lower weight."""
    weights: dict[int, float] = {}
    for term in query_terms(text):
        key = term_id(term.text)
        weights[key] = max(weights.get(key, 0.0), term.weight)
    return _vector(weights)


def _vector(weights: dict[int, float]) -> SparseVector:
    indices = sorted(weights)
    return SparseVector(indices=tuple(indices), values=tuple(weights[i] for i in indices))
