"""The verifier against sentences made true or false on purpose, in both languages."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from support.answer_cases import Case
from support.answer_checking import CAUGHT, LOST, check_all, report
from support.answer_products import BAGS, EN, LAPTOPS, MICE, STORE, VOCABULARY, ZH

from retrieval.types import Language


@pytest.fixture(scope="module")
def results() -> list[tuple[Case, str, str, bool]]:
    shelves = ((MICE, Decimal(30)), (LAPTOPS, Decimal(700)), (BAGS, Decimal(60)))
    return list(check_all(shelves, VOCABULARY, STORE, seed=7))


def test_false_sentences_are_caught(results: list[tuple[Case, str, str, bool]]) -> None:
    caught, _, text = report(results)
    assert caught >= CAUGHT, text


def test_true_sentences_are_kept(results: list[tuple[Case, str, str, bool]]) -> None:
    _, lost, text = report(results)
    assert lost <= LOST, text


@pytest.mark.parametrize("language", [EN, ZH])
def test_every_kind_of_change_is_tried(
    results: list[tuple[Case, str, str, bool]], language: Language
) -> None:
    kinds = Counter(r[1] for r in results if r[0].language is language)
    for kind in ("number", "name", "attribute", "comparison", "negation", "praise"):
        assert kinds[kind] >= 15, kinds
