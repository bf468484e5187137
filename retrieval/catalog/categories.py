"""Derives a category for every product of a feed that has none.

1. Phrases in titles that name a kind are mined (`phrases`), 2. names of one kind are merged
(`kinds`), 3. a naive Bayes classifier over attributes and description words, trained on the
products whose titles name their kind, places the others where it is sure enough, and
overrules titles whose phrase it does not recognise. How sure is sure enough is measured on
products held out. Nothing in it knows any data set; `docs/feeds.md` gives the numbers.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.bayes import (
    Bayes,
    Features,
    cross_judge,
    judge,
    train_bayes,
)
from retrieval.catalog.features import (
    attribute_heads,
    is_word,
    kind_values,
    product_features,
    value_words,
)
from retrieval.catalog.kinds import (
    Kinds,
    base_form,
    head_of,
    merge_confused,
    merge_used_together,
    path_of,
    recognised,
)
from retrieval.catalog.phrases import PhraseMiner, PhraseTable
from retrieval.catalog.titles import (
    TitleCounts,
    TitleLexicon,
    TitleParts,
    split_title,
    tokenize,
)
from retrieval.types import Product

# Products that are looked at; more add time and memory, no knowledge.
SAMPLE = 50_000
# Features rarer than this are chance; more than this many are too many.
MIN_FEATURE = 4
MAX_FEATURES = 12_000
# Shares of held-out products that a placement by attributes must get right: the very kind,
# and one of the same head.
EXACT, NEAR = 0.9, 0.95
# Share of a class's own members that may score below its floor.
FLOOR = 0.1
# Share of those a title names that attributes may find unlike the kind: homonyms.
LOWEST = 0.02
# Weight of how plausible a name is (its logarithm) beside what attributes say for it.
TITLE_WEIGHT = 2.0
# Features a product must show before it can be unlike anything.
MIN_EVIDENCE = 8
# Fewer products with a name in their title than this measure no precision.
MEASURABLE = 50
# A word this plausible names a kind even if attributes do not recognise it ("adapter").
STRONG = 0.3
SEED = 7

Path = tuple[str, ...]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Judge:
    """A classifier of products into `names` and when it is sure.

    `margin` is how far a kind must be ahead of the next, `head_margin` how far ahead of the
    kinds of other heads. Of shape (classes,): `floors` is the score that nine in ten of a
    kind's own members reach, since a product unlike any that was seen scores low everywhere;
    `lowest` is the score below which hardly any of those lies whose title names the kind.
    """

    names: tuple[str, ...]
    bayes: Bayes
    margin: float
    head_margin: float
    floors: Floats
    lowest: Floats

    def denies(self, name: str, features: Features) -> bool:
        """Whether a product that is called `name` is like none of that kind: a notebook of
        paper among computers."""
        if len(features) < MIN_EVIDENCE:
            return False
        number = self.numbers[name]
        return self.bayes.score_of(features, number) < float(self.lowest[number])

    def place(self, features: Features) -> str | None:
        """The kind of a product, or only its head, or None when neither is sure."""
        best, score, margin, head_margin = judge(self.bayes.scores(features), self.groups)
        if score < self.floors[best] or head_margin < self.head_margin:
            return None
        name = self.names[best]
        return name if margin >= self.margin else head_of(name)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each kind."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def groups(self) -> Ints:
        """The number of each kind's head, shape (classes,)."""
        return np.array(head_numbers(self.names), dtype=np.int64)


@dataclass(frozen=True)
class CategoryModel:
    """Places products into kinds; the same product always into the same one.

    `trusted` kinds are those attributes recognise; `bayes` is None where too few products
    name their kind to learn from, `margin` is how far a class must be ahead.
    """

    learned_from: int
    lexicon: TitleLexicon
    table: PhraseTable
    kinds: Kinds
    trusted: frozenset[str]
    parents: frozenset[str]
    features: dict[str, int]
    judge: Judge | None
    _paths: dict[str, Path] = field(default_factory=dict, repr=False, compare=False)

    def categorise(self, product: Product) -> Product:
        """`product` with a derived category, or as it is when none is plausible."""
        name = self.kind(product)
        if name is None:
            return product
        path = self._paths.get(name)
        if path is None:
            path = self._paths[name] = path_of(name, self.parents, self.lexicon.acronyms)
        return product.model_copy(update={"category": path, "category_derived": True})

    def kind(self, product: Product) -> str | None:
        """The kind of `product`, from its title if that names one, else from the rest."""
        brand = product.brand or ""
        parts = split_title(tokenize(product.title), brand, value_words(product), self.lexicon)
        ranked = self.table.ranked(parts, kind_values(product))
        features = feature_ids(product_features(product), self.features)
        called = self._called(ranked, features)
        named = self.kinds.of(called)
        if self.judge is None:
            return named
        denied = named in self.trusted and self.judge.denies(named, features)
        if named in self.trusted and not denied:
            return named
        if (placed := self.judge.place(features)) is not None:
            return placed
        return named if called and self._stands_alone(called, denied) else None

    def _called(self, ranked: Sequence[tuple[float, str]], features: Features) -> str | None:
        """The name a title calls a product by; of several, the one attributes bear out.

        "Core 2 Duo Processor T7250 ... Notebook" speaks of a notebook.
        """
        names = [(math.log(score), base_form(phrase)) for score, phrase in ranked]
        if not names:
            return None
        known = [(w, n) for w, n in names if self.kinds.of(n) in self.trusted]
        if self.judge is None or len(known) < 2 or known[0] != names[0]:
            return names[0][1]
        best = max(known, key=lambda k: TITLE_WEIGHT * k[0] + self._evidence(k[1], features))[1]
        narrower = (n for _, n in known if n != best and head_of(n) == best)
        return next(narrower, best)

    def _evidence(self, called: str, features: Features) -> float:
        name = self.kinds.of(called)
        if self.judge is None or name is None:
            return 0.0
        return self.judge.bayes.score_of(features, self.judge.numbers[name])

    def _stands_alone(self, called: str, denied: bool) -> bool:
        """Whether a name holds without the support of attributes, or against them."""
        plausible = self.table.heads.get(head_of(called), 0.0) >= STRONG
        return self.table.is_strong(called) or (plausible and not denied)

    def aliases(self) -> dict[Path, list[str]]:
        """Category path → other names of the kind."""
        return {
            path_of(name, self.parents, self.lexicon.acronyms): others
            for name, others in self.kinds.aliases().items()
        }


@dataclass(frozen=True, slots=True)
class _Sampled:
    """What is kept of a product that was looked at."""

    tokens: list[str]
    brand: str
    values: frozenset[str]
    types: tuple[str, ...]
    features: Features


class CategoryLearner:
    """Looks at products and learns how this catalogue falls into kinds.

    Of more than 50,000 products a uniform sample is looked at (reservoir sampling, Vitter
    1985, with a fixed seed).
    """

    def __init__(self) -> None:
        self._seen = 0
        self._random = random.Random(SEED)
        self._sample: list[_Sampled] = []
        self._counts = TitleCounts()
        self._features: dict[str, int] = {}

    def add(self, product: Product) -> None:
        """Look at one product."""
        self._seen += 1
        place = self._seen - 1 if self._seen <= SAMPLE else self._random.randrange(self._seen)
        if place >= SAMPLE:
            return
        sampled = self._look(product)
        if place < len(self._sample):
            self._sample[place] = sampled
        else:
            self._sample.append(sampled)

    def _look(self, product: Product) -> _Sampled:
        brand = product.brand or ""
        tokens = tokenize(product.title)
        values = value_words(product)
        self._counts.add(tokens, product.description, brand, values)
        self._counts.properties |= attribute_heads(product)
        numbers = self._features
        ids = [numbers.setdefault(f, len(numbers)) for f in product_features(product)]
        return _Sampled(
            tokens,
            brand,
            values.intersection(token.lower() for token in tokens),
            kind_values(product),
            np.array(ids, dtype=np.int32),
        )

    def learn(self) -> CategoryModel:
        """The model of the products looked at."""
        lexicon = self._counts.lexicon()
        parts = [split_title(s.tokens, s.brand, s.values, lexicon) for s in self._sample]
        miner = PhraseMiner(self._counts)
        for part, sampled in zip(parts, self._sample, strict=True):
            miner.add(part, sampled.brand)
        table = miner.finish()
        kinds = Kinds()
        merge_used_together(kinds, ([base_form(n) for n in table.names(p)] for p in parts))
        named = [_title_name(table, p, s.types) for p, s in zip(parts, self._sample, strict=True)]
        rows, known = self._frequent_features()
        words = np.array([is_word(feature) for feature in known], dtype=np.bool_)
        trusted, judged = _train(kinds, table, named, rows, words, self._counts.least)
        return CategoryModel(
            learned_from=self._seen,
            lexicon=lexicon,
            table=table,
            kinds=kinds,
            trusted=frozenset(trusted),
            parents=frozenset(_parents(kinds.of(n) for n in named)),
            features=known,
            judge=judged,
        )

    def _frequent_features(self) -> tuple[list[Features], dict[str, int]]:
        """Feature ids of each sampled product, numbered anew without the rare ones."""
        counts = np.zeros(len(self._features), dtype=np.int64)
        for sampled in self._sample:
            counts[sampled.features] += 1
        kept = np.flatnonzero(counts >= MIN_FEATURE)
        kept = kept[np.argsort(-counts[kept], kind="stable")][:MAX_FEATURES]
        renumbered = np.full(len(counts), -1, dtype=np.int32)
        renumbered[kept] = np.arange(len(kept), dtype=np.int32)
        rows = [renumbered[s.features] for s in self._sample]
        texts = list(self._features)
        known = {texts[old]: new for new, old in enumerate(kept)}
        return [row[row >= 0] for row in rows], known


def _train(
    kinds: Kinds,
    table: PhraseTable,
    named: list[str | None],
    rows: list[Features],
    words: Bools,
    least: int,
) -> tuple[set[str], Judge | None]:
    """The kinds whose names are trusted, and a judge; merges confused kinds on the way.

    `words`, shape (features,), says which features are words of descriptions.
    """
    features = len(words)
    names, examples, labels = _examples(kinds, named, rows, least)
    if len(examples) < MEASURABLE or len(names) < 2:
        return set(names), None
    # Only attributes judge whether two names mean one kind: descriptions repeat the names.
    judged = cross_judge([e[~words[e]] for e in examples], labels, features, head_numbers(names))
    merge_confused(kinds, _confusion(names, labels, judged.best))
    names, examples, labels = _examples(kinds, named, rows, least)
    judged = cross_judge(examples, labels, features, head_numbers(names))
    trusted = recognised(_confusion(names, labels, judged.best))
    trusted |= {name for name in names if table.is_strong(name)}
    kept = [n if kinds.of(n) in trusted else None for n in named]
    names, examples, labels = _examples(kinds, kept, rows, least)
    if len(examples) < MEASURABLE or len(names) < 2:
        return set(names), None
    return set(names), _judge(names, examples, labels, features)


def _judge(
    names: tuple[str, ...], examples: list[Features], labels: list[int], features: int
) -> Judge:
    groups = np.array(head_numbers(names), dtype=np.int64)
    judged = cross_judge(examples, labels, features, head_numbers(names))
    given = np.asarray(labels)
    return Judge(
        names=names,
        bayes=train_bayes(examples, labels, features, len(names)),
        margin=sure_margin(judged.margins, judged.best == given, EXACT),
        head_margin=sure_margin(judged.group_margins, groups[judged.best] == groups[given], NEAR),
        floors=_quantiles(judged.scores, given, judged.best == given, len(names), FLOOR),
        lowest=_quantiles(judged.own, given, given >= 0, len(names), LOWEST),
    )


def head_numbers(names: Sequence[str]) -> list[int]:
    """A number for each name, the same for names of one head."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(head_of(name), len(numbers)) for name in names]


def _quantiles(scores: Floats, labels: Ints, kept: Bools, classes: int, share: float) -> Floats:
    """The score that all but `share` of the kept members of each class reach."""
    found = np.full(classes, np.inf, dtype=np.float32)
    for number in range(classes):
        own = scores[(labels == number) & kept]
        if len(own):
            found[number] = np.quantile(own, share)
    return found


def _examples(
    kinds: Kinds, named: list[str | None], rows: list[Features], least: int
) -> tuple[tuple[str, ...], list[Features], list[int]]:
    """(classes, features of the products whose title names one, their class numbers)."""
    canonical = [kinds.of(n) for n in named]
    sizes = Counter(n for n in canonical if n is not None)
    names = tuple(sorted(n for n, size in sizes.items() if size >= least))
    numbers = {n: i for i, n in enumerate(names)}
    pairs = [(row, numbers[n]) for row, n in zip(rows, canonical, strict=True) if n in numbers]
    return names, [row for row, _ in pairs], [label for _, label in pairs]


def _confusion(
    names: Sequence[str], labels: Sequence[int], best: Sequence[int] | Ints
) -> dict[str, Counter[str]]:
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for label, taken in zip(labels, best, strict=True):
        confusion[names[label]][names[int(taken)]] += 1
    return confusion


def sure_margin(margins: Floats, right: Bools, precision: float) -> float:
    """The smallest margin from which on the share of `right` ones is at least `precision`."""
    order = np.argsort(-margins, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(shares >= precision)
    return float(margins[order[good[-1]]]) if len(good) else float("inf")


def _parents(names: Iterable[str | None]) -> set[str]:
    """Heads that are a shelf of their own: two kinds of it, or one beside itself."""
    distinct = {n for n in names if n is not None}
    children = Counter(head_of(n) for n in distinct)
    return {head for head, count in children.items() if count > 1}


def _title_name(table: PhraseTable, parts: TitleParts, types: Sequence[str]) -> str | None:
    phrase = table.name(parts, types)
    return base_form(phrase) if phrase else None


def feature_ids(features: Sequence[str], known: dict[str, int]) -> Features:
    """Numbers of the known ones of `features`."""
    return np.fromiter((known[f] for f in features if f in known), dtype=np.int32)
