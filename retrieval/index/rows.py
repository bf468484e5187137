"""What is read of payloads again and again, kept in the form it is used in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from retrieval.index.types import Payload, ProductIndex

T = TypeVar("T")


class RowCache(Generic[T]):
    """Reads points as `read` makes them of some payload fields, and keeps the latest; thread-safe.

    A point that is written is read again at once. Where others may write unseen (a server's
    index), rows are kept for `stale_s` seconds, and with 0 not at all.
    """

    def __init__(
        self,
        index: ProductIndex,
        fields: Sequence[str],
        read: Callable[[str, Payload], T],
        *,
        most: int,
        stale_s: float = 0.0,
    ) -> None:
        self._index = index
        self._fields = fields
        self._read = read
        self._most = most
        self._stale_s = stale_s
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, T]] = {}
        self._count = index.writes.count if index.writes else 0

    def read(self, keys: Iterable[str]) -> dict[str, T]:
        """Rows by point id, in the order asked; unknown ids are left out."""
        wanted = list(dict.fromkeys(keys))
        with self._lock:
            self._catch_up()
            count, least = self._count, self._least_time()
            known = {
                key: row[1]
                for key in wanted
                if (row := self._kept.get(key)) is not None and row[0] >= least
            }
        missing = [key for key in wanted if key not in known]
        if not missing:
            return known
        asked = time.monotonic()
        payloads = self._index.fetch(missing, self._fields)
        fresh = {key: self._read(key, payload) for key, payload in payloads.items()}
        self._keep(fresh, count, asked)
        both = {**known, **fresh}
        return {key: both[key] for key in wanted if key in both}

    def _least_time(self) -> float:
        """Rows read before are too old."""
        return -1.0 if self._index.writes else time.monotonic() - self._stale_s

    def _catch_up(self) -> None:
        """Forget what was written since the last look."""
        log = self._index.writes
        if log is None or log.count == self._count:
            return
        count = log.count
        changed = log.since(self._count)
        if changed is None:
            self._kept.clear()
        else:
            for key in changed:
                self._kept.pop(key, None)
        self._count = count

    def _keep(self, fresh: dict[str, T], count: int, asked: float) -> None:
        """Keep what was read while the writes stood at `count`, but what was written meanwhile."""
        log = self._index.writes
        if log is None and not self._stale_s:
            return
        with self._lock:
            self._catch_up()
            changed = log.since(count) if log else frozenset()
            if changed is None:
                return
            self._kept |= {key: (asked, row) for key, row in fresh.items() if key not in changed}
            excess = len(self._kept) - self._most
            for key in list(self._kept)[: max(0, excess)]:
                del self._kept[key]
