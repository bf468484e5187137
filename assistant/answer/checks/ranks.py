"""Claims that rank products: superlatives, comparisons, equality, "the only one"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from assistant.answer.metrics import (
    ADJECTIVES,
    PRICE,
    RATING,
    SYNONYMS,
    comparable,
    find_extreme,
    find_metric,
    measure,
)
from assistant.answer.quantity import Quantity
from assistant.answer.record import CJK, known_phrases
from assistant.answer.scene import ClaimError, D, M, N, P, Scene
from retrieval.types import Product
from retrieval.units import convert

_END = r"[^,;:.!?\ue000-\uf8ff]"
# "the", "of the three", "among these": what a superlative ranges over.
_SCOPE = rf"(?: ?(?:of|among|amongst|in|from|out of)(?: all)?(?: of)?(?: the| these| those| them| your)?(?: (?P<n>{N}))?(?P<m> ?{M})?(?! ?your)(?: (?:list|selection|group|results|options|choices|models|products))?)?"
_NAMES = r"(?: in terms of|for)?"
_HIGH = {"highest": True, "largest": True, "biggest": True, "longest": True, "greatest": True,
         "most": True, "tallest": True, "widest": True, "lowest": False, "smallest": False,
         "shortest": False, "least": False, "fewest": False, "best": True}  # fmt: skip
_HIGHER = {"higher": True, "larger": True, "bigger": True, "longer": True, "greater": True,
           "more": True, "lower": False, "smaller": False, "shorter": False, "less": False,
           "fewer": False, "better": True}  # fmt: skip
_ZH_HIGH = {"高": True, "大": True, "长": True, "多": True, "重": True, "宽": True, "厚": True,
            "强": True, "快": True, "亮": True, "低": False, "小": False, "短": False,
            "少": False, "轻": False, "窄": False, "薄": False, "慢": False, "贵": True,
            "便宜": False, "安静": False, "新": True, "旧": False, "吵": True, "好": True}  # fmt: skip
_BEYOND = re.compile(
    r"\b(?:store|shop|market|catalogue|catalog|world|ever|anywhere|online|range)\b|全店|市场|市面|全网|本店|史上|店内"
)
_TIE = re.compile(
    r"\b(?:tied?|ties|joint|jointly|equal|equally|share[sd]?|both)\b|并列|同样|同为|一样|都"
)
_TIE_WORDS = re.compile(
    rf"\b(?:tied?|ties|joint|jointly|equally) ?(?:for|with)?\b(?: the)?|(?:与|和)?{M}?(?:并列|同为)"
)
_ONLY = re.compile(
    rf"\bthe only\b|\bonly (?:one|option|model|product|choice|{M})|唯一|[只仅]有(?={M})|only (?=the {M})"
)
_HEDGE = re.compile(
    r"one of the |among the (?!two|three|four|five|six|options)|second[ -]|third[ -]|之一"
)
_SAME = re.compile(
    rf"(?:the )?(?:same|equal|identical) (?P<what>[a-z]+(?: [a-z]+)?)|\bcosts? the same\b|"
    rf"\b(?:equally|same) (?P<priced>priced|rated)|(?P<zh>[{CJK}]{{1,6}}?)(?:相同|一样|相等|一致)(?!的)"
)
_THAN = rf" (?:than|compared to|compared with)(?: (?:that|the price|the \w+) of)?(?: the)? (?P<o>{M}(?:(?:,| and| or|, and) {M})*)"
_BY = rf"(?:(?: by)? (?P<by>{D}|{N}|{P}))?"


def check_ranks(scene: Scene) -> None:
    """All ranking claims; what ranks by something unknown is rejected."""
    _check_only(scene)
    for match in list(_superlatives(scene)):
        _check_superlative(scene, match)
    for pattern in _comparatives():
        for match in pattern.finditer(scene.text):
            _check_comparative(scene, match)
    for match in _SAME.finditer(scene.text):
        _check_same(scene, match)


# ------------------------------------------------------------------ superlatives


@cache
def _phrases() -> tuple[dict[str, tuple[str, bool]], dict[str, tuple[str, bool]]]:
    """Comparative and superlative wordings → (metric words, highest)."""
    comparatives = {a.comparative: (a.metric, a.highest) for a in ADJECTIVES}
    superlatives = {a.superlative: (a.metric, a.highest) for a in ADJECTIVES}
    for phrase, meaning in SYNONYMS.items():
        first, last = phrase.split()[0], phrase.split()[-1]
        is_top = first in ("most", "least", "top") or first.endswith("est") or last.endswith("est")
        is_top = is_top or first == "worst"
        (superlatives if is_top else comparatives)[phrase] = meaning
    return comparatives, superlatives


def _alternatives(phrases: Sequence[str]) -> str:
    ordered = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(p).replace(r"\ ", "[ -]") for p in ordered)


@cache
def _superlative_patterns() -> tuple[re.Pattern[str], ...]:
    comparatives, superlatives = _phrases()
    tops = "|".join(_HIGH)
    zh = "|".join(sorted(_ZH_HIGH, key=len, reverse=True))
    return (
        re.compile(rf"(?:the )?\b(?P<s>{_alternatives(list(superlatives))})\b{_SCOPE}"),
        re.compile(rf"\bthe (?P<c>{_alternatives(list(comparatives))})\b(?! than){_SCOPE}"),
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
    tie = bool(_TIE.search(clause))
    subjects = scene.subject_at(match.start())
    if len(best) > 1 and not tie and not {p.id for p in best} <= set(subjects):
        raise ClaimError(f"superlative: {len(best)} products share it")
    if tie and len(best) == 1 and re.search(r"\b(?:tie|ties|tied|joint)|并列", clause):
        raise ClaimError("superlative: there is no tie")
    if tie:
        _check_partners(scene, match, [p.id for p in best])
    scene.claim(match.start(), lambda p: p in best, f"superlative {metric}", _evidence(metric))
    scene.consume(start, end)


def _read_superlative(scene: Scene, match: re.Match[str]) -> tuple[str, bool, int, int]:
    """What is ranked, which end, and the span that says so."""
    groups = match.groupdict()
    comparatives, superlatives = _phrases()
    if phrase := groups.get("s"):
        return *superlatives[phrase.replace("-", " ")], match.start(), match.end()
    if phrase := groups.get("c"):
        return *comparatives[phrase.replace("-", " ")], match.start(), match.end()
    if top := groups.get("h"):
        words, length = _longest_metric(scene, groups["a"], from_start=True)
        end = match.end() if length == len(groups["a"]) else match.start("a") + length
        return words, _HIGH[top], match.start(), end
    adjective = groups["zh"]
    if groups.get("zb"):
        words, length = _longest_metric(scene, groups["zb"], from_start=True)
        if find_metric(words, scene.setting.shown, scene.setting.vocabulary):
            return words, _ZH_HIGH[adjective], match.start("zh") - 1, match.start("zb") + length
    words, length = _longest_metric(scene, groups["za"], from_start=False)
    end = match.end("zh")
    if length and find_metric(words, scene.setting.shown, scene.setting.vocabulary):
        return words, _ZH_HIGH[adjective], match.end("za") - length, end
    return _implied(adjective), _ZH_HIGH[adjective], match.start("zh") - 1, end


def _implied(adjective: str) -> str:
    """The property a bare Chinese adjective ranks: 最轻 is about weight."""
    found = [a.metric for a in ADJECTIVES if a.chinese == ("", adjective)]
    return found[0] if found else adjective


def _longest_metric(scene: Scene, words: str, *, from_start: bool) -> tuple[str, int]:
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


def _pool(scene: Scene, match: re.Match[str]) -> tuple[Product, ...]:
    """The products a superlative ranges over: all shown, or the number it names."""
    groups = match.groupdict()
    shown = scene.setting.shown
    number = groups.get("n")
    count = int(scene.quantity(number).value) if number else None
    if count is None and not groups.get("s"):
        before = scene.original[max(0, match.start() - 8) : match.start() + 8]
        if found := re.search(rf"({N})款?[者个]?(?:产品|商品)?(?:之)?[中里]", before):
            count = int(scene.quantity(found.group(1)).value)
            at = scene.text.find(found.group(1))
            scene.consume(at, at + len(found.group()))
    if groups.get("c") and count is None:
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


def _evidence(metric: str) -> str:
    core = ("price", "rating", "rating_count", "stock", "released")
    return (
        metric
        if metric in core
        else "list_price"
        if metric == "discount"
        else (f"attribute:{metric}")
    )


# ------------------------------------------------------------------ comparatives


@cache
def _comparatives() -> tuple[re.Pattern[str], ...]:
    phrases = _alternatives(list(_phrases()[0]))
    highers = "|".join(_HIGHER)
    zh = "|".join(sorted(_ZH_HIGH, key=len, reverse=True))
    amount = rf"(?:(?P<amount>{D}|{N}|{P}) )?"
    object_zh = rf"(?P<o>{M}(?:[和与、或]{M})*)"
    return (
        re.compile(
            rf"{amount}(?P<c>{phrases})(?: [a-z]+)??{_BY}{_THAN}{_BY.replace('by>', 'by2>')}"
        ),
        re.compile(rf"{amount}(?P<h>{highers})[ -](?P<a>[a-z]+(?: [a-z]+){{0,2}}){_THAN}{_BY}"),
        re.compile(rf"(?P<amount>{D}) (?P<h>more|less){_THAN}"),
        re.compile(
            rf"(?P<za>[{CJK}a-z]{{0,8}}?)(?:比|相比于?|相较于?|相较|较){object_zh}的?"
            rf"(?P<zb>[{CJK}]{{0,8}}?)(?:更|还要|要|还|稍|略|也|都)*(?P<zh>{zh})(?:一些|一点|些|点)?"
            rf"(?:了|出|约)*(?P<by>{D}|{N}|{P})?"
        ),
        re.compile(
            rf"(?:[与和跟]){object_zh}相比,?(?P<s>{M})?的?(?P<zb>[{CJK}]{{0,8}}?)(?:更|要|还)*"
            rf"(?P<zh>{zh})(?:一些|一点|些|点)?(?:了|出|约)*(?P<by>{D}|{N}|{P})?"
        ),
        re.compile(rf"(?P<za>[{CJK}]{{0,6}}?)(?:更|较)(?P<zh>{zh})(?:一些|一点|些|点)?"),
        re.compile(rf"(?:by )?{amount}\b(?P<c>{phrases})\b{_BY}"),
        re.compile(rf"\b(?P<h>{highers})[ -](?P<a>[a-z]+(?: [a-z]+){{0,2}})"),
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
        _evidence(metric),
        subjects=subjects,
    )
    scene.consume(match.start(), end)


def _subjects(scene: Scene, match: re.Match[str], groups: dict[str, str | None]) -> tuple[str, ...]:
    if slot := groups.get("s"):
        return scene.mention_ids(slot)
    return scene.subject_at(match.start())


def _read_comparative(scene: Scene, match: re.Match[str]) -> tuple[str, bool, int]:
    groups = match.groupdict()
    comparatives, _ = _phrases()
    if phrase := groups.get("c"):
        return *comparatives[phrase.replace("-", " ")], match.end()
    if higher := groups.get("h"):
        if "a" not in groups:
            return PRICE, _HIGHER[higher], match.end()
        words, length = _longest_metric(scene, groups["a"] or "", from_start=True)
        whole = length == len(groups["a"] or "")
        return words, _HIGHER[higher], match.end() if whole else match.start("a") + length
    adjective = groups["zh"] or ""
    for name in ("zb", "za"):
        text = groups.get(name) or ""
        words, length = _longest_metric(scene, text, from_start=name == "zb")
        if length and find_metric(words, scene.setting.shown, scene.setting.vocabulary):
            return words, _ZH_HIGH[adjective], match.end()
    return _implied(adjective), _ZH_HIGH[adjective], match.end()


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


# ------------------------------------------------------------------- the others


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
        words, _ = _longest_metric(scene, words, from_start=False)
    else:
        words, _ = _longest_metric(scene, words, from_start=True)
    metric = find_metric(words, scene.setting.shown, scene.setting.vocabulary)
    ids = scene.all_mentioned
    if metric is None or len(ids) < 2:
        raise ClaimError("equality: of what or with what is not clear")
    values = {measure(scene.setting.products[i], metric) for i in ids}
    if None in values:
        raise ClaimError(f"equality: {metric} is not known of all")
    same = len(values) == 1 and comparable([scene.setting.products[i] for i in ids], metric)
    scene.claim(match.start(), lambda _: same, f"equality {metric}", _evidence(metric))
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


__all__ = ["RATING", "check_exclusive", "check_ranks"]
