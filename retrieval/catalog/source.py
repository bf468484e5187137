"""A feed's bytes: gzip and encodings told apart, every failure one clear line."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from retrieval.catalog.types import SizeHint
from retrieval.errors import FeedError

GZIP_MAGIC = b"\x1f\x8b"
# What is read to tell formats and encodings apart; large enough to meet a letter beyond
# ASCII in any catalogue that has some.
HEAD_BYTES = 256 * 1024
# No product is this long; a longer line is a broken file, and memory must not follow it.
MAX_LINE = 4 * 1024 * 1024
# GB 2312 orders hanzi by frequency: the common ones begin with bytes B0 to D7, symbols and
# full-width forms with A1 to A3. Accented Latin letters begin with C0 to FF instead.
COMMON_HANZI = range(0xB0, 0xD8)
CHINESE_SYMBOLS = range(0xA1, 0xA4)
MIN_COMMON = 0.7
READABLE = 0.99


class FeedSource:
    """A readable feed file that counts what has been read."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self._raw: BinaryIO | None = None
        self._read = 0
        self._encoding = self._known(encoding) if encoding else None
        try:
            self._total = path.stat().st_size
            self.head = self._read_head()
        except OSError as error:
            raise unreadable(path, error) from None
        if not self.head.strip():
            raise FeedError(f"{path} is empty.", remedy="Export the catalogue again.")

    @property
    def encoding(self) -> str:
        """The text encoding, detected at first use; raises FeedError when it cannot be told."""
        if self._encoding is None:
            self._encoding = detect_encoding(self.head, self.path)
        return self._encoding

    def declare(self, encoding: str) -> None:
        """Take the encoding the file itself names, unless the caller named one."""
        if self._encoding is None:
            self._encoding = self._known(encoding)

    @property
    def size_hint(self) -> SizeHint:
        """Bytes of the file as it lies on disk."""
        if self._raw is not None and not self._raw.closed:
            self._read = self._raw.tell()
        return SizeHint(min(self._read, self._total), self._total)

    @contextmanager
    def open_bytes(self) -> Iterator[BinaryIO]:
        """The decompressed bytes; raises FeedError for what cannot be read or ends early."""
        try:
            with self.path.open("rb") as raw:
                self._raw = raw
                yield self._decompress(raw)
                self._read = self._total
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise FeedError(
                f"{self.path} is cut off or damaged inside its gzip compression.",
                remedy="Fetch the file again.",
            ) from None
        except OSError as error:
            raise unreadable(self.path, error) from None

    @contextmanager
    def open_text(self) -> Iterator[IO[str]]:
        """The decoded text; bytes that do not decode become surrogates, found row by row."""
        with self.open_bytes() as data:
            text = io.TextIOWrapper(
                data, encoding=self.encoding, errors="surrogateescape", newline=""
            )
            yield text
            text.detach()

    def lines(self) -> Iterator[tuple[int, str | None]]:
        """(line number, line without its end); None in place of a line beyond 4 MB."""
        with self.open_text() as text:
            number = 0
            while line := text.readline(MAX_LINE):
                number += 1
                if len(line) < MAX_LINE or line.endswith("\n"):
                    yield number, line.rstrip("\r\n")
                    continue
                while line and not line.endswith("\n"):
                    line = text.readline(MAX_LINE)
                yield number, None

    def head_text(self) -> str:
        """The decoded beginning of the file."""
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        return decoder.decode(self.head).removeprefix("\ufeff")

    def _read_head(self) -> bytes:
        with self.open_bytes() as data:
            return data.read(HEAD_BYTES)

    def _decompress(self, raw: BinaryIO) -> BinaryIO:
        magic = raw.read(len(GZIP_MAGIC))
        raw.seek(0)
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if magic == GZIP_MAGIC else raw

    def _known(self, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise FeedError(
                f"{encoding!r} is not a known text encoding.",
                remedy="Use a name such as utf-8, gb18030 or cp1252.",
            ) from None


def unreadable(path: Path, error: OSError) -> FeedError:
    """The FeedError for an operating system's refusal."""
    if isinstance(error, FileNotFoundError):
        return FeedError(f"{path} does not exist.", remedy="Check the path of the feed.")
    if isinstance(error, IsADirectoryError):
        return FeedError(f"{path} is a folder.", remedy="Name the feed file inside it.")
    if isinstance(error, PermissionError):
        return FeedError(f"{path} may not be read.", remedy="Grant read permission on it.")
    return FeedError(f"{path} cannot be read: {error.strerror or error}.")


def detect_encoding(head: bytes, path: Path) -> str:
    """The encoding of `head`: a byte order mark, else UTF-8, UTF-16 or GB18030 by evidence.

    Raises FeedError when none of them fits; a guess at a Latin code page would garble names
    silently, so the owner is asked instead.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if 0 in head:
        for wide in ("utf-16-le", "utf-16-be"):
            if _reads_as(head, wide):
                return wide
        raise FeedError(
            f"{path} is not a text file (it holds NUL bytes).",
            remedy="Export the catalogue as CSV, TSV, XML or JSON lines.",
        )
    if _decodes(head, "utf-8"):
        return "utf-8"
    if _decodes(head, "gb18030") and _looks_chinese(head):
        return "gb18030"
    raise FeedError(
        f"The text encoding of {path} cannot be told: it is neither UTF-8, UTF-16 nor GB18030.",
        remedy="Save it as UTF-8, or name its encoding with --encoding, e.g. --encoding cp1252.",
    )


def _decodes(head: bytes, encoding: str) -> bool:
    # An incremental decoder forgives a character that the end of `head` cuts in two.
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return False
    return True


def _reads_as(head: bytes, encoding: str) -> bool:
    """Whether `head` decodes to lines of printable text; bytes of other files do not."""
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    readable = sum(c.isprintable() or c in "\r\n\t" for c in text) - text.count("\ufffd")
    return "\n" in text and readable >= READABLE * len(text)


def _looks_chinese(head: bytes) -> bool:
    leads, position = [], 0
    while position < len(head) - 1:
        if head[position] < 0x80:
            position += 1
            continue
        leads.append(head[position])
        position += 2
    common = sum(lead in COMMON_HANZI or lead in CHINESE_SYMBOLS for lead in leads)
    return bool(leads) and common >= MIN_COMMON * len(leads)
