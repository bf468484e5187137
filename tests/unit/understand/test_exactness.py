"""Conditions are read exactly: 300 messages, half of them Chinese, by rules alone."""

from __future__ import annotations

from benchmarks.exactness import load_cases, measure

# What the project promises of prices, ranges, negations and references.
EXACT = 0.99


def test_conditions_are_read_exactly_in_both_languages() -> None:
    counts, wrong = measure()
    for exact, total in counts.values():
        assert exact / total >= EXACT, "\n".join(wrong)


def test_the_messages_are_enough_and_half_chinese() -> None:
    cases = load_cases()
    chinese = sum(case["language"] == "zh" for case in cases)
    assert len(cases) >= 300
    assert abs(2 * chinese - len(cases)) <= 10
    assert len({(case["message"], *case.get("history", ())) for case in cases}) == len(cases)
