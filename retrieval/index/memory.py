"""What an index was asked, kept until something is written to it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from retrieval.index.writes import WriteLog

T = TypeVar("T")


class AnswerMemory(Generic[T]):
    """The latest answers by request, each true until the next write; thread-safe."""

    def __init__(self, writes: WriteLog, most_bytes: int, weigh: Callable[[T], int]) -> None:
        self._writes = writes
        self._most = most_bytes
        self._weigh = weigh
        self._kept: OrderedDict[Hashable, tuple[int, int, T]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The answer, if it still holds."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != self._writes.count:
                return None
            self._kept.move_to_end(key)
            return kept[2]

    def make(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, kept if nothing was written while it was made."""
        count = self._writes.count
        answer = make()
        size = self._weigh(answer)
        with self._lock:
            if count == self._writes.count and size <= self._most:
                self._drop(key)
                self._kept[key] = (count, size, answer)
                self._bytes += size
                while self._bytes > self._most:
                    self._drop(next(iter(self._kept)))
        return answer

    def _drop(self, key: Hashable) -> None:
        if key in self._kept:
            self._bytes -= self._kept.pop(key)[1]
