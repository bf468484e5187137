"""Slips of spelling are mended with the catalogue's own words, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.query.spelling import Speller
from retrieval.types import Change

WORDS = {
    "wireless": 300, "keyboard": 200, "keyboards": 40, "printer": 900, "printers": 90, "toner": 700,
    "headphones": 120, "laptop": 80, "mouse": 150, "speaker": 110, "prnter": 1, "lenovo": 60,
    "speeker": 2, "grandma": 3, "does": 9, "spatula": 40,
}  # fmt: skip
SPELLER = Speller(WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wireles keybord", "wireless keyboard"),
        ("printre", "printer"),
        ("headfones", "headphones"),
        ("lenvo laptop", "lenovo laptop"),
        ("TN-2110 tonner", "TN-2110 toner"),
        ("prnter", "printer"),
    ],
)
def test_slips_are_mended(typed: str, meant: str) -> None:
    assert SPELLER.repair(typed).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "wireless keyboard",
        "vegan",  # an English word for what this shop may not have
        "vans",
        "granola",
        "mauser",  # a name that no list has need not be a mouse
        "tn2110x",
        "dv7-abcd",
        "mous" * 20,
        "cat",
        "",
        "无线鼠标",
        "🙂",
        "DROP TABLE products; --",
    ],
)
def test_right_words_and_what_is_no_word_stay(text: str) -> None:
    repair = SPELLER.repair(text)
    assert repair.text == text
    assert repair.changes == ()


@pytest.mark.parametrize("typed", ["joes", "does", "granolas", "spatial"])
def test_right_words_near_frequent_ones_stay(typed: str) -> None:
    assert SPELLER.repair(typed).changes == ()


def test_a_doubtful_slip_is_searched_both_ways() -> None:
    """A chord is a thing of its own, but this shop sells many a cord."""
    repair = Speller({**WORDS, "cord": 60}).repair("chord")
    assert repair.text == "cord"
    assert not repair.sure


def test_the_likelier_slip_decides_between_two_words() -> None:
    """Both lie one edit from what was typed; letters that sound alike are mixed up more often."""
    words = {"filter": 50, "finter": 50, "cable": 900}
    assert Speller(words).repair("firter").text == "filter"


def test_what_was_changed_is_told() -> None:
    repair = SPELLER.repair("wireles Mouse")
    assert repair.changes == (Change(typed="wireles", read="wireless"),)
    assert repair.sure


def test_a_word_the_catalogue_has_is_mended_only_unsurely() -> None:
    """One product says "prnter": it may be a slip, so both are searched."""
    assert not SPELLER.repair("prnter").sure


def test_a_rare_word_is_kept_unless_its_neighbour_is_far_more_frequent() -> None:
    assert SPELLER.repair("speeker").changes == ()


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    repair = SPELLER.repair(text)
    if not repair.changes:
        assert repair.text == text
    assert all(change.read in WORDS for change in repair.changes)
