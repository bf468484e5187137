"""Reads a wish for several things at once: "a desk, a lamp and a chair for under 500 together"."""

from __future__ import annotations

import re

from assistant.jobs.types import BundleItem, BundleJob, Job
from assistant.understand.context import MOVES, move_bound
from assistant.understand.lexicon import Kind, Lexicon
from assistant.understand.money import read_price
from assistant.understand.numbers import WORD_VALUES, ZH_DIGITS
from assistant.understand.phrases import pattern
from assistant.understand.scan import TAKEN, Scan
from assistant.understand.wording import clean_query
from retrieval.types import Language, Range, StoreInfo

# More things at once are a shopping list, not a set.
FEWEST, MOST = 2, 6

_SPLIT = re.compile(
    r"\s*(?:[,;、，；]\s*(?:and|plus|还有|和|以及)?|\band\b|\bplus\b|[&+]|还有|以及|外加|加上|[和与跟及])\s*"
)
_NUMBERS = "|".join(word for word, n in WORD_VALUES.items() if 1 < n <= 12)
_PIECES = "[个张把盏台套件只双条部款]"
_COUNT = re.compile(
    rf"^\W*(?P<n>an?|one|{_NUMBERS}|\d{{1,2}})\s+(?=[a-z])"
    rf"|^\W*(?P<z>[一两二三四五六]|\d{{1,2}})\s*{_PIECES}"
)
_FIRST_COUNT = re.compile(
    rf"\b(?:an?|one|{_NUMBERS}|\d{{1,2}})\s+(?=[a-z])|(?:[一两二三四五六]|\d{{1,2}})\s*{_PIECES}"
)
# "300 in total", 一共300: an amount beside "together" is the most it may cost.
_AMOUNT = r"[$€£¥]?\s?\d[\d,.]*\s*(?:dollars?|bucks|euros?|usd|eur|美元|元|块|欧元)?"


_BUDGET = re.compile(r"\b(?:my|the)\s+budget\b(?:\s+(?:is|to))?|把?(?:总)?预算(?:是|为)?")
# "Not a bag, a laptop", "I have a mouse, I need a keyboard": one thing is wanted, not two.
_REFUSED = re.compile(
    r"\b(?:not|no|don't|already|instead|rather|or|have|got)\b|不要|不是|不想|已经|有了|或者?|还是"
)
_BOUND = re.compile(r"(?:under|below|than|to|most|over|within|超过|低于|高于)\s*$")


def read_bundle(
    scan: Scan, language: Language, lexicon: Lexicon, store: StoreInfo
) -> BundleJob | None:
    """The set that `scan` asks for, or None where it is about one thing.

    Every part must name a kind of thing; either "together" is said, or each part is counted
    ("a desk, a lamp"). A price is then the budget of all.
    """
    text = _bound_amount(scan.text, language)
    own = Scan(text)
    together = own.take_all(pattern("together")) or text != scan.text
    price = read_price(own, store, language)
    parts = [part for part in _SPLIT.split(own.rest().replace(TAKEN, " ")) if part.strip()]
    items = [item for part in parts if (item := _read_item(part, language, lexicon))]
    if not FEWEST <= len(items) <= MOST or len(items) < len(_said(parts, language)):
        return None
    counted = sum(bool(_COUNT.match(_start(part))) for part in parts)
    if not together and (language is Language.CHINESE or counted < len(items)):
        return None
    named = sum(names_kind(item.text, lexicon) for item in items)
    if named < (1 if together else len(items)) or any(_REFUSED.search(p.lower()) for p in parts):
        return None
    budget = price.range.maximum if price and price.range else None
    return BundleJob(items=tuple(items), budget=budget)


def move_budget(
    text: str, language: Language, store: StoreInfo, last: Job | None
) -> BundleJob | None:
    """ "Make it 600", 把预算提高到600: the set of the last turn under another budget.

    None where the last turn was about no set, or the message says anything else.
    """
    if not isinstance(last, BundleJob):
        return None
    scan = Scan(text)
    standing = Range(maximum=last.budget) if last.budget else None
    price = move_bound(read_price(scan, store, language), scan, standing)
    for said in (MOVES, pattern("together"), pattern("correction"), _BUDGET):
        scan.take_all(said)
    if price is None or price.range.maximum is None:
        return None
    if clean_query(scan.rest(), language, spoken=True):
        return None
    return last.model_copy(update={"budget": price.range.maximum})


def _said(parts: list[str], language: Language) -> list[str]:
    """Parts that say anything."""
    return [p for p in parts if clean_query(p, language, spoken=True)]


def _start(part: str) -> str:
    """`part` from its number on: "I need a desk" begins with "a desk"."""
    low = part.lower().strip()
    found = _FIRST_COUNT.search(low)
    return low[found.start() :] if found else low


def _bound_amount(text: str, language: Language) -> str:
    """ "300 in total" as "under 300": beside "together" a bare amount is a budget."""
    words = pattern("together").pattern
    most = " 不超过" if language is Language.CHINESE else " under "
    for rule in (rf"(?:{words})\s*(?P<n>{_AMOUNT})", rf"(?P<n>{_AMOUNT})\s*(?:{words})"):
        match = re.search(rule, text.lower())
        if match and not _BOUND.search(text[: match.start()].lower()):
            after = text[match.end() :]
            if not re.match(r"\s*(?:以内|以下|之内|以上|内)", after):
                return text[: match.start()] + most + match["n"] + " " + after
    return text


def _read_item(part: str, language: Language, lexicon: Lexicon) -> BundleItem | None:
    """One thing: it is counted, or names a kind of thing the store has."""
    start = _start(part)
    match = _COUNT.match(start)
    quantity = 1
    if match:
        word = match["n"] or match["z"]
        quantity = int(word) if word.isdigit() else WORD_VALUES.get(word, ZH_DIGITS.get(word, 1))
        start = start[match.end() :]
    text = clean_query(start, language, spoken=True)
    if not text or not (match or names_kind(text, lexicon)):
        return None
    return BundleItem(text=text, quantity=max(quantity, 1))


def names_kind(text: str, lexicon: Lexicon) -> bool:
    """Whether `text` names a category of the store."""
    return any(mention.of(Kind.CATEGORY) for mention in lexicon.mentions(text.lower()))
