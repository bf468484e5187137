"""Rows of facets: titles that name a value, and numbers counted by product."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.facet_choice import _has_number
from retrieval.facet_rows import Measures

CLOSE_TO_NUMBERS = st.text(alphabet="127. x", max_size=12)


@given(title=CLOSE_TO_NUMBERS, number=st.sampled_from(["27", "2", "7.2", "127"]))
def test_a_number_in_a_title_is_not_part_of_a_longer_one(title: str, number: str) -> None:
    alone = re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]\d)", f" {title} ")
    assert _has_number(f" {title} ", number) == bool(alone)


def test_a_product_counts_once_for_a_number_it_states_twice() -> None:
    measures = Measures(np.array([2.0, 2.0, 5.0, 2.0]), np.array([0, 0, 0, 1]))
    assert measures.count_products() == {2.0: 2, 5.0: 1}
    assert measures.count_within(1, 3) == 2
    assert measures.count_within(2, 5) == 2
    assert measures.count_within(3, 5) == 1
    assert measures.count_within(6, 9) == 0
