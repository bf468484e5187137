"""The click model that serves: how likely a look at a product leads to a click, and the order
that follows from it without leaving what was searched for.

A click is an examined place and a wanted product (the position-based model, Craswell et al.,
WSDM 2008): P(click) = examination(place) x P(wanted | query, product, shopper).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from retrieval.errors import TerminalError
from retrieval.rank.click_features import PERSONAL, ClickFeature, Numbers, Records
from retrieval.types import Frozen

CLICKS = "clicks"
FILE = "clicks.json"
# What a shopper's page is chosen from; a page never mixes two blocks, so that no product
# stands on two pages.
BLOCK = 48
# Logits above the block's mean at which the influence is three quarters of its bound.
SCALE = 1.0
# Personal logits from which a card says why it stands where it does.
TELLING = 0.15


class ClickModel(Frozen):
    """Weights over standardised features, examination by place, and calibration.

    `precision` is the training's evidence for each weight and the bias, last: what online
    learning starts from. `platt` maps a logit s to slope * s + intercept (Platt, 1999).
    """

    features: tuple[ClickFeature, ...]
    means: tuple[float, ...]
    spreads: tuple[Annotated[float, Field(gt=0)], ...]
    weights: tuple[float, ...]
    bias: float
    precision: tuple[tuple[float, ...], ...]
    examination: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)]
    platt: tuple[float, float] = (1.0, 0.0)
    base_rate: Annotated[float, Field(gt=0, lt=1)] = 0.05
    items: dict[str, tuple[float, float]] = Field(default_factory=dict)
    values: dict[str, tuple[float, float]] = Field(default_factory=dict)
    form: Literal["clicks.v1"] = "clicks.v1"

    @model_validator(mode="after")
    def _check(self) -> ClickModel:
        size = len(self.features)
        if not len(self.means) == len(self.spreads) == len(self.weights) == size:
            raise ValueError("its parts have different lengths")
        if len(self.precision) != size + 1 or any(len(r) != size + 1 for r in self.precision):
            raise ValueError("its precision has the wrong shape")
        return self

    def standardise(self, matrix: Numbers) -> Numbers:
        """Standardised features with a last column of ones, shape (products, features + 1)."""
        columns = [list(ClickFeature).index(feature) for feature in self.features]
        scaled = (matrix[:, columns] - np.array(self.means)) / np.array(self.spreads)
        return np.concatenate([scaled, np.ones((len(matrix), 1))], axis=1)

    @property
    def layer(self) -> Numbers:
        """Weights and bias after calibration, shape (features + 1,)."""
        slope, intercept = self.platt
        return np.array([*(slope * w for w in self.weights), slope * self.bias + intercept])

    @property
    def personal(self) -> NDArray[np.bool_]:
        """Which entries of the layer are about the shopper."""
        return np.array([*(feature in PERSONAL for feature in self.features), False])

    def records(self) -> Records:
        """What each product and value got until the training ended."""
        return Records(
            {k: list(v) for k, v in self.items.items()},
            {k: list(v) for k, v in self.values.items()},
        )

    def examined(self, places: Sequence[int]) -> Numbers:
        """The probability that a place (from 1) is looked at, by the last one known beyond."""
        known = np.array(self.examination)
        return np.asarray(known[np.minimum(np.array(places, dtype=int), len(known)) - 1])


def load_click_model(folder: Path) -> ClickModel:
    """The model kept in a folder; TerminalError when it is damaged."""
    path = folder / FILE
    try:
        return ClickModel.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise TerminalError(
            f"{path} is no click model of this version.",
            remedy="Roll back, or train again with `aisle train clicks`.",
        ) from None


def sigmoid(logits: Numbers) -> Numbers:
    """Probabilities of logits."""
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def reorder_block(relevance: Sequence[float], logits: Numbers, influence: float) -> list[int]:
    """Places in their new order: clicks shift a product's share of the best score by at most
    `influence` either way.

    `relevance` are scores in the order of the page. Two products change places only where
    their shares lie within twice the influence; equal ones (a list without a text) are in the
    order of the logits. Diversity may have put a lower score before a higher one, so the n-th
    place stands for the n-th best score.
    """
    if not len(relevance):
        return []
    scores = np.sort(np.array(relevance, dtype=float))[::-1]
    top = scores[0] if scores[0] > 0 else 1.0
    shift = np.tanh((logits - logits.mean()) / SCALE)
    keyed = scores / top + influence * shift
    return [int(place) for place in np.argsort(-keyed, kind="stable")]
