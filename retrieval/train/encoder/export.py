"""From trained weights to a folder that serves: interpolated, written, its graph built."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from retrieval.errors import CallerError
from retrieval.index.encoder_graph import Precision, write_encoder_graph
from retrieval.index.encoder_onnx import GRAPH

WEIGHTS = "model.safetensors"
# What an export makes anew, or what says something of the base alone.
_NOT_COPIED = ("onnx", WEIGHTS, "manifest.json")

Tensors = dict[str, NDArray[Any]]


def read_weights(folder: Path) -> Tensors:
    """The weights of an encoder's folder, halves as floats; raises CallerError when none."""
    from safetensors.numpy import load_file

    if not (folder / WEIGHTS).is_file():
        raise CallerError(
            f"{folder.name} has no weights here to train.",
            remedy="Name a packaged encoder in AISLE_ENCODER_…; see: aisle models list.",
        )
    loaded: Tensors = load_file(folder / WEIGHTS)
    return {
        name: value.astype(np.float32) if np.issubdtype(value.dtype, np.floating) else value
        for name, value in loaded.items()
    }


def interpolate(base: Tensors, tuned: Mapping[str, Tensor], share: float) -> Tensors:
    """Weights `share` of the way from base to tuned.

    What lies between keeps more of what the base knew than the tuned end does, and often
    answers better on both (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """
    return {
        name: value + share * (tuned[name].numpy().astype(np.float32) - value)
        if name in tuned and np.issubdtype(value.dtype, np.floating)
        else value
        for name, value in base.items()
    }


def export_encoder(base: Path, weights: Tensors, target: Path, precision: Precision) -> None:
    """Write a folder like `base` with other weights, and the ONNX graph of them."""
    from safetensors.numpy import save_file

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(base, target, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    save_file(weights, target / WEIGHTS, metadata={"format": "pt"})
    write_encoder_graph(target, target / GRAPH, precision)
