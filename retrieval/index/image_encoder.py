"""Runs the graph of a picture encoder, see `image_graph`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from retrieval.errors import WeightsError
from retrieval.index.encoder_onnx import GRAPH, open_session
from retrieval.index.image_graph import DIMENSIONS, INPUT, SIDE
from retrieval.types import Pixels, Vectors

BATCH = 8
"""Pictures at once; more is slower, for the maps of the first blocks leave the cache."""


class OnnxImageEncoder:
    """Turns pictures of shape (224, 224, 3) into L2-normalised float32 vectors of 320 numbers.

    The graph is loaded by the first picture. Each call runs on one thread; safe to call from
    several.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Raises WeightsError when the model is not in `folder`."""
        self.name = name
        self.dimensions = DIMENSIONS
        self.side = SIDE
        self._path = folder / GRAPH
        self._session: Any = None
        self._loading = Lock()
        if not self._path.is_file():
            raise WeightsError(
                f"The encoder {name} is not in {folder.parent}.",
                remedy=f"Run: aisle models pull {name}",
            )

    def encode(self, pictures: Sequence[Pixels]) -> Vectors:
        """Vectors of the pictures, shape (n, 320)."""
        vectors = np.zeros((len(pictures), self.dimensions), np.float32)
        for start in range(0, len(pictures), BATCH):
            batch = np.stack(pictures[start : start + BATCH])
            (vectors[start : start + len(batch)],) = self._load().run(None, {INPUT: batch})
        return vectors

    def _load(self) -> Any:
        with self._loading:
            if self._session is None:
                self._session = open_session(self._path)
            return self._session
