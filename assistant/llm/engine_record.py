"""What the processes of one home know of their shared engine: a lock and a small file.

Whoever holds the lock owns the engine and writes the file; the others read it. The kernel
releases the lock of a process that dies, so one of the others takes over.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.types import EngineState


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """The engine as its owner last saw it; `pid` 0 while nothing runs.

    `started` is the guard's start in seconds since the epoch.
    """

    state: EngineState
    detail: str = ""
    model: str = ""
    port: int = 0
    pid: int = 0
    started: float = 0.0


class SharedRecord:
    """``engine.json`` and ``engine.lock`` of one home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "engine.json"
        self._lock = FileLock(folder / "engine.lock", thread_local=False)

    def acquire(self) -> bool:
        """Becomes the owner unless another process is; True when this one is now."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Gives the ownership up."""
        self._lock.release()

    def read(self) -> EngineRecord | None:
        """The owner's last record; None where there is none that can be read."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            fields = json.loads(self._path.read_text("utf-8"))
            return EngineRecord(**(fields | {"state": EngineState(fields["state"])}))
        return None

    def write(self, record: EngineRecord) -> None:
        """Replaces the record at once, so that nobody reads half of it."""
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(record)), "utf-8")
        partial.replace(self._path)

    def clear(self) -> None:
        """Forgets the record: nothing runs."""
        self._path.unlink(missing_ok=True)
