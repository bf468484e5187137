"""The learned ranker: relative features, weights learned from grades, a file that is checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.index_products import MONITOR, PRODUCTS, HashingEncoder

from retrieval.errors import CallerError, TerminalError
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index
from retrieval.index.types import ProductIndex, VectorName, point_id
from retrieval.rank.features import Feature
from retrieval.rank.ranker import LinearRanker, default_ranker, load_ranker
from retrieval.search import HybridSearcher
from retrieval.train.ranker import (
    collect_examples,
    cross_validate,
    make_example,
    measure,
    train_ranker,
)
from retrieval.types import SearchRequest

ENCODER = HashingEncoder()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ProductIndex]:
    opened = open_embedded_index(tmp_path, index_schema(ENCODER, ENCODER))
    Indexer(opened, ENCODER, ENCODER).index(PRODUCTS)
    yield opened
    opened.close()


def examples_where(feature: Feature, count: int = 30) -> list:  # type: ignore[type-arg]
    """Queries whose relevant candidates are those that are strong in `feature` alone."""
    random = np.random.default_rng(7)
    made = []
    for number in range(count):
        features = random.random((40, len(Feature))).astype(np.float32)
        column = features[:, list(Feature).index(feature)]
        ids = [str(n) for n in range(40)]
        grades = {i: int(value > 0.8) * 3 for i, value in zip(ids, column, strict=True)}
        made.append(make_example(f"query {number}", ids, features, grades))
    return made


def test_features_are_relative_to_the_best_candidate(index: ProductIndex) -> None:
    searcher = HybridSearcher(index, ENCODER, ENCODER)
    ids, features = searcher.features(SearchRequest(text="ViewMax monitor"))
    assert features.shape == (len(ids), len(Feature))
    assert features.min() >= 0
    assert features.max(axis=0) == pytest.approx(np.ones(len(Feature)))
    dense = dict(zip(ids, features[:, list(Feature).index(Feature.DENSE)], strict=True))
    assert max(dense, key=dense.__getitem__) == point_id(MONITOR.id)


def test_a_query_of_no_words_has_candidates_all_the_same(index: ProductIndex) -> None:
    ranker = default_ranker()
    searcher = HybridSearcher(index, ENCODER, ENCODER, ranker=ranker)
    assert searcher.search(SearchRequest(text="🙂")).hits


def test_the_ranker_reorders_what_fusion_found(index: ProductIndex) -> None:
    request = SearchRequest(text="monitor with hdmi", limit=50)
    fused = HybridSearcher(index, ENCODER, ENCODER).search(request)
    lexical = LinearRanker(weights={Feature.LEXICAL: 1.0})
    ranked = HybridSearcher(index, ENCODER, ENCODER, ranker=lexical).search(request)
    assert {h.product.id for h in ranked.hits} == {h.product.id for h in fused.hits}
    scores = [h.score for h in ranked.hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(1.0)


@pytest.mark.parametrize("feature", list(Feature))
def test_training_finds_the_feature_that_decides(feature: Feature) -> None:
    ranker = train_ranker(examples_where(feature))
    assert max(ranker.weights, key=ranker.weights.__getitem__) is feature
    assert sum(ranker.weights.values()) == pytest.approx(1, abs=1e-3)
    assert min(ranker.weights.values()) > 0


def test_cross_validation_is_told_apart_from_chance() -> None:
    examples = examples_where(Feature.FEEDBACK)
    learned = cross_validate(examples)
    chance = [measure(e, np.random.default_rng(1).random(40)) for e in examples]
    assert learned.judged > 0.95
    assert np.mean([c.judged for c in chance]) < 0.7


def test_unjudged_candidates_are_left_out_of_the_judged_measure() -> None:
    features = np.eye(len(Feature), dtype=np.float32)
    example = make_example("q", ["a", "b", "c", "d"], features, {"b": 3})
    outcome = measure(example, np.array([4.0, 3.0, 2.0, 1.0]))
    assert outcome.judged == 1
    assert outcome.all == pytest.approx(1 / np.log2(3))


def test_too_few_judged_queries_are_refused(index: ProductIndex) -> None:
    searcher = HybridSearcher(index, ENCODER, ENCODER)
    judged = {"monitor": {MONITOR.id: 3}, "unknown": {"not-there": 3}}
    with pytest.raises(CallerError, match="Only 1 judged queries"):
        collect_examples(
            searcher,
            judged,
            lambda q, n: SearchRequest(text=q, limit=n),
            lambda done, total, note="": None,
        )


def test_the_shipped_ranker_uses_every_signal_and_says_where_it_is_from() -> None:
    ranker = default_ranker()
    assert set(ranker.weights) == set(Feature)
    assert sum(ranker.weights.values()) == pytest.approx(1, abs=1e-3)
    assert ranker.manifest["queries"] > 0


def test_a_store_without_a_ranker_is_served_by_the_shipped_one(tmp_path: Path) -> None:
    assert load_ranker(tmp_path / "ranker.json") == default_ranker()


def test_a_damaged_ranker_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ranker.json"
    path.write_text('{"weights": {"fused": 7}}')
    with pytest.raises(TerminalError, match="no ranker of this version"):
        load_ranker(path)


def test_vectors_come_back_by_id(index: ProductIndex) -> None:
    found = index.vectors(VectorName.ENGLISH, [point_id(MONITOR.id), point_id("unknown")])
    assert list(found) == [point_id(MONITOR.id)]
    assert np.linalg.norm(found[point_id(MONITOR.id)]) == pytest.approx(1, abs=1e-4)
