"""Runs an encoder's ONNX graph: no torch to load, and int8 where it was built so."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retrieval.errors import WeightsError
from retrieval.types import Vectors

GRAPH = "onnx/model.onnx"
INPUTS = ("input_ids", "attention_mask")
MAX_TOKENS = 128
"""Longest text that is read, in tokens: titles and leading attributes carry the match, and
attention over whole datasheets would triple the time of an import."""

BATCH_TOKENS = 512
"""Texts of similar length go together until they hold this many tokens. More is slower, 6% at
twice and 20% at four times as many: the activations of a layer leave the core's own cache."""

CHARACTERS_PER_TOKEN = 16
"""More characters than any token limit can use are cut before tokenizing, which is slower than
the encoder on pasted pages."""

TEXTS_AT_ONCE = 4096
"""Texts tokenized together; bounds the memory of an import."""


class OnnxEncoder:
    """Turns text into L2-normalised float32 vectors of shape (n, dimensions).

    Each batch runs on one thread, so a query never waits for a second core that a language
    model is using; passages run `passage_threads` batches side by side (0: as many as cores).
    Safe to call from several threads.
    """

    def __init__(
        self, folder: Path, name: str, *, passage_threads: int = 0, max_tokens: int = MAX_TOKENS
    ) -> None:
        self.name = name
        self._threads = passage_threads or os.cpu_count() or 1
        self._characters = max_tokens * CHARACTERS_PER_TOKEN
        self._session = open_session(folder / GRAPH)
        self.dimensions = int(self._session.get_outputs()[0].shape[1])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        prompts = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))
        self._prompts: dict[str, str] = prompts.get("prompts", {})

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what shoppers ask, shape (n, dimensions)."""
        return self._encode(texts, self._prompts.get("query", ""), threads=1)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of what products say, shape (n, dimensions)."""
        return self._encode(texts, self._prompts.get("document", ""), self._threads)

    def _encode(self, texts: Sequence[str], prompt: str, threads: int) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            chunk = [
                prompt + text.strip()[: self._characters]
                for text in texts[start : start + TEXTS_AT_ONCE]
            ]
            self._encode_chunk(chunk, vectors[start : start + len(chunk)], threads)
        return vectors

    def _encode_chunk(self, texts: list[str], out: Vectors, threads: int) -> None:
        encodings = self._tokenizer.encode_batch(texts)

        def run(rows: list[int]) -> None:
            out[rows] = self._run([encodings[row] for row in rows])

        batches = list(batch_by_length([len(encoding.ids) for encoding in encodings]))
        if threads == 1 or len(batches) == 1:
            for rows in batches:
                run(rows)
            return
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(run, batches):
                pass

    def _run(self, encodings: list[Encoding]) -> Vectors:
        ids, mask = _pad(encodings)
        (vectors,) = self._session.run(None, dict(zip(INPUTS, (ids, mask), strict=True)))
        return np.asarray(vectors, np.float32)


def batch_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, each at most BATCH_TOKENS when padded."""
    batch: list[int] = []
    for row in np.argsort(lengths, kind="stable").tolist():
        if batch and (len(batch) + 1) * lengths[row] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _pad(encodings: list[Encoding]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and mask, shape (n, longest), padded on the right with zeros."""
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = np.zeros((len(encodings), longest), np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return ids, mask


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """The graph at `path` on one thread; raises WeightsError when it cannot be loaded."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"The ONNX encoder {path} cannot be loaded: {reason}",
            remedy="Pull the model again, or set AISLE_ENCODER_RUNTIME=torch.",
        ) from None
