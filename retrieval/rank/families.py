"""Families: products that are one thing in several colours, sizes or capacities.

Two products are of one family when brand and title agree but for such words. Which words
those are is read from each product's own attributes and from measures in its title, so that
a family shows in any catalogue; model numbers stay, because another number is another thing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from retrieval.index.analysis import fold
from retrieval.types import Attribute, HitVariant, Product
from retrieval.units import find_unit

# What the versions of one product are told apart by, as the last word of attribute names.
OPTION_WORDS = frozenset(
    {"color", "colour", "colors", "colours", "size", "sizes"}
    | {"颜色", "顏色", "色", "尺寸", "尺码", "尺碼", "规格"}
)
# Dimensions in which one product comes in steps: length, weight, volume, data.
SIZE_BASES = frozenset({"mm", "g", "ml", "mb"})
# A title that is left with fewer words than this (its brand aside) could be anything.
LEAST_WORDS = 2
# "5G" and "2.5G" are networks; nothing is sold in so few grams without a space.
LEAST_JOINED_GRAMS = 10
# Versions a card offers; who wants more opens the product.
MOST_VARIANTS = 24
# The option of versions that no attribute tells apart.
VERSION = "version"

_LIST = re.compile(r"\s*[,;、，；|/]\s*")
_MEASURE = re.compile(
    r"(?<![\w.])(?:\d+(?:\.\d+)?\s?[x×]\s?)*(\d+(?:[.,]\d+)?)([\s-]?)([^\W\d_]+|[\"″”'′]+)"
    r"(?!\w)(?!\s\d)"
)
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?")
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


def family_key(product: Product) -> str:
    """The family of `product` as 16 hex digits; one of its own when its title says too little."""
    brand = _WORD.findall(fold(product.brand or ""))
    words = _WORD.findall(_without_options(fold(product.title), product.attributes))
    told = sum(_telling(word) for word in words if word not in brand)
    text = " ".join((*brand, "|", *words)) if told >= LEAST_WORDS else f"id {product.id}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _telling(word: str) -> int:
    """How many words `word` stands for: Chinese is not spaced, two characters make one."""
    return max(1, len(_CJK.findall(word)) // 2)


def _without_options(title: str, attributes: Iterable[Attribute]) -> str:
    """The folded title without the product's own colours and sizes and without measures."""
    for value in sorted(_option_values(attributes), key=len, reverse=True):
        bound = "" if _CJK.search(value) else r"(?<!\w)"
        title = re.sub(f"{bound}{re.escape(value)}{bound.replace('<', '')}", " ", title)
    return _MEASURE.sub(_drop_size, title)


def _option_values(attributes: Iterable[Attribute]) -> set[str]:
    values: set[str] = set()
    for attribute in attributes:
        if isinstance(attribute.value, str) and is_option(attribute.name):
            whole = fold(attribute.value)
            values |= {whole, *_LIST.split(whole)}
    return {value for value in values if value}


@lru_cache(maxsize=16384)
def is_option(name: str) -> bool:
    """Whether the attribute `name` tells versions of one product apart."""
    words = name.removesuffix("_name").split("_")
    return words[-1] in OPTION_WORDS


def _drop_size(match: re.Match[str]) -> str:
    number, gap, unit = match[1], match[2], find_unit(match[3])
    if unit is None or unit.base not in SIZE_BASES:
        return match[0]
    if unit.symbol == "g" and not gap and Decimal(number.replace(",", ".")) < LEAST_JOINED_GRAMS:
        return match[0]
    return " "


# ------------------------------------------------------------------------- folding


def fold_families(ranked: Iterable[str], families: Mapping[str, str]) -> list[str]:
    """The ranked ids with only the first of each family; ids of no known family all stay."""
    seen: set[str] = set()
    kept: list[str] = []
    for key in ranked:
        family = families.get(key)
        if family is not None and family in seen:
            continue
        if family is not None:
            seen.add(family)
        kept.append(key)
    return kept


def list_variants(product: Product, family: Sequence[Product]) -> tuple[HitVariant, ...]:
    """What the card of `product` offers: its family, itself first, then its own variants.

    Empty when there is nothing to choose.
    """
    members = [product, *(p for p in family if p.id != product.id)][:MOST_VARIANTS]
    options = tell_apart(members) if len(members) > 1 else []
    siblings = [
        HitVariant(
            product_id=member.id,
            options=told,
            price=member.price,
            stock=member.stock,
            image_url=member.image_url,
        )
        for member, told in zip(members, options, strict=False)
    ]
    own = [
        HitVariant(
            product_id=product.id,
            variant_id=variant.id,
            options=variant.options,
            price=product.price if variant.price is None else variant.price,
            stock=variant.stock,
        )
        for variant in product.variants[:MOST_VARIANTS]
    ]
    return tuple(siblings + (own if len(own) > 1 else []))


def tell_apart(members: Sequence[Product]) -> list[dict[str, str]]:
    """For each member what sets it apart from the others, in as few options as do.

    Colours and sizes first, else the words in which the titles differ, else any attribute
    that all state, else the model number; an empty mapping where nothing is known.
    """
    if told := _told_by([_stated(member, is_option) for member in members]):
        return told
    words = _differing_words([m.title for m in members])
    if len(set(words)) == len(members):
        return [{VERSION: w} for w in words]
    if told := _told_by([_stated(member) for member in members]):
        return told
    models = [m.identifiers.get("model", "") for m in members]
    distinct = len(set(models)) == len(members) and all(models)
    return [{"model": model} if distinct else {} for model in models]


def _told_by(stated: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Of what members state, what sets each apart; empty where nothing does."""
    shared = [n for n in stated[0] if all(n in s for s in stated)]
    chosen = _enough([n for n in shared if len({s[n] for s in stated}) > 1], stated)
    return [{n: s[n] for n in chosen} for s in stated] if chosen else []


def _stated(product: Product, counts: Callable[[str], bool] = bool) -> dict[str, str]:
    """Attributes whose name `counts`, as text; several values of one name are joined."""
    values: dict[str, list[str]] = {}
    for attribute in product.attributes:
        if counts(attribute.name):
            values.setdefault(attribute.name, []).append(_say(attribute))
    return {name: ", ".join(dict.fromkeys(said)) for name, said in values.items()}


def _say(attribute: Attribute) -> str:
    value = attribute.value
    if isinstance(value, Decimal):
        number = f"{value.normalize():f}"
        return f"{number} {attribute.unit}" if attribute.unit else number
    return str(value).lower() if isinstance(value, bool) else value


def _enough(names: Sequence[str], stated: Sequence[Mapping[str, str]]) -> list[str]:
    """The fewest of the first names by which no two members are alike; empty if none are."""
    for name in names:
        if len({s[name] for s in stated}) == len(stated):
            return [name]
    for count in range(2, len(names) + 1):
        if len({tuple(s[n] for n in names[:count]) for s in stated}) == len(stated):
            return list(names[:count])
    return []


def _differing_words(titles: Sequence[str]) -> list[str]:
    """Of each title the words, as written, that not all titles have."""
    words = [list(_written(title)) for title in titles]
    common: Collection[str] = set.intersection(*({f for f, _ in ws} for ws in words))
    told = []
    for ws in words:
        kept = [f not in common for f, _ in ws]
        # "5" says nothing without the "m" that all titles share.
        kept = [
            k or (n > 0 and kept[n - 1] and _is_unit(ws[n - 1][0], ws[n][0]))
            for n, k in enumerate(kept)
        ]
        told.append(" ".join(w for (_, w), k in zip(ws, kept, strict=True) if k))
    return told


def _is_unit(number: str, word: str) -> bool:
    return number.replace(".", "").replace(",", "").isdigit() and find_unit(word) is not None


def _written(title: str) -> Iterator[tuple[str, str]]:
    for word in title.split():
        bare = word.strip(",;:()[]，；：（）")
        if bare:
            yield fold(bare), bare
