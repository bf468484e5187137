"""Shorter vectors: principal components or the first dimensions, built into an encoder's graph."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from retrieval.errors import CallerError
from retrieval.index.encoder_graph import OUTPUT, SMALLEST_NORM
from retrieval.types import Vectors

# The graph's former output, before the projection.
WHOLE = "whole_embedding"
_NAME = re.compile(r"(pca|first)-(\d+)")


def read_reduction(name: str) -> tuple[str, int]:
    """("pca" or "first", dimensions) of a name such as pca-192; raises CallerError."""
    if not (match := _NAME.fullmatch(name)):
        raise CallerError(f"{name!r} is no reduction.", remedy="E.g. pca-192 or first-192.")
    return match[1], int(match[2])


def fit_projection(vectors: Vectors, kind: str, dimensions: int) -> Vectors:
    """A matrix of shape (whole, dimensions) by which vectors are multiplied.

    "pca" keeps the directions in which the vectors reach farthest from the origin: of all
    projections of that size it changes inner products least (Eckart and Young 1936), so the mean
    is not taken off. "first" keeps the first dimensions.
    """
    whole = vectors.shape[1]
    if not 1 <= dimensions <= whole:
        raise CallerError(
            f"Vectors of {whole} dimensions have no {dimensions} to keep.",
            remedy=f"Choose 1 to {whole}.",
        )
    if kind == "first":
        return np.eye(whole, dimensions, dtype=np.float32)
    spread = vectors.astype(np.float64).T @ vectors.astype(np.float64)
    # eigh gives the smallest first.
    directions = np.linalg.eigh(spread)[1][:, ::-1][:, :dimensions]
    return np.ascontiguousarray(directions, np.float32)


def project(vectors: Vectors, projection: Vectors) -> Vectors:
    """Unit vectors of shape (n, dimensions) by a matrix of `fit_projection`."""
    short = vectors @ projection
    norms = np.maximum(np.linalg.norm(short, axis=1, keepdims=True), SMALLEST_NORM)
    unit: Vectors = (short / norms).astype(np.float32)
    return unit


def write_projected_graph(source: Path, target: Path, projection: Vectors) -> None:
    """The graph at `source` with the projection, and unit length, behind it."""
    model = onnx.load(source)
    graph = model.graph
    for node in graph.node:
        node.output[:] = [WHOLE if name == OUTPUT else name for name in node.output]
    floor = np.array(SMALLEST_NORM, np.float32)
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.ascontiguousarray(projection, np.float32), "projection"),
            numpy_helper.from_array(floor, "smallest_projected"),
        ]
    )
    graph.node.extend(
        [
            helper.make_node("MatMul", [WHOLE, "projection"], ["projected"]),
            helper.make_node("ReduceL2", ["projected"], ["projected_norm"], axes=[1], keepdims=1),
            helper.make_node("Max", ["projected_norm", "smallest_projected"], ["projected_safe"]),
            helper.make_node("Div", ["projected", "projected_safe"], [OUTPUT]),
        ]
    )
    shape = graph.output[0].type.tensor_type.shape
    shape.dim[1].dim_value = projection.shape[1]
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, target)
