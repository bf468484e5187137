"""The nouns of an import: raw records, rows of a feed, problems in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from retrieval.types import Attribute, Language, Product, Translation, Variant


class FeedFormat(StrEnum):
    """Formats a catalogue may arrive in; `docs/feeds.md` describes each."""

    ICECAT = "icecat"
    GOOGLE_XML = "google-xml"
    GOOGLE_TSV = "google-tsv"
    SHOPIFY = "shopify"
    CSV = "csv"
    JSON_LINES = "jsonl"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of one row, and how to mend it."""

    field: str
    value: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A product and the line it starts on (1-based).

    `problems` name optional fields that were malformed and therefore left empty.
    """

    line: int
    product: Product
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not imported, and why."""

    line: int
    field: str
    value: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class SizeHint:
    """Bytes read so far and bytes in all, as they lie on disk (compressed if they are)."""

    read: int
    total: int


class RowError(Exception):
    """Raised inside a format to reject the row at hand; never leaves the feed."""

    def __init__(self, field: str, value: object, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.problem = FieldProblem(field, shorten(value), reason, remedy)


@dataclass(slots=True)
class Record:
    """One row as a format reads it: raw values, not yet checked.

    Prices may be text ("1.299,00 €"), numbers, or None; `columns` gives the feed's own
    name of a field where it differs, for the report.
    """

    line: int
    id: object = None
    title: object = None
    price: object = None
    currency: object = None
    description: object = None
    brand: object = None
    category: tuple[str, ...] = ()
    list_price: object = None
    stock: object = None
    rating: object = None
    rating_count: object = None
    url: object = None
    image_url: object = None
    released: object = None
    attributes: list[Attribute] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    identifiers: dict[str, str] = field(default_factory=dict)
    translations: dict[Language, Translation] = field(default_factory=dict)
    price_required: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The feed's own name of the field `name`."""
        return self.columns.get(name, name)


class RecordReader(Protocol):
    """One feed format: yields raw records, and rejections of what is not even a record."""

    def records(self) -> Iterator[Record | RejectedRow]: ...


class Feed(Protocol):
    """Rows of a catalogue; iterating again starts from the beginning."""

    @property
    def name(self) -> str:
        """Where the rows come from, for people."""
        ...

    @property
    def currency(self) -> str | None:
        """ISO 4217 code, None until told or read from the first row."""
        ...

    @property
    def size_hint(self) -> SizeHint: ...

    def __iter__(self) -> Iterator[FeedRow | RejectedRow]: ...


# Enough of a bad value to recognise it in a report.
SHOWN = 120


def shorten(value: object) -> str:
    """`value` as it may stand in a report: one line, at most 120 characters."""
    text = "" if value is None else str(value)[: 4 * SHOWN]
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
