"""Claims that a product has more or less of something than another."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from assistant.answer.checks.ranking import (
    HIGHER,
    ZH_HIGH,
    alternatives,
    implied,
    longest_metric,
    phrases,
    rank_evidence,
)
from assistant.answer.known import CJK
from assistant.answer.metrics import PRICE, comparable, find_metric, measure
from assistant.answer.quantity import Quantity
from assistant.answer.scene import ClaimError, D, M, N, P, Scene
from retrieval.types import Product
from retrieval.units import convert

_THAN = (
    r" (?:than|compared to|compared with)(?: (?:that|the price|the \w+) of)?(?: the)? "
    rf"(?P<o>{M}(?:(?:,| and| or|, and) {M})*)"
)
_BY = rf"(?:(?: by)? (?P<by>{D}|{N}|{P}))?"


def check_comparisons(scene: Scene) -> None:
    """Comparisons by a known metric, the difference checked where it is given."""
    for pattern in _comparatives():
        for match in pattern.finditer(scene.text):
            _check_comparative(scene, match)


@cache
def _comparatives() -> tuple[re.Pattern[str], ...]:
    wordings = alternatives(list(phrases()[0]))
    highers = "|".join(HIGHER)
    zh = "|".join(sorted(ZH_HIGH, key=len, reverse=True))
    amount = rf"(?:(?P<amount>{D}|{N}|{P}) )?"
    object_zh = rf"(?P<o>{M}(?:[和与、或]{M})*)"
    return (
        re.compile(
            rf"{amount}(?P<c>{wordings})(?: [a-z]+)??{_BY}{_THAN}{_BY.replace('by>', 'by2>')}"
        ),
        re.compile(rf"{amount}(?P<h>{highers})[ -](?P<a>[a-z]+(?: [a-z]+){{0,2}}){_THAN}{_BY}"),
        re.compile(rf"(?P<amount>{D}) (?P<h>more|less){_THAN}"),
        re.compile(
            rf"(?P<za>[{CJK}a-z]{{0,8}}?)(?:比|相比于?|相较于?|相较|较){object_zh}的?"
            rf"(?P<zb>[{CJK}]{{0,8}}?)(?:更|还要|要|还|稍|略|也|都)*(?P<zh>{zh})(?:一些|一点|"
            rf"些|点)?"
            rf"(?:了|出|约)*(?P<by>{D}|{N}|{P})?"
        ),
        re.compile(
            rf"(?:[与和跟]){object_zh}相比,? ?(?P<s>{M})?的?(?P<zb>[{CJK}]{{0,8}}?)(?:更|要|还)*"
            rf"(?P<zh>{zh})(?:一些|一点|些|点)?(?:了|出|约)*(?P<by>{D}|{N}|{P})?"
        ),
        re.compile(rf"(?P<za>[{CJK}]{{0,6}}?)(?:更|较)(?P<zh>{zh})(?:一些|一点|些|点)?"),
        re.compile(rf"(?:by )?{amount}\b(?P<c>{wordings})\b{_BY}"),
        re.compile(rf"\b(?P<h>{highers})[ -](?!than\b|of\b)(?P<a>[a-z]+(?: [a-z]+){{0,2}})"),
    )


def _check_comparative(scene: Scene, match: re.Match[str]) -> None:
    if scene.text[match.start() : match.end()] != match.group():
        return
    groups = match.groupdict()
    words, highest, end = _read_comparative(scene, match)
    metric = find_metric(words, scene.setting.shown, scene.setting.vocabulary)
    if metric is None:
        raise ClaimError(f"comparison: nothing known to compare by {words!r}")
    subjects = _subjects(scene, match, groups)
    others = _others(scene, groups.get("o"), subjects, match.start())
    if not others or set(others) & set(subjects):
        raise ClaimError("comparison: with what is not clear")
    amount = next((groups[k] for k in ("amount", "by", "by2") if groups.get(k)), None)
    quantity = scene.quantity(amount) if amount else None
    pool = [scene.setting.products[i] for i in (*subjects, *others)]
    if not comparable(pool, metric):
        raise ClaimError("comparison: the values are not comparable")
    against = [scene.setting.products[i] for i in others]
    scene.claim(
        match.start(),
        _beats(metric, highest, against, quantity),
        f"comparison {metric}",
        rank_evidence(metric),
        subjects=subjects,
    )
    scene.consume(match.start(), end)


def _subjects(scene: Scene, match: re.Match[str], groups: dict[str, str | None]) -> tuple[str, ...]:
    if slot := groups.get("s"):
        return scene.mention_ids(slot)
    return scene.subject_at(match.start())


def _read_comparative(scene: Scene, match: re.Match[str]) -> tuple[str, bool, int]:
    groups = match.groupdict()
    comparatives, _ = phrases()
    if phrase := groups.get("c"):
        return *comparatives[phrase.replace("-", " ")], match.end()
    if higher := groups.get("h"):
        if "a" not in groups:
            return PRICE, HIGHER[higher], match.end()
        words, length = longest_metric(scene, groups["a"] or "", from_start=True)
        whole = length == len(groups["a"] or "")
        return words, HIGHER[higher], match.end() if whole else match.start("a") + length
    adjective = groups["zh"] or ""
    for name in ("zb", "za"):
        text = groups.get(name) or ""
        words, length = longest_metric(scene, text, from_start=name == "zb")
        if length and find_metric(words, scene.setting.shown, scene.setting.vocabulary):
            return words, ZH_HIGH[adjective], match.end()
    return implied(adjective), ZH_HIGH[adjective], match.end()


def _others(
    scene: Scene, slots: str | None, subjects: Sequence[str], position: int
) -> tuple[str, ...]:
    """What is compared with: the named, else the one other product in view, else all others."""
    if slots:
        return tuple(i for slot in re.findall(M, slots) for i in scene.mention_ids(slot))
    named = [i for i in scene.all_mentioned if i not in subjects]
    earlier = named or [i for i in scene.default if i not in subjects]
    if len(earlier) == 1:
        return tuple(earlier)
    return tuple(i for i in scene.setting.products if i not in subjects)


def _beats(
    metric: str, highest: bool, others: Sequence[Product], amount: Quantity | None
) -> Callable[[Product], bool | None]:
    def predicate(product: Product) -> bool | None:
        mine = measure(product, metric)
        theirs = [measure(o, metric) for o in others]
        if mine is None or any(t is None for t in theirs):
            return None
        known = [t for t in theirs if t is not None]
        if not all(mine > t if highest else mine < t for t in known):
            return False
        return amount is None or all(
            _differs_by(product, other, metric, amount) for other in others
        )

    return predicate


def _differs_by(one: Product, other: Product, metric: str, amount: Quantity) -> bool:
    mine, theirs = measure(one, metric), measure(other, metric)
    assert mine is not None and theirs is not None
    difference = abs(mine - theirs)
    if metric == PRICE:
        return difference == amount.value and one.currency in amount.currencies
    if amount.is_money:
        return False
    if amount.unit is None:
        attribute = one.attribute(metric)
        return difference == amount.value and (attribute is None or attribute.unit is None)
    if amount.is_percent and metric != "discount":
        attribute = one.attribute(metric)
        if attribute is None or attribute.unit not in ("%", "percent"):
            return False
    attribute = one.attribute(metric)
    if attribute is None or convert(amount.value, amount.unit.symbol, attribute.unit) is None:
        return False
    return difference == amount.value * amount.unit.factor
