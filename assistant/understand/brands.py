"""When a brand's name is a condition ("HP printer", "from Canon") and when it only ranks."""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.understand.lexicon import Kind, Lexicon, Mention
from assistant.understand.phrases import pattern
from assistant.understand.scan import TAKEN, Scan
from retrieval.types import Vocabulary

_SAID = re.compile(
    r"(?:\b(?:from|by|made\s+by|brand(?:ed)?(?:\s+(?:is|of|:|should\s+be|must\s+be))?|only|manufactured\s+by|manufacturer(?:\s+is)?)\s*:?\s*|(?:品牌|牌子)(?:是|为|要|:|必须是)?\s*|(?:只要|只看|只买|必须是|就要|认准))$"
)
_SAID_AFTER = re.compile(
    r"\s*(?:brand(?:ed)?\b|only\b|made\b)|(?:牌(?!子的?包)|品牌|这个牌子|家)的?"
)
_COMPATIBLE = re.compile(
    r"\b(?:for|fits?|fitting|compatible\s+with|works?\s+with|like|similar\s+to|replace(?:s|ment\s+for)?|than|with|my|to|have\s+an?)\s+(?:an?\s+|the\s+|my\s+|your\s+)*$|(?:适用于?|适合|兼容|配|给|用于|类似|像|比|我的)\s*$"
)
_OR = re.compile(r"^\s*(?:or|and|/|,|、|和|或者?|跟)\s*$")


def read_brands(scan: Scan, lexicon: Lexicon, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Brands that the message makes a condition; their words stay in the search text.

    A brand is one when it is said to be ("from HP", 惠普牌), or when it stands right before a
    category in which this catalogue has it ("HP printer"), unless that is an accessory, which
    other makers sell for it.
    """
    mentions = lexicon.mentions(scan.free)
    brands = [(i, m) for i, m in enumerate(mentions) if _is_brand(m)]
    chosen: list[str] = []
    for index, mention in brands:
        following = mentions[index + 1] if index + 1 < len(mentions) else None
        if _COMPATIBLE.search(scan.free[: mention.start]):
            continue
        if _is_said(scan, mention) or _heads_category(scan, mention, following, vocabulary):
            chosen.append(mention.of(Kind.BRAND)[0].canonical)
    return _with_alternatives(scan, brands, chosen)


def _is_brand(mention: Mention) -> bool:
    """Whether the word means exactly one brand and nothing else of this catalogue."""
    return len(mention.of(Kind.BRAND)) == 1 and not mention.of(Kind.CATEGORY)


def _is_said(scan: Scan, mention: Mention) -> bool:
    return bool(
        _SAID.search(scan.free[: mention.start]) or _SAID_AFTER.match(scan.free[mention.end :])
    )


def _heads_category(
    scan: Scan, brand: Mention, following: Mention | None, vocabulary: Vocabulary
) -> bool:
    """Whether a category in which the brand is sold follows at once."""
    if following is None or not (categories := following.of(Kind.CATEGORY)):
        return False
    between = scan.free[brand.end : following.start]
    if between.strip(" 的") or TAKEN in between:
        return False
    if pattern("accessory").search(scan.free[brand.end :]):
        return False
    canonical = brand.of(Kind.BRAND)[0].canonical
    sold = {p.path: p.brands for p in vocabulary.categories}
    return any(canonical in sold.get(c.path, {}) for c in categories)


def _with_alternatives(
    scan: Scan, brands: list[tuple[int, Mention]], chosen: list[str]
) -> tuple[str, ...]:
    """In "Canon or Epson printer" both are meant when one is."""
    names = [(m, m.of(Kind.BRAND)[0].canonical) for _, m in brands]
    pairs = list(pairwise(names))
    for (left, one), (right, other) in pairs + pairs[::-1]:
        if _OR.match(scan.free[left.end : right.start]) and {one, other} & set(chosen):
            chosen += [one, other]
    return tuple(dict.fromkeys(chosen))
