"""How a next-item model is trained."""

from __future__ import annotations

from pydantic import Field

from retrieval.errors import CallerError
from retrieval.recommend.network import NetworkShape
from retrieval.types import Frozen


class TrainingSettings(Frozen):
    """How the model is trained; the defaults are for any shop's data.

    `batch_tokens` inputs make a step; `negatives` 0 means the full softmax where the catalogue
    is small enough; `epochs` 0 means EPOCHS, fewer where the data is large.
    """

    dimensions: int = Field(default=64, ge=8, le=1024)
    blocks: int = Field(default=2, ge=1, le=12)
    heads: int = Field(default=2, ge=1, le=16)
    length: int = Field(default=50, ge=2, le=1000)
    dropout: float = Field(default=0.4, ge=0, lt=1)
    embedding_dropout: float = Field(default=0.4, ge=0, lt=1)
    cosine: bool = False
    epochs: int = Field(default=0, ge=0, le=10_000)
    patience: int = Field(default=4, ge=1)
    batch_tokens: int = Field(default=1500, ge=16)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)
    warmup_steps: int = Field(default=200, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    horizon: int = Field(default=1, ge=1, le=20)
    horizon_decay: float = Field(default=0.5, gt=0, le=1)
    item_dropout: float = Field(default=0.1, ge=0, lt=1)
    warm_start: bool = True
    average: float = Field(default=0.995, ge=0, lt=1)
    negatives: int = Field(default=0, ge=0)
    seed: int = 0
    threads: int = Field(default=0, ge=0)


def shape_of(settings: TrainingSettings, items: int, text_dimensions: int) -> NetworkShape:
    """The network's shape; raises CallerError when heads don't divide dimensions."""
    if settings.dimensions % settings.heads:
        raise CallerError(
            f"{settings.dimensions} dimensions cannot be shared by {settings.heads} heads.",
            remedy="Choose --dimensions as a multiple of --heads.",
        )
    return NetworkShape(
        items=items,
        text_dimensions=text_dimensions,
        **settings.model_dump(include=set(NetworkShape.model_fields) - {"items"}),
    )
