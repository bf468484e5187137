"""Plain tables (CSV, TSV, any delimiter) and rows of JSON, with a column map.

Columns without a field of their own become attributes: "Weight (g)" is a number of grams.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from retrieval.catalog.columns import ColumnPlan, attribute_name, plan_columns
from retrieval.catalog.money import PriceError, parse_currency
from retrieval.catalog.source import FeedSource
from retrieval.catalog.text import clean, clean_lines, make_attribute, snake, split_path
from retrieval.catalog.types import Record, RejectedRow
from retrieval.errors import FeedError
from retrieval.types import Attribute, Language, Translation

DELIMITERS = ",;\t|"
# Larger cells are unclosed quotes that swallow the rows after them.
MAX_CELL = 131_072
_SOLD_OUT = re.compile(
    r"out.?of.?stock|sold.?out|unavailable|discontinued|no|false|0|无货|缺货|售罄"
)
Cells = Mapping[str, object]


class TableReader:
    """Reads a delimited table from `source`; `given` maps fields to columns."""

    def __init__(self, source: FeedSource, given: Mapping[str, str]) -> None:
        self._source = source
        header = read_header(source)
        self._columns = header
        self._plan = plan_columns(header, given)

    def records(self) -> Iterator[Record | RejectedRow]:
        """One record a row."""
        for line, row in read_rows(self._source, self._columns):
            yield row if isinstance(row, RejectedRow) else record_of(line, row, self._plan)


def delimiter_of(header: str) -> str:
    """The delimiter of a table by its header line: the most frequent one outside quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def read_header(source: FeedSource) -> list[str]:
    """The column names of a delimited table; raises FeedError when there is none."""
    text = source.head_text()
    first = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""
    names = [n.strip() for n in next(csv.reader([first], delimiter=delimiter_of(first)), [])]
    if len(names) < 2:
        raise FeedError(
            f"{source.path} has no header row with at least two columns.",
            remedy="Give the first line the names of the columns, separated by commas or tabs.",
        )
    return names


def read_rows(
    source: FeedSource, columns: list[str]
) -> Iterator[tuple[int, dict[str, object] | RejectedRow]]:
    """(line the row starts on, cells by column) of a delimited table, without its header."""
    csv.field_size_limit(MAX_CELL)
    with source.open_text() as text:
        first = text.readline(MAX_CELL)
        skipped = 1
        while first and not first.strip().strip("\ufeff"):
            first = text.readline(MAX_CELL)
            skipped += 1
        reader = csv.reader(text, delimiter=delimiter_of(first))
        while True:
            line = skipped + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield line, _broken(line, error)
                continue
            if cells is None:
                return
            if any(c.strip() for c in cells):
                yield line, _checked_row(line, cells, columns)


def _broken(line: int, error: csv.Error) -> RejectedRow:
    if "field limit" in str(error):
        return RejectedRow(
            line, "", "", f"has a cell longer than {MAX_CELL} characters",
            "Close the quote that was opened on this line, or shorten the cell.",
        )  # fmt: skip
    return RejectedRow(line, "", "", f"is not readable as CSV ({error})", "Quote the cell.")


def _checked_row(
    line: int, cells: list[str], columns: list[str]
) -> dict[str, object] | RejectedRow:
    if any(c.strip() for c in cells[len(columns) :]):
        return RejectedRow(
            line, "", " | ".join(cells[:4]),
            f"has {len(cells)} cells, the header has {len(columns)}",
            "Quote cells that contain the delimiter.",
        )  # fmt: skip
    return dict(zip(columns, cells, strict=False))


def record_of(line: int, cells: Cells, plan: ColumnPlan) -> Record:
    """A record from named cells (texts of a table, or values of a JSON object)."""

    def cell(field: str) -> object:
        column = plan.fields.get(field)
        return cells.get(column) if column is not None else None

    currency = cell("currency")
    price, list_price = cell("price"), cell("list_price")
    if cell("sale_price"):
        price, list_price = cell("sale_price"), price
    if (currency is None or currency == "") and "price" in plan.fields:
        currency = _column_currency(plan.fields["price"])
    return Record(
        line,
        id=_plain(cell("id")),
        title=cell("title"),
        price=price,
        currency=currency,
        description=cell("description"),
        brand=cell("brand"),
        category=_path(cell("category")),
        list_price=list_price,
        stock=_stock(cell("stock"), cell("availability")),
        rating=cell("rating"),
        rating_count=cell("rating_count"),
        url=cell("url"),
        image_url=_first(cell("image_url")),
        released=cell("released"),
        attributes=list(_attributes(cells, plan)),
        identifiers={k: clean(_plain(cell(k))) for k in ("gtin", "mpn") if cell(k)},
        translations=_translated(cells, plan),
        price_required="price" in plan.fields,
        columns=plan.fields,
    )


def _plain(value: object) -> object:
    # Spreadsheets write the id 1001 as 1001.0.
    if isinstance(value, (Decimal, float)) and value == int(value):
        return int(value)
    return value


def _first(value: object) -> object:
    if isinstance(value, list):
        return value[0] if value else None
    if isinstance(value, str) and "," in value:
        return re.split(r",\s*(?=https?://)", value)[0]
    return value


def _path(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(clean(part) for part in value if clean(part))
    return split_path(str(value)) if value else ()


def _column_currency(column: str) -> str | None:
    """The currency a price column's name states: "Price (EUR)", "price_usd", "Preis in €"."""
    for part in reversed(re.split(r"[\s_()\[\]（）]+", column)):
        try:
            return parse_currency(part)
        except PriceError:
            continue
    return None


def _stock(stock: object, availability: object) -> object:
    if stock is not None and stock != "":
        return stock
    if availability is None or availability == "":
        return None
    # "In stock" names no quantity, and one may not be invented.
    return 0 if _SOLD_OUT.fullmatch(str(availability).strip().lower()) else None


def _attributes(cells: Cells, plan: ColumnPlan) -> Iterator[Attribute]:
    for column, unit in plan.attributes.items():
        value = cells.get(column)
        values = value if isinstance(value, list) else [value]
        for one in values:
            if one is None or one == "" or isinstance(one, (dict, list)):
                continue
            if attribute := make_attribute(snake(attribute_name(column)), one, unit):
                yield attribute


def _translated(cells: Cells, plan: ColumnPlan) -> dict[Language, Translation]:
    found: dict[Language, Translation] = {}
    for language in {language for _, language in plan.translations}:
        title = clean(cells.get(plan.translations.get(("title", language), "")))
        description = clean_lines(cells.get(plan.translations.get(("description", language), "")))
        if title:
            found[language] = Translation(title=title, description=description)
    return found
