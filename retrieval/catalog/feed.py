"""Opens a feed in any format: `open_feed`, `detect_format`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from retrieval.catalog.google import GoogleTableReader, is_google
from retrieval.catalog.google_xml import GoogleXmlReader, declared_encoding
from retrieval.catalog.icecat import CURRENCY as ICECAT_CURRENCY
from retrieval.catalog.icecat import IcecatReader
from retrieval.catalog.json_rows import JsonArrayReader, JsonLinesReader
from retrieval.catalog.money import PriceError, parse_currency
from retrieval.catalog.shopify import ShopifyReader, is_shopify
from retrieval.catalog.source import FeedSource
from retrieval.catalog.table import TableReader, read_header
from retrieval.catalog.types import (
    FeedFormat,
    FeedRow,
    Record,
    RecordReader,
    RejectedRow,
    RowError,
    SizeHint,
)
from retrieval.catalog.validate import build_product
from retrieval.errors import FeedError
from retrieval.types import Product

# Formats whose columns have no fixed meaning.
_MAPPED = frozenset((FeedFormat.CSV, FeedFormat.JSON_LINES, FeedFormat.JSON))


class FileFeed:
    """A feed file: raw records of one format, validated, duplicates refused.

    Of rows with the same id the first is imported and the others are rejected, so that a
    run over the same file always gives the same store and the report names both lines.
    """

    def __init__(
        self, source: FeedSource, format: FeedFormat, reader: RecordReader, currency: str | None
    ) -> None:
        self._source = source
        self._reader = reader
        self._currency = currency
        self.format = format

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self._source.path)

    @property
    def currency(self) -> str | None:
        """The currency given, else that of the first row that states one."""
        return self._currency

    @property
    def size_hint(self) -> SizeHint:
        """Bytes read so far and in all."""
        return self._source.size_hint

    def __iter__(self) -> Iterator[FeedRow | RejectedRow]:
        first_lines: dict[str, int] = {}
        for record in self._reader.records():
            if isinstance(record, RejectedRow):
                yield record
                continue
            row = self._row(record)
            if isinstance(row, FeedRow):
                first = first_lines.setdefault(row.product.id, record.line)
                if first != record.line:
                    row = _duplicate(row, record, first)
            yield row

    def _row(self, record: Record) -> FeedRow | RejectedRow:
        try:
            product, problems = build_product(record, self._currency)
        except RowError as error:
            p = error.problem
            return RejectedRow(record.line, p.field, p.value, p.reason, p.remedy)
        self._currency = self._currency or product.currency
        return FeedRow(record.line, product, tuple(problems))


def _duplicate(row: FeedRow, record: Record, first: int) -> RejectedRow:
    return RejectedRow(
        row.line,
        record.column("id"),
        row.product.id,
        f"was already given on line {first}",
        "Give every product an id of its own, or remove the older row.",
    )


class ProductFeed:
    """Products that are already made (a generated store) as a feed.

    `products` is called at each iteration and must yield the same products every time.
    """

    def __init__(
        self, name: str, currency: str, products: Callable[[], Iterable[Product]], total: int = 0
    ) -> None:
        self.name = name
        self.currency: str | None = currency
        self._products = products
        self._read = 0
        self._total = total

    @property
    def size_hint(self) -> SizeHint:
        """Products, not bytes: there is no file."""
        return SizeHint(self._read, max(self._read, self._total))

    def __iter__(self) -> Iterator[FeedRow | RejectedRow]:
        self._read = 0
        for product in self._products():
            self._read += 1
            yield FeedRow(self._read, product)


def open_feed(
    path: Path | str,
    *,
    format: FeedFormat | str | None = None,
    currency: str | None = None,
    column_map: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> FileFeed:
    """Open the feed at `path`; nothing but its beginning is read yet.

    `column_map` maps Aisle's fields to the feed's columns (``{"title": "Name"}``) for plain
    tables and JSON. Raises FeedError when the file, format, currency or map is wrong.
    """
    source = FeedSource(Path(path), encoding)
    chosen = _known_format(format) if format else detect_source_format(source)
    reader = _reader(source, chosen, dict(column_map or {}))
    if currency is not None:
        currency = _known_currency(currency)
    elif chosen is FeedFormat.ICECAT:
        currency = ICECAT_CURRENCY
    return FileFeed(source, chosen, reader, currency)


def detect_format(path: Path | str) -> FeedFormat:
    """The format of the feed at `path`, told by its content; raises FeedError."""
    return detect_source_format(FeedSource(Path(path)))


def detect_source_format(source: FeedSource) -> FeedFormat:
    """As `detect_format`, for a source that is already open."""
    if (declared := declared_encoding(source.head)) is not None:
        source.declare(declared)
    text = source.head_text().lstrip()
    if text.startswith("<"):
        return FeedFormat.GOOGLE_XML
    if text.startswith("["):
        return FeedFormat.JSON
    if text.startswith("{"):
        return FeedFormat.ICECAT if _is_icecat(_first_keys(text)) else FeedFormat.JSON_LINES
    columns = read_header(source)
    if is_shopify(columns):
        return FeedFormat.SHOPIFY
    return FeedFormat.GOOGLE_TSV if is_google(columns) else FeedFormat.CSV


def _first_keys(text: str) -> set[str]:
    try:
        first = json.loads(text.partition("\n")[0])
    except ValueError:
        return set()
    return set(first) if isinstance(first, dict) else set()


def _is_icecat(keys: set[str]) -> bool:
    typed = any(key.startswith(("attr_t_", "attr_n_", "attr_b_")) for key in keys)
    return typed or {"id", "title", "supplier", "short_description"} <= keys


def _known_format(format: FeedFormat | str) -> FeedFormat:
    try:
        return FeedFormat(format)
    except ValueError:
        known = ", ".join(FeedFormat)
        raise FeedError(
            f"There is no feed format {format!r}.", remedy=f"Use one of {known}."
        ) from None


def _known_currency(currency: str) -> str:
    try:
        return parse_currency(currency)
    except PriceError as error:
        raise FeedError(f"{currency!r} {error.reason}.", remedy=error.remedy) from None


def _reader(source: FeedSource, format: FeedFormat, column_map: dict[str, str]) -> RecordReader:
    if column_map and format not in _MAPPED:
        raise FeedError(
            f"--map applies to {', '.join(sorted(_MAPPED))} feeds; this one is {format}.",
            remedy="Leave --map out, or name the format with --format.",
        )
    match format:
        case FeedFormat.ICECAT:
            return IcecatReader(source)
        case FeedFormat.GOOGLE_XML:
            if (declared := declared_encoding(source.head)) is not None:
                source.declare(declared)
            return GoogleXmlReader(source)
        case FeedFormat.GOOGLE_TSV:
            return GoogleTableReader(source)
        case FeedFormat.SHOPIFY:
            return ShopifyReader(source)
        case FeedFormat.CSV:
            return TableReader(source, column_map)
        case FeedFormat.JSON_LINES:
            return JsonLinesReader(source, column_map)
        case FeedFormat.JSON:
            return JsonArrayReader(source, column_map)
