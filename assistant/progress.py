"""Progress bars for long jobs, one a phase; plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from retrieval.types import ProgressListener

# In a log file one line every so often tells enough.
LOG_INTERVAL_S = 10.0


@contextmanager
def show_progress(console: Console) -> Iterator[ProgressListener]:
    """A listener that shows how far a job is while the block runs."""
    if not console.is_terminal:
        yield _log_listener(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def listen(done: int, total: int | None, note: str = "") -> None:
            if note not in tasks:
                tasks[note] = progress.add_task(note or "working", total=total)
            progress.update(tasks[note], completed=done, total=total)

        yield listen


def _log_listener(console: Console) -> ProgressListener:
    last: dict[str, float] = {}

    def listen(done: int, total: int | None, note: str = "") -> None:
        now = time.monotonic()
        if done == total or now - last.get(note, -LOG_INTERVAL_S) >= LOG_INTERVAL_S:
            last[note] = now
            console.print(f"{note or 'working'}: {done}" + (f" of {total}" if total else ""))

    return listen
