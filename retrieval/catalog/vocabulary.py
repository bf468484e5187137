"""Learns the words of a catalogue: brands, categories, attributes, words, price levels.

Products stream through a `VocabularyBuilder`; its memory is bounded, because rare entries of
long counts are dropped on the way (lossy counting, Manku and Motwani 2002).
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from retrieval.catalog.files import write_atomically
from retrieval.catalog.profiles import AttributeCounts
from retrieval.catalog.surfaces import brand_surfaces, category_surfaces, label_surfaces
from retrieval.errors import StoreNotFoundError, TerminalError
from retrieval.index.analysis import fold, terms
from retrieval.types import CategoryProfile, Language, Product, Vocabulary

Labels = Mapping[Language, Mapping[str, str]]
CategoryPath = tuple[str, ...]
# Attributes rarer than this are details of single products, not something to filter by.
MIN_PRODUCTS = 3
# Bounds that keep loading below 100 ms; a real catalogue's tail beyond them is noise.
MAX_ATTRIBUTES = 1500
MAX_WORDS = 150_000
# Numbers of one category that are worth knowing: what people bound by measure.
MAX_NUMBERS = 60
WORDS_IN_MEMORY = 1_000_000
# Price levels: minimum, the nine deciles between, maximum.
LEVELS = 10
# Deciles of fewer prices say nothing.
MIN_PRICES = 5

_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_LETTER = re.compile(r"[^\W\d_]")
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")


class VocabularyBuilder:
    """Collects what `build` turns into a Vocabulary."""

    def __init__(self, labels: Labels | None = None) -> None:
        self._labels = labels or {}
        self._brands: Counter[str] = Counter()
        self._categories: Counter[tuple[str, ...]] = Counter()
        self._category_brands: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._category_numbers: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._words: Counter[str] = Counter()
        self._attributes = AttributeCounts()
        self._prices: dict[str, array[float]] = {}

    def add(self, product: Product) -> None:
        """Count one product."""
        if product.brand:
            self._brands[product.brand] += 1
        for depth in range(1, len(product.category) + 1):
            self._categories[product.category[:depth]] += 1
            if product.brand:
                self._category_brands[product.category[:depth]][product.brand] += 1
            self._category_numbers[product.category[:depth]].update(
                {a.name for a in product.attributes if isinstance(a.value, Decimal)}
            )
        self._attributes.add(product.attributes)
        self._words.update(product_words(product))
        if len(self._words) > WORDS_IN_MEMORY:
            self._words = Counter({w: n for w, n in self._words.items() if n > 1})
        if product.price is not None:
            price = float(product.price)
            for key in {"", *product.category}:
                self._prices.setdefault(key, array("d")).append(price)

    def build(self, aliases: Mapping[CategoryPath, Sequence[str]] | None = None) -> Vocabulary:
        """The vocabulary of the products added so far.

        `aliases` gives other names of a category by its path.
        """
        words = dict(self._words.most_common(MAX_WORDS))
        return Vocabulary(
            brands=dict(self._brands.most_common()),
            brand_surfaces=self._brand_surfaces(),
            categories=tuple(self._category_profiles(aliases or {})),
            attributes=self._attributes.profiles(MIN_PRODUCTS, MAX_ATTRIBUTES, self._labels),
            words=words,
            labels={language: dict(known) for language, known in self._labels.items()},
            price_quantiles={
                key: price_levels(prices)
                for key, prices in self._prices.items()
                if len(prices) >= MIN_PRICES
            },
        )

    def _brand_surfaces(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for brand, _ in self._brands.most_common():
            found.setdefault(fold(brand), brand)
        for brand, _ in self._brands.most_common():
            labels = label_surfaces(brand, self._labels).values()
            for surface in (*map(fold, labels), *brand_surfaces(brand)):
                found.setdefault(surface, brand)
        return found

    def _category_profiles(
        self, aliases: Mapping[CategoryPath, Sequence[str]]
    ) -> list[CategoryProfile]:
        taken = {s for path in self._categories for s in category_surfaces(path[-1])[0]}
        profiles = []
        for path, count in sorted(self._categories.items()):
            labels = label_surfaces(path[-1], self._labels)
            whole, parts = category_surfaces(path[-1])
            for label in (*labels.values(), *aliases.get(path, ())):
                named, pieces = category_surfaces(label)
                whole, parts = whole + named, parts + pieces
            # "Phones & Tablets" answers to "tablets" only where no category is called that.
            surfaces = dict.fromkeys(whole + [p for p in parts if p not in taken])
            profiles.append(
                CategoryProfile(
                    path=path,
                    products=count,
                    brands=dict(self._category_brands[path].most_common()),
                    attributes=dict(self._category_numbers[path].most_common(MAX_NUMBERS)),
                    surfaces=tuple(surfaces),
                    labels=labels,
                )
            )
        return profiles


def build_vocabulary(products: Iterable[Product], labels: Labels | None = None) -> Vocabulary:
    """The vocabulary of `products`; `labels` gives words of a language for English ones."""
    builder = VocabularyBuilder(labels)
    for product in products:
        builder.add(product)
    return builder.build()


def product_words(product: Product) -> set[str]:
    """The distinct words of a product's texts: folded, Chinese segmented, numbers left out."""
    texts = [product.title, product.description, product.brand or "", *product.category]
    texts += [a.value for a in product.attributes if isinstance(a.value, str)]
    for translation in product.translations.values():
        texts += [translation.title, translation.description]
    return set(split_words("\n".join(texts)))


def split_words(text: str) -> list[str]:
    """The words of `text` as the vocabulary counts them."""
    folded = fold(text)
    words = [w for w in _WORD.findall(_CJK.sub(" ", folded)) if not w[0].isdigit() or _named(w)]
    if len(folded) != len(text) or not folded.isascii():
        for run in _CJK.findall(folded):
            words += [t.text for t in terms(run) if t.weight == 1.0]
    return words


def _named(word: str) -> bool:
    return _LETTER.search(word) is not None


def price_levels(prices: array[float]) -> tuple[Decimal, ...]:
    """Minimum, nine deciles and maximum of `prices` (nearest rank)."""
    ordered = sorted(prices)
    last = len(ordered) - 1
    ranks = (round(last * level / LEVELS) for level in range(LEVELS + 1))
    return tuple(Decimal(str(round(ordered[rank], 2))) for rank in ranks)


def save_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """Write `vocabulary` as JSON; a reader sees the old file or the new one, never half."""
    write_atomically(path, vocabulary.model_dump_json(exclude_defaults=True))


def load_vocabulary(path: Path) -> Vocabulary:
    """Read what `save_vocabulary` wrote; raises StoreNotFoundError or TerminalError."""
    try:
        return Vocabulary.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StoreNotFoundError(
            f"There is no vocabulary at {path}.", remedy="Import the store with aisle import."
        ) from None
    except ValidationError:
        raise TerminalError(
            f"{path} is damaged or of another version.", remedy="Import the store again."
        ) from None
