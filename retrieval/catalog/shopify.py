"""Shopify's product CSV: rows of one handle are one product with its variants and pictures.

Column names are those of Shopify's export in both its generations ("Variant Price" and
"Price"); see https://help.shopify.com/en/manual/products/import-export/using-csv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from retrieval.catalog.columns import fold_header
from retrieval.catalog.money import PriceError, parse_price
from retrieval.catalog.source import FeedSource
from retrieval.catalog.table import read_header, read_rows
from retrieval.catalog.text import clean, make_attribute, parse_number, snake, split_path
from retrieval.catalog.types import Record, RejectedRow
from retrieval.types import Attribute, Variant

# Field → folded column names, the older generation's first.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("handle", "urlhandle"),
    "title": ("title",),
    "body": ("bodyhtml", "description"),
    "vendor": ("vendor",),
    "category": ("productcategory", "standardizedproducttype"),
    "type": ("type", "customproducttype"),
    "tags": ("tags",),
    "published": ("published", "publishedononlinestore"),
    "status": ("status",),
    "sku": ("variantsku", "sku"),
    "price": ("variantprice", "price"),
    "compare": ("variantcompareatprice", "compareatprice"),
    "stock": ("variantinventoryqty", "inventoryquantity"),
    "tracker": ("variantinventorytracker", "inventorytracker"),
    "policy": ("variantinventorypolicy", "continuesellingwhenoutofstock"),
    "grams": ("variantgrams", "weightvaluegrams"),
    "barcode": ("variantbarcode", "barcode"),
    "image": ("imagesrc", "productimageurl"),
}
_OPTIONS = (1, 2, 3)
_METAFIELD = re.compile(r"^(?P<name>.+?)\s*\(product\.metafields\.[^)]+\)$")
# What Shopify fills in for a product without options.
_NO_OPTION = "Default Title"
MAX_TAGS = 50
Cells = Mapping[str, str]


def is_shopify(columns: list[str]) -> bool:
    """Whether these are the columns of a Shopify product CSV."""
    folded = {fold_header(c) for c in columns}
    old = {"handle", "title"} <= folded and bool({"variantprice", "bodyhtml"} & folded)
    return old or ({"urlhandle", "title"} <= folded and "option1name" in folded)


class ShopifyReader:
    """Reads a Shopify product CSV from `source`."""

    def __init__(self, source: FeedSource) -> None:
        self._source = source
        self._columns = read_header(source)
        folded = {fold_header(c): c for c in reversed(self._columns)}
        self._names = {
            field: next((folded[n] for n in names if n in folded), field)
            for field, names in _COLUMNS.items()
        }
        for number in _OPTIONS:
            for part in ("name", "value"):
                key = f"option{number}{part}"
                self._names[key] = folded.get(key, key)
        self._metafields = {
            c: snake(m["name"]) for c in self._columns if (m := _METAFIELD.match(c))
        }

    def records(self) -> Iterator[Record | RejectedRow]:
        """One record a handle; its rows must stand together, as Shopify demands."""
        group: list[tuple[int, Cells]] = []
        for line, row in read_rows(self._source, self._columns):
            if isinstance(row, RejectedRow):
                yield row
                continue
            cells = {k: str(v).strip() for k, v in row.items()}
            handle = cells.get(self._names["handle"], "")
            if group and handle and handle != self._cell(group[0][1], "handle"):
                yield self._product(group)
                group = []
            group.append((line, cells))
        if group:
            yield self._product(group)

    def _cell(self, cells: Cells, field: str) -> str:
        return cells.get(self._names[field], "")

    def _product(self, group: list[tuple[int, Cells]]) -> Record | RejectedRow:
        line, head = group[0]
        if (hidden := self._hidden(head)) is not None:
            return RejectedRow(
                line, self._names[hidden], self._cell(head, hidden), "is not for sale",
                "Publish the product in Shopify and export again.",
            )  # fmt: skip
        rows = [cells for _, cells in group if self._cell(cells, "price")]
        rows = rows or [head]
        cheapest = min(rows, key=lambda cells: _amount(self._cell(cells, "price")))
        names = [self._cell(head, f"option{n}name") for n in _OPTIONS]
        variants = [self._variant(cells, names, head) for cells in rows]
        return Record(
            line,
            id=self._cell(head, "handle"),
            title=self._cell(head, "title"),
            price=self._cell(cheapest, "price"),
            list_price=self._cell(cheapest, "compare"),
            description=self._cell(head, "body"),
            brand=self._cell(head, "vendor"),
            category=self._category(head),
            stock=_total([self._stock(cells) for cells in rows]),
            image_url=next((u for _, c in group if (u := self._cell(c, "image"))), None),
            attributes=list(self._attributes(head, variants, rows)),
            variants=[v for v in variants if v.options],
            identifiers={
                "sku": self._cell(head, "sku"),
                "gtin": self._cell(head, "barcode").lstrip("'"),
            },
            columns=self._names,
        )

    def _hidden(self, head: Cells) -> str | None:
        if self._cell(head, "status").lower() in ("draft", "archived"):
            return "status"
        return "published" if self._cell(head, "published").lower() == "false" else None

    def _category(self, head: Cells) -> tuple[str, ...]:
        path = split_path(self._cell(head, "category"))
        return path or split_path(self._cell(head, "type"))

    def _variant(self, cells: Cells, names: list[str], head: Cells) -> Variant:
        options = {
            name: clean(value)
            for number, name in zip(_OPTIONS, names, strict=True)
            if name and (value := self._cell(cells, f"option{number}value"))
            and value != _NO_OPTION
        }  # fmt: skip
        handle = self._cell(head, "handle")
        suffix = "/".join(options.values())
        amount = _amount(self._cell(cells, "price"))
        return Variant(
            id=self._cell(cells, "sku") or f"{handle}#{suffix}",
            options=options,
            price=amount if amount.is_finite() else None,
            stock=self._stock(cells),
        )

    def _stock(self, cells: Cells) -> int | None:
        number = parse_number(self._cell(cells, "stock"))
        sells_on = self._cell(cells, "policy").lower() in ("continue", "true")
        if number is None or abs(number) > 10**9 or (number <= 0 and sells_on):
            return None
        # Without a tracker Shopify does not count, and the 0 it exports means nothing.
        if number <= 0 and self._names["tracker"] in cells and not self._cell(cells, "tracker"):
            return None
        return max(0, int(number))

    def _attributes(
        self, head: Cells, variants: list[Variant], rows: list[Cells]
    ) -> Iterator[Attribute]:
        values: dict[tuple[str, str], None] = {}
        for variant in variants:
            values.update(dict.fromkeys((snake(k), v) for k, v in variant.options.items()))
        for column, name in self._metafields.items():
            for value in re.split(r"\s*;\s*", head.get(column, "")):
                values[name, value] = None
        for tag in self._cell(head, "tags").split(",")[:MAX_TAGS]:
            values["tag", tag.strip()] = None
        for name, value in values:
            if attribute := make_attribute(name, value):
                yield attribute
        grams = parse_number(self._cell(rows[0], "grams"))
        if grams:
            yield Attribute(name="weight", value=grams, unit="g")


def _amount(text: str) -> Decimal:
    try:
        return parse_price(text)[0]
    except PriceError:
        # Sorts last; if no variant has a price, the row is rejected for the text itself.
        return Decimal("Infinity")


def _total(stocks: list[int | None]) -> int | None:
    known = [s for s in stocks if s is not None]
    return sum(known) if len(known) == len(stocks) else None
