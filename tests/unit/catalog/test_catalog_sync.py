from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from support.catalog_products import make_products

from retrieval.catalog import files, sync
from retrieval.catalog.feed import ProductFeed, open_feed
from retrieval.catalog.report import ImportReport
from retrieval.catalog.store import StorePaths, list_stores, load_info, load_store
from retrieval.catalog.sync import import_feed
from retrieval.errors import (
    CallerError,
    DiskFullError,
    FeedError,
    StoreNotFoundError,
    TerminalError,
)
from retrieval.index.document import fingerprint
from retrieval.types import Fingerprint, Language, Product, StoreInfo

PRODUCTS = list(make_products(10))


class MemoryIndexer:
    """Keeps products as an index does; dies when told to, as a killed process would."""

    def __init__(self) -> None:
        self.products: dict[str, Product] = {}
        self.embedded: list[str] = []
        self.updated: list[str] = []
        self.dies_after: int | None = None
        self.flushes = 0

    def fingerprints(self) -> dict[str, Fingerprint]:
        return {id: fingerprint(p) for id, p in self.products.items()}

    def index(self, products: Sequence[Product]) -> None:
        for product in products:
            if self.dies_after is not None and len(self.embedded) >= self.dies_after:
                raise KeyboardInterrupt
            self.products[product.id] = product
            self.embedded.append(product.id)

    def update(self, products: Sequence[Product]) -> None:
        for product in products:
            self.products[product.id] = product
            self.updated.append(product.id)

    def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            del self.products[id]

    def flush(self) -> None:
        self.flushes += 1

    def get(self, ids: Iterable[str]) -> list[Product]:
        return [self.products[id] for id in ids]


def run(
    indexer: MemoryIndexer,
    path: Path,
    products: Sequence[Product] = PRODUCTS,
    **given: object,
) -> ImportReport:
    feed = ProductFeed("test feed", "EUR", lambda: products, len(products))
    indexer.embedded, indexer.updated = [], []
    return import_feed(feed, indexer, path, lambda done, total, note="": None, **given)  # type: ignore[arg-type]


@pytest.fixture
def indexer() -> MemoryIndexer:
    return MemoryIndexer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stores" / "shop"


def test_a_first_import_makes_a_whole_store(indexer: MemoryIndexer, path: Path) -> None:
    report = run(indexer, path)
    assert report.indexed == report.products == len(PRODUCTS) == len(indexer.products)
    store = load_store(path)
    assert store.info.products == len(PRODUCTS) and store.info.currency == "EUR"
    assert store.info.imported_at is not None and store.info.languages == (Language.ENGLISH,)
    assert store.vocabulary.brands and store.vocabulary.categories
    assert json.loads(StorePaths(path).manifest.read_text())["indexed"] == len(PRODUCTS)
    assert not [f for f in path.iterdir() if f.name.endswith(".tmp")]


def test_products_without_a_category_get_one(indexer: MemoryIndexer, path: Path) -> None:
    report = run(indexer, path)
    assert report.derived == len(PRODUCTS)
    assert all(p.category and p.category_derived for p in indexer.products.values())


def test_a_second_import_embeds_nothing(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    report = run(indexer, path)
    assert (report.indexed, report.updated, report.deleted) == (0, 0, 0)
    assert report.unchanged == len(PRODUCTS) and not indexer.embedded


def test_a_new_price_is_updated_not_embedded(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    cheaper = PRODUCTS[0].model_copy(update={"price": Decimal("0.50"), "stock": 3})
    report = run(indexer, path, [cheaper, *PRODUCTS[1:]])
    assert (report.indexed, report.updated) == (0, 1)
    assert indexer.products[cheaper.id].price == Decimal("0.50")


def test_a_new_title_is_embedded(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    renamed = PRODUCTS[0].model_copy(update={"title": f"{PRODUCTS[0].title} II"})
    report = run(indexer, path, [renamed, *PRODUCTS[1:]])
    assert indexer.embedded == [renamed.id] and report.updated == 0


def test_products_gone_from_the_feed_are_deleted(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    report = run(indexer, path, PRODUCTS[5:])
    assert report.deleted == 5 and set(indexer.products) == {p.id for p in PRODUCTS[5:]}
    assert load_info(path).products == len(PRODUCTS) - 5


def test_missing_products_may_be_kept(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    report = run(indexer, path, PRODUCTS[:5], keep_missing=True, stored_products=indexer.get)
    assert (report.deleted, report.kept, report.products) == (0, len(PRODUCTS) - 5, len(PRODUCTS))
    assert load_info(path).products == len(PRODUCTS)
    brands = load_store(path).vocabulary.brands
    assert sum(brands.values()) == len(PRODUCTS), "the kept products stay in the vocabulary"


def test_a_feed_that_would_empty_the_store_is_refused(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    before = {f.name: f.read_bytes() for f in path.iterdir()}
    with pytest.raises(CallerError, match="--force"):
        run(indexer, path, PRODUCTS[:3])
    assert len(indexer.products) == len(PRODUCTS)
    assert {f.name: f.read_bytes() for f in path.iterdir()} == before
    assert run(indexer, path, PRODUCTS[:3], force=True).deleted == len(PRODUCTS) - 3


def test_a_killed_import_continues_where_it_was(
    indexer: MemoryIndexer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "BATCH", 8)
    indexer.dies_after = 20
    with pytest.raises(KeyboardInterrupt):
        run(indexer, path)
    with pytest.raises(StoreNotFoundError):
        load_store(path)
    done = set(indexer.products)
    indexer.dies_after = None
    report = run(indexer, path)
    assert done and not done & set(indexer.embedded), "nothing is embedded twice"
    assert report.indexed == len(PRODUCTS) - len(done)
    assert load_info(path).products == len(PRODUCTS) == len(indexer.products)


def test_a_killed_import_leaves_the_former_store(
    indexer: MemoryIndexer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(indexer, path, PRODUCTS[:40])
    before = {f.name: f.read_bytes() for f in path.iterdir() if f.name != "categories.npz"}
    indexer.dies_after = 5
    with pytest.raises(KeyboardInterrupt):
        run(indexer, path)
    after = {f.name: f.read_bytes() for f in path.iterdir() if f.name != "categories.npz"}
    assert after == before


def test_long_imports_are_flushed_on_the_way(
    indexer: MemoryIndexer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "BATCH", 5)
    monkeypatch.setattr(sync, "FLUSH_EVERY", 10)
    run(indexer, path)
    assert indexer.flushes >= len(PRODUCTS) // 10


def test_a_feed_that_breaks_off_touches_nothing(
    indexer: MemoryIndexer, path: Path, tmp_path: Path
) -> None:
    run(indexer, path)
    broken = tmp_path / "feed.xml"
    broken.write_text("<rss xmlns:g='http://base.google.com/ns/1.0'><channel><item><g:id>1</g:id>")
    with pytest.raises(FeedError):
        import_feed(open_feed(broken, currency="EUR"), indexer, path, lambda *_: None)
    assert len(indexer.products) == len(PRODUCTS)


def test_a_feed_without_a_good_row_names_the_first_problem(
    indexer: MemoryIndexer, path: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "feed.csv"
    bad.write_text("id,title,price\n1,,5\n2,Mug,free\n")
    with pytest.raises(FeedError, match="line 2: title is missing"):
        import_feed(open_feed(bad, currency="EUR"), indexer, path, lambda *_: None)


def test_a_feed_that_changes_while_it_is_read_is_refused(
    indexer: MemoryIndexer, path: Path
) -> None:
    readings = iter([PRODUCTS, PRODUCTS[:-1]])
    feed = ProductFeed("test feed", "EUR", lambda: next(readings))
    with pytest.raises(FeedError, match="changed while it was read"):
        import_feed(feed, indexer, path, lambda *_: None)


def test_rejected_rows_and_empty_fields_are_reported(
    indexer: MemoryIndexer, path: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,price,stock\n1,Mug,5,many\n2,,5,1\n3,Cup,6,2\n")
    report = import_feed(open_feed(feed, currency="EUR"), indexer, path, lambda *_: None)
    entries = [json.loads(line) for line in report.report_path.read_text().splitlines()]
    assert [(e["line"], e["field"], e["imported"]) for e in entries] == [
        (2, "stock", True),
        (3, "title", False),
    ]
    assert all(e["reason"] and e["remedy"] for e in entries)
    assert (report.rejected, report.noted, report.products) == (1, 1, 2)
    assert str(report.report_path) in report.summary()


def test_progress_is_told(indexer: MemoryIndexer, path: Path) -> None:
    told: list[tuple[int, int | None, str]] = []
    feed = ProductFeed("test feed", "EUR", lambda: PRODUCTS, len(PRODUCTS))
    import_feed(feed, indexer, path, lambda d, t, note="": told.append((d, t, note)))
    assert (len(PRODUCTS), len(PRODUCTS), "indexing") in told
    assert all(total is None or done <= total for done, total, _ in told)


def test_the_stores_own_description_is_kept(indexer: MemoryIndexer, path: Path) -> None:
    info = StoreInfo(
        name="shop", title="My Shop", currency="EUR", exchange_rates={"CNY": Decimal("7.8")}
    )
    run(indexer, path, store_info=info)
    stored = load_info(path)
    assert stored.title == "My Shop" and stored.exchange_rates == {"CNY": Decimal("7.8")}
    assert stored.products == len(PRODUCTS)


def test_categories_stay_as_they_are_when_the_feed_grows_a_little(
    indexer: MemoryIndexer, path: Path
) -> None:
    run(indexer, path)
    before = {id: p.category for id, p in indexer.products.items()}
    run(indexer, path, list(make_products(11)))
    assert {id: p.category for id, p in indexer.products.items() if id in before} == before
    assert not set(indexer.embedded) & set(before)


def fail_with(number: int) -> Callable[[Path, bytes], None]:
    def write(path: Path, data: bytes) -> None:
        raise OSError(number, "no")

    return write


@pytest.mark.parametrize(("number", "error"), [(28, DiskFullError), (13, TerminalError)])
def test_a_full_disk_is_one_clear_line(
    indexer: MemoryIndexer,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[Exception],
) -> None:
    run(indexer, path)
    before = {f.name: f.read_bytes() for f in path.iterdir()}
    monkeypatch.setattr(files, "_write", fail_with(number))
    with pytest.raises(error):
        run(indexer, path)
    kept = {name: data for name, data in before.items() if name != "report.jsonl"}
    assert {f.name: f.read_bytes() for f in path.iterdir() if f.name in kept} == kept
    assert not [f for f in path.iterdir() if f.name.endswith(".tmp")]


def test_stores_are_listed_and_missing_ones_named(indexer: MemoryIndexer, path: Path) -> None:
    run(indexer, path)
    (path.parent / "empty").mkdir()
    assert list(list_stores(path.parent)) == ["shop"]
    with pytest.raises(StoreNotFoundError, match="stores: shop"):
        load_store(path.parent / "shpo")
    StorePaths(path).info.write_text("{")
    assert not list_stores(path.parent)
    with pytest.raises(TerminalError, match="damaged"):
        load_store(path)
