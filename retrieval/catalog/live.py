"""A store's catalogue while it is served: what changes is in the next query.

Single products are written straight into the index in use. A whole reindex, say with another
encoder, fills a generation beside it and takes its place in one step, while queries run; what
changes meanwhile is copied after. The vocabulary follows a while behind: it is counted over
the whole catalogue.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from retrieval.catalog.category_store import load_categories
from retrieval.catalog.checked import check_product
from retrieval.catalog.files import write_together
from retrieval.catalog.plan import Action, choose_action, with_category
from retrieval.catalog.report import ImportReport
from retrieval.catalog.store import Store, load_store
from retrieval.catalog.sync import import_feed
from retrieval.catalog.types import Feed
from retrieval.catalog.vocabulary import VocabularyBuilder
from retrieval.errors import CallerError, InvalidRequestError, UnknownProductError
from retrieval.index.document import DIGESTS, read_product, stored_fingerprint
from retrieval.index.schema import index_schema
from retrieval.index.storage import Generation, IndexStorage
from retrieval.index.types import Group, ProductIndex, point_id
from retrieval.types import (
    Encoder,
    Product,
    ProductImages,
    ProductIndexer,
    ProgressListener,
)

# Products read, embedded and written at once while reindexing.
BATCH = 256
# The vocabulary is counted again when nothing has changed for so long (seconds) ...
QUIET_S = 20.0
# ... or when so much time has passed since the first change that it does not know.
LATEST_S = 300.0
# How often a server looks whether another process has switched the index or the files.
FOLLOW_S = 10.0
# A turn that began on the former index is done by then; longer than FOLLOW_S and any turn.
RETIRE_S = 90.0
# What a product keeps for life.
FIXED = frozenset({"id", "currency"})

T = TypeVar("T")

Encoders = tuple[Encoder, Encoder]
IndexerMaker = Callable[[ProductIndex, Encoders], ProductIndexer]


@dataclass(frozen=True)
class OpenedCatalog:
    """A store's files and the generation of its index in use, with the encoders it is of."""

    store: Store
    generation: Generation
    encoders: Encoders


class LiveCatalog:
    """The one writer of a served store; safe to call from many threads."""

    def __init__(
        self,
        storage: IndexStorage,
        store: Store,
        encoders: Encoders,
        make_indexer: IndexerMaker,
        images: ProductImages | None = None,
        *,
        quiet_s: float = QUIET_S,
        retire_s: float = RETIRE_S,
    ) -> None:
        """Opens the index; raises what `IndexStorage.open` raises.

        `images` are the pictures that the indexers of `make_indexer` embed.
        """
        self._storage = storage
        self._make_indexer = make_indexer
        self._quiet_s, self._retire_s = quiet_s, retire_s
        self._image_encoder = images.encoder if images else None
        generation = storage.open(index_schema(*encoders, self._image_encoder))
        self.opened = OpenedCatalog(store, generation, encoders)
        self._listeners: list[Callable[[OpenedCatalog], None]] = []
        self._writing = threading.RLock()
        self._working = threading.Lock()
        self._touched: set[str] | None = None
        self._changed_first = self._changed_last = 0.0
        self._retired: list[threading.Timer] = []
        self._stop = threading.Event()
        self._files_of = self._files_time()

    def listen(self, listener: Callable[[OpenedCatalog], None]) -> None:
        """Call `listener` (in any thread) whenever the index or the store's files are new."""
        self._listeners.append(listener)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else of this process writes while the block runs."""
        with self._writing:
            yield

    # ------------------------------------------------------------ one product

    def put(self, products: Sequence[Product]) -> dict[str, Action]:
        """Add products or replace them; returns what each needed.

        Raises InvalidRequestError when one has another currency than the store.
        """
        store = self.opened.store
        for product in products:
            if product.currency != store.info.currency:
                raise InvalidRequestError(
                    f"Product {product.id!r} is priced in {product.currency}, this store in "
                    f"{store.info.currency}.",
                    remedy="Convert the price; one store has one currency.",
                )
        model = load_categories(store.paths.categories)
        placed = [p if model is None else with_category(p, model) for p in products]
        with self._write([p.id for p in placed]) as (index, indexer):
            stored = index.fetch([point_id(p.id) for p in placed], DIGESTS)
            before = {p["id"]: stored_fingerprint(p) for p in stored.values()}
            actions = {
                p.id: choose_action(indexer.fingerprint(p), before.get(p.id)) for p in placed
            }
            indexer.index([p for p in placed if actions[p.id] is Action.EMBED])
            indexer.update([p for p in placed if actions[p.id] is Action.UPDATE])
        self._note_change(worth=Action.EMBED in actions.values())
        return actions

    def change(self, product_id: str, fields: Mapping[str, Any]) -> Product:
        """Replace some fields of a product: a price, a stock; returns it as it is now.

        Raises CallerError for an unknown product, InvalidRequestError for a field that does
        not exist, may not change or has the wrong form.
        """
        if unchangeable := FIXED & fields.keys():
            raise InvalidRequestError(
                f"A product's {min(unchangeable)} cannot change.",
                remedy="Remove the product and add it anew.",
            )
        with self._writing:
            product = self.get(product_id)
            changed = check_product({**product.model_dump(), **fields})
            self.put([changed])
        return changed

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Withdraw products; returns the ids that were there."""
        with self._write(ids) as (index, indexer):
            stored = index.fetch([point_id(i) for i in ids], ("id",))
            there = [i for i in ids if point_id(i) in stored]
            indexer.delete(there)
        self._note_change(worth=bool(there))
        return there

    def get(self, product_id: str) -> Product:
        """One product as it is stored; raises CallerError for an unknown id."""
        payloads = self.opened.generation.index.fetch([point_id(product_id)])
        if not payloads:
            raise UnknownProductError(
                f"This store has no product {product_id!r}.", remedy="Take an id from a search."
            )
        return read_product(payloads[point_id(product_id)])

    # ------------------------------------------------------------ whole feeds

    def import_feed(
        self, feed: Feed, listener: ProgressListener, *, keep_missing: bool, force: bool
    ) -> ImportReport:
        """Bring the store in line with a feed while queries run; see `sync.import_feed`."""
        with self._long_job("An import"):
            opened = self.opened
            indexer = self._make_indexer(opened.generation.index, opened.encoders)
            report = import_feed(
                feed,
                indexer,
                opened.store.paths.root,
                listener,
                fingerprint=indexer.fingerprint,
                stored_products=lambda ids: _read(opened.generation.index, ids),
                keep_missing=keep_missing,
                force=force,
            )
            self._swap(load_store(opened.store.paths.root), opened.generation, opened.encoders)
        return report

    def reindex(self, encoders: Encoders, listener: ProgressListener) -> int:
        """Build the index anew with `encoders` and the storage's tuning; returns products.

        Queries and changes go on meanwhile. Killed on the way, the former index serves on.
        """
        with self._long_job("A reindex"):
            former = self.opened
            new = self._storage.begin(index_schema(*encoders, self._image_encoder))
            indexer = self._make_indexer(new.index, encoders)
            try:
                self._touched = set()
                self._copy_all(former.generation.index, indexer, listener)
                self._copy(former.generation.index, indexer, self._take_touched())
                indexer.flush()
                with self._writing:
                    self._copy(former.generation.index, indexer, self._take_touched())
                    self._storage.commit(new)
                    self._swap(former.store, new, encoders)
            except BaseException:
                new.index.close()
                self._storage.remove(new.name)
                raise
            finally:
                self._touched = None
            self._retire(former.generation)
            return new.index.count(Group())

    def refresh(self) -> None:
        """Count the vocabulary of what is stored, and use it."""
        with self._long_job("A refresh"):
            self._changed_first = 0.0
            opened = self.opened
            builder = VocabularyBuilder(opened.store.vocabulary.labels)
            count = 0
            for _, payload in opened.generation.index.scan(("product",)):
                builder.add(read_product(payload))
                count += 1
            model = load_categories(opened.store.paths.categories)
            vocabulary = builder.build(model.aliases() if model else None)
            info = opened.store.info.model_copy(update={"products": count})
            paths = opened.store.paths
            write_together(
                {
                    paths.vocabulary: vocabulary.model_dump_json(exclude_defaults=True),
                    paths.info: info.model_dump_json(indent=1),
                }
            )
            self._swap(Store(paths, info, vocabulary), opened.generation, opened.encoders)

    # ------------------------------------------------------------ upkeep

    @contextmanager
    def kept_up(self) -> Iterator[LiveCatalog]:
        """Follow changes in a thread of its own while the block runs."""
        thread = threading.Thread(target=self._keep_up, name="catalog", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()
            self.close()

    def close(self) -> None:
        """Let go of the index, and of those that were about to retire."""
        for timer in self._retired:
            timer.cancel()
            timer.function(*timer.args)
        self._retired.clear()
        self.opened.generation.index.close()

    def _keep_up(self) -> None:
        followed = time.monotonic()
        while not self._stop.wait(1.0):
            now = time.monotonic()
            quiet = now - self._changed_last >= self._quiet_s
            if self._changed_first and (quiet or now - self._changed_first >= LATEST_S):
                try:
                    self.refresh()
                except CallerError:
                    continue  # a longer job runs, and ends with a vocabulary of its own
            if now - followed >= FOLLOW_S:
                followed = now
                self.follow()

    def follow(self) -> None:
        """Take over what another process wrote: a new generation, or a new vocabulary."""
        if not self._working.acquire(blocking=False):
            return
        try:
            opened = self.opened
            generation = opened.generation
            if self._storage.current() not in (None, generation.name):
                generation = self._storage.open(generation.schema)
            if generation is not opened.generation or self._files_time() != self._files_of:
                store = load_store(opened.store.paths.root)
                self._swap(store, generation, opened.encoders)
        finally:
            self._working.release()

    # ------------------------------------------------------------ inner parts

    @contextmanager
    def _write(self, ids: Sequence[str]) -> Iterator[tuple[ProductIndex, ProductIndexer]]:
        """The index in use, held for a write that a running reindex hears of."""
        with self._writing:
            opened = self.opened
            index = opened.generation.index
            yield index, self._make_indexer(index, opened.encoders)
            if self._touched is not None:
                self._touched.update(ids)

    @contextmanager
    def _long_job(self, what: str) -> Iterator[None]:
        if not self._working.acquire(blocking=False):
            raise CallerError(
                f"{what} cannot start while another import or reindex runs.",
                remedy="Wait until it is done; GET /v1/catalog/jobs shows how far it is.",
            )
        try:
            yield
        finally:
            self._working.release()

    def _note_change(self, *, worth: bool) -> None:
        if worth:
            self._changed_last = time.monotonic()
            self._changed_first = self._changed_first or self._changed_last

    def _take_touched(self) -> list[str]:
        with self._writing:
            taken, self._touched = sorted(self._touched or ()), set()
        return taken

    def _copy_all(
        self, source: ProductIndex, indexer: ProductIndexer, listener: ProgressListener
    ) -> None:
        total, done = source.count(Group()), 0
        for page in _pages(source.scan(("product",))):
            indexer.index([read_product(payload) for _, payload in page])
            done += len(page)
            listener(done, max(total, done), "reindexing")

    def _copy(self, source: ProductIndex, indexer: ProductIndexer, ids: Sequence[str]) -> None:
        """What became of the products `ids` since they were copied."""
        for part in _pages(ids):
            there = _read(source, part)
            indexer.index(there)
            indexer.delete(sorted(set(part) - {p.id for p in there}))

    def _swap(self, store: Store, generation: Generation, encoders: Encoders) -> None:
        self.opened = OpenedCatalog(store, generation, encoders)
        self._files_of = self._files_time()
        for listener in self._listeners:
            listener(self.opened)

    def _retire(self, generation: Generation) -> None:
        def remove() -> None:
            generation.index.close()
            self._storage.remove(generation.name)

        timer = threading.Timer(self._retire_s, remove)
        timer.daemon = True
        self._retired = [t for t in self._retired if t.is_alive()] + [timer]
        timer.start()

    def _files_time(self) -> int:
        try:
            return self.opened.store.paths.info.stat().st_mtime_ns
        except OSError:
            return 0


def _read(index: ProductIndex, ids: Sequence[str]) -> list[Product]:
    return [read_product(payload) for payload in index.fetch([point_id(i) for i in ids]).values()]


def _pages(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(items)
    while page := list(islice(iterator, size)):
        yield page
