"""More or less of a measured property than is shown: "a lighter one", 更安静的, "better rated".

"Cheaper" and "pricier" have readers of their own, for every product has a price; a comparative is
read only where most of the shown products state the property in numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from assistant.answer.metrics import (
    ADJECTIVES,
    PRICE,
    RATING,
    RELEASED,
    SYNONYMS,
    Adjective,
    find_adjective_metric,
    measure,
    measured_names,
)
from assistant.understand.context import bound_at, middle_place
from assistant.understand.reference import Pointing
from assistant.understand.scan import TAKEN, Scan
from retrieval.types import AttributeFilter, Filters, Product, Sort, Vocabulary

# Ratings have one decimal.
_RATING_STEP = Decimal("0.1")
_LITTLE = r"(?:一点|一些|点儿?|些)"
# Nouns that Chinese puts before the adjective, and other adjectives of the same property.
_ZH_NOUNS = {"评分": "(?:评分|评价|口碑)", "续航": "(?:续航|电池)"}
_ZH_WORDS = {"安静": "(?:安静|静音)", "高": "[高好]", "长": "[长久]"}
# 高 without a noun may be of price or quality, 快 and 新 are mostly something else (快点, 更新).
_ZH_AMBIGUOUS = frozenset("高新")


@dataclass(frozen=True, slots=True)
class Comparative:
    """A property of which more (`highest`) or less is wanted than `base`, in their own unit."""

    metric: str
    highest: bool
    base: Decimal
    unit: str | None = None

    def narrow(self, filters: Filters) -> Filters:
        """`filters` with the bound; the newest are asked for by order alone."""
        if self.metric == RELEASED:
            return filters
        if self.metric == RATING:
            least = self.base + _RATING_STEP
            return filters.model_copy(update={"minimum_rating": least}) if self.highest else filters
        bound = bound_at(self.base, above=self.highest)
        kept = tuple(f for f in filters.attributes if f.name != self.metric)
        wanted = AttributeFilter(name=self.metric, range=bound, unit=self.unit)
        return filters.model_copy(update={"attributes": (*kept, wanted)})

    @property
    def sort(self) -> Sort | None:
        """The order that is asked for with it."""
        return Sort.NEWEST if self.metric == RELEASED and self.highest else None


def read_comparative(
    scan: Scan, pointing: Pointing, measured_at: Sequence[Product], vocabulary: Vocabulary
) -> Comparative | None:
    """The comparative of `scan` over the products it is `measured_at`; takes its words.

    "Is the first lighter than the second?" points at a product before it, and asks.
    """
    for adjective, pattern in _patterns():
        match = pattern.search(scan.free)
        if match is None or any(p.start < match.start() for p in pointing.pointers):
            continue
        found = _measure_at(measured_at, adjective, vocabulary)
        if found is not None:
            scan.take(*match.span())
            return found
    return None


def _measure_at(
    products: Sequence[Product], adjective: Adjective, vocabulary: Vocabulary
) -> Comparative | None:
    """The bound at the middle of the shown, which leaves something to show."""
    metric = find_adjective_metric(adjective, measured_names(products), vocabulary)
    if metric is None:
        return None
    values = sorted(
        ((value, p) for p in products if (value := measure(p, metric)) is not None),
        key=lambda pair: pair[0],
    )
    if 2 * len(values) <= len(products):
        return None
    value, product = values[middle_place(len(values), above=adjective.highest)]
    attribute = product.attribute(metric)
    if attribute is None or not isinstance(attribute.value, Decimal):
        return Comparative(metric, adjective.highest, value)
    return Comparative(metric, adjective.highest, attribute.value, attribute.unit)


@cache
def _patterns() -> tuple[tuple[Adjective, re.Pattern[str]], ...]:
    return tuple(
        (adjective, re.compile("|".join((_english(adjective), *_chinese(adjective)))))
        for adjective in ADJECTIVES
        if adjective.metric != PRICE
    )


def _english(adjective: Adjective) -> str:
    """ "Anything quieter", "a lighter one", "better rated than these"; a lighter is a thing."""
    meant = (adjective.metric, adjective.highest)
    words = [adjective.comparative, *(w for w, m in SYNONYMS.items() if m == meant)]
    comparative = "|".join(re.escape(w).replace(r"\ ", r"[\s-]") for w in words)
    before = (
        r"(?:(?:some|any)(?:thing)?|a\s+(?:bit|little)|much|even|one\s+that(?:'s|\s+is)"
        r"|that\s+(?:is|are))\s+"
    )
    after = r"\s+(?:ones?|options?|models?)\b(?:\s+than\s+(?:these|those|that|this|it|them)\b)?"
    than = rf"\s+than\s+(?:these|those|that|this|it|them|{TAKEN}+)"
    alone = rf"^[\s{TAKEN}]*(?:{comparative})(?:\s+please)?[\s.?!]*$"
    compared = rf"(?:{after}|{than})"
    return rf"\b{before}(?:{comparative})\b{compared}?|\b(?:{comparative}){compared}|{alone}"


def _chinese(adjective: Adjective) -> list[str]:
    """更轻的, 安静一点, 评分更高."""
    noun, word = adjective.chinese
    word_pattern = _ZH_WORDS.get(word, word)
    if noun:
        noun = _ZH_NOUNS.get(noun, noun)
        return [
            rf"{noun}(?:再|更|稍微|要)+{word_pattern}{_LITTLE}?的?",
            rf"{noun}(?:再)?{word_pattern}{_LITTLE}的?",
        ]
    if word in _ZH_AMBIGUOUS:
        return []
    return [
        rf"(?:比{TAKEN}+)?(?:再|更|还|要|稍微|比较)+{word_pattern}(?:{_LITTLE}的?|的|(?=$|[?？。,，吗]))",
        rf"(?:比{TAKEN}+)?{word_pattern}{_LITTLE}(?:的|(?=$|[?？。,，吗]))",
    ]
