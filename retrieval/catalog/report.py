"""What an import did, and the file of rows that need mending."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from retrieval.catalog.files import clear_disk_errors
from retrieval.catalog.product_images import ImageCounts
from retrieval.catalog.types import FeedRow, RejectedRow


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Counts of one import; `products` is what the store holds now.

    `indexed` products were embedded, `updated` ones only got new prices, stock and the like,
    `unchanged` ones were left alone. `noted` fields were left empty in imported rows.
    `pictures` were embedded in this import.
    """

    store: str
    products: int
    indexed: int
    updated: int
    unchanged: int
    deleted: int
    kept: int
    rejected: int
    noted: int
    categories: int
    with_category: int
    derived: int
    seconds: float
    report_path: Path
    pictures: int = 0
    pictures_failed: int = 0
    pictures_seconds: float = 0.0

    def summary(self) -> str:
        """The import in one line."""
        parts = [
            f"{self.products:,} products in store {self.store!r}",
            f"{self.indexed:,} embedded",
            f"{self.updated:,} updated",
            f"{self.unchanged:,} unchanged",
            f"{self.deleted:,} deleted",
        ]
        if self.kept:
            parts.append(f"{self.kept:,} kept that the feed no longer has")
        derived = f", {self.derived:,} derived" if self.derived else ""
        parts.append(
            f"{self.with_category:,} in {self.categories:,} categories{derived}; "
            f"{self.rejected:,} rows rejected, {self.noted:,} fields left empty"
        )
        if self.pictures or self.pictures_failed:
            failed = f" ({self.pictures_failed:,} unreadable)" if self.pictures_failed else ""
            parts.append(f"{self.pictures:,} pictures{failed} in {self.pictures_seconds:.1f} s")
        where = f" (see {self.report_path})" if self._problems else ""
        return f"{', '.join(parts)}{where}, in {self.seconds:.1f} s."

    @property
    def _problems(self) -> int:
        return self.rejected + self.noted + self.pictures_failed


def add_pictures(report: ImportReport, counts: ImageCounts) -> ImportReport:
    """The report with what became of the pictures; those that failed are written down, too."""
    lines = [
        json.dumps({"id": id, "field": "image_url", "reason": reason, "imported": True})
        for id, reason in counts.failures
    ]
    with clear_disk_errors(report.report_path), report.report_path.open("a", encoding="utf-8") as f:
        f.writelines(f"{line}\n" for line in lines)
    return replace(
        report,
        pictures=counts.embedded,
        pictures_failed=counts.failed,
        pictures_seconds=counts.seconds,
    )


class ReportWriter:
    """Writes problems as JSON lines and counts them."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.rejected = 0
        self.noted = 0
        self.first: RejectedRow | None = None

    def write(self, row: FeedRow | RejectedRow) -> None:
        """Note what is wrong with `row`, if anything."""
        if isinstance(row, RejectedRow):
            self.rejected += 1
            self.first = self.first or row
            self._line(asdict(row) | {"imported": False})
            return
        for problem in row.problems:
            self.noted += 1
            self._line({"line": row.line, **asdict(problem), "imported": True})

    def _line(self, entry: dict[str, object]) -> None:
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")


@contextmanager
def open_report(path: Path) -> Iterator[ReportWriter]:
    """A writer whose file takes the place of `path` when the block ends without an error."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with clear_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("w", encoding="utf-8")
    try:
        writer = ReportWriter(file)
        yield writer
        with clear_disk_errors(path):
            file.close()
            temporary.replace(path)
    finally:
        file.close()
        temporary.unlink(missing_ok=True)
