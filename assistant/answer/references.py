"""Which products "it", "the second one", "both" or 第一款 point at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answer.quantity import read_chinese_number

_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    "5th": 5,
    "6th": 6,
}
_NOUN = r"(?:one|option|product|model|item|choice|pick|result|candidate|alternative)"
_COUNT = r"(?:two|three|four|five|six|\d)"
_ORDINAL = re.compile(
    rf"\b(?:the )?(?P<word>{'|'.join(_ORDINALS)}|last)(?: {_NOUN}\b|(?= (?:is|has|costs|and)\b))|"
    rf"(?:\b(?:{_NOUN}|number|no\.)|#) ?(?P<digit>\d)\b(?!\.\d)|"
    r"第(?P<chinese>[一二三四五六七八九十]|\d)(?:款|个|种|件|台|双|只)|(?P<last>最后一[款个])"
)
_SINGLE = re.compile(
    r"\b(?:it|its|this|that (?=one|option|product|model))(?: ?(?:one|option|product|model))?\b"
    r"(?! (?:is )?(?:the case|why|said))|"
    r"它(?!们)的?|[这该此](?:一)?[款个件](?:产品|商品)?|其(?![他它中次实余])"
)
_PLURAL = re.compile(
    rf"\b(?P<both>both(?: of (?:them|these))?)\b|"
    rf"\b(?P<all>all(?: of)?(?: the| these| them)?(?: (?P<count>{_COUNT}))?)"
    rf"(?: {_NOUN}s)?\b(?! (?:your|wishes|needs|requirements|of your))|"
    rf"\b(?P<they>they|them|these(?: {_COUNT})?(?: {_NOUN}s)?)\b|"
    r"(?P<chinese>(?:[这那](?P<number>[两二三四五六])[款者个种](?![中里之])|"
    r"(?P<number2>[两二三四五六])[款者个种](?=(?:产品|商品)?(?:都|均|分别|皆|的价|"
    r"的评)))(?:产品|商品)?)都?|"
    r"(?P<chinese_all>所有(?:产品|商品|款式|选项)?|它们)都?"
)
# "Neither the A nor the B" names its products itself.
_NONE = re.compile(
    r"\b(?:neither(?! (?:the|a)\b)(?! ?[\ue000-\ue0ff])|none)"
    rf"(?: of (?:them|these|the {_COUNT}))?(?: {_NOUN}s?)?\b"
)
_OTHERS = re.compile(
    rf"\b(?:the )?(?P<others>others|other {_COUNT}(?: {_NOUN}s)?|other {_NOUN}s|rest)\b|"
    rf"\bthe (?P<other>other)(?: {_NOUN})?\b(?! {_COUNT})|"
    r"(?P<chinese_others>其[他它余](?:[两二三四五]?[款个种])?(?:产品|商品)?|"
    r"另外?[两二三四五][款个种])|"
    r"(?P<chinese_other>另外?一?[款个种])"
)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


@dataclass(frozen=True, slots=True)
class Reference:
    """A span of folded text and what it points at; no ids when that cannot be known."""

    start: int
    end: int
    ids: tuple[str, ...]
    negative: bool = False


@dataclass(frozen=True)
class Antecedents:
    """What references may point at: everything shown, names met so far, the last subjects.

    `objects` are the positions of names that something is compared with: "it" after "A is
    cheaper than B" is A.
    """

    shown: tuple[str, ...]
    positions: dict[int, str]
    named: Sequence[tuple[int, tuple[str, ...]]]
    previous: tuple[str, ...]
    objects: frozenset[int] = frozenset()

    def single(self, position: int) -> tuple[str, ...]:
        """The one product "it" can mean at `position`."""
        for start, ids in reversed(self.named):
            if start < position and len(ids) == 1 and start not in self.objects:
                return ids
        if len(self.previous) == 1:
            return self.previous
        return self.shown if len(self.shown) == 1 else ()

    def group(self, position: int, count: int | None) -> tuple[str, ...]:
        """The several products "both" or "they" can mean at `position`."""
        met = tuple(dict.fromkeys(i for start, ids in self.named if start < position for i in ids))
        for ids in (met, self.previous, self.shown):
            if len(ids) > 1 and count in (None, len(ids)):
                return ids
        return ()

    def they(self, position: int, count: int | None) -> tuple[str, ...]:
        """ "They": as a group, but one product may be a pair of headphones."""
        met = tuple(dict.fromkeys(i for start, ids in self.named if start < position for i in ids))
        nearest = met or self.previous
        if count is None and len(nearest) == 1:
            return nearest
        return self.group(position, count)

    def others(self, position: int) -> tuple[str, ...]:
        """Everything shown but what was named last before `position`."""
        before = [ids for start, ids in self.named if start < position]
        current = before[-1] if before else self.previous
        if not current and self.named:
            current = self.named[0][1]
        return tuple(i for i in self.shown if i not in current) if current else ()


def find_references(text: str, antecedents: Antecedents) -> list[Reference]:
    """All references in `text`, left to right, not overlapping."""
    found: list[Reference] = []
    for reference in sorted(_read_all(text, antecedents), key=lambda r: (r.start, -r.end)):
        if not found or reference.start >= found[-1].end:
            found.append(reference)
    return found


def _read_all(text: str, known: Antecedents) -> Iterator[Reference]:
    for match in _ORDINAL.finditer(text):
        ids = _ordinal(match, known)
        yield Reference(match.start(), match.end(), ids)
    for match in _NONE.finditer(text):
        count = 2 if match.group().startswith("neither") else _count_in(match.group())
        group = known.group(match.start(), count)
        yield Reference(match.start(), match.end(), group, negative=True)
    for match in _OTHERS.finditer(text):
        others = known.others(match.start())
        one = match["other"] or match["chinese_other"]
        count = None if one else _count_in(match.group())
        fits = len(others) == 1 if one else count in (None, len(others))
        yield Reference(match.start(), match.end(), others if fits else ())
    for match in _PLURAL.finditer(text):
        yield Reference(match.start(), match.end(), _plural(match, known))
    for match in _SINGLE.finditer(text):
        yield Reference(match.start(), match.end(), known.single(match.start()))


def _ordinal(match: re.Match[str], known: Antecedents) -> tuple[str, ...]:
    if match["word"] == "last" or match["last"]:
        return known.shown[-1:]
    if match["word"]:
        number = _ORDINALS[match["word"]]
    elif match["digit"]:
        number = int(match["digit"])
    else:
        text = match["chinese"]
        number = int(text) if text.isdigit() else read_chinese_number(text)
    return (known.positions[number],) if number in known.positions else ()


def _plural(match: re.Match[str], known: Antecedents) -> tuple[str, ...]:
    if match["both"]:
        return known.group(match.start(), 2)
    if number := match["number"] or match["number2"]:
        return known.group(match.start(), read_chinese_number(number))
    if match["all"]:
        count = _count_in(match["count"] or "")
        return known.shown if count in (None, len(known.shown)) else ()
    if match["chinese_all"] and match["chinese_all"].startswith("所有"):
        return known.shown
    return known.they(match.start(), _count_in(match.group()))


def _count_in(text: str) -> int | None:
    for word in text.split():
        if word in _NUMBERS:
            return _NUMBERS[word]
        if word.isdigit():
            return int(word)
    match = re.search(r"[两二三四五六]", text)
    return read_chinese_number(match.group()) if match else None
