"""Products as facets count them: read once, kept until they are written, tallied in one pass."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from retrieval.facet_choice import FacetNames, name_in_title
from retrieval.index.rows import RowCache
from retrieval.index.types import Payload, ProductIndex

FIELDS = ("brand", "category", "price", "rating", "available", "attributes", "numbers")
# Products kept: 20,000 rows of electronics with 20 attributes each are about 40 MB. Titles are
# read of the first of a result set only.
KEPT_ROWS = 20_000
KEPT_TITLES = 5_000


@dataclass(frozen=True, slots=True)
class FacetRow:
    """What facets count of a product; texts are interned, equal ones are one object.

    `choices` are "name=value"; `measures` are numbers by their stored name, in base units;
    `stated` are the names of all attributes.
    """

    brand: str
    categories: tuple[str, ...]
    available: str
    price: float | None
    rating: float | None
    choices: tuple[str, ...]
    measures: tuple[tuple[str, tuple[float, ...]], ...]
    stated: frozenset[str]


class FacetReader:
    """Reads the rows of products; safe to call from many threads."""

    def __init__(self, index: ProductIndex, names: FacetNames) -> None:
        self.index = index
        self.names = names
        self._rows = RowCache(index, FIELDS, self._read_row, most=KEPT_ROWS)
        self._titles = RowCache(index, ("product",), self._read_title, most=KEPT_TITLES)

    def rows(self, ids: Iterable[str]) -> dict[str, FacetRow]:
        """Rows by point id; unknown ids are left out."""
        return self._rows.read(ids)

    def named(self, ids: Iterable[str]) -> list[Mapping[str, bool]]:
        """For each product: the attributes it states, and whether its title names their value."""
        return list(self._titles.read(ids).values())

    def _read_row(self, key: str, payload: Payload) -> FacetRow:
        choices = tuple(map(sys.intern, payload.get("attributes") or ()))
        numbers: Mapping[str, Sequence[float]] = payload.get("numbers") or {}
        measures = tuple((sys.intern(name), tuple(found)) for name, found in numbers.items())
        texts = (sys.intern(choice.partition("=")[0]) for choice in choices)
        of_numbers = (self.names.numbers.get(name, "") for name, _ in measures)
        return FacetRow(
            brand=sys.intern(payload.get("brand") or ""),
            categories=tuple(map(sys.intern, payload.get("category") or ())),
            available=sys.intern(payload.get("available") or ""),
            price=payload.get("price"),
            rating=payload.get("rating"),
            choices=choices,
            measures=measures,
            stated=frozenset(chain(texts, filter(None, of_numbers))),
        )

    def _read_title(self, key: str, payload: Payload) -> Mapping[str, bool]:
        return name_in_title(json.loads(payload["product"]), self.names)


class Tally:
    """Counts over some rows; each is made when it is first asked for."""

    def __init__(self, rows: Sequence[FacetRow]) -> None:
        self.rows = rows

    @cached_property
    def brands(self) -> Counter[str]:
        """Products by brand."""
        return Counter(row.brand for row in self.rows if row.brand)

    @cached_property
    def categories(self) -> Counter[str]:
        """Products by category key; each counts in every category above its own."""
        return Counter(chain.from_iterable(row.categories for row in self.rows))

    @cached_property
    def available(self) -> Counter[str]:
        """Products by whether they are in stock."""
        return Counter(row.available for row in self.rows if row.available)

    @cached_property
    def prices(self) -> NDArray[np.float64]:
        """Known prices."""
        return _known(row.price for row in self.rows)

    @cached_property
    def ratings(self) -> NDArray[np.float64]:
        """Known ratings."""
        return _known(row.rating for row in self.rows)

    @cached_property
    def texts(self) -> dict[str, Counter[str]]:
        """Products by value of each text attribute or flag."""
        found: dict[str, Counter[str]] = {}
        for choice, count in Counter(chain.from_iterable(row.choices for row in self.rows)).items():
            name, _, value = choice.partition("=")
            found.setdefault(name, Counter())[value] = count
        return found

    @cached_property
    def stated(self) -> Counter[str]:
        """Products by the attributes they state."""
        return Counter(chain.from_iterable(row.stated for row in self.rows))

    @cached_property
    def measures(self) -> dict[str, Measures]:
        """The numbers of each number attribute, by its stored name."""
        found: dict[str, tuple[list[float], list[int]]] = {}
        for place, row in enumerate(self.rows):
            for name, numbers in row.measures:
                values, owners = found.setdefault(name, ([], []))
                values.extend(numbers)
                owners.extend([place] * len(numbers))
        return {
            name: Measures(np.array(values, float), np.array(owners))
            for name, (values, owners) in found.items()
        }


@dataclass(frozen=True)
class Measures:
    """Numbers of products, both of shape (n,): one may state several, or one twice."""

    values: NDArray[np.float64]
    owners: NDArray[np.int64]

    def count_products(self) -> dict[float, int]:
        """Products by number, each product once."""
        pairs = set(zip(self.values.tolist(), self.owners.tolist(), strict=True))
        return Counter(value for value, _ in pairs)

    def count_within(self, low: float, high: float) -> int:
        """Products with a number from `low` to `high`."""
        inside = self.owners[(self.values >= low) & (self.values <= high)]
        return len(np.unique(inside))


NO_MEASURES = Measures(np.zeros(0), np.zeros(0, np.int64))


def _known(numbers: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([number for number in numbers if number is not None], float)
