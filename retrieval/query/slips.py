"""How likely one word is typed for another: a weighted optimal string alignment.

The errors are those of Damerau (1964), each with a cost in powers of ten, after the shares that
Kernighan, Church and Gale (1990) and Brill and Moore (2000) report: swapped, doubled and lost
letters come often, and so do neighbours on the keyboard and letters that sound alike; any other
letter comes seldom, and the first letter is mostly right.
"""

from __future__ import annotations

SWAPPED = 2.5
DOUBLED = 2.3
LOST = 2.7
BESIDE = 3.0
SOUNDS_ALIKE = 2.7
ADDED = 3.7
CHANGED = 3.7
"""Costs of one slip: -log10 of its chance at a given place of a word."""

FIRST_LETTER = 0.7
"""What a slip in the first letter costs beside: writers watch it."""

CHEAPEST = DOUBLED
"""No slip is likelier than this."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ALIKE = ("aeiouy", "ckq", "sz", "sc", "bp", "dt", "gj", "vfw", "mn", "lr")


def _pairs() -> tuple[frozenset[str], frozenset[str]]:
    """Pairs of letters that lie side by side, and that sound alike."""
    place = {c: (x + y / 2, y) for y, row in enumerate(_ROWS) for x, c in enumerate(row)}
    beside = {
        a + b
        for a, (x, y) in place.items()
        for b, (u, v) in place.items()
        if a != b and abs(x - u) <= 1 and abs(y - v) <= 1
    }
    alike = {a + b for letters in _ALIKE for a in letters for b in letters if a != b}
    return frozenset(beside), frozenset(alike)


_BESIDE, _SOUND = _pairs()


def slip_cost(meant: str, typed: str) -> float:
    """-log10 of the chance that `typed` is written for `meant`, both lower case.

    A dynamic programme over both words: O(len(meant) * len(typed)).
    """
    rows = [[0.0] * (len(typed) + 1) for _ in range(len(meant) + 1)]
    for i in range(len(meant) + 1):
        for j in range(len(typed) + 1):
            if i or j:
                rows[i][j] = min(_ways(rows, meant, typed, i, j))
    return rows[-1][-1]


def _ways(rows: list[list[float]], meant: str, typed: str, i: int, j: int) -> list[float]:
    """The costs of reaching (i, j) by each edit."""
    ways = []
    if i and j:
        ways.append(rows[i - 1][j - 1] + _change(meant[i - 1], typed[j - 1], i == 1))
    if i:
        ways.append(rows[i - 1][j] + _lose(meant, i))
    if j:
        ways.append(rows[i][j - 1] + _add(typed, j))
    if i > 1 and j > 1 and meant[i - 2 : i] == typed[j - 1] + typed[j - 2]:
        ways.append(rows[i - 2][j - 2] + SWAPPED + (FIRST_LETTER if i == 2 else 0.0))
    return ways


def _change(meant: str, typed: str, first: bool) -> float:
    if meant == typed:
        return 0.0
    pair = meant + typed
    cost = SOUNDS_ALIKE if pair in _SOUND else BESIDE if pair in _BESIDE else CHANGED
    return cost + (FIRST_LETTER if first else 0.0)


def _lose(meant: str, i: int) -> float:
    if i > 1 and meant[i - 2] == meant[i - 1]:
        return DOUBLED
    return LOST + (FIRST_LETTER if i == 1 else 0.0)


def _add(typed: str, j: int) -> float:
    if j > 1 and typed[j - 2] == typed[j - 1]:
        return DOUBLED
    if j > 1 and typed[j - 2] + typed[j - 1] in _BESIDE:
        return BESIDE
    return ADDED + (FIRST_LETTER if j == 1 else 0.0)
