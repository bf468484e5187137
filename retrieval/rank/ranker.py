"""The learned ranker: a weighted mean of relative signals, its weights learned from judgments.

With the few dozen judged queries a shop has, four weights generalise better than boosted
trees do: docs/evaluation.md has both.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError

from retrieval.errors import TerminalError
from retrieval.rank.features import Feature
from retrieval.types import Frozen, Vectors

DEFAULT = "ranker.json"


class LinearRanker(Frozen):
    """Scores candidates by their features; `weights` sum to 1, so scores lie in 0 to 1.

    `manifest` says what the weights were learned from and how well they did.
    """

    weights: dict[Feature, Annotated[float, Field(ge=0, le=1)]]
    manifest: dict[str, Any] = Field(default_factory=dict)

    def score(self, features: Vectors) -> Vectors:
        """Scores of shape (candidates,) for features of shape (candidates, len(Feature))."""
        weights = np.array([self.weights.get(feature, 0.0) for feature in Feature], np.float32)
        return features @ weights


def default_ranker() -> LinearRanker:
    """The ranker that ships with Aisle."""
    return LinearRanker.model_validate_json(
        files("retrieval.rank").joinpath(DEFAULT).read_text("utf-8")
    )


def load_rankers(folder: Path) -> dict[str, LinearRanker]:
    """Every ranker of a folder by the file's name, and "shipped"; TerminalError when damaged."""
    named = {path.stem: load_ranker(path) for path in sorted(folder.glob("*.json"))}
    return {"shipped": default_ranker(), **named}


def load_ranker(path: Path) -> LinearRanker:
    """The ranker trained for a store, else the one that ships; TerminalError when damaged."""
    if not path.is_file():
        return default_ranker()
    try:
        return LinearRanker.model_validate_json(path.read_bytes())
    except ValidationError:
        raise TerminalError(
            f"{path} is no ranker of this version.",
            remedy="Train it again with `aisle train ranker`, or remove the file.",
        ) from None
