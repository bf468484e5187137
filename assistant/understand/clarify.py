"""Decides whether one question is worth a turn, and which: by how the candidates split.

If an answer keeps the share p of the list, the share 1 − p of it changes. Over all answers,
each as likely as its share, that is Σ p(1 − p), the Gini impurity of the split: the expected
change of the list. A question is asked only where that is large and the request is vague.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.types import Act, Conversation, QuestionEvent, Understanding
from assistant.understand.language import HAN
from retrieval.types import AttributeKind, Language, Product, SearchResult, Vocabulary

# How many of the best candidates are looked at; deeper ones are hardly meant.
CANDIDATES = 50
# A list this short is read faster than a question.
FEW = 8
# An answer has to change half of the list in expectation.
EXPECTED_CHANGE = 0.5
# A request of more words, or more Chinese characters, says what it wants.
VAGUE_WORDS = 3
VAGUE_CHARACTERS = 6
OPTIONS = 4
# Below this share an option is a stray product, not a choice.
OPTION_SHARE = 0.08
# An attribute that fewer candidates state splits what is written, not what there is.
COVERAGE = 0.6
# Prices whose upper tenth is this many times the lower one are worth a question.
PRICE_SPREAD = 4
# What a shopper thinks in first; measured by no log yet, so only ties should hang on it.
PRIORS = {"category": 1.0, "attribute": 0.9, "price": 0.95}

_CODE = re.compile(r"[a-z]+-?\d|\d+-?[a-z]", re.IGNORECASE)
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
_NAMES_ZH = {
    "USD": "美元", "EUR": "欧元", "GBP": "英镑", "CNY": "元", "JPY": "日元", "HKD": "港元",
}  # fmt: skip
_PREPOSITIONS = frozenset({"for", "with", "by", "in", "from", "to"})
_NICE = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Split:
    """One way to divide the candidates: the question it makes and what it would change."""

    texts: dict[Language, str]
    options: tuple[str, ...]
    change: float


def choose_question(
    understanding: Understanding,
    result: SearchResult,
    conversation: Conversation,
    vocabulary: Vocabulary,
) -> QuestionEvent | None:
    """The question whose answer changes the list most, or None when none is worth a turn.

    Never two turns in a row, never the same one twice, never against the shopper's wish.
    """
    if not may_ask(understanding, conversation) or len(result.hits) < FEW:
        return None
    products = [hit.product for hit in result.hits[:CANDIDATES]]
    asked = {turn.question for turn in conversation.turns if turn.question}
    splits = [
        split
        for split in _splits(understanding, products, vocabulary)
        if split.change >= EXPECTED_CHANGE and not asked & set(split.texts.values())
    ]
    best = max(splits, key=lambda s: s.change, default=None)
    if best is None:
        return None
    return QuestionEvent(text=best.texts[understanding.language], options=best.options)


def may_ask(understanding: Understanding, conversation: Conversation) -> bool:
    """Whether this turn may ask at all, whatever the candidates."""
    last = conversation.last
    return (
        understanding.act in (Act.SEARCH, Act.REFINE)
        and not understanding.no_questions
        and not any(turn.understanding.no_questions for turn in conversation.turns)
        and not (last and last.question)
        and is_vague(understanding)
    )


def is_vague(understanding: Understanding) -> bool:
    """Whether the request is so short that several kinds of things fit it."""
    query = understanding.query
    if not query or _CODE.search(query) or understanding.filters.ids is not None:
        return False
    han = len(re.findall(f"[{HAN}]", query))
    words = len(re.sub(f"[{HAN}]+", " ", query).split())
    return han <= VAGUE_CHARACTERS and words <= VAGUE_WORDS


def _splits(
    understanding: Understanding, products: Sequence[Product], vocabulary: Vocabulary
) -> Iterator[Split]:
    """Every way to divide `products` that the request has not settled yet."""
    language = understanding.language
    if not understanding.filters.categories:
        yield from _by_category(products, vocabulary, language)
    if understanding.filters.price is None:
        yield from _by_price(products, language)
    settled = {a.name for a in understanding.filters.attributes}
    said = " ".join((understanding.query, *understanding.wishes)).lower()
    for name, profile in vocabulary.attributes.items():
        if profile.kind is AttributeKind.TEXT and name not in settled:
            values = [s for s, c in profile.surfaces.items() if c != name and s in said]
            if not values:
                yield from _by_attribute(name, products, vocabulary, language)


def impurity(counts: Sequence[int]) -> float:
    """Σ p(1 − p) over the shares of `counts`."""
    total = sum(counts)
    return 1 - sum((n / total) ** 2 for n in counts) if total else 0.0


def _choices(counter: Counter[str], total: int) -> list[str]:
    """The most frequent entries that are real choices."""
    return [v for v, n in counter.most_common(OPTIONS) if n / total >= OPTION_SHARE]


def _by_category(
    products: Sequence[Product], vocabulary: Vocabulary, language: Language
) -> Iterator[Split]:
    counts = Counter(p.category for p in products if p.category)
    known = {c.path: c.labels.get(language, c.path[-1]) for c in vocabulary.categories}
    labels: Counter[str] = Counter()
    for path, n in counts.items():
        labels[known.get(path, path[-1])] += n
    total = sum(labels.values())
    if total < COVERAGE * len(products):
        return
    options = _choices(labels, total)
    if len(options) < 2:
        return
    texts = {
        Language.ENGLISH: "What kind are you looking for?",
        Language.CHINESE: "您想要哪一类？",
    }
    change = impurity(list(labels.values())) * PRIORS["category"]
    yield Split(texts, tuple(options), change)


def _by_attribute(
    name: str, products: Sequence[Product], vocabulary: Vocabulary, language: Language
) -> Iterator[Split]:
    values = Counter(
        a.value for p in products if (a := p.attribute(name)) and isinstance(a.value, str)
    )
    total = sum(values.values())
    if total < COVERAGE * len(products):
        return
    options = _choices(values, total)
    # Options that leave most values out would not be an honest choice.
    if len(options) < 2 or sum(values[o] for o in options) < COVERAGE * total:
        return
    texts = {
        Language.ENGLISH: word_choice(vocabulary.label(name, Language.ENGLISH)),
        Language.CHINESE: word_choice_zh(vocabulary.label(name, Language.CHINESE)),
    }
    covered = total / len(products)
    labelled = tuple(vocabulary.label(o, language) for o in options)
    yield Split(texts, labelled, impurity(list(values.values())) * covered * PRIORS["attribute"])


def word_choice(label: str) -> str:
    """The question for an attribute: a label that ends in a preposition asks for what follows."""
    if label.rsplit(" ", 1)[-1] in _PREPOSITIONS:
        return f"What should it be {label}?"
    return f"Which {label} would you prefer?"


def word_choice_zh(label: str) -> str:
    """The same in Chinese, where "适用…" and "适合…" are no things to choose a kind of."""
    if label.startswith(("适用", "适合")):
        return f"{label}方面，您看重哪一种？" if len(label) > 2 else f"主要{label}于什么？"
    return f"您想要哪种{label}？"


def _by_price(products: Sequence[Product], language: Language) -> Iterator[Split]:
    priced = [p for p in products if p.price is not None]
    prices = sorted(float(p.price) for p in priced if p.price)
    if len(prices) < FEW:
        return
    low, high = prices[len(prices) // 10], prices[-1 - len(prices) // 10]
    if low <= 0 or high / low < PRICE_SPREAD:
        return
    first, second = nice(prices[len(prices) // 3]), nice(prices[2 * len(prices) // 3])
    bands = [
        sum(p < first for p in prices),
        sum(first <= p <= second for p in prices),
        sum(p > second for p in prices),
    ]
    if first >= second or not all(bands):
        return
    texts = {
        Language.ENGLISH: "What is your budget?",
        Language.CHINESE: "您的预算大概是多少？",
    }
    options = price_options(first, second, priced[0].currency, language)
    yield Split(texts, options, impurity(bands) * PRIORS["price"])


def nice(value: float) -> Decimal:
    """The round number nearest to `value`: people think in 50 and 200, not in 47.83."""
    magnitude = 10 ** math.floor(math.log10(value))
    rounded = min(_NICE, key=lambda n: abs(n * magnitude - value)) * magnitude
    return Decimal(str(round(rounded, 2))).normalize()


def price_options(
    first: Decimal, second: Decimal, currency: str, language: Language
) -> tuple[str, str, str]:
    """Three price bands in words that the quick reader reads back exactly."""
    if language is Language.CHINESE:
        unit = _NAMES_ZH.get(currency, f" {currency} ")
        return (f"{first:f}{unit}以下", f"{first:f}到{second:f}{unit}", f"{second:f}{unit}以上")
    sign = _SIGNS.get(currency)
    low, high = (f"{sign}{n:f}" if sign else f"{n:f} {currency}" for n in (first, second))
    return (f"Under {low}", f"{low} to {high}", f"Over {high}")
