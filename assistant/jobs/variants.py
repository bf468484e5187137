"""Which version of a product is meant by what was said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.types import Language, Product, Variant, Vocabulary


@dataclass(frozen=True)
class Choice:
    """The one version meant, or what is still open: `option` and its `values` in stock."""

    variant: Variant | None = None
    option: str = ""
    values: tuple[str, ...] = ()


def choose_variant(product: Product, said: str, vocabulary: Vocabulary) -> Choice:
    """The version of `product` that `said` names; sold-out ones only where they are named.

    An option with one value is settled; of the others the first that is not named is open.
    """
    options = {name: _values(product.variants, name) for name in _option_names(product)}
    left = list(product.variants)
    for name, values in options.items():
        if wanted := [v for v in values if is_named(said, v, name, vocabulary)]:
            # The longest wording wins: "dark blue" is not "blue".
            best = max(wanted, key=len)
            left = [v for v in left if v.options.get(name) == best]
    available = [v for v in left if v.stock is None or v.stock > 0]
    left = available or left
    if len(left) == 1:
        return Choice(variant=left[0])
    for name in options:
        if len(values := _values(left, name)) > 1:
            return Choice(option=name, values=values)
    return Choice(variant=left[0] if left else None)


def is_named(said: str, value: str, option: str, vocabulary: Vocabulary) -> bool:
    """Whether `said` holds `value` in any of its wordings, as words of their own."""
    low = f" {said.lower()} "
    profile = vocabulary.attributes.get(option)
    words = {value, *(labels.get(value, value) for labels in vocabulary.labels.values())}
    if profile:
        words |= {w for w, canonical in profile.surfaces.items() if canonical == value}
    return any(_holds(low, word.lower()) for word in words if word)


def _holds(text: str, word: str) -> bool:
    if word.isascii():
        return bool(re.search(rf"(?<![a-z0-9.]){re.escape(word)}(?![a-z0-9]|\.\d)", text))
    # 黑色 is also called 黑.
    return word in text or (word.endswith("色") and len(word) > 1 and word[:-1] in text)


def describe_options(options: dict[str, str], vocabulary: Vocabulary, language: Language) -> str:
    """ "42, coral" or "42，珊瑚橙"."""
    joint = "，" if language is Language.CHINESE else ", "
    return joint.join(vocabulary.label(value, language) for value in options.values())


def _option_names(product: Product) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for v in product.variants for name in v.options))


def _values(variants: Sequence[Variant], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v.options[name] for v in variants if name in v.options))
