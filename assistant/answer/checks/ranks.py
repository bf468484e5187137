"""Claims that rank products: first places, comparisons, equality, "the only one"."""

from __future__ import annotations

import re

from assistant.answer.checks.comparisons import check_comparisons
from assistant.answer.checks.ranking import longest_metric, rank_evidence
from assistant.answer.checks.superlatives import check_superlatives
from assistant.answer.known import CJK
from assistant.answer.metrics import comparable, find_metric, measure
from assistant.answer.scene import ClaimError, M, Scene

_ONLY = re.compile(
    rf"\bthe only\b|\bonly (?:one|option|model|product|choice|{M})|唯一|"
    rf"[只仅]有(?={M})|only (?=the {M})"
)
_SAME = re.compile(
    rf"(?:the )?(?:same|equal|identical) (?P<what>[a-z]+(?: [a-z]+)?)|\bcosts? the same\b|"
    rf"\b(?:equally|same) (?P<priced>priced|rated)|"
    rf"(?P<zh>[{CJK}]{{1,6}}?)(?:相同|一样|相等|一致)(?!的)"
)


def check_ranks(scene: Scene) -> None:
    """All ranking claims; what ranks by something unknown is rejected."""
    _check_only(scene)
    check_superlatives(scene)
    check_comparisons(scene)
    for match in _SAME.finditer(scene.text):
        _check_same(scene, match)


def _check_same(scene: Scene, match: re.Match[str]) -> None:
    if scene.text[match.start() : match.end()] != match.group():
        return
    groups = match.groupdict()
    words = groups.get("what") or groups.get("zh") or ""
    if groups.get("priced"):
        words = "price" if groups["priced"] == "priced" else "rating"
    length = len(match.group())
    if not words:
        words = "price"
    elif groups.get("zh"):
        words, _ = longest_metric(scene, words, from_start=False)
    else:
        words, _ = longest_metric(scene, words, from_start=True)
    metric = find_metric(words, scene.setting.shown, scene.setting.vocabulary)
    ids = scene.all_mentioned
    if metric is None or len(ids) < 2:
        raise ClaimError("equality: of what or with what is not clear")
    values = {measure(scene.setting.products[i], metric) for i in ids}
    if None in values:
        raise ClaimError(f"equality: {metric} is not known of all")
    same = len(values) == 1 and comparable([scene.setting.products[i] for i in ids], metric)
    scene.claim(match.start(), lambda _: same, f"equality {metric}", rank_evidence(metric))
    scene.consume(match.start(), match.start() + length)


def _check_only(scene: Scene) -> None:
    for match in _ONLY.finditer(scene.text):
        scene.exclusive.append(scene.clause_of(match.start()))
        scene.consume_match(match)


def check_exclusive(scene: Scene) -> None:
    """ "The only one that …": some claim of that clause must be known false of each other."""
    for clause in scene.exclusive:
        claims = [c for c in scene.claims if c.clause in (clause, clause + 1)]
        subjects = set(scene.mentioned)
        for product in scene.setting.shown:
            if product.id in subjects:
                continue
            if not any(c.predicate(product) is c.negated for c in claims):
                raise ClaimError("only one: not shown to be false of the others")
