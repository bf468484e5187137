"""A served catalogue changes while it is queried, on each adapter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from support.index_products import MONITOR, PRODUCTS, TONER, HashingEncoder

from retrieval.catalog.feed import ProductFeed
from retrieval.catalog.live import LiveCatalog, OpenedCatalog
from retrieval.catalog.plan import Action
from retrieval.catalog.store import load_store
from retrieval.catalog.sync import import_feed
from retrieval.errors import CallerError, InvalidRequestError, UnknownProductError
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage, IndexStorage, stored_schema
from retrieval.index.types import Group, ProductIndex
from retrieval.search import HybridSearcher
from retrieval.types import Encoder, Product, SearchRequest, Vectors

NewStorage = Callable[[], IndexStorage]
OLD = HashingEncoder("old"), HashingEncoder("old")
NEW = HashingEncoder("new", dimensions=64), HashingEncoder("new", dimensions=64)


def make_indexer(index: ProductIndex, encoders: tuple[Encoder, Encoder]) -> Indexer:
    return Indexer(index, *encoders)


def ignore(done: int, total: int | None, note: str = "") -> None:
    """Hears how far a job is."""


def feed_of(*products: Product) -> ProductFeed:
    return ProductFeed("test", MONITOR.currency, lambda: products, len(products))


@pytest.fixture
def storage(new_storage: NewStorage) -> Iterator[IndexStorage]:
    storage = new_storage()
    yield storage
    storage.close()


@pytest.fixture
def live(storage: IndexStorage, tmp_path: Path) -> Iterator[LiveCatalog]:
    root = tmp_path / "store"
    generation = storage.open(index_schema(*OLD))
    import_feed(feed_of(*PRODUCTS), Indexer(generation.index, *OLD), root, ignore)
    generation.index.close()
    live = LiveCatalog(storage, load_store(root), OLD, make_indexer)
    yield live
    live.close()


def find(live: LiveCatalog, text: str) -> list[Product]:
    opened = live.opened
    searcher = HybridSearcher(opened.generation.index, *opened.encoders)
    return [hit.product for hit in searcher.search(SearchRequest(text=text, limit=50)).hits]


def samovar(**fields: object) -> Product:
    known = {"id": "s1", "title": "Zorbomatic samovar", "price": Decimal(70)}
    return Product.model_validate({**known, "currency": MONITOR.currency, **fields})


def test_a_change_is_in_the_next_query(live: LiveCatalog) -> None:
    changed = live.change(MONITOR.id, {"price": "12.50", "stock": 0})
    assert changed.price == Decimal("12.50")
    found = next(p for p in find(live, MONITOR.title) if p.id == MONITOR.id)
    assert (found.price, found.stock) == (Decimal("12.50"), 0)


def test_a_product_is_added_replaced_and_withdrawn(live: LiveCatalog) -> None:
    assert live.put([samovar()]) == {"s1": Action.EMBED}
    assert live.put([samovar()]) == {"s1": Action.NOTHING}
    assert live.put([samovar(price=Decimal(60))]) == {"s1": Action.UPDATE}
    assert find(live, "samovar")[0].price == Decimal(60)
    assert live.remove(["s1", "never there"]) == ["s1"]
    assert "s1" not in [p.id for p in find(live, "samovar")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"price": "-1"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"colour": "red"}, "colour"),
        ({"id": "other"}, "id cannot change"),
        ({"title": " "}, "title"),
        ({"stock": "many"}, "stock"),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(
    live: LiveCatalog, fields: dict[str, object], says: str
) -> None:
    before = live.get(MONITOR.id)
    with pytest.raises(InvalidRequestError, match=says):
        live.change(MONITOR.id, fields)
    assert live.get(MONITOR.id) == before


def test_unknown_products_and_foreign_currencies_are_refused(live: LiveCatalog) -> None:
    with pytest.raises(UnknownProductError):
        live.change("never there", {"price": 1})
    with pytest.raises(InvalidRequestError, match="one currency"):
        live.put([samovar(currency="JPY")])


def test_a_feed_takes_over_and_its_words_are_known(live: LiveCatalog) -> None:
    heard: list[OpenedCatalog] = []
    live.listen(heard.append)
    report = live.import_feed(
        feed_of(*PRODUCTS, samovar()), ignore, keep_missing=False, force=False
    )
    assert report.indexed == 1
    assert heard[-1].store.info.products == len(PRODUCTS) + 1
    assert "samovar" in heard[-1].store.vocabulary.words
    assert find(live, "samovar")[0].id == "s1"


def test_words_of_single_changes_are_learned(live: LiveCatalog) -> None:
    live.put([samovar()])
    assert "samovar" not in live.opened.store.vocabulary.words
    live.refresh()
    assert "samovar" in live.opened.store.vocabulary.words
    stored = load_store(live.opened.store.paths.root)
    assert stored.info.products == len(PRODUCTS) + 1


def test_a_reindex_takes_over_whole_with_what_changed_meanwhile(
    live: LiveCatalog, storage: IndexStorage
) -> None:
    former = live.opened
    failures: list[Exception] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            try:
                assert find(live, MONITOR.title)
            except Exception as error:
                failures.append(error)
                return

    def change_on_the_way(copied: int, total: int | None, note: str = "") -> None:
        # The listener is called when everything was copied and before the switch.
        live.put([samovar()])
        live.change(MONITOR.id, {"price": "1.23"})
        live.remove([TONER.id])

    asking = threading.Thread(target=keep_asking)
    asking.start()
    count = live.reindex(NEW, change_on_the_way)
    done.set()
    asking.join()
    assert not failures
    assert count == len(PRODUCTS)
    assert stored_schema(storage) == index_schema(*NEW)
    assert live.get("s1").id == "s1"
    assert live.get(MONITOR.id).price == Decimal("1.23")
    with pytest.raises(UnknownProductError):
        live.get(TONER.id)
    assert former.generation.index.count(Group()), "a turn that began on it still reads it"


def test_a_reindex_that_fails_leaves_the_former_index(
    live: LiveCatalog, storage: IndexStorage
) -> None:
    def fail(done: int, total: int | None, note: str = "") -> None:
        raise CallerError("no more")

    with pytest.raises(CallerError, match="no more"):
        live.reindex(NEW, fail)
    assert stored_schema(storage) == index_schema(*OLD)
    assert find(live, MONITOR.title)
    assert live.reindex(NEW, ignore) == len(PRODUCTS)


def test_two_long_jobs_do_not_run_at_once(live: LiveCatalog) -> None:
    def start_another(done: int, total: int | None, note: str = "") -> None:
        with pytest.raises(CallerError, match="while another import or reindex runs"):
            live.import_feed(feed_of(MONITOR), ignore, keep_missing=True, force=False)

    live.reindex(NEW, start_another)


def test_another_process_that_switched_is_followed(
    live: LiveCatalog, storage: IndexStorage
) -> None:
    heard: list[OpenedCatalog] = []
    live.listen(heard.append)
    live.follow()
    assert not heard, "nothing was new"
    info = live.opened.store.paths.info
    info.write_text(info.read_text().replace('"title"', '"title" '))
    live.follow()
    assert len(heard) == 1


def test_another_process_that_switched_to_other_encoders_is_followed(
    live: LiveCatalog, storage: IndexStorage, tmp_path: Path
) -> None:
    if isinstance(storage, EmbeddedStorage):
        pytest.skip("an embedded index belongs to one process")
    asked: list[Mapping[str, str]] = []

    def load(names: Mapping[str, str]) -> tuple[Encoder, Encoder]:
        asked.append(names)
        return NEW

    other = LiveCatalog(
        storage, load_store(tmp_path / "store"), OLD, make_indexer, load_stored=load
    )
    live.reindex(NEW, ignore)
    other.follow()
    assert asked == [{"english": "new", "multilingual": "new"}]
    assert other.opened.encoders == NEW
    assert find(other, MONITOR.title)
    other.follow()
    assert len(asked) == 1, "loaded once"


class CountingEncoder(HashingEncoder):
    """Counts the texts it encodes."""

    encoded = 0

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode_passages(texts)


def test_a_reindex_embeds_only_what_another_encoder_reads(live: LiveCatalog) -> None:
    kept, other = CountingEncoder("old"), CountingEncoder("new", dimensions=64)
    live.put([samovar()])
    assert live.reindex((other, kept), ignore) == len(PRODUCTS) + 1
    assert (other.encoded, kept.encoded) == (len(PRODUCTS) + 1, 0)
    assert find(live, "samovar")[0].id == "s1"
    again = CountingEncoder("new", dimensions=64)
    live.put([samovar(title="Zorbomatic samovar of brass")])
    live.reindex((again, CountingEncoder("other")), ignore)
    assert again.encoded == 0
    assert find(live, "brass")[0].id == "s1"
