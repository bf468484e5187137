"""What was understood of a query, as small removable conditions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal

from pydantic import Field

from assistant.answer.money import format_money
from assistant.answer.telling import name_attribute, show_quantity
from assistant.types import Understanding
from retrieval.types import (
    AttributeFilter,
    Filters,
    Frozen,
    Language,
    Range,
    Sort,
    StoreInfo,
    Vocabulary,
)
from ui.numbers import format_number
from ui.texts import say


class Chip(Frozen):
    """One condition; `key` sent back as `without` searches without it."""

    key: str = Field(description="Send this as `without` to search without the condition.")
    label: str = Field(description="The condition in the shopper's language.")


def list_chips(
    understanding: Understanding, store: StoreInfo, vocabulary: Vocabulary, language: Language
) -> tuple[Chip, ...]:
    """The conditions of `understanding`, worded in `language`, in order of reading."""
    writer = _Writer(store, vocabulary, language)
    return tuple(writer.write(understanding))


def drop_chips(understanding: Understanding, keys: Collection[str]) -> Understanding:
    """`understanding` without the conditions named by `keys`; unknown keys are ignored."""
    filters = understanding.filters

    def kept(kind: str, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value for value in values if f"{kind}:{value}" not in keys)

    def kept_paths(kind: str, paths: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(path for path in paths if f"{kind}:{_path(path)}" not in keys)

    return understanding.model_copy(
        update={
            "sort": Sort.RELEVANCE if "sort" in keys else understanding.sort,
            "filters": filters.model_copy(
                update={
                    "price": None if "price" in keys else filters.price,
                    "brands": kept("brand", filters.brands),
                    "excluded_brands": kept("not-brand", filters.excluded_brands),
                    "categories": kept_paths("category", filters.categories),
                    "excluded_categories": kept_paths("not-category", filters.excluded_categories),
                    "excluded_terms": kept("not-term", filters.excluded_terms),
                    "attributes": tuple(
                        f for f in filters.attributes if _attribute_key(f) not in keys
                    ),
                    "in_stock": filters.in_stock and "stock" not in keys,
                    "minimum_rating": None if "rating" in keys else filters.minimum_rating,
                }
            ),
        }
    )


def join_filters(
    understanding: Understanding, filters: Filters, sort: Sort | None
) -> Understanding:
    """`understanding` with every condition set in `filters` put in place of its own."""
    given = {
        name: getattr(filters, name)
        for name in filters.model_fields_set
        if getattr(filters, name) != Filters.model_fields[name].get_default()
    }
    return understanding.model_copy(
        update={
            "filters": understanding.filters.model_copy(update=given),
            "sort": sort or understanding.sort,
        }
    )


class _Writer:
    """Words conditions for one store and language."""

    def __init__(self, store: StoreInfo, vocabulary: Vocabulary, language: Language) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._language = language

    def write(self, understanding: Understanding) -> Iterator[Chip]:
        filters = understanding.filters
        for path in filters.categories:
            yield Chip(key=f"category:{_path(path)}", label=self._category(path))
        for brand in filters.brands:
            yield Chip(key=f"brand:{brand}", label=brand)
        if filters.price:
            yield Chip(key="price", label=self._range(filters.price, self._price))
        for condition in filters.attributes:
            yield Chip(key=_attribute_key(condition), label=self._attribute(condition))
        if filters.minimum_rating is not None:
            label = self._say("rating_from", what=format_number(filters.minimum_rating))
            yield Chip(key="rating", label=label)
        if filters.in_stock:
            yield Chip(key="stock", label=self._say("in_stock"))
        yield from self._exclusions(filters)
        if understanding.sort is not Sort.RELEVANCE:
            yield Chip(key="sort", label=self._say(f"sort_{understanding.sort.value}"))

    def _exclusions(self, filters: Filters) -> Iterator[Chip]:
        for brand in filters.excluded_brands:
            yield Chip(key=f"not-brand:{brand}", label=self._say("not", what=brand))
        for path in filters.excluded_categories:
            label = self._say("not", what=self._category(path))
            yield Chip(key=f"not-category:{_path(path)}", label=label)
        for term in filters.excluded_terms:
            yield Chip(key=f"not-term:{term}", label=self._say("not", what=term))

    def _say(self, key: str, **values: object) -> str:
        return say(key, self._language, **values)

    def _price(self, value: Decimal) -> str:
        return format_money(value, self._store.currency, self._language)

    def _category(self, path: tuple[str, ...]) -> str:
        for profile in self._vocabulary.categories:
            if profile.path == path and self._language in profile.labels:
                return profile.labels[self._language]
        return path[-1] if path else ""

    def _attribute(self, condition: AttributeFilter) -> str:
        name = name_attribute(condition.name, self._vocabulary, self._language)

        def number(value: Decimal) -> str:
            return show_quantity(value, condition.unit, self._language, self._vocabulary)

        parts = [self._value(name, value) for value in condition.values]
        if condition.range:
            parts.append(f"{name} {self._range(condition.range, number)}")
        label = " / ".join(parts) or name
        return self._say("not", what=label) if condition.exclude else label

    def _value(self, name: str, value: str) -> str:
        """A flag is named by its attribute, a text value speaks for itself."""
        if value.lower() in ("true", "yes"):
            return name
        if value.lower() in ("false", "no"):
            return self._say("not", what=name)
        return self._vocabulary.label(value, self._language)

    def _range(self, interval: Range, write: Callable[[Decimal], str]) -> str:
        low, high = interval.minimum, interval.maximum
        if low is not None and high is not None:
            if low == high:
                return self._say("exactly", what=write(low))
            return self._say("between", low=write(low), high=write(high))
        if low is not None:
            key = "above" if interval.exclusive_minimum else "at_least"
            return self._say(key, what=write(low))
        key = "below" if interval.exclusive_maximum else "at_most"
        return self._say(key, what=write(high)) if high is not None else ""


def _path(path: tuple[str, ...]) -> str:
    return " > ".join(path)


def _attribute_key(condition: AttributeFilter) -> str:
    return f"{'not-' if condition.exclude else ''}attribute:{condition.name}"
