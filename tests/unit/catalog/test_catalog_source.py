from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from retrieval.catalog.feed import open_feed
from retrieval.catalog.source import MAX_LINE, FeedSource
from retrieval.catalog.types import FeedRow, RejectedRow
from retrieval.errors import FeedError

CHINESE = "编号,标题,价格,品牌\n1,华为无线耳机,1299,华为\n2,小米手机壳,59,小米\n"
GERMAN = "Artikelnummer;Bezeichnung;Preis\n1;Küchenmöbel für Gäste;12,50\n"


def titles(path: Path, **given: str) -> list[str]:
    return [r.product.title for r in open_feed(path, **given) if isinstance(r, FeedRow)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gb2312"]
)
def test_tells_the_encodings_of_chinese_files(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(CHINESE.encode(encoding))
    assert titles(path, currency="CNY") == ["华为无线耳机", "小米手机壳"]


def test_asks_rather_than_garble_a_latin_code_page(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(GERMAN.encode("cp1252"))
    with pytest.raises(FeedError, match="--encoding"):
        titles(path, currency="EUR")
    assert titles(path, currency="EUR", encoding="cp1252") == ["Küchenmöbel für Gäste"]


def test_rejects_single_rows_that_do_not_decode(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    filler = "".join(f"{i},Lamp number {i} with a plain name,5\n" for i in range(12_000))
    path.write_bytes(b"id,title,price\n" + filler.encode() + b"x,M\xfcnchen mug,5\ny,Cup,5\n")
    rows = list(open_feed(path, currency="EUR"))
    rejected = [r for r in rows if isinstance(r, RejectedRow)]
    assert [(r.line, r.field) for r in rejected] == [(12_002, "title")]
    assert len(rows) == 12_002 and "encoding" in rejected[0].reason


def test_reads_gzip_by_content_not_by_name(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(gzip.compress(CHINESE.encode()))
    assert len(titles(path, currency="CNY")) == 2


def test_a_truncated_gzip_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl.gz"
    lines = "".join(
        f'{{"id": "{i}", "title": "T{i * 7919}", "price": {i}}}\n' for i in range(50_000)
    )
    data = gzip.compress(lines.encode())
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FeedError, match="cut off or damaged"):
        list(open_feed(path, currency="EUR"))


def test_a_gzip_with_broken_middle_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv.gz"
    data = bytearray(gzip.compress(CHINESE.encode() * 2000))
    data[30:40] = b"\xff" * 10
    path.write_bytes(bytes(data))
    with pytest.raises(FeedError):
        list(open_feed(path, currency="CNY"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"PK\x03\x04\x00\x01binary", "not a text file"),
        (b"just one line without columns\n", "header row"),
    ],
)
def test_names_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "feed"
    path.write_bytes(content)
    with pytest.raises(FeedError, match=message):
        open_feed(path)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="does not exist"):
        open_feed(tmp_path / "nothing.csv")
    with pytest.raises(FeedError, match="is a folder"):
        open_feed(tmp_path)


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(CHINESE)
    with pytest.raises(FeedError, match="klingon"):
        open_feed(path, encoding="klingon")


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    good = '{"id": "1", "title": "Mug", "price": 5}\n'
    path.write_text(good + "x" * (2 * MAX_LINE + 10) + "\n" + good.replace('"1"', '"2"'))
    rows = list(open_feed(path, currency="EUR"))
    assert [type(r) for r in rows] == [FeedRow, RejectedRow, FeedRow]
    assert [r.line for r in rows] == [1, 2, 3]


def test_counts_bytes_as_they_lie_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv.gz"
    path.write_bytes(gzip.compress(CHINESE.encode() * 500))
    source = FeedSource(path)
    assert source.size_hint.total == path.stat().st_size
    for _ in source.lines():
        pass
    assert source.size_hint.read == source.size_hint.total
