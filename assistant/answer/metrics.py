"""What products can be ranked by, and the words of ranking in both languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from assistant.answer.known import ByIdentity, attribute_names, split_words, wordings
from retrieval.index.analysis import fold
from retrieval.types import Attribute, Language, Product, Vocabulary
from retrieval.units import find_unit, to_base

PRICE, RATING, REVIEWS, DISCOUNT, STOCK, RELEASED = (
    "price",
    "rating",
    "rating_count",
    "discount",
    "stock",
    "released",
)
_CORE_WORDS = {
    PRICE: "price cost 价格 价钱 售价 价",
    RATING: "rating score stars 评分 口碑 评价分",
    REVIEWS: "reviews ratings review count 评价数 评论数 评价 评论",
    DISCOUNT: "discount saving savings 折扣 优惠 降幅 优惠幅度",
    STOCK: "stock 库存",
}
# Packages, limits and accessories also weigh and measure something; the product's own
# attribute is the one without these words in its name.
_FOREIGN = frozenset(
    split_words("package packaging pack shipping maximum minimum max min supported carton pallet")
)
# A unit in a name only tells attributes of one feed apart ("weight_kg").
_UNIT_WORDS = frozenset(split_words("g kg mm cm m l ml w kw v h min inch db gb tb hz"))
_ASIDE = re.compile(r"\s*\([^()]*\)$")
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}
_CHINESE_NUMBERS = {2: "两", 3: "三", 4: "四", 5: "五", 6: "六", 7: "七", 8: "八"}


class Adjective(NamedTuple):
    """A gradable property: the attribute it ranks, and which end the words mean.

    `chinese` is the noun it goes with and the adjective ("评分", "高"); `good` marks the end
    worth telling unasked.
    """

    metric: str
    highest: bool
    comparative: str
    superlative: str
    chinese: tuple[str, str]
    good: bool = False


ADJECTIVES: tuple[Adjective, ...] = (
    Adjective(PRICE, False, "cheaper", "cheapest", ("", "便宜"), good=True),
    Adjective(PRICE, True, "more expensive", "most expensive", ("", "贵")),
    Adjective(RATING, True, "better rated", "best rated", ("评分", "高"), good=True),
    Adjective(RATING, False, "lower rated", "lowest rated", ("评分", "低")),
    Adjective("weight", False, "lighter", "lightest", ("", "轻"), good=True),
    Adjective("weight", True, "heavier", "heaviest", ("", "重")),
    Adjective("battery", True, "longer lasting", "longest lasting", ("续航", "长"), good=True),
    Adjective("noise", False, "quieter", "quietest", ("", "安静"), good=True),
    Adjective("noise", True, "louder", "loudest", ("", "吵")),
    Adjective("thickness", False, "thinner", "thinnest", ("", "薄"), good=True),
    Adjective("thickness", True, "thicker", "thickest", ("", "厚")),
    Adjective("brightness", True, "brighter", "brightest", ("", "亮"), good=True),
    Adjective("speed", True, "faster", "fastest", ("", "快"), good=True),
    Adjective("speed", False, "slower", "slowest", ("", "慢")),
    Adjective("width", True, "wider", "widest", ("", "宽")),
    Adjective("width", False, "narrower", "narrowest", ("", "窄")),
    Adjective("height", True, "taller", "tallest", ("", "高")),
    # Of what is worn or slept in: the temperature it keeps warm down to.
    Adjective("comfort temperature", False, "warmer", "warmest", ("", "暖和"), good=True),
    Adjective(RELEASED, True, "newer", "newest", ("", "新"), good=True),
    Adjective(RELEASED, False, "older", "oldest", ("", "旧")),
)
# Other words for the same comparison: (metric, highest).
SYNONYMS: dict[str, tuple[str, bool]] = {
    "less expensive": (PRICE, False),
    "more affordable": (PRICE, False),
    "more economical": (PRICE, False),
    "lower priced": (PRICE, False),
    "lower in price": (PRICE, False),
    "costs less": (PRICE, False),
    "cost less": (PRICE, False),
    "priced lower": (PRICE, False),
    "least expensive": (PRICE, False),
    "most affordable": (PRICE, False),
    "most economical": (PRICE, False),
    "lowest priced": (PRICE, False),
    "pricier": (PRICE, True),
    "costlier": (PRICE, True),
    "dearer": (PRICE, True),
    "higher priced": (PRICE, True),
    "higher in price": (PRICE, True),
    "costs more": (PRICE, True),
    "cost more": (PRICE, True),
    "priced higher": (PRICE, True),
    "priciest": (PRICE, True),
    "costliest": (PRICE, True),
    "dearest": (PRICE, True),
    "highest priced": (PRICE, True),
    "higher rated": (RATING, True),
    "rated higher": (RATING, True),
    "rated better": (RATING, True),
    "highest rated": (RATING, True),
    "top rated": (RATING, True),
    "more highly rated": (RATING, True),
    "worse rated": (RATING, False),
    "rated lower": (RATING, False),
    "worst rated": (RATING, False),
    "more silent": ("noise", False),
    "weighs less": ("weight", False),
    "weighs more": ("weight", True),
    "lasts longer": ("battery", True),
}
# Attribute names that are about one property, and the words that ask for it.
RELATED: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("weight", "net weight", "product weight", "重量", "净重", "机身重量"),
        ("weigh", "heavy", "light", "lightweight", "多重", "轻便", "轻"),
    ),
    (("thickness", "depth", "厚度"), ("thick", "多厚")),
    (("width", "宽度"), ("wide", "多宽")),
    (("height", "高度"), ("tall", "多高")),
    (("noise", "noise level", "sound level", "噪音", "噪声", "噪音值"), ("loud", "quiet", "吵")),
    (("brightness", "luminous flux", "light output", "亮度", "光通量"), ("bright",)),
    (("speed", "print speed", "速度", "打印速度"), ("fast",)),
    (("power", "motor power", "wattage", "功率"), ("powerful",)),
    (
        (
            "battery",
            "battery life",
            "runtime",
            "playing time",
            "续航",
            "续航时间",
            "电池续航",
            "电池",
        ),
        ("last", "多久"),
    ),
    (
        (
            "screen",
            "screen size",
            "display diagonal",
            "display size",
            "display",
            "屏幕",
            "屏幕尺寸",
        ),
        (),
    ),
    (("storage", "storage capacity", "total storage capacity", "存储", "存储容量"), ()),
    (("memory", "internal memory", "ram", "内存"), ()),
    (("camera resolution", "megapixel", "sensor resolution"), ("megapixel", "megapixels", "像素")),
)


def measure(product: Product, metric: str) -> Decimal | None:
    """The product's value of `metric` in base units, or None where the record has none."""
    if metric == PRICE:
        return product.price
    if metric == RATING:
        return product.rating if product.rating_count else None
    if metric == REVIEWS:
        return Decimal(product.rating_count)
    if metric == STOCK:
        return None if product.stock is None else Decimal(product.stock)
    if metric == DISCOUNT:
        return saving(product) or Decimal(0)
    if metric == RELEASED:
        return Decimal(product.released.toordinal()) if product.released else None
    attribute = product.attribute(metric)
    if attribute is None or not isinstance(attribute.value, Decimal):
        return None
    return to_base(attribute.value, attribute.unit)


def saving(product: Product) -> Decimal | None:
    """How far the price is under the list price, or None when it is not."""
    if product.price is None or product.list_price is None:
        return None
    return product.list_price - product.price if product.list_price > product.price else None


def saving_percent(product: Product) -> int | None:
    """The saving in whole percent of the list price, rounded down: never more than it is."""
    amount = saving(product)
    if amount is None or not product.list_price:
        return None
    return int(amount * 100 / product.list_price) or None


def find_metric(words: str, products: Sequence[Product], vocabulary: Vocabulary) -> str | None:
    """The one metric that `words` name, or None when they name none or several."""
    wanted = _content(words)
    if not wanted:
        return None
    core = next((m for m in _CORE_WORDS if wanted <= _core_words()[m]), None)
    return core or _find_measured(words, measured_names(products), vocabulary)


def measured_names(products: Sequence[Product]) -> frozenset[str]:
    """The attributes that some product states as a number."""
    return frozenset(a.name for p in products for a in p.attributes if isinstance(a.value, Decimal))


def _find_measured(words: str, names: Collection[str], vocabulary: Vocabulary) -> str | None:
    key = ByIdentity(vocabulary)
    scored = sorted(
        (score, name) for name in names if (score := _distance(words, name, key)) is not None
    )
    if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    return scored[0][1]


@lru_cache(maxsize=16384)
def _distance(words: str, name: str, key: ByIdentity) -> int | None:
    """How many words attribute `name` has beyond `words`; None when it is about another thing.

    One word must be the whole name: the weight of the paper is not the weight.
    """
    distances = [
        distance
        for label in attribute_names(name, key.vocabulary)
        for phrase in _phrasings(words)
        if (distance := _label_distance(phrase, label)) is not None
    ]
    return min(distances, default=None)


@lru_cache(maxsize=65536)
def _label_distance(phrase: str, label: str) -> int | None:
    phrase, label = fold(phrase), _ASIDE.sub("", fold(label))
    if not phrase.isascii():
        extra = len(label) - len(phrase)
        return extra if phrase in label and extra <= max(0, len(phrase) - 2) else None
    wanted, have = _content(phrase), _content(label)
    missing = have - wanted - _UNIT_WORDS
    if not wanted <= have or missing & _FOREIGN or len(missing) > len(wanted) - 1:
        return None
    return len(missing)


@cache
def _related() -> tuple[tuple[tuple[str, ...], frozenset[frozenset[str]]], ...]:
    groups = [(*names, *words) for names, words in RELATED]
    return tuple((group, frozenset(_content(name) for name in group)) for group in groups)


@lru_cache(maxsize=4096)
def _related_to(labels: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    called = {_content(label) for label in labels}
    return tuple(group for group, names in _related() if called & names)


@lru_cache(maxsize=2048)
def _phrasings(words: str) -> tuple[str, ...]:
    """`words` and the names that mean the same ("battery" is also asked as "battery life")."""
    wanted = {_content(wording) for wording in wordings(words)}
    related = [group for group, names in _related() if wanted & names]
    return tuple(dict.fromkeys((*wordings(words), *(name for g in related for name in g))))


def names_attribute(text: str, name: str, vocabulary: Vocabulary) -> bool:
    """Whether folded `text` speaks of attribute `name` by any of its names."""
    return bool(_naming_words(text, name, vocabulary))


def named_attributes(
    text: str, attributes: Sequence[Attribute], vocabulary: Vocabulary
) -> list[Attribute]:
    """Those of `attributes` that folded `text` speaks of.

    "Battery voltage" speaks of the voltage, not of the battery's life: where the words that
    name one attribute are only a part of those that name another, of `attributes` or of the
    whole catalogue, the longest wins.
    """
    words = frozenset(split_words(text))
    own = {a.name: _contents(a.name, vocabulary) for a in attributes}
    longer = {c for c in _compound_names(ByIdentity(vocabulary)) if c <= words}
    longer |= {c for contents in own.values() for c in contents if c <= words}
    named: list[Attribute] = []
    for attribute in attributes:
        naming = _naming_words(text, attribute.name, vocabulary)
        if naming and not any(naming < c for c in longer - own[attribute.name]):
            named.append(attribute)
    return named


@lru_cache(maxsize=4)
def _compound_names(key: ByIdentity) -> frozenset[frozenset[str]]:
    """The words of every attribute's name that has several, of the whole catalogue."""
    names = key.vocabulary.attributes
    return frozenset(c for name in names for c in _contents(name, key.vocabulary) if len(c) > 1)


def _contents(name: str, vocabulary: Vocabulary) -> frozenset[frozenset[str]]:
    """The words of each of an attribute's names."""
    return frozenset(_content(label) for label in attribute_names(name, vocabulary))


def _naming_words(text: str, name: str, vocabulary: Vocabulary) -> frozenset[str]:
    """The most words of folded `text` that name attribute `name`; empty where none does."""
    words = frozenset(split_words(text))
    wanted, written = _asked_by(tuple(attribute_names(name, vocabulary)))
    found = [w for w in wanted if w <= words]
    found += [frozenset((name,)) for name in written if name in text]
    return max(found, key=len, default=frozenset())


@lru_cache(maxsize=4096)
def _asked_by(labels: tuple[str, ...]) -> tuple[tuple[frozenset[str], ...], tuple[str, ...]]:
    """What speaks of an attribute so labelled: sets of English stems, folded Chinese names."""
    related = (name for group in _related_to(labels) for name in group)
    folded = dict.fromkeys(map(fold, (*labels, *related)))
    wanted = dict.fromkeys(_content(name) for name in folded if name.isascii())
    return tuple(w for w in wanted if w), tuple(n for n in folded if not n.isascii())


@lru_cache(maxsize=8192)
def _content(words: str) -> frozenset[str]:
    return frozenset(split_words(words)) - {"the", "a", "of", "in", "its"}


@cache
def _core_words() -> dict[str, frozenset[str]]:
    return {metric: frozenset(split_words(words)) for metric, words in _CORE_WORDS.items()}


def find_adjective_metric(
    adjective: Adjective, measured: Collection[str], vocabulary: Vocabulary
) -> str | None:
    """The metric `adjective` ranks products by, of which these attributes are `measured`."""
    if adjective.metric in (PRICE, RATING, RELEASED):
        return adjective.metric
    return _find_measured(adjective.metric, measured, vocabulary)


def find_extreme(products: Sequence[Product], metric: str, *, highest: bool) -> tuple[Product, ...]:
    """All products that share the extreme; empty when a value is missing or all are equal."""
    values = [measure(p, metric) for p in products]
    if len(products) < 2 or any(v is None for v in values) or not comparable(products, metric):
        return ()
    known = [v for v in values if v is not None]
    if min(known) == max(known):
        return ()
    best = max(known) if highest else min(known)
    return tuple(p for p, v in zip(products, known, strict=True) if v == best)


def comparable(products: Sequence[Product], metric: str) -> bool:
    """Whether the values share a currency or a dimension."""
    if metric in (PRICE, DISCOUNT):
        return len({p.currency for p in products}) == 1
    units = {(a.unit or "").lower() for p in products if (a := p.attribute(metric)) is not None}
    bases = {found.base if (found := find_unit(unit)) else unit for unit in units}
    return len(bases) <= 1


def count_word(count: int, language: Language) -> str:
    """ "three", "三"; digits beyond eight."""
    table = _CHINESE_NUMBERS if language is Language.CHINESE else _NUMBERS
    return table.get(count, str(count))
