"""Claims that a product is first: "the cheapest of the three", 三款中最轻."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache

from assistant.answer.checks.ranking import (
    HIGH,
    ZH_HIGH,
    alternatives,
    implied,
    longest_metric,
    phrases,
    rank_evidence,
)
from assistant.answer.known import CJK, known_phrases
from assistant.answer.metrics import find_extreme, find_metric
from assistant.answer.scene import ClaimError, M, N, Scene
from retrieval.types import Product

# "of the three", "among these": what a superlative ranges over.
_SCOPE = (
    r"(?: ?(?:of|among|amongst|in|from|out of)(?: all)?(?: of)?(?: the| these| those| them| your)?"
    rf"(?: (?P<n>{N}))?(?P<m> ?{M})?(?! ?your)"
    r"(?: (?:list|selection|group|results|options|choices|models|products))?)?"
)
_ZH_SCOPE = re.compile(rf"({N})款?[者个]?(?:产品|商品)?(?:之)?[中里]")
_BEYOND = re.compile(
    r"\b(?:store|shop|market|catalogue|catalog|world|ever|anywhere|online|range)\b|"
    r"全店|市场|市面|全网|本店|史上|店内"
)
_TIE = re.compile(
    r"\b(?:tied?|ties|joint|jointly|equal|equally|share[sd]?|both)\b|并列|同样|同为|一样|都"
)
_TIE_WORDS = re.compile(
    rf"\b(?:tied?|ties|joint|jointly|equally) ?(?:for|with)?\b(?: the)?|(?:与|和)?{M}?(?:并列|同为)"
)
_AT = re.compile(rf" ?(?:at|with)(?: only| just)? (?P<n>{N})")
_HEDGE = re.compile(
    r"one of the |among the (?!two|three|four|five|six|options)|second[ -]|third[ -]|之一"
)


def check_superlatives(scene: Scene) -> None:
    """First places: by a known metric, among the shown, ties told as ties."""
    for match in list(_superlatives(scene)):
        _check_superlative(scene, match)


@cache
def _superlative_patterns() -> tuple[re.Pattern[str], ...]:
    comparatives, superlatives = phrases()
    tops = "|".join(HIGH)
    zh = "|".join(sorted(ZH_HIGH, key=len, reverse=True))
    return (
        re.compile(rf"(?:the )?\b(?P<s>{alternatives(list(superlatives))})\b{_SCOPE}"),
        re.compile(
            rf"\b(?:the (?P<c>{alternatives(list(comparatives))})\b(?! than)"
            rf"|(?P<c2>{alternatives(list(comparatives))})(?= of the {N})){_SCOPE}"
        ),
        re.compile(
            rf"(?:the |has the )?\b(?P<h>{tops})[ -](?P<a>[a-z]+(?: [a-z]+){{0,2}}){_SCOPE}"
        ),
        re.compile(rf"(?P<za>[{CJK}a-z]{{0,8}})最(?P<zh>{zh})(?:的(?P<zb>[{CJK}]{{2,4}})?)?"),
    )


def _superlatives(scene: Scene) -> Iterator[re.Match[str]]:
    for pattern in _superlative_patterns():
        position = 0
        while match := pattern.search(scene.text, position):
            if not match.groupdict().get("zh") or not _is_label(scene, match.start("zh") - 1):
                yield match
            position = max(match.end(), match.start() + 1)


def _is_label(scene: Scene, position: int) -> bool:
    """Whether a known name ("最小头围") starts at `position`: that ranks nothing."""
    known = known_phrases(scene.setting.vocabulary)
    return any((scene.text[position : position + size],) in known for size in range(3, 9))


def _check_superlative(scene: Scene, match: re.Match[str]) -> None:
    if scene.text[match.start() : match.end()] != match.group():
        return
    words, highest, start, end = _read_superlative(scene, match)
    metric = find_metric(words, scene.setting.shown, scene.setting.vocabulary)
    clause = scene.original[slice(*scene.clause_span(match.start()))]
    if metric is None:
        raise ClaimError(f"superlative: nothing known to rank by {words!r}")
    if _BEYOND.search(clause):
        raise ClaimError("superlative: only the shown products are compared")
    if _HEDGE.search(scene.original, max(0, match.start() - 12), match.end()):
        raise ClaimError("superlative: a hedged rank is not checked")
    pool = _pool(scene, match)
    best = find_extreme(pool, metric, highest=highest)
    if not best:
        raise ClaimError(f"superlative: {metric} does not tell these apart")
    _check_value(scene, end, metric, best)
    tie = bool(_TIE.search(clause))
    subjects = scene.subject_at(match.start())
    if len(best) > 1 and not tie and not {p.id for p in best} <= set(subjects):
        raise ClaimError(f"superlative: {len(best)} products share it")
    if tie and len(best) == 1 and re.search(r"\b(?:tie|ties|tied|joint)|并列", clause):
        raise ClaimError("superlative: there is no tie")
    if tie:
        _check_partners(scene, match, [p.id for p in best])
    scene.claim(match.start(), lambda p: p in best, f"superlative {metric}", rank_evidence(metric))
    scene.consume(start, end)


def _check_value(scene: Scene, end: int, metric: str, best: Sequence[Product]) -> None:
    """ "The lightest at 10 W": what follows must be the value that was ranked."""
    found = _AT.match(scene.text, end)
    attribute = best[0].attribute(metric)
    if found is None or attribute is None or not isinstance(attribute.value, Decimal):
        return
    quantity = scene.quantity(found["n"])
    if quantity.unit and not quantity.equals(attribute.value, attribute.unit):
        raise ClaimError(f"superlative {metric}: that is not the value ranked by")


def _read_superlative(scene: Scene, match: re.Match[str]) -> tuple[str, bool, int, int]:
    """What is ranked, which end, and the span that says so."""
    groups = match.groupdict()
    comparatives, superlatives = phrases()
    if phrase := groups.get("s"):
        return *superlatives[phrase.replace("-", " ")], match.start(), match.end()
    if phrase := groups.get("c") or groups.get("c2"):
        return *comparatives[phrase.replace("-", " ")], match.start(), match.end()
    if top := groups.get("h"):
        words, length = longest_metric(scene, groups["a"], from_start=True)
        end = match.end() if length == len(groups["a"]) else match.start("a") + length
        return words, HIGH[top], match.start(), end
    adjective = groups["zh"]
    if groups.get("zb"):
        words, length = longest_metric(scene, groups["zb"], from_start=True)
        if find_metric(words, scene.setting.shown, scene.setting.vocabulary):
            return words, ZH_HIGH[adjective], match.start("zh") - 1, match.start("zb") + length
    words, length = longest_metric(scene, groups["za"], from_start=False)
    end = match.end("zh")
    if length and find_metric(words, scene.setting.shown, scene.setting.vocabulary):
        return words, ZH_HIGH[adjective], match.end("za") - length, end
    return implied(adjective), ZH_HIGH[adjective], match.start("zh") - 1, end


def _pool(scene: Scene, match: re.Match[str]) -> tuple[Product, ...]:
    """The products a superlative ranges over: all shown, or the number it names."""
    groups = match.groupdict()
    shown = scene.setting.shown
    number = groups.get("n")
    count = int(scene.quantity(number).value) if number else None
    if count is None and not groups.get("s"):
        start = max(scene.clause_span(match.start())[0], match.start() - 8)
        found = _ZH_SCOPE.search(scene.text, start, match.start() + 8)
        if found:
            count = int(scene.quantity(found.group(1)).value)
            scene.consume_match(found)
    if (groups.get("c") or groups.get("c2")) and count is None:
        count = 2
    if count is None or count == len(shown):
        return shown
    mentioned = [scene.setting.products[i] for i in scene.all_mentioned]
    if count == len(mentioned):
        return tuple(mentioned)
    raise ClaimError(f"superlative: there are not {count} products to rank")


def _check_partners(scene: Scene, match: re.Match[str], best: Sequence[str]) -> None:
    """Whoever is named in the tie must share the first place."""
    start, end = scene.clause_span(match.start())
    for slot in re.findall(M, scene.original[start:end]):
        ids = scene.mention_ids(slot)
        if not set(ids) <= set(best):
            raise ClaimError("superlative: the tie is with another product")
    for found in _TIE_WORDS.finditer(scene.text, start, end):
        scene.consume_match(found)
