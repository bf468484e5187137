"""What a merchant does to a served catalogue: single changes at once, long jobs in turn."""

from __future__ import annotations

import logging
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from assistant.errors import AisleError, CallerError
from retrieval.catalog.feed import open_feed
from retrieval.catalog.live import LiveCatalog
from retrieval.catalog.report import ImportReport
from retrieval.types import Encoder, ProgressListener

logger = logging.getLogger(__name__)

# Finished jobs that are still told of.
KEPT_JOBS = 20


class JobState(StrEnum):
    """Where a long job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(BaseModel):
    """A long job as the interface shows it; `result` is one line."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    state: JobState = JobState.WAITING
    stage: str = ""
    done: int = 0
    total: int | None = None
    result: str = ""
    remedy: str = ""
    started: datetime


@dataclass(frozen=True)
class FeedOptions:
    """How a feed is read; see `aisle import`."""

    format: str | None = None
    currency: str | None = None
    encoding: str | None = None
    column_map: Mapping[str, str] | None = None
    keep_missing: bool = False
    force: bool = False


LoadEncoders = Callable[[str | None, str | None, ProgressListener], tuple[Encoder, Encoder]]


class CatalogAdmin:
    """Changes to the catalogue of a running server, for those who hold a token."""

    def __init__(self, live: LiveCatalog, load_encoders: LoadEncoders, tokens: frozenset[str]):
        """`load_encoders(english, multilingual, listener)` gives the named encoders, or those
        of the settings; `tokens` are the ones that are let in."""
        self.live = live
        self._load_encoders = load_encoders
        self._tokens = tokens
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalog-job")

    def admits(self, token: str) -> bool:
        """Whether `token` is one of ours, told in constant time."""
        given = token.encode()
        matches = [secrets.compare_digest(given, own.encode()) for own in self._tokens]
        return any(matches)

    # ------------------------------------------------------------ long jobs

    def import_feed(self, path: Path, options: FeedOptions, done: Callable[[], None]) -> Job:
        """Bring the store in line with the feed at `path`; calls `done` when it is read."""

        def run(listener: ProgressListener) -> str:
            try:
                feed = open_feed(
                    path,
                    format=options.format,
                    currency=options.currency,
                    column_map=options.column_map,
                    encoding=options.encoding,
                )
                report: ImportReport = self.live.import_feed(
                    feed, listener, keep_missing=options.keep_missing, force=options.force
                )
                return report.summary()
            finally:
                done()

        return self._submit("import", run)

    def reindex(self, english: str | None, multilingual: str | None) -> Job:
        """Build the index anew, with other encoders if they are named."""

        def run(listener: ProgressListener) -> str:
            encoders = self._load_encoders(english, multilingual, listener)
            count = self.live.reindex(encoders, listener)
            return f"{count:,} products indexed with {encoders[0].name} and {encoders[1].name}."

        return self._submit("reindex", run)

    def jobs(self) -> list[Job]:
        """All known jobs, the newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.started, reverse=True)

    def job(self, job_id: str) -> Job:
        """One job; raises CallerError for an unknown id."""
        with self._lock:
            found = self._jobs.get(job_id)
        if found is None:
            raise CallerError(
                f"There is no job {job_id!r}.", remedy="GET /v1/catalog/jobs lists them."
            )
        return found

    @contextmanager
    def open(self) -> Iterator[CatalogAdmin]:
        """Wait for the running job when the block ends; what has not begun is dropped."""
        try:
            yield self
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, kind: str, run: Callable[[ProgressListener], str]) -> Job:
        job = Job(id=uuid.uuid4().hex[:12], kind=kind, started=datetime.now(UTC))
        with self._lock:
            ended = [
                j.id for j in self._jobs.values() if j.state in (JobState.DONE, JobState.FAILED)
            ]
            for old in ended[: max(0, len(ended) - KEPT_JOBS)]:
                del self._jobs[old]
            self._jobs[job.id] = job
        self._pool.submit(self._run, job.id, run)
        return job

    def _run(self, job_id: str, run: Callable[[ProgressListener], str]) -> None:
        def listen(done: int, total: int | None, note: str = "") -> None:
            self._update(job_id, done=done, total=total, stage=note)

        self._update(job_id, state=JobState.RUNNING)
        try:
            self._update(job_id, result=run(listen), state=JobState.DONE)
        except AisleError as error:
            self._update(job_id, result=error.message, remedy=error.remedy, state=JobState.FAILED)
        except Exception:
            logger.exception("the job %s failed", job_id)
            self._update(
                job_id,
                result="The job failed on our side.",
                remedy="The server's log says more; the former catalogue serves on.",
                state=JobState.FAILED,
            )

    def _update(self, job_id: str, **changes: Any) -> None:
        with self._lock:
            self._jobs[job_id] = self._jobs[job_id].model_copy(update=changes)
