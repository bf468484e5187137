"""Google Merchant feeds as XML: RSS 2.0 and Atom 1.0, read item by item.

Parsing is defusedxml's: a document type, and with it every entity bomb and external file,
is refused (https://docs.python.org/3/library/xml.html#xml-vulnerabilities).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from retrieval.catalog.google import GoogleReader, Item, Value
from retrieval.catalog.source import MAX_LINE, FeedSource
from retrieval.catalog.types import RejectedRow
from retrieval.errors import FeedError

GOOGLE = "http://base.google.com/ns/1.0"
_ITEMS = frozenset(("item", "entry"))
_ATOM = {"summary": "description", "content": "description"}
_DECLARED = re.compile(r"(<\?xml[^>]*?)\s+encoding\s*=\s*([\"'])([^\"']*)\2")
CHUNK = 64 * 1024


class GoogleXmlReader(GoogleReader):
    """Reads an RSS or Atom feed from `source`."""

    def __init__(self, source: FeedSource) -> None:
        super().__init__(lambda: read_items(source))


class _ItemTarget:
    """Parser target that keeps the item at hand and nothing else."""

    def __init__(self) -> None:
        self.parser: DefusedXMLParser | None = None
        self.items: list[tuple[int, Item]] = []
        self.pending = 0
        self._path: list[str] = []
        self._line = 0
        self._plain: dict[str, list[Value]] = {}
        self._google: dict[str, list[Value]] = {}
        self._nested: dict[str, str] = {}
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._text.clear()
        if not self._path:
            if name in _ITEMS:
                self._path.append(name)
                self._line = self.parser.parser.CurrentLineNumber if self.parser else 0
                self._plain, self._google, self.pending = {}, {}, 0
            return
        self._path.append(name)
        if len(self._path) == 2:
            self._nested = {}
        # Atom writes <link href="…"/>.
        if name == "link" and attributes.get("rel", "alternate") == "alternate":
            self._keep(self._plain, "link", attributes.get("href", ""))

    def data(self, text: str) -> None:
        if self._path:
            self.pending += len(text)
            self._text.append(text)

    def end(self, tag: str) -> None:
        if not self._path:
            return
        name, depth = self._path.pop(), len(self._path) + 1
        text = "".join(self._text).strip()
        self._text.clear()
        if depth == 1:
            self.items.append((self._line, {**self._plain, **self._google}))
            self.pending = 0
        elif depth == 2:
            into = self._google if tag.startswith(f"{{{GOOGLE}}}") else self._plain
            self._keep(into, _ATOM.get(name, name), dict(self._nested) or text)
        elif depth == 3:
            self._nested[name] = text

    def close(self) -> None:
        """The parser asks for a result at the end; there is none to give."""

    def _keep(self, into: dict[str, list[Value]], name: str, value: Value) -> None:
        if value:
            into.setdefault(name, []).append(value)


def read_items(source: FeedSource) -> Iterator[tuple[int, Item | RejectedRow]]:
    """(line, item) of an XML feed; raises FeedError where it is unsafe or not well-formed."""
    target = _ItemTarget()
    # Everything is decoded before, so the parser always sees UTF-8.
    parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_dtd=True)
    target.parser = parser
    found = False
    try:
        with source.open_text() as text:
            for chunk in _chunks(text):
                parser.feed(chunk)
                found = found or bool(target.items)
                yield from target.items
                target.items.clear()
                if target.pending > MAX_LINE:
                    raise FeedError(
                        f"{source.path} holds an item of more than 4 MB.",
                        remedy="Check for an item that is never closed.",
                    )
            parser.close()
    except DefusedXmlException:
        raise FeedError(
            f"{source.path} declares a document type or entities, which is not safe to read.",
            remedy="Export the feed without <!DOCTYPE …>.",
        ) from None
    except ParseError as error:
        raise FeedError(
            f"{source.path} is not well-formed XML: {error}.", remedy="Export the feed again."
        ) from None
    yield from target.items
    if not found and not target.items:
        raise FeedError(
            f"{source.path} holds no <item> or <entry>.",
            remedy="Export it as a Google Merchant feed (RSS 2.0 or Atom).",
        )


def declared_encoding(head: bytes) -> str | None:
    """The encoding an XML declaration names, None where there is none or a byte order mark."""
    if head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    match = _DECLARED.search(head[:200].decode("latin-1"))
    return match[3] if match else None


def _chunks(text: IO[str]) -> Iterator[bytes]:
    first = text.read(CHUNK).lstrip("\ufeff \r\n\t")
    chunk = _DECLARED.sub(r"\1", first, count=1)
    while chunk:
        yield chunk.encode("utf-8", "surrogateescape")
        chunk = text.read(CHUNK)
