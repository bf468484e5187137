"""Brings a store in line with a feed: only what changed is embedded, nothing is half-done.

The feed is read twice: first to check every row and to learn how its products fall into
categories, then to index. A feed that breaks off is therefore refused before the index is
touched. An import that is killed leaves the former store's files in place and continues at
the next run, because the index itself tells which products are already in it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from retrieval.catalog.categories import CategoryLearner, CategoryModel
from retrieval.catalog.category_store import load_categories, save_categories
from retrieval.catalog.files import write_together
from retrieval.catalog.report import ImportReport, ReportWriter, open_report
from retrieval.catalog.store import StorePaths
from retrieval.catalog.types import Feed, RejectedRow
from retrieval.catalog.vocabulary import VocabularyBuilder
from retrieval.errors import CallerError, FeedError, TerminalError
from retrieval.index.document import fingerprint as document_fingerprint
from retrieval.types import (
    Fingerprint,
    Language,
    Product,
    ProductIndexer,
    ProgressListener,
    StoreInfo,
    Vocabulary,
)

# Products embedded at once: enough to sort texts by length, little enough to redo after a crash.
BATCH = 512
# Products between two flushes; what a crash may cost.
FLUSH_EVERY = 4096
# A feed that lacks more than this share of the store is more often cut short than meant.
MAX_REMOVED = 0.5
# Stores smaller than this may change altogether between two tries.
SMALL_STORE = 20
# A learned way to categorise serves until the catalogue has changed its size by this factor.
RELEARN_FACTOR = 1.5
# Rows between two calls of the listener.
REPORT_EVERY = 200

Labels = Mapping[Language, Mapping[str, str]]
Fingerprinter = Callable[[Product], Fingerprint]


@dataclass(slots=True)
class _Reading:
    """What the first pass found."""

    ids: set[str] = field(default_factory=set)
    uncategorised: int = 0
    chinese: int = 0


@dataclass(slots=True)
class _Counts:
    indexed: int = 0
    updated: int = 0
    unchanged: int = 0
    derived: int = 0
    with_category: int = 0
    deleted: int = 0
    kept: int = 0


def import_feed(
    feed: Feed,
    indexer: ProductIndexer,
    store_path: Path,
    listener: ProgressListener,
    *,
    store_info: StoreInfo | None = None,
    labels: Labels | None = None,
    fingerprint: Fingerprinter = document_fingerprint,
    stored_products: Callable[[Sequence[str]], Iterable[Product]] | None = None,
    keep_missing: bool = False,
    force: bool = False,
) -> ImportReport:
    """Make the store at `store_path` hold what `feed` holds; returns what was done.

    `store_info` says what is true of the whole store, its currency and counts are filled in.
    Products that the feed no longer has are deleted unless `keep_missing`; then
    `stored_products` (e.g. ``Searcher.get``) reads them back for the vocabulary. Raises
    FeedError, CallerError when most of the store would go and `force` is not given,
    DiskFullError, and what the indexer raises.
    """
    started = time.monotonic()
    paths = StorePaths(store_path)
    with open_report(paths.report) as problems:
        learner = CategoryLearner()
        reading = _read(feed, problems, learner, listener)
        _require_products(feed, reading, problems)
        stored = indexer.fingerprints()
        missing = sorted(stored.keys() - reading.ids)
        if not keep_missing and not force:
            _refuse_emptying(feed, stored, missing)
        model = _category_model(paths, reading, learner, listener)
        words = VocabularyBuilder(labels)
        products = _categorised(feed, model, reading)
        counts = _index(products, indexer, stored, fingerprint, words, listener, reading)
        if keep_missing:
            counts.kept = len(missing)
            _add_kept(missing, stored_products, words, counts)
        else:
            counts.deleted = len(missing)
            indexer.delete(missing)
        indexer.flush()
    vocabulary = words.build(model.aliases())
    report = _report(paths, reading, problems, counts, vocabulary, time.monotonic() - started)
    _write_store(paths, feed, store_info, reading, vocabulary, report)
    return report


def _report(
    paths: StorePaths,
    reading: _Reading,
    problems: ReportWriter,
    counts: _Counts,
    vocabulary: Vocabulary,
    seconds: float,
) -> ImportReport:
    return ImportReport(
        store=paths.root.name,
        products=len(reading.ids) + counts.kept,
        indexed=counts.indexed,
        updated=counts.updated,
        unchanged=counts.unchanged,
        deleted=counts.deleted,
        kept=counts.kept,
        rejected=problems.rejected,
        noted=problems.noted,
        categories=len(vocabulary.categories),
        with_category=counts.with_category,
        derived=counts.derived,
        seconds=seconds,
        report_path=paths.report,
    )


def _write_store(
    paths: StorePaths,
    feed: Feed,
    given: StoreInfo | None,
    reading: _Reading,
    vocabulary: Vocabulary,
    report: ImportReport,
) -> None:
    info = _complete_info(given, feed, paths.root.name, reading, report.products)
    write_together(
        {
            paths.vocabulary: vocabulary.model_dump_json(exclude_defaults=True),
            paths.info: info.model_dump_json(indent=1),
            paths.manifest: _manifest(feed, report),
        }
    )


def _read(
    feed: Feed, problems: ReportWriter, learner: CategoryLearner, listener: ProgressListener
) -> _Reading:
    """First pass: every row is checked, problems are written down, categories learned."""
    reading = _Reading()
    for number, row in enumerate(feed):
        problems.write(row)
        if number % REPORT_EVERY == 0:
            listener(feed.size_hint.read, feed.size_hint.total, "reading the feed")
        if isinstance(row, RejectedRow):
            continue
        reading.ids.add(row.product.id)
        reading.chinese += _is_chinese(row.product.title)
        if not row.product.category:
            reading.uncategorised += 1
            learner.add(row.product)
    listener(feed.size_hint.total, feed.size_hint.total, "reading the feed")
    return reading


def _is_chinese(title: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in title)


def _require_products(feed: Feed, reading: _Reading, problems: ReportWriter) -> None:
    if reading.ids:
        return
    if problems.first is None:
        raise FeedError(f"{feed.name} holds no products.", remedy="Export the catalogue again.")
    first = problems.first
    raise FeedError(
        f"None of the {problems.rejected:,} rows of {feed.name} can be imported; "
        f"line {first.line}: {first.field} {first.reason}.",
        remedy=first.remedy,
    )


def _refuse_emptying(feed: Feed, stored: Mapping[str, Fingerprint], missing: list[str]) -> None:
    if len(stored) >= SMALL_STORE and len(missing) > MAX_REMOVED * len(stored):
        raise CallerError(
            f"{feed.name} lacks {len(missing):,} of the {len(stored):,} products of this store; "
            "nothing was changed.",
            remedy="Use --force to delete them, --keep-missing to keep them, "
            "or --store for another store.",
        )


def _category_model(
    paths: StorePaths, reading: _Reading, learner: CategoryLearner, listener: ProgressListener
) -> CategoryModel:
    """The way this store's products are categorised, learned anew only when it outgrew it.

    Categories are part of what is embedded: deriving them afresh for every small change of
    the feed would move products about and embed them again.
    """
    former = load_categories(paths.categories)
    if former is not None and _still_serves(former, reading.uncategorised):
        return former
    listener(0, None, "deriving categories")
    save_categories(learner.learn(), paths.categories)
    # The stored model is rounded: the one that is used must be the one used again.
    stored = load_categories(paths.categories)
    if stored is None:
        raise TerminalError(f"{paths.categories} cannot be read back.", remedy="Check the disk.")
    return stored


def _still_serves(model: CategoryModel, count: int) -> bool:
    return model.learned_from / RELEARN_FACTOR <= count <= model.learned_from * RELEARN_FACTOR


def _categorised(feed: Feed, model: CategoryModel, reading: _Reading) -> Iterator[Product]:
    """Second pass: the same products as in the first, each with its category."""
    count = 0
    for row in feed:
        if isinstance(row, RejectedRow):
            continue
        count += 1
        if row.product.id not in reading.ids:
            count = -1
            break
        yield row.product if row.product.category else model.categorise(row.product)
    if count != len(reading.ids):
        raise FeedError(f"{feed.name} changed while it was read.", remedy="Run the import again.")


def _index(
    products: Iterable[Product],
    indexer: ProductIndexer,
    stored: Mapping[str, Fingerprint],
    fingerprint: Fingerprinter,
    vocabulary: VocabularyBuilder,
    listener: ProgressListener,
    reading: _Reading,
) -> _Counts:
    """Embed what is new, update what only changed its price or stock, skip the rest."""
    total = len(reading.ids)
    counts = _Counts()
    new: list[Product] = []
    changed: list[Product] = []
    unflushed = 0
    for done, product in enumerate(products, 1):
        _count(product, vocabulary, counts)
        now, before = fingerprint(product), stored.get(product.id)
        if before is None or before.text != now.text:
            new.append(product)
        elif before.payload != now.payload:
            changed.append(product)
        else:
            counts.unchanged += 1
        if len(new) >= BATCH or len(changed) >= BATCH or done == total:
            indexer.index(new)
            indexer.update(changed)
            counts.indexed += len(new)
            counts.updated += len(changed)
            unflushed += len(new) + len(changed)
            new, changed = [], []
        if unflushed >= FLUSH_EVERY:
            indexer.flush()
            unflushed = 0
        if done % REPORT_EVERY == 0 or done == total:
            listener(done, total, "indexing")
    return counts


def _count(product: Product, vocabulary: VocabularyBuilder, counts: _Counts) -> None:
    vocabulary.add(product)
    counts.derived += product.category_derived
    counts.with_category += bool(product.category)


def _add_kept(
    missing: list[str],
    stored_products: Callable[[Sequence[str]], Iterable[Product]] | None,
    vocabulary: VocabularyBuilder,
    counts: _Counts,
) -> None:
    if missing and stored_products is None:
        raise TypeError("keep_missing needs stored_products to read the kept products back")
    for start in range(0, len(missing), BATCH):
        for product in stored_products(missing[start : start + BATCH]) if stored_products else ():
            _count(product, vocabulary, counts)


def _complete_info(
    given: StoreInfo | None, feed: Feed, name: str, reading: _Reading, total: int
) -> StoreInfo:
    """The store's description with what the import found out."""
    found = {
        "currency": feed.currency or (given.currency if given else ""),
        "products": total,
        "imported_at": datetime.now(UTC),
    }
    if given is not None:
        return given.model_copy(update=found)
    chinese = 2 * reading.chinese > len(reading.ids)
    languages = (Language.CHINESE,) if chinese else (Language.ENGLISH,)
    title = name.replace("-", " ").replace("_", " ").title()
    return StoreInfo.model_validate({"name": name, "title": title, "languages": languages, **found})


def _manifest(feed: Feed, report: ImportReport) -> str:
    entry = {
        "feed": feed.name,
        "bytes": feed.size_hint.total,
        "currency": feed.currency,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "products": report.products,
        "indexed": report.indexed,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "rejected": report.rejected,
        "seconds": round(report.seconds, 1),
    }
    return json.dumps(entry, indent=1, ensure_ascii=False)
