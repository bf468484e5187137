"""Facets and ways out in the shopper's language, for the page and the HTTP interface."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from assistant.answer.money import format_money
from assistant.answer.quantity import format_quantity
from assistant.answer.relaxed import describe_relaxation
from assistant.answer.telling import name_attribute
from retrieval.types import (
    AttributeKind,
    Facet,
    FacetValue,
    FilterKind,
    Filters,
    Frozen,
    Language,
    Range,
    SearchResult,
    StoreInfo,
    Vocabulary,
)
from ui.texts import say


class FacetChoice(Frozen):
    """One value of a facet in words."""

    key: str = Field(description="What to send for it: the value of the facet's `parameter`.")
    label: str = Field(description="The value in the shopper's language.")
    count: int = Field(description="Products that choosing it, alone in its facet, leaves.")
    selected: bool = False
    depth: int = Field(default=0, description="Below how many chosen categories it lies.")


FACET_EXAMPLE: JsonDict = {
    "kind": "attribute",
    "name": "color",
    "label": "Colour",
    "parameter": "attribute",
    "choices": [
        {"key": "color:black", "label": "Black", "count": 12, "selected": True},
        {"key": "color:white", "label": "White", "count": 5},
    ],
}


class FacetView(Frozen):
    """One facet in words; counts ignore the facet's own choices."""

    model_config = ConfigDict(json_schema_extra={"example": FACET_EXAMPLE})

    kind: FilterKind
    name: str = Field(description="The attribute's name, else the kind.")
    label: str = Field(description="The name in the shopper's language.")
    parameter: str = Field(description="The parameter of this route that takes its keys.")
    unit: str | None = None
    single: bool = Field(default=False, description="One choice at a time: intervals, ratings.")
    choices: tuple[FacetChoice, ...]


class RelaxationView(Frozen):
    """One condition to give up, in words, and the nearest products that it would add."""

    label: str = Field(description='"12 over budget".')
    added: int
    kind: FilterKind
    name: str = ""
    filters: Filters = Field(description="The conditions that would be left.")
    product_ids: tuple[str, ...] = Field(description="The nearest of the added products.")


PARAMETERS = {
    FilterKind.CATEGORY: "category",
    FilterKind.BRAND: "brand",
    FilterKind.PRICE: "price_min, price_max",
    FilterKind.RATING: "rating_min",
    FilterKind.STOCK: "in_stock",
    FilterKind.ATTRIBUTE: "attribute",
}


def view_facets(
    result: SearchResult, store: StoreInfo, vocabulary: Vocabulary, language: Language
) -> tuple[FacetView, ...]:
    """The facets of `result` worded in `language`."""
    writer = _FacetWriter(store, vocabulary, language)
    return tuple(writer.write(facet) for facet in result.facets)


def view_relaxations(
    result: SearchResult, vocabulary: Vocabulary, language: Language
) -> tuple[RelaxationView, ...]:
    """The ways out of `result` worded in `language`."""
    return tuple(
        RelaxationView(
            label=describe_relaxation(r, result.request.filters, vocabulary, language),
            added=r.added,
            kind=r.kind,
            name=r.name,
            filters=r.filters,
            product_ids=tuple(hit.product.id for hit in r.hits),
        )
        for r in result.relaxations
    )


class _FacetWriter:
    def __init__(self, store: StoreInfo, vocabulary: Vocabulary, language: Language) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._language = language
        self._categories = {
            c.path: c.labels.get(language, c.path[-1]) for c in vocabulary.categories
        }

    def write(self, facet: Facet) -> FacetView:
        attribute = facet.kind is FilterKind.ATTRIBUTE
        label = (
            name_attribute(facet.name, self._vocabulary, self._language)
            if attribute
            else say(f"facet_{facet.kind.value}", self._language)
        )
        chosen = [v.key for v in facet.values if v.selected]
        return FacetView(
            kind=facet.kind,
            name=facet.name,
            label=capitalise(label),
            parameter=PARAMETERS[facet.kind],
            unit=facet.unit,
            single=facet.single,
            choices=tuple(
                FacetChoice(
                    key=f"{facet.name}:{value.key}" if attribute else value.key,
                    label=self._value(facet, value),
                    count=value.count,
                    selected=value.selected,
                    depth=sum(value.key.startswith(f"{key} > ") for key in chosen),
                )
                for value in _nested(facet)
            ),
        )

    def _value(self, facet: Facet, value: FacetValue) -> str:
        match facet.kind:
            case FilterKind.CATEGORY:
                path = tuple(value.key.split(" > "))
                return self._categories.get(path, path[-1])
            case FilterKind.PRICE:
                return self._range(value.range, self._money)
            case FilterKind.RATING:
                return say("stars_up", self._language, what=value.key)
            case FilterKind.STOCK:
                return say("in_stock", self._language)
            case FilterKind.ATTRIBUTE:
                return self._attribute(facet, value)
            case _:
                return value.key

    def _attribute(self, facet: Facet, value: FacetValue) -> str:
        if value.range is not None:
            return self._range(value.range, lambda n: self._measure(n, facet.unit))
        profile = self._vocabulary.attributes.get(facet.name)
        if value.key in ("true", "false") and profile and profile.kind is not AttributeKind.NUMBER:
            return say("yes" if value.key == "true" else "no", self._language)
        if profile and profile.kind is AttributeKind.NUMBER:
            number = value.key.split(" ")[0]
            return self._measure(Decimal(number), facet.unit)
        return self._vocabulary.label(value.key, self._language)

    def _measure(self, number: Decimal, unit: str | None) -> str:
        return format_quantity(number, unit, self._language)

    def _money(self, value: Decimal) -> str:
        return format_money(value, self._store.currency, self._language)

    def _range(self, wanted: Range | None, write: Callable[[Decimal], str]) -> str:
        low, high = (wanted.minimum, wanted.maximum) if wanted else (None, None)
        if low is not None and high is not None:
            return say("between", self._language, low=write(low), high=write(high))
        if low is not None:
            return say("at_least", self._language, what=write(low))
        return say("at_most", self._language, what=write(high)) if high is not None else ""


def _nested(facet: Facet) -> list[FacetValue]:
    """Parts of a chosen category right below it."""
    if facet.kind is not FilterKind.CATEGORY:
        return list(facet.values)
    chosen = [v for v in facet.values if v.selected]
    below = {v.key for v in facet.values for c in chosen if v.key.startswith(f"{c.key} > ")}
    ordered: list[FacetValue] = []
    for value in facet.values:
        if value.key in below:
            continue
        ordered.append(value)
        ordered += [
            v for v in facet.values if v.key.startswith(f"{value.key} > ") and v.key in below
        ]
    return ordered


def capitalise(label: str) -> str:
    """The label with a capital letter in front, the rest as it is."""
    return label[:1].upper() + label[1:]
