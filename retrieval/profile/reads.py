"""What was read of a database a moment ago, for questions that every list asks again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from retrieval.profile.items import Cache

# Seconds until what another process wrote is seen: profiles are looked after as often.
CHECKED_S = 0.5

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class RecentReads(Generic[K, V]):
    """Answers that are given again for `fresh_s` seconds; thread-safe.

    What this process writes is seen at once, if the writer says so after its commit; what
    another process writes is seen `fresh_s` later.
    """

    def __init__(self, most: int, fresh_s: float) -> None:
        self._kept: Cache[K, tuple[V]] = Cache(most, fresh_s)
        self._writes = 0
        self._lock = threading.Lock()

    def read(self, key: K, ask: Callable[[], V]) -> V:
        """The answer to `key`; what is asked while something is written is not kept."""
        kept = self._kept.get(key)
        if kept is not None:
            return kept[0]
        writes = self._writes
        answer = ask()
        with self._lock:
            if writes == self._writes:
                self._kept.put(key, (answer,))
        return answer

    def forget(self, keys: Iterable[K] | None = None) -> None:
        """These have been written; without `keys`, any may have been."""
        with self._lock:
            self._writes += 1
            if keys is None:
                self._kept.clear()
                return
            for key in keys:
                self._kept.drop(key)
