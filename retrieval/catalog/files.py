"""Files that are whole or not there: written beside their place, then renamed into it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import DiskFullError, TerminalError

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


def write_atomically(path: Path, text: str) -> None:
    """Write `text` to `path` as a whole, durable across a power cut.

    Raises DiskFullError or TerminalError; the former file then stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with clear_disk_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


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
