"""An encoder alone is measured by where it puts the answers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from support.index_products import HashingEncoder

from retrieval.errors import TerminalError
from retrieval.train.encoder.measures import (
    Question,
    Questions,
    ask_clicks,
    ask_judgments,
    load_questions,
    measure_encoder,
    measure_vectors,
)
from retrieval.train.encoder.pairs import Pair

CORPUS = ("red lamp", "blue lamp", "tent")


def test_what_shares_words_is_found_first() -> None:
    pairs = [Pair(anchor="red lamp", positive="red lamp"), Pair(anchor="tent", positive="tent")]
    asked = ask_clicks(pairs, CORPUS, learned=pairs[:1])
    measures = measure_encoder(HashingEncoder(), asked)
    assert (measures.ndcg, measures.recall, measures.queries) == (1.0, 1.0, 2)
    assert (measures.ndcg_new, measures.queries_new) == (1.0, 1)


def test_the_place_of_the_answer_and_its_clicks_count() -> None:
    asked = Questions(corpus=CORPUS, questions=(Question(query="q", gains={0: 1.0, 2: 3.0}),))
    scores = np.array([[3.0, 2.0, 1.0]], np.float32)  # the better answer comes third
    measures = measure_vectors(scores, np.eye(3, dtype=np.float32), asked)
    ideal = 3 + 1 / math.log2(3)
    assert measures.ndcg == pytest.approx((1 + 3 / math.log2(4)) / ideal, abs=1e-5)
    assert measures.ndcg_new == measures.ndcg


def test_judged_queries_are_answered_from_judged_products_alone() -> None:
    texts = {"a": "tent", "b": "lamp", "c": "lamp lamp"}
    asked = ask_judgments({"lamp": {"a": 0, "b": 3, "gone": 3}, "none": {"a": 0}}, texts)
    assert asked.corpus == ("tent", "lamp")
    assert [q.query for q in asked.questions] == ["lamp"]
    assert asked.questions[0].among == (0, 1)
    assert asked.questions[0].gains == {1: 7.0}


def test_questions_are_kept_and_a_damaged_file_is_told(tmp_path: Path) -> None:
    asked = ask_clicks([Pair(anchor="灯", positive="lamp")], CORPUS)
    asked.save(tmp_path / "q.json")
    assert load_questions(tmp_path / "q.json") == asked
    assert load_questions(tmp_path / "q.json").digest == asked.digest
    (tmp_path / "q.json").write_text("{}")
    with pytest.raises(TerminalError, match="damaged"):
        load_questions(tmp_path / "q.json")
