"""What every feed format owes: the same products, the same refusals, from the same rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from retrieval.catalog.feed import FileFeed, detect_format, open_feed
from retrieval.catalog.types import FeedFormat, FeedRow, RejectedRow

# (id, title, price) as text; what a row of every format can say.
Row = tuple[str, str, str]
GOOD: list[Row] = [("a1", "Blue Mug", "5.00"), ("a2", "红色茶杯", "1299.50")]
BAD: list[Row] = [("b1", "", "5.00"), ("b2", "Cup", "minus"), ("b3", "Jug", "-1")]
AGAIN: Row = ("a1", "Blue Mug again", "6.00")


def as_icecat(rows: Sequence[Row]) -> str:
    def cents(price: str) -> object:
        try:
            return int(Decimal(price) * 100)
        except ArithmeticError:
            return price

    return "\n".join(
        json.dumps({"id": i, "title": t, "supplier": "Acme", "price": cents(p), "attr_t_x": "y"})
        for i, t, p in rows
    )


def as_google_xml(rows: Sequence[Row]) -> str:
    items = "\n".join(
        f"<item><g:id>{i}</g:id><g:title>{t}</g:title><g:price>{p} EUR</g:price></item>"
        for i, t, p in rows
    )
    return f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>\n{items}\n</channel></rss>'


def as_google_tsv(rows: Sequence[Row]) -> str:
    head = "id\ttitle\tprice\tlink\timage_link\tavailability"
    return "\n".join([head, *(f"{i}\t{t}\t{p}\t\t\tin_stock" for i, t, p in rows)])


def as_shopify(rows: Sequence[Row]) -> str:
    head = "Handle,Title,Body (HTML),Vendor,Variant Price"
    return "\n".join([head, *(f"{i},{t},,Acme,{p}" for i, t, p in rows)])


def as_csv(rows: Sequence[Row]) -> str:
    return "\n".join(["id,title,price", *(",".join(row) for row in rows)])


def as_json_lines(rows: Sequence[Row]) -> str:
    return "\n".join(json.dumps({"id": i, "title": t, "price": p}) for i, t, p in rows)


def as_json(rows: Sequence[Row]) -> str:
    return json.dumps([{"id": i, "title": t, "price": p} for i, t, p in rows], indent=1)


WRITERS: dict[FeedFormat, Callable[[Sequence[Row]], str]] = {
    FeedFormat.ICECAT: as_icecat,
    FeedFormat.GOOGLE_XML: as_google_xml,
    FeedFormat.GOOGLE_TSV: as_google_tsv,
    FeedFormat.SHOPIFY: as_shopify,
    FeedFormat.CSV: as_csv,
    FeedFormat.JSON_LINES: as_json_lines,
    FeedFormat.JSON: as_json,
}


def test_every_format_is_under_contract() -> None:
    assert set(WRITERS) == set(FeedFormat)


@pytest.fixture(params=list(WRITERS), ids=str)
def format(request: pytest.FixtureRequest) -> FeedFormat:
    return FeedFormat(request.param)


@pytest.fixture
def written(tmp_path: Path, format: FeedFormat) -> Path:
    path = tmp_path / "feed"
    path.write_text(WRITERS[format]([*GOOD, *BAD, AGAIN]), encoding="utf-8")
    return path


def opened(path: Path) -> FileFeed:
    return open_feed(path, currency="EUR")


def test_the_format_is_told_by_its_content(written: Path, format: FeedFormat) -> None:
    assert detect_format(written) is format
    assert opened(written).format is format


def test_good_rows_become_products(written: Path) -> None:
    products = [r.product for r in opened(written) if isinstance(r, FeedRow)]
    assert [(p.id, p.title, p.price) for p in products] == [
        (i, t, Decimal(price)) for i, t, price in GOOD
    ]
    assert {p.currency for p in products} == {"EUR"}


def test_bad_rows_are_rejected_with_line_field_reason_and_remedy(written: Path) -> None:
    rejected = [r for r in opened(written) if isinstance(r, RejectedRow)]
    assert len(rejected) == len(BAD) + 1
    lines = [r.line for r in rejected]
    assert lines == sorted(lines) and len(set(lines)) == len(lines)
    for row in rejected:
        assert row.field and row.reason and row.remedy


def test_the_first_of_two_rows_with_one_id_wins(written: Path) -> None:
    *_, last = opened(written)
    assert isinstance(last, RejectedRow) and last.value == "a1"
    assert "already given on line" in last.reason


def test_a_feed_can_be_read_again(written: Path) -> None:
    feed = opened(written)
    assert list(feed) == list(feed)


def test_compressed_and_marked_files_read_alike(written: Path, tmp_path: Path) -> None:
    expected = list(opened(written))
    packed = tmp_path / "feed.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + written.read_bytes()))
    assert list(opened(packed)) == expected


def test_utf_16_files_read_alike(written: Path, tmp_path: Path) -> None:
    expected = list(opened(written))
    wide = tmp_path / "wide"
    wide.write_bytes(written.read_text(encoding="utf-8").encode("utf-16"))
    assert list(opened(wide)) == expected


def test_progress_ends_at_the_size_of_the_file(written: Path) -> None:
    feed = opened(written)
    for _ in feed:
        pass
    assert feed.size_hint.read == feed.size_hint.total == written.stat().st_size
