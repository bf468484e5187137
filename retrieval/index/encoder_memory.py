"""What shoppers ask is asked again: the vectors of the latest queries, kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from retrieval.types import Encoder, Vectors

# Texts kept an encoder: queries and their single words. 8,192 vectors of 384 numbers are 14 MB.
KEPT = 8_192


class RememberingEncoder:
    """An encoder that encodes a query once; safe to call from several threads.

    Queries are kept that come alone: in a batch a text's neighbours move the last digits of its
    vector (activations are quantised together), and who batches has uses of their own.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._encode = lru_cache(maxsize=KEPT)(self._encode_one)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what shoppers ask, shape (n, dimensions); a single one may not be changed."""
        return self._encode(texts[0]) if len(texts) == 1 else self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what products say, shape (n, dimensions)."""
        return self._encoder.encode_passages(texts)

    def _encode_one(self, text: str) -> Vectors:
        vectors = np.array(self._encoder.encode_queries([text]), np.float32)
        vectors.flags.writeable = False
        return vectors


def remember_queries(encoder: Encoder) -> Encoder:
    """The encoder with a memory; one that has a memory stays as it is."""
    return encoder if isinstance(encoder, RememberingEncoder) else RememberingEncoder(encoder)
