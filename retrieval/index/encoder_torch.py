"""Encoders run by sentence-transformers: any published model, and the reference for ONNX."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from retrieval.errors import WeightsError
from retrieval.types import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MAX_TOKENS = 128
"""Longest text that is read, in tokens: titles and leading attributes carry the match, and
attention over whole datasheets would triple the time of an import."""

QUERY_THREADS = 1
"""Beside a busy language model a second thread waits for a core instead of helping: measured
on two cores, 950 ms a query with two threads and 20 ms with one."""

BATCH_SIZE = 32
"""Texts are sorted by length first, so small batches pad little."""


class SentenceTransformerEncoder:
    """Turns text into L2-normalised float32 vectors of shape (n, dimensions).

    Prompts ("query: ", "passage: ") are the model's own, from its
    config_sentence_transformers.json (Reimers & Gurevych 2019, sbert.net).
    """

    def __init__(
        self,
        model: SentenceTransformer,
        name: str,
        *,
        passage_threads: int = 0,
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        self.name = name
        self._model = model
        self._threads = passage_threads or os.cpu_count() or 1
        # Fast tokenizers refuse concurrent use, and torch has one thread count per process.
        self._lock = threading.Lock()
        limit = model.max_seq_length
        model.max_seq_length = min(limit, max_tokens) if limit else max_tokens
        dimensions = model.get_embedding_dimension()
        if dimensions is None:
            raise WeightsError(f"The model {name} does not say how long its vectors are.")
        self.dimensions = dimensions

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what shoppers ask, shape (n, dimensions)."""
        return self._encode(texts, "query", QUERY_THREADS)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what products say, shape (n, dimensions)."""
        return self._encode(texts, "document", self._threads)

    def _encode(self, texts: Sequence[str], prompt_name: str, threads: int) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        import torch

        encode = self._model.encode_query if prompt_name == "query" else self._model.encode_document
        with self._lock:
            torch.set_num_threads(threads)
            vectors = encode(
                list(texts),
                batch_size=BATCH_SIZE,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, np.float32)
