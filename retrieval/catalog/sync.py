"""Brings a store in line with a feed: only what changed is embedded, nothing is half-done.

The feed is read twice: first to check every row and to plan (or, the first time, to learn how
its products fall into categories), then to index what the plan asks for. A feed that breaks
off is therefore refused before the index is touched. An import that is killed leaves the
former store's files in place and continues at the next run, because the index itself tells
which products are already in it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from retrieval.catalog.categories import CategoryLearner, CategoryModel
from retrieval.catalog.category_store import load_categories, save_categories
from retrieval.catalog.files import write_together
from retrieval.catalog.index_writer import IndexWriter
from retrieval.catalog.plan import (
    REPORT_EVERY,
    Action,
    Fingerprinter,
    Plan,
    Reading,
    read_again,
    read_feed,
    with_category,
)
from retrieval.catalog.report import ImportReport, ReportWriter, open_report
from retrieval.catalog.store import StorePaths
from retrieval.catalog.types import Feed, FeedRow
from retrieval.catalog.vocabulary import Labels, VocabularyBuilder
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
StoredProducts = Callable[[Sequence[str]], Iterable[Product]]


@dataclass(slots=True)
class _Counts:
    embedded: int = 0
    updated: int = 0
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
    stored_products: StoredProducts | None = None,
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
    if keep_missing and stored_products is None:
        raise TypeError("keep_missing needs stored_products to read the kept products back")
    paths = StorePaths(store_path)
    with open_report(paths.report) as problems:
        plan = Plan(indexer.fingerprints(), fingerprint, VocabularyBuilder(labels))
        learner, former = CategoryLearner(), load_categories(paths.categories)
        reading = read_feed(feed, problems, listener, learner, former, plan)
        _require_products(feed, reading, problems)
        missing = sorted(plan.stored.keys() - reading.ids)
        if not keep_missing and not force:
            _refuse_emptying(feed, plan.stored, missing)
        if former is not None and _still_serves(former, reading.uncategorised):
            model, work = former, _planned(feed, former, reading, plan)
        else:
            plan = Plan(plan.stored, fingerprint, VocabularyBuilder(labels))
            model = _learn(feed, paths, learner if former is None else None, listener)
            work = _planning(feed, model, reading, plan)
        counts = _index(work, indexer, listener, len(plan.actions) or len(reading.ids))
        if keep_missing and stored_products is not None:
            counts.kept = len(missing)
            _add_kept(missing, stored_products, plan)
        else:
            counts.deleted = len(missing)
            indexer.delete(missing)
        indexer.flush()
    vocabulary = plan.vocabulary.build(model.aliases())
    report = _report(paths, reading, problems, plan, counts, vocabulary, started)
    _write_store(paths, feed, store_info, reading, vocabulary, report)
    return report


def _report(
    paths: StorePaths,
    reading: Reading,
    problems: ReportWriter,
    plan: Plan,
    counts: _Counts,
    vocabulary: Vocabulary,
    started: float,
) -> ImportReport:
    return ImportReport(
        store=paths.root.name,
        products=len(reading.ids) + counts.kept,
        indexed=counts.embedded,
        updated=counts.updated,
        unchanged=plan.unchanged,
        deleted=counts.deleted,
        kept=counts.kept,
        rejected=problems.rejected,
        noted=problems.noted,
        categories=len(vocabulary.categories),
        with_category=plan.with_category,
        derived=plan.derived,
        seconds=time.monotonic() - started,
        report_path=paths.report,
    )


def _write_store(
    paths: StorePaths,
    feed: Feed,
    given: StoreInfo | None,
    reading: Reading,
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


def _require_products(feed: Feed, reading: Reading, problems: ReportWriter) -> None:
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


def _still_serves(model: CategoryModel, count: int) -> bool:
    """Whether a model from an earlier import is kept.

    Categories are part of what is embedded: deriving them afresh for every small change of
    the feed would move products about and embed them again.
    """
    return model.learned_from / RELEARN_FACTOR <= count <= model.learned_from * RELEARN_FACTOR


def _learn(
    feed: Feed, paths: StorePaths, learner: CategoryLearner | None, listener: ProgressListener
) -> CategoryModel:
    """A new category model, kept beside the store; without a `learner` the feed is read for it."""
    listener(0, None, "deriving categories")
    if learner is None:
        learner = CategoryLearner()
        for row in feed:
            if isinstance(row, FeedRow) and not row.product.category:
                learner.add(row.product)
    save_categories(learner.learn(), paths.categories)
    # The stored model is rounded: the one that is used must be the one used again.
    stored = load_categories(paths.categories)
    if stored is None:
        raise TerminalError(f"{paths.categories} cannot be read back.", remedy="Check the disk.")
    return stored


def _planned(
    feed: Feed, model: CategoryModel, reading: Reading, plan: Plan
) -> Iterator[tuple[Product, Action]]:
    """The products that a finished plan asks for; nothing is read when it asks for none."""
    if not plan.actions:
        return
    for product in read_again(feed, reading):
        if action := plan.actions.get(product.id):
            yield with_category(product, model), action


def _planning(
    feed: Feed, model: CategoryModel, reading: Reading, plan: Plan
) -> Iterator[tuple[Product, Action]]:
    """Every product, decided on as it is read."""
    for product in read_again(feed, reading):
        placed = with_category(product, model)
        yield placed, plan.decide(placed)


def _index(
    work: Iterable[tuple[Product, Action]],
    indexer: ProductIndexer,
    listener: ProgressListener,
    total: int,
) -> _Counts:
    """Embed what is new, update what only changed its price or stock, in batches."""
    counts = _Counts()
    batches: dict[Action, list[Product]] = {Action.EMBED: [], Action.UPDATE: []}
    flushed = 0
    with IndexWriter(indexer) as writer:
        for done, (product, action) in enumerate(work, 1):
            if action is not Action.NOTHING:
                batches[action].append(product)
            if any(len(batch) >= BATCH for batch in batches.values()):
                _send(batches, writer, counts)
            if counts.embedded + counts.updated - flushed >= FLUSH_EVERY:
                writer.run(indexer.flush)
                flushed = counts.embedded + counts.updated
            if done % REPORT_EVERY == 0:
                listener(done, total, "indexing")
        _send(batches, writer, counts)
    listener(total, total, "indexing")
    return counts


def _send(batches: dict[Action, list[Product]], writer: IndexWriter, counts: _Counts) -> None:
    new, changed = list(batches[Action.EMBED]), list(batches[Action.UPDATE])
    writer.write(new, changed)
    counts.embedded += len(new)
    counts.updated += len(changed)
    for batch in batches.values():
        batch.clear()


def _add_kept(missing: list[str], stored_products: StoredProducts, plan: Plan) -> None:
    for start in range(0, len(missing), BATCH):
        for product in stored_products(missing[start : start + BATCH]):
            plan.count(product)


def _complete_info(
    given: StoreInfo | None, feed: Feed, name: str, reading: Reading, total: int
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
