"""From a raw record to a product: what is essential is enforced, the rest is noted.

A row without a usable id, title, price or currency is rejected. A malformed optional field
is left empty and noted, because a shop would rather sell a product without its rating than
not sell it.
"""

from __future__ import annotations

from decimal import Decimal

from retrieval.catalog.money import PriceError, parse_currency, parse_price
from retrieval.catalog.text import (
    clean,
    clean_lines,
    has_control,
    parse_date,
    parse_number,
    undecoded,
)
from retrieval.catalog.types import FieldProblem, Record, RowError, shorten
from retrieval.errors import FeedError
from retrieval.types import Attribute, Product, Variant

MAX_ID = 200
# Titles of real feeds end below 500 characters; a longer one is a description gone astray.
MAX_TITLE = 1000
MAX_DESCRIPTION = 50_000
MAX_ATTRIBUTES = 500
MAX_VARIANTS = 2048
MAX_RATING = 5
MAX_COUNT = 10**9


def build_product(record: Record, store_currency: str | None) -> tuple[Product, list[FieldProblem]]:
    """The product a record describes and the optional fields that were malformed.

    `store_currency` is the one the rows of this feed must be priced in, None until known.
    Raises RowError when the row cannot be imported, FeedError when nobody says its currency.
    """
    problems: list[FieldProblem] = []
    id = _checked_id(record)
    title = _checked_title(record)
    price, written = _checked_price(record, "price", record.price, record.price_required)
    currency = _checked_currency(record, written, store_currency)
    list_price = _optional_price(record, currency, problems)
    if list_price is not None and (price is None or list_price <= price):
        list_price = None
    product = Product(
        id=id,
        title=title,
        price=price,
        currency=currency,
        description=_description(record, title),
        brand=_checked_text(record, "brand", record.brand, MAX_ID) or None,
        category=_category(record),
        list_price=list_price,
        stock=_stock(record, problems),
        rating=_rating(record, problems),
        rating_count=_rating_count(record, problems),
        attributes=_attributes(record),
        variants=_variants(record),
        identifiers={k: v for k, v in record.identifiers.items() if v and not undecoded(v)},
        url=_url(record, "url", record.url, problems),
        image_url=_url(record, "image_url", record.image_url, problems),
        released=parse_date(record.released) if record.released else None,
        translations=record.translations,
    )
    return product, problems


def _checked_id(record: Record) -> str:
    name = record.column("id")
    id = "" if record.id is None else str(record.id).strip()
    if not id:
        raise RowError(name, id, "is missing", "Give every product an id of its own.")
    if len(id) > MAX_ID:
        raise RowError(name, id, f"is longer than {MAX_ID} characters", "Use a shorter id.")
    if has_control(id) or undecoded(id) or "\n" in id:
        raise RowError(name, id, "holds control characters", "Use letters, digits and hyphens.")
    return id


def _checked_title(record: Record) -> str:
    title = _checked_text(record, "title", record.title, MAX_TITLE)
    if not title:
        raise RowError(
            record.column("title"), "", "is missing", "Give the product the name it is sold under."
        )
    return title


def _checked_text(record: Record, name: str, value: object, limit: int) -> str:
    text = clean(value)
    _refuse_undecoded(record, name, text)
    if len(text) > limit:
        raise RowError(
            record.column(name),
            text,
            f"is longer than {limit} characters",
            "Shorten it, or check for an unclosed quote or a column that slipped.",
        )
    return text


def _description(record: Record, title: str) -> str:
    text = clean_lines(record.description)
    _refuse_undecoded(record, "description", text)
    if len(text) > MAX_DESCRIPTION:
        raise RowError(
            record.column("description"),
            text,
            f"is longer than {MAX_DESCRIPTION} characters",
            "Shorten it, or check for an unclosed quote.",
        )
    return "" if text == title else text


def _refuse_undecoded(record: Record, name: str, text: str) -> None:
    if undecoded(text):
        raise RowError(
            record.column(name),
            text,
            "holds bytes that do not belong to the file's encoding",
            "Save the feed as UTF-8, or name its encoding with --encoding.",
        )


def _checked_price(
    record: Record, name: str, value: object, required: bool
) -> tuple[Decimal | None, str | None]:
    if value is None or not str(value).strip():
        if required:
            raise RowError(
                record.column(name), "", "is missing", "Give a price, 0 if the product is free."
            )
        return None, None
    try:
        return parse_price(value)
    except PriceError as error:
        raise RowError(record.column(name), value, error.reason, error.remedy) from None


def _checked_currency(record: Record, written: str | None, store: str | None) -> str:
    given = "" if record.currency is None else str(record.currency).strip()
    try:
        currency = parse_currency(given) if given else written or store
    except PriceError as error:
        raise RowError(record.column("currency"), given, error.reason, error.remedy) from None
    if currency is None:
        raise FeedError(
            f"Line {record.line}: the price {shorten(record.price)!r} names no currency.",
            remedy="Name the feed's currency with --currency, e.g. --currency USD.",
        )
    if written and given and written != currency:
        raise RowError(
            record.column("price"), record.price, f"contradicts the currency {currency}",
            "State one currency in a row.",
        )  # fmt: skip
    if store and currency != store:
        raise RowError(
            record.column("currency"), currency, f"differs from the store's currency {store}",
            "Import each currency's feed into a store of its own.",
        )  # fmt: skip
    return currency


def _optional_price(record: Record, currency: str, problems: list[FieldProblem]) -> Decimal | None:
    try:
        amount, written = _checked_price(record, "list_price", record.list_price, False)
    except RowError as error:
        problems.append(error.problem)
        return None
    return amount if written in (None, currency) else None


def _note(
    problems: list[FieldProblem], record: Record, name: str, value: object, reason: str, remedy: str
) -> None:
    problems.append(FieldProblem(record.column(name), shorten(value), reason, remedy))


def _stock(record: Record, problems: list[FieldProblem]) -> int | None:
    if record.stock is None or record.stock == "":
        return None
    number = parse_number(record.stock)
    if number is None or number != number.to_integral_value() or abs(number) > MAX_COUNT:
        _note(problems, record, "stock", record.stock, "is not a number of pieces",
              "Write a whole number, or leave it empty when unknown.")  # fmt: skip
        return None
    # Shops that sell on back order count below zero.
    return max(0, int(number))


def _rating(record: Record, problems: list[FieldProblem]) -> Decimal | None:
    if record.rating is None or record.rating == "":
        return None
    number = parse_number(str(record.rating).partition("/")[0])
    if number is None or not 0 <= number <= MAX_RATING:
        _note(problems, record, "rating", record.rating, "is not a rating from 0 to 5",
              "Write the mean rating out of five stars, e.g. 4.3.")  # fmt: skip
        return None
    return number


def _rating_count(record: Record, problems: list[FieldProblem]) -> int:
    if record.rating_count is None or record.rating_count == "":
        return 0
    number = parse_number(record.rating_count)
    if number is None or not 0 <= number <= MAX_COUNT:
        _note(problems, record, "rating_count", record.rating_count, "is not a number of ratings",
              "Write a whole number, or leave it empty when unknown.")  # fmt: skip
        return 0
    return int(number)


def _url(record: Record, name: str, value: object, problems: list[FieldProblem]) -> str | None:
    url = "" if value is None else str(value).strip()
    if not url:
        return None
    # Scripts in links would run in the shopper's page.
    if url.lower().startswith(("http://", "https://", "//")) and " " not in url:
        return url
    if "://" not in url and ":" not in url and not has_control(url):
        return url
    _note(problems, record, name, url, "is not a web address", "Start it with https://.")
    return None


def _category(record: Record) -> tuple[str, ...]:
    path = tuple(p for p in (clean(part) for part in record.category) if p)
    for part in path:
        _checked_text(record, "category", part, MAX_ID)
    return path


def _attributes(record: Record) -> tuple[Attribute, ...]:
    if len(record.attributes) > MAX_ATTRIBUTES:
        raise RowError(
            "attributes", len(record.attributes), f"are more than {MAX_ATTRIBUTES}",
            "Check for columns that are not attributes.",
        )  # fmt: skip
    return tuple(
        a for a in record.attributes if not (isinstance(a.value, str) and undecoded(a.value))
    )


def _variants(record: Record) -> tuple[Variant, ...]:
    if len(record.variants) > MAX_VARIANTS:
        raise RowError(
            "variants", len(record.variants), f"are more than {MAX_VARIANTS}",
            "Split the product.",
        )  # fmt: skip
    return tuple(record.variants)
