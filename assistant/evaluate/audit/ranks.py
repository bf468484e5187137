"""Superlatives, comparatives, ties and "the only one"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import product as combinations
from typing import NamedTuple

from assistant.evaluate.audit.line import ClaimKind, Line, Subjects
from assistant.evaluate.audit.record import AuditRecord
from assistant.evaluate.audit.text import COUNT, COUNTS, MENTION, find_unit, latin_words, stem


class _Scale(NamedTuple):
    """What an adjective measures; `names` are words an attribute's name must have."""

    metric: str
    highest: bool
    names: tuple[str, ...] = ()


_WORDS: dict[_Scale, str] = {
    _Scale(
        "price", False
    ): "cheap|cheapest|cheaper|least expensive|less expensive|most affordable|more affordable|lowest priced|lowest-priced|lower priced|lowest price|lower price|最便宜|便宜|价格最低|最实惠|价格更低",
    _Scale(
        "price", True
    ): "most expensive|more expensive|priciest|pricier|dearest|dearer|highest priced|highest-priced|highest price|higher price|costliest|最贵|贵|价格最高",
    _Scale(
        "rating", True
    ): "best rated|best-rated|better rated|better-rated|highest rated|highest-rated|higher rated|higher-rated|top rated|top-rated|highest rating|higher rating|评分最高|评分更高|评分较高|口碑最好|评价最好",
    _Scale(
        "rating", False
    ): "worst rated|worse rated|lowest rated|lowest-rated|lower rated|lowest rating|lower rating|评分最低|评分更低|评分较低|口碑最差|评价最差",
    _Scale("count", True): "most reviewed|most reviews|评价最多",
    _Scale("released", True): "newest|newer|latest|most recent|最新|更新|较新",
    _Scale("released", False): "oldest|older|最旧|最老",
    _Scale("attribute", False, ("weight", "重量")): "lightest|lighter|最轻|更轻|轻",
    _Scale("attribute", True, ("weight", "重量")): "heaviest|heavier|最重|更重|重",
    _Scale(
        "attribute", False, ("noise", "sound", "噪音", "噪声")
    ): "quietest|quieter|最安静|更安静|安静|最静音|噪音最低|噪音最小",
    _Scale(
        "attribute", True, ("noise", "sound", "噪音", "噪声")
    ): "loudest|louder|noisiest|noisier|最吵|更吵|噪音最大",
    _Scale(
        "attribute", True, ("battery", "runtime", "续航", "电池", "playing")
    ): "longest lasting|longest-lasting|longer lasting|longer-lasting|longest battery life|longer battery life|longest battery|续航最长|续航更长|续航最久|最耐用|最持久|续航最多",
    _Scale(
        "attribute", False, ("battery", "runtime", "续航", "电池", "playing")
    ): "shortest lasting|shorter lasting|shortest-lasting|shortest battery life|shorter battery life|shortest battery|续航最短|续航更短",
    _Scale(
        "attribute",
        True,
        (
            "display",
            "screen",
            "diagonal",
            "屏幕",
            "size",
            "capacity",
            "容量",
            "width",
            "height",
            "area",
            "length",
        ),
    ): "largest|larger|biggest|bigger|最大|更大|屏幕最大|大",
    _Scale(
        "attribute",
        False,
        (
            "display",
            "screen",
            "diagonal",
            "屏幕",
            "size",
            "capacity",
            "容量",
            "width",
            "height",
            "area",
            "length",
        ),
    ): "smallest|smaller|最小|更小|屏幕最小|小",
    _Scale("attribute", True, ("height", "高度")): "tallest|taller|最高|更高",
    _Scale(
        "attribute", False, ("height", "高度", "length", "depth", "长度")
    ): "shortest|shorter|最矮|更矮|最短|更短",
    _Scale(
        "attribute", True, ("length", "depth", "长度", "battery", "续航", "lasting")
    ): "longest|longer|最长|更长|长",
    _Scale("attribute", True, ("width", "宽度")): "widest|wider|最宽|更宽",
    _Scale("attribute", False, ("width", "宽度")): "narrowest|narrower|最窄|更窄",
    _Scale(
        "attribute", False, ("thickness", "depth", "height", "厚度")
    ): "thinnest|thinner|slimmest|slimmer|最薄|更薄|薄",
    _Scale(
        "attribute", True, ("thickness", "depth", "height", "厚度")
    ): "thickest|thicker|最厚|更厚",
    _Scale(
        "attribute", True, ("speed", "rate", "frequency", "速度", "refresh", "clock")
    ): "fastest|faster|最快|更快|快",
    _Scale(
        "attribute", False, ("speed", "rate", "frequency", "速度", "refresh", "clock")
    ): "slowest|slower|最慢|更慢",
    _Scale(
        "attribute", True, ("brightness", "luminous", "flux", "亮度", "光通量")
    ): "brightest|brighter|最亮|更亮",
    _Scale(
        "attribute", False, ("brightness", "luminous", "flux", "亮度", "光通量")
    ): "darkest|dimmest|dimmer|最暗",
    _Scale(
        "attribute", True, ("power", "watt", "功率", "suction", "吸力")
    ): "most powerful|more powerful|strongest|stronger|功率最大|最强劲|动力最强|功率更大",
    _Scale(
        "attribute", False, ("power", "watt", "功率", "suction", "吸力")
    ): "least powerful|less powerful|weakest|weaker|功率最小",
    _Scale(
        "attribute", True, ("storage", "存储", "capacity")
    ): "most storage|more storage|largest storage|存储最大|存储空间最大",
    _Scale("attribute", True, ("memory", "ram", "内存")): "most memory|more memory|内存最大",
    _Scale(
        "attribute", True, ("resolution", "分辨率", "像素")
    ): "sharpest|sharper|highest resolution|higher resolution|最清晰|分辨率最高",
    _Scale("attribute", True, ("temperature", "温度")): "warmest|warmer|最暖|最保暖",
}
_SCALES: dict[str, list[_Scale]] = {}
for _scale, _words in _WORDS.items():
    for _word in _words.split("|"):
        _SCALES.setdefault(_word, []).append(_scale)
_SUPERLATIVE_ENDS = ("est", "best", "most", "least", "latest", "worst")
_ENGLISH = "|".join(sorted((w for w in _SCALES if w.isascii()), key=len, reverse=True))
_CHINESE = "|".join(sorted((w for w in _SCALES if not w.isascii()), key=len, reverse=True))
_OF = rf"(?: (?:one|option|choice|product|pick))?(?: (?:of|among|out of)(?: the| these| all)*(?: (?P<count>{COUNT}))?)?"
_PATTERN_EN = re.compile(
    rf"(?P<tied>(?:tied|ties)(?: with (?P<with>.{{0,40}}?))? (?:for|as)(?: the)? )?(?<![a-z-])(?P<word>{_ENGLISH})(?![a-z])"
    rf"(?P<than> than(?: the| both)? ?(?P<object>{MENTION}(?:,? (?:and|or) (?:the )?{MENTION})?|other(?: (?:one|two|three|four|five)|s)?|rest)?)?{_OF}"
)
_MOST_ZH = rf"(?:(?P<count>{COUNT})款(?:商品|产品)?(?:中|里)?(?:是)?)?(?P<word>(?:{'|'.join(w for w in sorted((w for w in _SCALES if '最' in w), key=len, reverse=True))}))(?:的)?"
_PATTERN_ZH = re.compile(
    rf"(?P<tied>(?:与|和)(?P<with>{MENTION}(?:、{MENTION})*)并列|并列)?{_MOST_ZH}|"
    rf"比(?P<object>{MENTION})(?:还|要|更|都)?(?P<than>{'|'.join(w for w in sorted((w for w in _SCALES if not w.isascii() and '最' not in w), key=len, reverse=True))})(?!了?\s?\d)"
)
_SAME = re.compile(
    r"(?:have|has|share|at|are)(?: both)?(?: of)? the same (?P<what>[a-z ]+?)(?= (?:as|of|and|but)\b|[,.;]|$)|"
    rf"(?:{COUNT}款)?(?:的)?(?P<zh>[^\s,。{MENTION[1:-1]}]{{1,8}}?)(?:都|均)?(?:相同|一样)"
)
_EXCLUSIVE = re.compile(r"\bthe only (?!\d)(?:one|product|option|choice|model)?|唯一")
_EQUALLY = re.compile(
    rf"\b(?:as|equally) (?P<word>cheap|expensive|light|heavy|quiet)(?: as)?(?: the)? ?(?P<object>{MENTION})?"
)


def check_ranks(line: Line) -> None:
    """Every claim of order among the products on the cards."""
    for match in line.each(_PATTERN_EN):
        word = match["word"]
        if word == "cheap" or (
            word in ("larger", "longer") and match["object"] is None and not match["count"]
        ):
            line.add(ClaimKind.COMPARISON, match[0], None, "no comparison to check")
            continue
        superlative = word.split()[0].split("-")[0].endswith(_SUPERLATIVE_ENDS)
        _judge(line, match, word, superlative or bool(match["count"]))
    for match in line.each(_PATTERN_ZH):
        word = match["word"] or match["than"]
        _judge(line, match, word, superlative=bool(match["word"]))
    _check_same(line)
    for match in line.each(_EXCLUSIVE):
        line.add(ClaimKind.COMPARISON, match[0], False, "nobody can vouch for the only one")


def _judge(line: Line, match: re.Match[str], word: str, superlative: bool) -> None:
    groups = match.groupdict()
    subjects = line.subjects(match.start())
    others = line.objects(match.start(), match.end())
    tied = groups.get("tied")
    rivals = others if others and not tied else _rest(line, subjects)
    count = groups.get("count")
    if count and (reason := _wrong_count(line, count, subjects)):
        line.add(ClaimKind.COMPARISON, match[0], False, reason)
        return
    if tied and others:
        subjects = (*subjects, *others)
        rivals = _rest(line, subjects)
    true = any(
        _ranks(line, scale, subjects, rivals, strict=not superlative, tied=bool(tied))
        for scale in _SCALES[word]
    )
    line.add(ClaimKind.COMPARISON, match[0], true, "" if true else "the values don't say so")


def _rest(line: Line, subjects: Subjects) -> Subjects:
    own = {i for ids in subjects for i in ids}
    return tuple((i,) for i in line.cards if i not in own)


def _wrong_count(line: Line, word: str, subjects: Subjects) -> str:
    """Why "of the three" is not how many there are to choose from."""
    count = COUNTS.get(word) or (int(word) if word.isdigit() else 0)
    named = {i for m in line.mentions for i in m.ids}
    if count in (len(line.cards), len(named)) or not count:
        return ""
    return f"there are {len(line.cards)}"


def _ranks(
    line: Line, scale: _Scale, subjects: Subjects, rivals: Subjects, *, strict: bool, tied: bool
) -> bool:
    """Whether the subjects come before all rivals, by any reading of the scale."""
    if not subjects or (not rivals and not tied):
        return False
    everyone = [ids[0] for ids in (*subjects, *rivals)]
    for own in combinations(*subjects):
        for values in _values(line, scale, [*own, *everyone[len(own) :]]):
            mine, theirs = values[: len(own)], values[len(own) :]
            sign = 1 if scale.highest else -1
            if tied and len(set(mine)) > 1:
                continue
            if strict and not tied and len(own) == 1:
                if all(sign * mine[0] > sign * value for value in theirs):
                    return True
            elif all(sign * m >= sign * v for m in mine for v in theirs):
                # A first place may be shared only where the sentence says so.
                if tied or len(own) > 1 or not any(m == v for m in mine for v in theirs):
                    return True
    return False


def _values(line: Line, scale: _Scale, ids: Sequence[str]) -> list[list[Decimal]]:
    """The values of the products, one list for each attribute that may be meant."""
    records = [line.records[i] for i in ids if i in line.records]
    if scale.metric != "attribute":
        found = [_core(record, scale.metric) for record in records]
        return [[v for v in found if v is not None]] if None not in found else []
    names = {
        field.attribute.name
        for record in records
        for field in record.fields
        if isinstance(field.attribute.value, Decimal)
        and not isinstance(field.attribute.value, bool)
        and _is_called(field.names, scale.names)
    }
    lists = []
    for name in names:
        measured = [_measure(record, name) for record in records]
        if None not in measured:
            lists.append([m for m in measured if m is not None])
    return lists


def _is_called(names: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(
        word in name if not word.isascii() else stem(word) in {stem(w) for w in latin_words(name)}
        for name in names
        for word in wanted
    )


def _core(record: AuditRecord, metric: str) -> Decimal | None:
    product = record.product
    if metric == "price":
        return product.price
    if metric == "rating":
        return product.rating
    if metric == "count":
        return Decimal(product.rating_count)
    return Decimal(product.released.toordinal()) if product.released else None


def _measure(record: AuditRecord, name: str) -> Decimal | None:
    attribute = record.product.attribute(name)
    if attribute is None or not isinstance(attribute.value, Decimal):
        return None
    unit = find_unit(attribute.unit)
    return attribute.value * (unit.factor if unit else 1)


def _check_same(line: Line) -> None:
    """ "Both have the same price": equal values under that name."""
    core = {"price": "price", "rating": "rating", "价格": "price", "评分": "rating"}
    for match in line.each(_SAME):
        what = (match["what"] or match["zh"]).strip()
        subjects = line.subjects(match.start())
        group = subjects if len(subjects) > 1 else tuple((i,) for i in line.cards)
        records = [line.records[ids[0]] for ids in group if ids[0] in line.records]
        if what in core:
            values = {_core(r, core[what]) for r in records}
        else:
            held = [next((str(f.attribute.value) for f in r.named(what)), None) for r in records]
            values = set(held)  # type: ignore[arg-type]
        true = len(values) == 1 and None not in values
        line.add(ClaimKind.COMPARISON, match[0], true, "" if true else "they differ")
