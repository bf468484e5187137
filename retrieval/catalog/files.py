"""Files that are whole or not there: written beside their place, then renamed into it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import DiskFullError, TerminalError

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


def write_atomically(path: Path, text: str) -> None:
    """Write `text` to `path` as a whole, durable across a power cut.

    Raises DiskFullError or TerminalError; the former file then stays as it was.
    """
    write_together({path: text})


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """As `write_atomically`, for bytes."""
    write_together({path: data})


def write_together(files: Mapping[Path, str | bytes]) -> None:
    """Write several files, then rename them into place one right after the other.

    Raises DiskFullError or TerminalError before any of them took the place of a former one.
    """
    written: list[tuple[Path, Path]] = []
    try:
        for path, text in files.items():
            temporary = _beside(path)
            written.append((temporary, path))
            with clear_disk_errors(path):
                _write(temporary, text.encode() if isinstance(text, str) else text)
        for temporary, path in written:
            with clear_disk_errors(path):
                temporary.replace(path)
    finally:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def clear_disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write below `path` into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(
                f"The disk is full: {path} could not be written.",
                remedy="Free some space and run the import again; it continues where it was.",
            ) from None
        raise TerminalError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Check the folder's permissions.",
        ) from None
