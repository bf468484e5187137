"""Google Merchant Center product data: attributes → records, items of one group → variants.

Attribute names and formats follow the product data specification
(https://support.google.com/merchants/answer/7052112): prices as "15.00 USD", a sale price
beside the price, `item_group_id` for items that are versions of one product.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import takewhile

from retrieval.catalog.money import PriceError, parse_price
from retrieval.catalog.source import FeedSource
from retrieval.catalog.table import read_header, read_rows
from retrieval.catalog.text import clean, make_attribute, split_path
from retrieval.catalog.types import Record, RejectedRow
from retrieval.types import Attribute, Variant

# Attribute → its values in order; a nested attribute (product_detail) is a mapping.
Value = str | Mapping[str, str]
Item = Mapping[str, list[Value]]
Items = Callable[[], Iterator[tuple[int, Item | RejectedRow]]]
# What tells the items of one group apart.
OPTIONS = ("color", "size", "material", "pattern", "age_group", "gender", "size_type")
_DESCRIPTIVE = (
    *OPTIONS, "size_system", "condition", "energy_efficiency_class", "product_length",
    "product_width", "product_height", "product_weight", "unit_pricing_measure",
)  # fmt: skip
_LISTS = {"color": "/", "material": "/"}
_REQUIRED = {"id", "title", "price"}
_TYPICAL = {"link", "image_link", "availability", "condition", "gtin", "google_product_category"}
# Buyable, but not from stock: the count is zero and the reason is kept.
_LATER = frozenset(("preorder", "pre_order", "backorder", "back_order"))
# Less than this share of the titles in common is not a product's name.
MIN_COMMON = 0.4


def is_google(columns: list[str]) -> bool:
    """Whether these are the columns of a Google Merchant feed."""
    names = {google_name(c) for c in columns}
    return names >= _REQUIRED and len(names & _TYPICAL) >= 3 and "image_link" in names


def google_name(column: str) -> str:
    """An attribute's name as the specification writes it: "g:Image link" → image_link."""
    return re.sub(r"[\s_]+", "_", column.strip().lower().removeprefix("g:"))


class GoogleReader:
    """Turns the items of a feed into records; items of a group meet in one record.

    The feed is read twice: once to count the items of each group, so that a group is let go
    as soon as it is complete. Memory grows with the number of groups that lie open at once.
    """

    def __init__(self, items: Items) -> None:
        self._items = items

    def records(self) -> Iterator[Record | RejectedRow]:
        """One record for each ungrouped item and for each group."""
        sizes = Counter(
            group
            for _, item in self._items()
            if not isinstance(item, RejectedRow) and (group := first(item, "item_group_id"))
        )
        open_groups: dict[str, list[tuple[int, Item]]] = {}
        for line, item in self._items():
            if isinstance(item, RejectedRow):
                yield item
                continue
            group = first(item, "item_group_id")
            if not group or sizes[group] == 1:
                yield _record(line, item)
                continue
            members = open_groups.setdefault(group, [])
            members.append((line, item))
            if len(members) == sizes[group]:
                yield merge_group(group, open_groups.pop(group))


class GoogleTableReader(GoogleReader):
    """A Google feed as tab-separated text."""

    def __init__(self, source: FeedSource) -> None:
        columns = read_header(source)
        names = {column: google_name(column) for column in columns}

        def items() -> Iterator[tuple[int, Item | RejectedRow]]:
            for line, row in read_rows(source, columns):
                if isinstance(row, RejectedRow):
                    yield line, row
                else:
                    yield line, {names[c]: [str(v).strip()] for c, v in row.items() if v}

        super().__init__(items)


def first(item: Item, name: str) -> str:
    """The first plain value of an attribute, "" when it has none."""
    return next((v for v in item.get(name, ()) if isinstance(v, str) and v.strip()), "").strip()


def _record(line: int, item: Item) -> Record:
    price, list_price = _prices(item)
    availability = first(item, "availability").lower().replace(" ", "_")
    return Record(
        line,
        id=first(item, "id"),
        title=first(item, "title") or _structured(item, "structured_title"),
        price=price,
        list_price=list_price,
        description=_description(item),
        brand=first(item, "brand"),
        category=_category(item),
        stock=_stock(item, availability),
        url=first(item, "link"),
        image_url=first(item, "image_link"),
        attributes=list(_attributes(item, availability)),
        identifiers={"gtin": first(item, "gtin"), "mpn": first(item, "mpn")},
        columns={"url": "link", "image_url": "image_link", "list_price": "price"},
    )


def _prices(item: Item) -> tuple[str, str | None]:
    price, sale = first(item, "price"), first(item, "sale_price")
    return (sale, price) if sale else (price, None)


def _structured(item: Item, name: str) -> str:
    value = next(iter(item.get(name, ())), "")
    return value.get("content", "") if isinstance(value, Mapping) else value.rpartition(":")[2]


def _description(item: Item) -> str:
    text = first(item, "description") or _structured(item, "structured_description")
    highlights = [v for v in item.get("product_highlight", ()) if isinstance(v, str)]
    return "\n".join((text, *highlights)) if highlights else text


def _category(item: Item) -> tuple[str, ...]:
    """The merchant's own product type; Google's category when it is written in words."""
    own = split_path(first(item, "product_type").partition(",")[0])
    googles = first(item, "google_product_category")
    return own or (() if googles.isdigit() else split_path(googles))


def _stock(item: Item, availability: str) -> object:
    if quantity := first(item, "quantity") or first(item, "sell_on_google_quantity"):
        return quantity
    # "in stock" names no quantity, and one may not be invented.
    return 0 if availability == "out_of_stock" or availability in _LATER else None


def _attributes(item: Item, availability: str) -> Iterator[Attribute]:
    pairs = [(name, part) for name in _DESCRIPTIVE for part in _parts(item, name)]
    for detail in item.get("product_detail", ()):
        pairs += _details(detail)
    if availability in _LATER:
        pairs.append(("availability", availability.replace("_", "")))
    for name, value in pairs:
        if attribute := make_attribute(google_name(name), value):
            yield attribute


def _parts(item: Item, name: str) -> list[str]:
    value = first(item, name)
    return [p.strip() for p in value.split(_LISTS[name])] if name in _LISTS else [value]


def _details(detail: Value) -> list[tuple[str, str]]:
    """(name, value) of a product_detail, nested in XML, "section:name:value,…" in text."""
    if isinstance(detail, Mapping):
        return [(detail.get("attribute_name", ""), detail.get("attribute_value", ""))]
    triples = (part.split(":", 2) for part in re.split(r",(?=[^,:]*:[^,:]*:)", detail))
    return [(t[1].strip(), t[2].strip()) for t in triples if len(t) == 3]


def merge_group(group: str, members: list[tuple[int, Item]]) -> Record:
    """One record for the items of a group: common texts, lowest price, one variant each."""
    records = [_record(line, item) for line, item in members]
    variants = [_variant(item, r) for (_, item), r in zip(members, records, strict=True)]
    cheapest = min(records, key=lambda r: _amount(r.price))
    lead = records[0]
    lead.id = group
    lead.title = common_title([str(r.title) for r in records])
    lead.price, lead.list_price = cheapest.price, cheapest.list_price
    lead.variants = variants
    stocks = [v.stock for v in lead.variants]
    lead.stock = sum(s for s in stocks if s is not None) if None not in stocks else None
    lead.attributes = list(dict.fromkeys(a for r in records for a in r.attributes))
    return lead


def _variant(item: Item, record: Record) -> Variant:
    amount = _amount(record.price)
    stock = str(record.stock) if record.stock is not None else ""
    return Variant(
        id=first(item, "id") or f"line {record.line}",
        options={name: clean(v) for name in OPTIONS if (v := first(item, name))},
        price=amount if amount.is_finite() else None,
        stock=int(stock) if stock.isdigit() else None,
    )


def _amount(price: object) -> Decimal:
    try:
        return parse_price(price)[0]
    except PriceError:
        return Decimal("Infinity")


def common_title(titles: list[str]) -> str:
    """What the titles of a group begin with, else the first title as it is."""
    columns = zip(*(t.split() for t in titles), strict=False)
    shared = takewhile(lambda words: len(set(words)) == 1, columns)
    title = re.sub(r"[\s\-–—,/|(:]+$", "", " ".join(words[0] for words in shared))
    return title if len(title) >= MIN_COMMON * len(titles[0]) else titles[0]
