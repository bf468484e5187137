"""Fusion, pins and evaluation: arithmetic that can be checked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from retrieval.errors import CallerError
from retrieval.evaluate import evaluate_ranker, read_judgments, score_query
from retrieval.rank.fusion import fuse_distributions, fuse_ranks, fuse_scores, lower_floor
from retrieval.rank.rules import is_model_key, pin, query_models

DENSE = {"a": 0.9, "b": 0.8, "c": 0.1}
LEXICAL = {"b": 12.0, "d": 6.0}


def test_reciprocal_ranks() -> None:
    fused = fuse_ranks([DENSE, LEXICAL], k=1)
    assert fused["b"] == pytest.approx(1 / 3 + 1 / 2)
    assert fused["d"] == pytest.approx(1 / 3)
    assert list(fused) == ["b", "a", "d", "c"]


def test_distributions_are_scaled_to_three_sigma() -> None:
    fused = fuse_distributions([{"a": 1.0, "b": 3.0}])
    assert fused == {"b": pytest.approx(4 / 6), "a": pytest.approx(2 / 6)}
    assert fuse_distributions([{"a": 5.0}, {}]) == {"a": 0.5}


def test_scores_are_shares_of_the_best() -> None:
    fused = fuse_scores([DENSE, LEXICAL], [0.4, 0.6])
    assert fused["b"] == pytest.approx(0.4 * 0.8 / 0.9 + 0.6)
    assert fused["d"] == pytest.approx(0.3)
    assert next(iter(fused)) == "b"


def test_scores_without_a_positive_one_still_rank_their_products() -> None:
    assert fuse_scores([{"a": -0.2, "b": -0.1}, {}], [1.0, 1.0]) == {"a": 0.0, "b": 0.0}


def test_floor_spreads_squeezed_cosines_and_keeps_their_order() -> None:
    spread = lower_floor({"a": 0.87, "b": 0.83, "c": 0.80, "d": 0.1}, 0.95, 3)
    assert spread == {
        "a": pytest.approx(0.11),
        "b": pytest.approx(0.07),
        "c": pytest.approx(0.04),
        "d": pytest.approx(-0.66),
    }
    assert lower_floor({"a": 0.3, "b": -0.1}, 0.95, 9) == {"a": 0.3, "b": -0.1}
    assert lower_floor({}, 0.95, 9) == {}


@pytest.mark.parametrize(
    ("key", "is_model"),
    [("tn2110", True), ("006r90321", True), ("90321", True), ("6600", False), ("a4", False),
     ("toner", False), ("4k", False)],
)  # fmt: skip
def test_what_counts_as_a_model_number(key: str, is_model: bool) -> None:
    assert is_model_key(key) is is_model


def test_model_numbers_of_a_query_are_joined_over_words() -> None:
    assert {"tn2110", "brothertn2110"} <= set(query_models("Brother TN 2110 toner"))
    assert query_models("toner for xerox") == []


def test_pinned_come_first_and_once() -> None:
    pinned = pin({"a": 0.9, "b": 0.5}, ["b", "x"])
    assert list(pinned) == ["b", "x", "a"]
    assert list(pinned.values()) == sorted(pinned.values(), reverse=True)


def test_ndcg_counts_unjudged_as_nothing_or_drops_them() -> None:
    grades = {"good": 3, "fair": 1, "bad": 0}
    scores = score_query(["unjudged", "good", "bad"], grades)
    ideal = 7 + 1 / math.log2(3)
    assert scores.ndcg == pytest.approx(7 / math.log2(3) / ideal)
    assert scores.ndcg_judged == pytest.approx(7 / ideal)
    assert scores.recall == 1.0
    assert scores.judged == pytest.approx(0.2)


def test_recall_is_undefined_without_a_grade_of_two() -> None:
    assert score_query(["a"], {"a": 1}).recall is None


def test_queries_without_relevant_products_are_left_out() -> None:
    judgments = {"one": {"a": 3, "b": 2}, "none": {"a": 0}}
    result = evaluate_ranker(lambda query, limit: ["a", "b"][:limit], judgments)
    assert result["queries"] == 1
    assert result["ndcg@10"] == pytest.approx(1.0)
    assert result["recall@100"] == 1.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("query,product\nq,1\n", "lacks the columns"),
        ("query,product_id,grade\nq,1,4\n", "Line 2 of .* grade '4'"),
        ("query,product_id,grade\nq,1,\n", "Line 2"),
        ("query,product_id,grade\n", "holds no judgments"),
    ],
)
def test_malformed_judgments_name_the_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "judgments.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(CallerError, match=message):
        read_judgments(path)


def test_missing_judgments_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="cannot be read"):
        read_judgments(tmp_path / "nowhere.csv")
