"""What was written to an index since when: how a cache beside it knows what it may still say."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

# Ids of changed points that are remembered: more than a busy shop changes between two queries,
# and a few MB. A cache that looks after more than that starts anew.
REMEMBERED = 20_000


class WriteLog:
    """Counts the writes of one index; thread-safe.

    A write is noted when it is done. What was read while the count stood still is therefore as
    the index is, for as long as the count stands there.
    """

    def __init__(self) -> None:
        self._count = 0
        self._latest: deque[tuple[int, frozenset[str]]] = deque()
        self._ids = 0
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """The number of writes so far."""
        return self._count

    def note(self, ids: Iterable[str]) -> None:
        """The points `ids` have been written or removed."""
        written = frozenset(ids)
        with self._lock:
            self._count += 1
            self._latest.append((self._count, written))
            self._ids += len(written)
            while self._ids > REMEMBERED or len(self._latest) > REMEMBERED:
                self._ids -= len(self._latest.popleft()[1])

    def since(self, count: int) -> frozenset[str] | None:
        """The points written after the count stood at `count`; None where that is forgotten."""
        with self._lock:
            if count == self._count:
                return frozenset()
            if not self._latest or self._latest[0][0] > count + 1:
                return None
            # The newest first: mostly one write has come since.
            found: set[str] = set()
            for number, ids in reversed(self._latest):
                if number <= count:
                    break
                found |= ids
            return frozenset(found)
