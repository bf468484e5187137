"""What to give up when next to nothing is left, in the shopper's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from assistant.answer.money import format_money
from assistant.answer.telling import name_attribute
from assistant.types import QuestionEvent, Sentence, Understanding
from retrieval.types import (
    FilterKind,
    Filters,
    Language,
    Relaxation,
    SearchResult,
    Vocabulary,
)

# Ways out named in one sentence, and options to tap.
TOLD = 3

_WORDS: dict[str, tuple[str, str]] = {
    # key: (English, Chinese); each follows a number of products
    "over": ("over budget", "超出预算"),
    "under": ("below that price", "低于该价位"),
    "price": ("at another price", "在其他价位"),
    "brand": ("from other brands", "是其他品牌"),
    "brand_not": ("from {name}", "是{name}品牌"),
    "category": ("in other categories", "在其他分类"),
    "category_not": ("in {name}", "在“{name}”分类"),
    "rating": ("rated lower or not yet", "评分较低或暂无评分"),
    "stock": ("sold out for now", "暂时缺货"),
    "attribute": ("with a different {name}", "{name}不同"),
    "attribute_not": ("with the {name} you left out", "含有您排除的{name}"),
    "term_not": ("with “{name}”", "含“{name}”"),
}


def describe_relaxation(
    relaxation: Relaxation, filters: Filters, vocabulary: Vocabulary, language: Language
) -> str:
    """ "12 over budget": how many products giving up the condition adds, and which they are."""
    chinese = language is Language.CHINESE
    parts = [(relaxation.kind, relaxation.name, relaxation.excluded)]
    if relaxation.also:
        parts.append(relaxation.also)
    said = [_describe(part, filters, vocabulary, language) for part in parts]
    joined = ("且" if chinese else " and ").join(said)
    return f"{relaxation.added} 件{joined}" if chinese else f"{relaxation.added} {joined}"


def _describe(
    part: tuple[FilterKind, str, bool],
    filters: Filters,
    vocabulary: Vocabulary,
    language: Language,
) -> str:
    kind, name, excluded = part
    key = f"{kind.value}_not" if excluded else kind.value
    if kind is FilterKind.PRICE and filters.price:
        one_sided = filters.price.minimum is None or filters.price.maximum is None
        key = ("over" if filters.price.minimum is None else "under") if one_sided else "price"
    if kind is FilterKind.ATTRIBUTE:
        name = name_attribute(name, vocabulary, language)
    elif kind is FilterKind.CATEGORY:
        path = tuple(name.split(" > "))
        labels = next((c.labels for c in vocabulary.categories if c.path == path), {})
        name = labels.get(language, path[-1])
    english, chinese = _WORDS[key]
    return (chinese if language is Language.CHINESE else english).format(name=name)


def tell_relaxations(
    understanding: Understanding, result: SearchResult, vocabulary: Vocabulary
) -> Sentence | None:
    """One sentence on what each relaxation would add, or None when there is none."""
    language = understanding.language
    told = [
        describe_relaxation(r, understanding.filters, vocabulary, language)
        for r in result.relaxations[:TOLD]
    ]
    if not told:
        return None
    if language is Language.CHINESE:
        text = f"放宽条件还有：{'；'.join(told)}。"
    else:
        text = f"There is more if you relax a condition: {'; '.join(told)}."
    return Sentence(text=text, evidence=("catalogue",))


def ask_to_relax(
    understanding: Understanding, relaxations: Sequence[Relaxation]
) -> QuestionEvent | None:
    """A question whose options the reader takes for a change of the request, or None."""
    language = understanding.language
    options = [o for r in relaxations[:TOLD] for o in _options(r, understanding.filters, language)]
    if not options:
        return None
    chinese = language is Language.CHINESE
    text = "要放宽哪一个条件？" if chinese else "Which of these would be all right?"
    return QuestionEvent(text=text, options=tuple(dict.fromkeys(options))[:4])


def _options(relaxation: Relaxation, filters: Filters, language: Language) -> list[str]:
    if relaxation.also or not relaxation.hits:
        return []
    products = [hit.product for hit in relaxation.hits]
    if relaxation.kind is FilterKind.BRAND and not relaxation.excluded:
        return [p.brand for p in products if p.brand][:2]
    prices = [p.price for p in products if p.price is not None]
    limit = filters.price.maximum if filters.price else None
    if relaxation.kind is not FilterKind.PRICE or not prices or limit is None:
        return []
    needed = max(prices)
    if needed <= limit:
        return []
    shown = format_money(_round_up(needed), products[0].currency, language)
    return [f"{shown}以内" if language is Language.CHINESE else f"Up to {shown}"]


def _round_up(price: Decimal) -> Decimal:
    """The next number with two significant digits: a budget is no exact price."""
    step = Decimal(10) ** max(price.adjusted() - 1, 0)
    return Decimal(math.ceil(price / step)) * step
