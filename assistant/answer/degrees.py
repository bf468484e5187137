"""Which end of which property a message asks for: "the lightest", "the most pieces", 哪个内存大."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from assistant.answer.metrics import (
    ADJECTIVES,
    PRICE,
    RATING,
    Adjective,
    find_adjective_metric,
)
from assistant.answer.record import Record
from assistant.answer.telling import Spoken, is_spoken_of
from assistant.understand.act import asks_how_much_more, asks_which
from retrieval.types import Vocabulary

_MOST = re.compile(
    r"\b(?:most|more|highest|higher|largest|larger|biggest|bigger|longest|longer|greatest|greater"
    r"|best|better)\b|(?:最|更|比较)[大高多长强快好]"
)
_LEAST = re.compile(
    r"\b(?:least|less|fewest|fewer|lowest|lower|smallest|smaller|shortest|shorter)\b"
    r"|(?:最|更|比较)[小低少短慢]"
)
# 哪个内存大 has no word of degree but the adjective.
_BARE_MOST, _BARE_LEAST = re.compile("[大高多长强快好]"), re.compile("[小低少短慢]")


class End(NamedTuple):
    """One end of a property; the `adjective` is what it is called by, where it has a name."""

    highest: bool
    adjective: Adjective | None = None


def find_ends(
    asked: str,
    wish: Spoken,
    records: Sequence[Record],
    measured: Collection[str],
    vocabulary: Vocabulary,
) -> Mapping[str, End]:
    """The ends that folded `asked` names by metric, else the good ends of what is wished for."""
    by_name = {
        metric: End(adjective.highest, adjective)
        for adjective in reversed(ADJECTIVES)
        if _is_named(adjective, asked)
        and (metric := find_adjective_metric(adjective, measured, vocabulary))
    }
    if by_name:
        return by_name
    highest = _read_degree(asked)
    if highest is not None:
        named = name_measured(asked, records, measured, vocabulary)
        if named:
            return {name: End(highest) for name in named}
    good = good_ends(measured, vocabulary)
    return {
        metric: end
        for metric, end in good.items()
        if metric not in (PRICE, RATING) and is_spoken_of(metric, wish, records, vocabulary)
    }


def name_measured(
    asked: str, records: Sequence[Record], measured: Collection[str], vocabulary: Vocabulary
) -> list[str]:
    """Those of the `measured` attributes that folded `asked` speaks of."""
    spoken = Spoken.read(asked)
    return [name for name in sorted(measured) if is_spoken_of(name, spoken, records, vocabulary)]


def good_ends(measured: Collection[str], vocabulary: Vocabulary) -> dict[str, End]:
    """The ends worth telling unasked."""
    return {
        metric: End(adjective.highest, adjective)
        for adjective in ADJECTIVES
        if adjective.good and (metric := find_adjective_metric(adjective, measured, vocabulary))
    }


def _is_named(adjective: Adjective, asked: str) -> bool:
    """Whether `asked` says the adjective, in either language."""
    ends = (adjective.comparative, adjective.superlative)
    if any(re.search(rf"\b{end}\b", asked) for end in ends):
        return True
    noun, degree = adjective.chinese
    named = rf"{noun}(?:(?:最|更|比较){degree}|{degree}了?多少)"
    # 高 alone is of anything.
    return bool(re.search(named, asked)) and (bool(noun) or degree != "高")


def _read_degree(asked: str) -> bool | None:
    """Whether more (True) or less of something is asked for; None where neither is."""
    if _MOST.search(asked):
        return True
    if _LEAST.search(asked):
        return False
    if asks_which(asked) or asks_how_much_more(asked):
        if _BARE_MOST.search(asked):
            return True
        if _BARE_LEAST.search(asked):
            return False
    return None


__all__ = ["End", "find_ends", "good_ends", "name_measured"]
