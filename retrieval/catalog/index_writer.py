"""Overlaps reading a feed with embedding it: both cores work, memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from retrieval.types import Product, ProductIndexer


class IndexWriter:
    """Keeps the indexer busy in a thread of its own while the next batch is read.

    At most one task waits, so memory stays bounded; what a task raises comes out at the next.
    """

    def __init__(self, indexer: ProductIndexer) -> None:
        self._indexer = indexer
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="indexer")
        self._running: Future[None] | None = None

    def __enter__(self) -> IndexWriter:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if error[0] is None:
                self._settle()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def write(self, new: Sequence[Product], changed: Sequence[Product]) -> None:
        """Embed and store `new`, store what is new of `changed`."""
        self.run(lambda: self._write(new, changed))

    def run(self, task: Callable[[], None]) -> None:
        """Start `task` once the one before it is done."""
        self._settle()
        self._running = self._pool.submit(task)

    def _write(self, new: Sequence[Product], changed: Sequence[Product]) -> None:
        self._indexer.index(new)
        self._indexer.update(changed)

    def _settle(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.result()
