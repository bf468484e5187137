"""The bus between processes: a Redis or Valkey stream with consumer groups.

The only importer of redis.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from retrieval.errors import RetryableError, TerminalError
from retrieval.profile.types import Event, Handler, StoredEvent

try:
    import redis
except ImportError as error:  # pragma: no cover - depends on the installation
    raise TerminalError(
        "AISLE_EVENTS_URL needs the package redis.", remedy='pip install "aisle[scale]"'
    ) from error

logger = logging.getLogger(__name__)

# Entries kept in the stream: a consumer this far behind catches up from the SQL log.
LENGTH = 200_000
# How long one read waits: also how soon a closing bus notices.
BLOCK_MS = 500
# An entry that its consumer did not acknowledge in this time goes to another.
ABANDONED_MS = 15_000
# Seconds before a server that does not answer is asked again.
RETRY_S = 1.0
MOST_AT_ONCE = 500


class RedisBus:
    """Events of one application over the stream ``aisle:<application>:events``.

    Within a group every entry goes to one consumer and is acknowledged after it was handled;
    what a dead consumer left is taken over by the others.
    """

    def __init__(self, url: str, application: str, *, abandoned_ms: int = ABANDONED_MS) -> None:
        self._client = redis.Redis.from_url(url, decode_responses=True)
        self._stream = f"aisle:{application}:events"
        self._name = f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._abandoned_ms = abandoned_ms
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._own: list[str] = []
        self._groups: list[str] = []
        self._last = "0-0"
        try:
            self._client.ping()
        except redis.RedisError as error:
            raise RetryableError(
                f"The event bus does not answer: {error.__class__.__name__}.",
                remedy="Check AISLE_EVENTS_URL and that the server runs.",
            ) from error

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Append the events to the stream.

        They are committed already: where the stream does not answer, the consumers find them
        in the log, so that a failure is noted and not raised.
        """
        try:
            pipe = self._client.pipeline(transaction=False)
            for event in events:
                pipe.xadd(self._stream, {"event": _encode(event)}, maxlen=LENGTH, approximate=True)
            self._last = max([self._last, *map(str, pipe.execute())], key=_order)
        except redis.RedisError:
            logger.exception("the event bus does not answer; consumers will read the log")

    def subscribe(self, group: str, handler: Handler, *, shared: bool = True) -> None:
        """Join `group` (or one of this process's own) and call `handler` in a thread."""
        name = group if shared else f"{group}:{self._name}"
        try:
            # From the beginning: what came while nobody listened is delivered, too.
            self._client.xgroup_create(self._stream, name, id="0" if shared else "$", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        if not shared:
            self._own.append(name)
        self._groups.append(name)
        thread = threading.Thread(
            target=self._run, args=(name, handler), name=f"events-{group}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def drain(self, timeout_s: float = 5) -> bool:
        """Wait until the groups of this process have handled what it published."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if all(self._is_done(group) for group in self._groups):
                return True
            time.sleep(0.02)
        return False

    def _is_done(self, name: str) -> bool:
        for info in self._client.xinfo_groups(self._stream):
            if info["name"] == name:
                reached = _order(info["last-delivered-id"]) >= _order(self._last)
                return reached and int(info["pending"]) == 0
        return False

    def close(self) -> None:
        """End the threads; groups of this process alone go with it."""
        self._closing.set()
        for thread in self._threads:
            thread.join(2 * BLOCK_MS / 1000 + RETRY_S)
        try:
            for name in self._own:
                self._client.xgroup_destroy(self._stream, name)
        except redis.RedisError:
            logger.info("the event bus did not answer while closing")
        self._client.close()

    def _run(self, group: str, handler: Handler) -> None:
        while not self._closing.is_set():
            try:
                entries = self._take_over(group) or self._read(group)
                if entries:
                    handler([_decode(fields["event"]) for _, fields in entries])
                    self._client.xack(self._stream, group, *(name for name, _ in entries))
            except Exception:
                # Not acknowledged: delivered again, to this consumer or to another.
                logger.exception("a consumer of events failed; again in %g s", RETRY_S)
                self._closing.wait(RETRY_S)

    def _read(self, group: str) -> list[tuple[str, dict[str, str]]]:
        found: Any = self._client.xreadgroup(
            group, self._name, {self._stream: ">"}, count=MOST_AT_ONCE, block=BLOCK_MS
        )
        if not found:
            return []
        streams = found.items() if isinstance(found, dict) else found
        return [entry for _, entries in streams for entry in _flat(entries)]

    def _take_over(self, group: str) -> list[tuple[str, dict[str, str]]]:
        """Entries that a consumer of the group took and did not acknowledge in time."""
        answer: Any = self._client.xautoclaim(
            self._stream, group, self._name, self._abandoned_ms, count=MOST_AT_ONCE
        )
        return [entry for entry in _flat(answer[1]) if entry[1]]


def _flat(entries: Any) -> list[tuple[str, dict[str, str]]]:
    """Entries as pairs; version 3 of the protocol nests them once more."""
    if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], list):
        entries = [entry for part in entries for entry in part]
    return [(str(name), fields) for name, fields in entries]


def _order(name: str) -> tuple[int, int]:
    milliseconds, _, number = name.partition("-")
    return int(milliseconds), int(number or 0)


def _encode(event: StoredEvent) -> str:
    return json.dumps(
        {
            "seq": event.seq,
            "shopper_id": event.shopper_id,
            "event": event.event.model_dump(mode="json", exclude_defaults=True),
        }
    )


def _decode(text: str) -> StoredEvent:
    fields = json.loads(text)
    event = Event.model_validate(fields["event"])
    return StoredEvent(fields["seq"], fields["shopper_id"], event)
