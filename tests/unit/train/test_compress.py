"""Shorter vectors, smaller graphs and quantised indexes, each built and measured for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.tiny_encoder import KINDS, THINGS, write_tiny_encoder

from retrieval.errors import CallerError, WeightsError
from retrieval.index.encoder import PROJECTED, load_encoder
from retrieval.index.encoder_onnx import GRAPH, OnnxEncoder
from retrieval.train.compress.plot import plot_variants
from retrieval.train.compress.reduce import (
    fit_projection,
    project,
    read_reduction,
    write_projected_graph,
)
from retrieval.train.compress.sweep import (
    Material,
    Variant,
    sweep_encoder,
    sweep_index,
    sweep_vectors,
)
from retrieval.types import Vectors

NAME = "all-minilm-l6-v2"


def ignore(done: int, total: int | None, note: str = "") -> None:
    """Hears how far a job is."""


def flat_vectors(count: int, inner: int, whole: int, seed: int) -> Vectors:
    """Unit vectors of `whole` dimensions that lie in a space of `inner`."""
    random = np.random.default_rng(seed)
    basis = np.random.default_rng(9).standard_normal((inner, whole))
    vectors = random.standard_normal((count, inner)) @ basis
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_components_keep_what_the_first_dimensions_lose() -> None:
    vectors = flat_vectors(300, inner=4, whole=24, seed=1)
    exact = vectors @ vectors.T
    by_components = project(vectors, fit_projection(vectors, "pca", 4))
    assert np.allclose(by_components @ by_components.T, exact, atol=1e-4)
    by_place = project(vectors, fit_projection(vectors, "first", 4))
    assert np.array_equal(by_place.argmax(axis=1), vectors[:, :4].argmax(axis=1))
    assert not np.allclose(by_place @ by_place.T, exact, atol=0.1)


@pytest.mark.parametrize("name", ["pca", "pca-", "svd-10", "pca--3", "first-1.5"])
def test_a_reduction_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(CallerError, match="is no reduction"):
        read_reduction(name)


@pytest.mark.parametrize("dimensions", [0, 25])
def test_no_more_dimensions_than_there_are(dimensions: int) -> None:
    with pytest.raises(CallerError, match=f"have no {dimensions} to keep"):
        fit_projection(flat_vectors(3, 4, 24, 1), "pca", dimensions)


def test_the_graph_gives_the_projected_vectors(tmp_path: Path) -> None:
    folder = write_tiny_encoder(tmp_path, NAME)
    texts = [f"{kind} {thing}" for kind in KINDS for thing in THINGS]
    whole = OnnxEncoder(folder, "whole").encode_passages(texts)
    projection = fit_projection(whole, "pca", 16)
    (folder / GRAPH).rename(folder / "whole.onnx")
    write_projected_graph(folder / "whole.onnx", folder / GRAPH, projection)
    (folder / PROJECTED).write_text("{}")
    short = load_encoder(NAME, tmp_path)
    assert short.dimensions == 16
    assert np.allclose(short.encode_passages(texts), project(whole, projection), atol=1e-5)
    with pytest.raises(WeightsError, match="shortened by its ONNX graph"):
        load_encoder(NAME, tmp_path, "torch")


def test_precisions_are_measured_against_floats(tmp_path: Path) -> None:
    folder = write_tiny_encoder(tmp_path, NAME)
    texts = {f"{thing}-{kind}": f"{kind} {thing}" for kind in KINDS for thing in THINGS}
    grades = {f"{KINDS[0]} {THINGS[0]}": {f"{THINGS[0]}-{KINDS[0]}": 3, f"{THINGS[1]}-old": 0}}
    material = Material(texts, tuple(grades), grades)
    exact, mixed, int8 = sweep_encoder(folder, material, ignore)
    assert [v.name for v in (exact, mixed, int8)] == ["fp32", "mixed", "int8"]
    assert exact.recall == exact.cosine == exact.ndcg == 1.0
    assert exact.size_mib > int8.size_mib
    assert int8.cosine is not None
    assert 0.9 < int8.cosine <= 1.0


def test_shorter_vectors_lose_neighbours() -> None:
    queries, corpus = flat_vectors(5, 20, 48, 2), flat_vectors(400, 20, 48, 3)
    material = Material({str(n): "" for n in range(400)}, ("q",) * 5, {})
    found = {v.name: v for v in sweep_vectors(queries, corpus, material)}
    assert found["whole"].recall == 1.0
    assert found["pca-24"].recall > 0.99  # all of the 20 that there are
    assert found["pca-8"].recall < 0.9
    assert found["pca-24"].recall > found["first-24"].recall
    assert found["pca-24"].size_mib == pytest.approx(found["whole"].size_mib / 2, abs=0.01)
    assert found["whole"].ndcg is None


def test_quantised_indexes_are_built_and_searched() -> None:
    queries, corpus = flat_vectors(8, 64, 96, 4), flat_vectors(3000, 64, 96, 5)
    material = Material({str(n): "" for n in range(3000)}, ("q",) * 8, {})
    rows = list(sweep_index(queries, corpus, material, ("whole",), ignore))
    found = {v.name.removeprefix("whole, "): v for v in rows}
    assert found["scan"].recall == 1.0
    assert found["int8"].recall > 0.95
    assert found["binary, not rescored"].recall < found["binary"].recall
    assert found["binary, not rescored"].recall < 0.9
    assert found["int8"].settings["AISLE_INDEX_QUANTIZATION"] == "int8"
    assert found["scan"].size_mib > found["int8"].size_mib > found["binary"].size_mib


def test_the_plot_is_one_page_with_every_variant(tmp_path: Path) -> None:
    rows = [
        Variant(part="index", name="int8 <b>", size_mib=1.5, p50_ms=0.4, recall=0.98, ndcg=0.9),
        Variant(part="vectors", name="pca-192", size_mib=2, recall=0.95),
    ]
    plot_variants(rows, tmp_path / "plot.html")
    page = (tmp_path / "plot.html").read_text()
    assert "vectors: pca-192" in page
    assert 'src="http' not in page
