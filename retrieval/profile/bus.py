"""The bus of one process: a queue and a thread for each consumer group."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence

from retrieval.profile.types import Handler, StoredEvent

logger = logging.getLogger(__name__)

# A handler that fails is called again after this, doubled each time up to the second.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 5.0
# Events handed over at once when they come faster than they are handled.
MOST_AT_ONCE = 1_000


class InProcessBus:
    """Hands events to the groups of this process; what is not handled when it ends is found in
    the log by whoever starts next."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Queue the events for every group."""
        for group in self._groups.values():
            group.put(events)

    def subscribe(self, group: str, handler: Handler, *, shared: bool = True) -> None:
        """Call `handler` for what is published from now on, in a thread of its own."""
        if group in self._groups:
            raise ValueError(f"the group {group!r} has a consumer already")
        self._groups[group] = _Group(group, handler)

    def drain(self, timeout_s: float = 5) -> bool:
        """Wait until everything published so far is handled; False if it took too long."""
        deadline = time.monotonic() + timeout_s
        return all(group.wait(deadline - time.monotonic()) for group in self._groups.values())

    def close(self) -> None:
        """Handle what is queued, then end the threads."""
        for group in self._groups.values():
            group.close()
        self._groups.clear()


class _Group:
    def __init__(self, name: str, handler: Handler) -> None:
        self._handler = handler
        self._queue: queue.SimpleQueue[Sequence[StoredEvent] | None] = queue.SimpleQueue()
        self._pending = 0
        self._idle = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"events-{name}", daemon=True)
        self._thread.start()

    def put(self, events: Sequence[StoredEvent]) -> None:
        if events:
            with self._idle:
                self._pending += 1
            self._queue.put(events)

    def wait(self, timeout_s: float) -> bool:
        with self._idle:
            return self._idle.wait_for(lambda: self._pending == 0, max(0.0, timeout_s))

    def close(self) -> None:
        self._closing.set()
        self._queue.put(None)
        self._thread.join(LONGEST_PAUSE_S)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batches, last = self._collect(first)
            self._handle([event for batch in batches for event in batch])
            with self._idle:
                self._pending -= len(batches)
                self._idle.notify_all()
            if last:
                return

    def _collect(self, first: Sequence[StoredEvent]) -> tuple[list[Sequence[StoredEvent]], bool]:
        """What has piled up behind `first`, and whether the end was among it."""
        batches = [first]
        while sum(map(len, batches)) < MOST_AT_ONCE:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return batches, True
            batches.append(more)
        return batches, False

    def _handle(self, events: Sequence[StoredEvent]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                self._handler(events)
                return
            except Exception:
                logger.exception("a consumer of events failed; again in %.2g s", pause)
                if self._closing.wait(pause):
                    return  # the log has them: the next process catches up
                pause = min(2 * pause, LONGEST_PAUSE_S)
