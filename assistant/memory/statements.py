"""Reads what a shopper says of themselves: "I wear 42", "I never buy leather", 我对羊毛过敏."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.memory.types import Statement, StatementKind
from assistant.understand.scan import Scan

_SIZE = r"\d{2}(?:\.5)?|xxs|xs|xxl|xl|[sml]"
_OBJECT = r"[a-z][a-z'-]*(?:\s+(?!but\b|and\b|so\b|please\b|for\b)[a-z][a-z'-]*){0,2}"
_TRAIT = (
    r"left[- ]handed|right[- ]handed|vegan|vegetarian|colou?r[- ]?blind|lactose[- ]intolerant"
    r"|very tall|tall|plus[- ]size"
)
_TRAIT_ZH = "左撇子|左利手|素食者|纯素|色盲|高个子"
_PERSON = (
    r"son|daughter|husband|wife|mother|mom|mum|father|dad|grandmother|grandfather|grandma|grandpa"
    r"|girlfriend|boyfriend|brother|sister|friend|child|kid|baby|boss|colleague|partner"
)
_PERSON_ZH = (
    "儿子|女儿|老公|老婆|丈夫|妻子|妈妈|爸爸|父亲|母亲|奶奶|爷爷|女朋友|男朋友"
    "|哥哥|弟弟|姐姐|妹妹|孩子|宝宝"
)
_REMEMBER = r"(?:please\s+)?(?:remember|note|keep in mind)(?:\s+that)?\s*[:,]?\s*"
_END = r"(?=\s*(?:$|[.,;!?]|\bbut\b|\band\b|\bso\b|\bplease\b))"

# (kind, always, whether the words leave the message, pattern); the object is group "x".
_RULES: tuple[tuple[StatementKind, bool, bool, re.Pattern[str]], ...] = (
    (
        StatementKind.SIZE,
        True,
        True,
        re.compile(
            rf"\b(?:i|we)\s+(?:usually\s+|always\s+)?(?:wear|take)\s+(?:an?\s+)?(?:shoe\s+)?"
            rf"(?:size\s+)?(?P<x>{_SIZE}){_END}"
            rf"|\bmy\s+(?:shoe\s+|clothing\s+)?size\s+is\s+(?P<y>{_SIZE}){_END}"
        ),
    ),
    (
        StatementKind.SIZE,
        True,
        True,
        re.compile(rf"我?(?:平时|一般)?(?:穿|鞋码是?|尺码是?|尺寸是?)\s*(?P<x>{_SIZE})\s*[码号]?"),
    ),
    (
        StatementKind.AVOID,
        True,
        True,
        re.compile(
            rf"(?:{_REMEMBER})?\bi(?:'m| am)\s+allergic\s+to\s+(?P<x>{_OBJECT})"
            rf"|(?:{_REMEMBER})?\bi\s+(?:never|(?:don't|do\s+not)\s+(?:ever\s+)?"
            r"(?=wear|eat|buy|use))\s*(?:wear(?:ing)?|eat(?:ing)?|buy(?:ing)?|use|using|want|like)?\s*"
            rf"(?:anything\s+(?:made\s+of|with|in|from)\s+)?(?P<y>{_OBJECT})"
            rf"|\b{_REMEMBER}(?:no|not|without|i\s+(?:don't|do\s+not)\s+(?:want|like))\s+(?P<z>{_OBJECT})"
            rf"|\bnever\s+(?:show|suggest|recommend)\s+me\s+(?:anything\s+(?:with|in|from)\s+)?(?P<w>{_OBJECT})"
        ),
    ),
    (
        StatementKind.AVOID,
        True,
        True,
        re.compile(
            r"我?对(?P<x>[\u4e00-\u9fff]{1,6}?)过敏"
            r"|(?:请?记住[:,，]?)?我?(?:从来?不|一直不|以后(?:都|再也)?不|再也不)(?:要|会)?"
            r"(?:穿|用|吃|买|要|喜欢)(?P<y>[\u4e00-\u9fffa-z]{1,8}?)(?:做的|材质的|的)?(?=$|[,，。!！;；])"
            r"|请?记住[:,，]?我?(?:不要|不喜欢|不想要)(?P<z>[\u4e00-\u9fffa-z]{1,8}?)(?:做的|的)?"
            r"(?=$|[,，。!！;；])"
        ),
    ),
    (
        StatementKind.TRAIT,
        True,
        True,
        re.compile(
            rf"\bi(?:'m| am)\s+(?:a\s+)?(?P<x>{_TRAIT})\b(?:\s+(?:person|man|woman))?"
            rf"|我是(?:个|一个)?(?P<y>{_TRAIT_ZH})"
        ),
    ),
    (
        StatementKind.PERSON,
        False,
        False,
        re.compile(
            rf"\bfor\s+my\s+(?:\w+\s+)?(?P<x>{_TRAIT})\s+(?:{_PERSON})\b"
            rf"|\bmy\s+(?:{_PERSON})\s+is\s+(?P<y>{_TRAIT})\b"
            rf"|(?P<z>{_TRAIT_ZH})的?(?:{_PERSON_ZH})|(?:{_PERSON_ZH})是(?P<w>{_TRAIT_ZH})"
        ),
    ),
)


def take_statements(text: str) -> tuple[tuple[Statement, ...], str]:
    """The statements of normalised `text`, and the text without those that are said aside.

    "Boots, I wear 42" is about boots; "for my left-handed son" stays, it says what for.
    """
    scan = Scan(text)
    found = tuple(_take(scan))
    if not found:
        return (), text
    left = " ".join(part for part in scan.rest().split("\x00") if part.strip(" ,;，；.。"))
    return found, left.strip(" ,;，；")


def _take(scan: Scan) -> Iterator[Statement]:
    for kind, always, aside, rule in _RULES:
        for match in list(scan.find(rule)):
            words = next((w for w in match.groups() if w), "").strip()
            if not words:
                continue
            yield Statement(kind=kind, words=words, always=always)
            if aside:
                scan.take(*match.span())
