"""Brings a store in line with a feed, or makes the demo store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from assistant.build import DEMO, load_encoders, open_images, open_index_to_fill, open_storage
from assistant.errors import CallerError
from assistant.llm.weights import ensure_encoders, ensure_served
from assistant.settings import Settings
from retrieval.catalog.demo.generate import generate_demo
from retrieval.catalog.feed import ProductFeed, open_feed
from retrieval.catalog.report import ImportReport, add_pictures
from retrieval.catalog.store import StorePaths
from retrieval.catalog.sync import import_feed
from retrieval.catalog.types import Feed
from retrieval.index.indexer import Indexer
from retrieval.index.storage import is_outdated
from retrieval.search import HybridSearcher
from retrieval.types import Language, ProgressListener, StoreInfo


def import_store(
    settings: Settings,
    feed: str | Path,
    listener: ProgressListener,
    *,
    feed_format: str | None = None,
    currency: str | None = None,
    encoding: str | None = None,
    column_map: dict[str, str] | None = None,
    keep_missing: bool = False,
    force: bool = False,
) -> ImportReport:
    """Bring the active store in line with a feed file, or with the demo store.

    Builds the encoders first where they are missing.
    """
    if str(feed) == DEMO:
        return _import_demo(settings, listener)
    opened = open_feed(
        feed, format=feed_format, currency=currency, column_map=column_map, encoding=encoding
    )
    return _fill(settings, opened, listener, keep_missing=keep_missing, force=force)


def _import_demo(settings: Settings, listener: ProgressListener) -> ImportReport:
    demo = generate_demo()
    paths = StorePaths(settings.store_path)
    demo.write_media(paths.media)
    demo.write_events(paths.events)
    products = demo.products
    feed = ProductFeed(DEMO, demo.info.currency, lambda: products, len(products))
    return _fill(settings, feed, listener, store_info=demo.info, labels=demo.labels, force=True)


def _fill(
    settings: Settings,
    feed: Feed,
    listener: ProgressListener,
    *,
    keep_missing: bool = False,
    force: bool = False,
    store_info: StoreInfo | None = None,
    labels: Mapping[Language, Mapping[str, str]] | None = None,
) -> ImportReport:
    """Index a feed, with pictures where the settings want them."""
    ensure_encoders(settings, listener)
    encoders = load_encoders(settings)
    images = open_images(settings)
    with open_index_to_fill(settings, encoders, whole=not keep_missing) as index:
        indexer = Indexer(index, *encoders, images)
        report = import_feed(
            feed,
            indexer,
            settings.store_path,
            listener,
            store_info=store_info,
            labels=labels,
            fingerprint=indexer.fingerprint,
            stored_products=HybridSearcher(index, *encoders).get,
            keep_missing=keep_missing,
            force=force,
        )
    return add_pictures(report, images.counts) if images else report


def ensure_store(settings: Settings, listener: ProgressListener) -> None:
    """Import the demo store where it is wanted and missing or of an earlier version; other
    stores must exist."""
    if settings.store == DEMO:
        with open_storage(settings) as storage:
            there = StorePaths(settings.store_path).info.is_file() and not is_outdated(storage)
        if not there:
            import_store(settings, DEMO, listener)
    ensure_served(settings, listener)


def import_for_evaluation(
    settings: Settings, catalog: Path, listener: ProgressListener, currency: str | None = None
) -> Settings:
    """Settings of a store that holds this very feed, imported where it is not there yet."""
    if not catalog.is_file():
        raise CallerError(f"There is no feed at {catalog}.", remedy="Check --catalog.")
    digest = hashlib.sha256(catalog.read_bytes()).hexdigest()[:12]
    own = settings.model_copy(update={"store": f"eval-{digest}"})
    import_store(own, catalog, listener, currency=currency)
    return own
