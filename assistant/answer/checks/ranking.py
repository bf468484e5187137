"""The words of ranking, and what they rank by: shared by superlatives and comparisons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from assistant.answer.known import CJK
from assistant.answer.metrics import ADJECTIVES, SYNONYMS, find_metric
from assistant.answer.scene import Scene

# Word → whether it means the higher end.
HIGH = {"highest": True, "largest": True, "biggest": True, "longest": True, "greatest": True,
         "most": True, "tallest": True, "widest": True, "lowest": False, "smallest": False,
         "shortest": False, "least": False, "fewest": False, "best": True}  # fmt: skip
HIGHER = {"higher": True, "larger": True, "bigger": True, "longer": True, "greater": True,
           "more": True, "lower": False, "smaller": False, "shorter": False, "less": False,
           "fewer": False, "better": True}  # fmt: skip
ZH_HIGH = {"高": True, "大": True, "长": True, "多": True, "重": True, "宽": True, "厚": True,
            "强": True, "快": True, "亮": True, "低": False, "小": False, "短": False,
            "少": False, "轻": False, "窄": False, "薄": False, "慢": False, "贵": True,
            "便宜": False, "安静": False, "新": True, "旧": False,
            "吵": True, "好": True}  # fmt: skip


@cache
def phrases() -> tuple[dict[str, tuple[str, bool]], dict[str, tuple[str, bool]]]:
    """Comparative and superlative wordings → (metric words, highest)."""
    comparatives = {a.comparative: (a.metric, a.highest) for a in ADJECTIVES}
    superlatives = {a.superlative: (a.metric, a.highest) for a in ADJECTIVES}
    for phrase, meaning in SYNONYMS.items():
        first, last = phrase.split()[0], phrase.split()[-1]
        is_top = first in ("most", "least", "top") or first.endswith("est") or last.endswith("est")
        is_top = is_top or first == "worst"
        (superlatives if is_top else comparatives)[phrase] = meaning
    return comparatives, superlatives


def alternatives(phrases: Sequence[str]) -> str:
    """A pattern of any of `phrases`, the longest first, hyphens for spaces allowed."""
    ordered = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(p).replace(r"\ ", "[ -]") for p in ordered)


def implied(adjective: str) -> str:
    """The property a bare Chinese adjective ranks: 最轻 is about weight."""
    found = [a.metric for a in ADJECTIVES if a.chinese == ("", adjective)]
    return found[0] if found else adjective


def longest_metric(scene: Scene, words: str, *, from_start: bool) -> tuple[str, int]:
    """The longest beginning (or end) of `words` that names a metric, and its length."""
    chinese = bool(re.search(rf"[{CJK}]", words))
    pieces = list(words) if chinese else words.split(" ")
    joint = "" if chinese else " "
    for size in range(len(pieces), 0, -1):
        text = joint.join(pieces[:size] if from_start else pieces[-size:])
        if chinese and size < 2:
            break
        if find_metric(text, scene.setting.shown, scene.setting.vocabulary):
            return text, len(text)
    return words, len(words) if not chinese else 0


def rank_evidence(metric: str) -> str:
    """The field that `metric` is read from."""
    if metric == "discount":
        return "list_price"
    core = ("price", "rating", "rating_count", "stock", "released")
    return metric if metric in core else f"attribute:{metric}"
