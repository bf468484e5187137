"""The pictures of a catalogue's products: where they are, whether they changed, their vectors.

A picture is read where it lies in the store's media folder (`image_url` "media/…"), or is
downloaded when the settings allow it. One that cannot be read costs nothing but itself: the
product is imported without it and asked for again at the next import.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from retrieval.errors import PictureError
from retrieval.pictures import (
    VIEW_WEIGHTS,
    PictureLimits,
    product_views,
    read_drawing,
    read_photo,
)
from retrieval.types import ImageEncoder, Pixels, Product, Vectors

DIGEST_VERSION = 1
"""Grows when the same picture gives another vector: all are then embedded again."""

MEDIA = "media/"
DRAWING = ".svg"
UNDRAWN = re.compile(rb'\saria-label="[^"]*"')
"""What screen readers say of a drawing does not show in it."""

WEB = ("http://", "https://")
CHUNK = 16
"""Products a thread reads and embeds at once: the last thread to end idles the others little."""

SMALLEST_NORM = 1e-12

MOST_FAILURES = 1000
"""Reasons kept of one import; beyond, the cause is the same and only the number counts."""

Download = Callable[[str], bytes]
"""The bytes at a web address; raises PictureError."""


def embed_products(encoder: ImageEncoder, pictures: Sequence[Pixels]) -> Vectors:
    """L2-normalised vectors of products' pictures over all their views, shape (n, dimensions)."""
    views = [view for picture in pictures for view in product_views(picture)]
    vectors = encoder.encode(views).reshape(len(pictures), len(VIEW_WEIGHTS), -1)
    weights = np.array(VIEW_WEIGHTS, np.float32)[None, :, None]
    mean = (vectors * weights).sum(axis=1)
    lengths: Vectors = np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), SMALLEST_NORM)
    return np.asarray(mean / lengths, np.float32)


@dataclass(slots=True)
class ImageCounts:
    """What became of the pictures of one import; `failures` are (product id, reason).

    `seconds` is what reading and embedding them took.
    """

    embedded: int = 0
    failed: int = 0
    seconds: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)


class StoreImages:
    """Finds, reads and embeds the pictures of one store's products (`ProductImages`)."""

    def __init__(
        self,
        store_path: Path,
        encoder: ImageEncoder,
        limits: PictureLimits,
        *,
        threads: int = 2,
        download: Download | None = None,
        downloads: int = 8,
    ) -> None:
        """`threads` read and embed, `downloads` wait for the network; without `download`
        pictures on the web count as none."""
        self.counts = ImageCounts()
        self._root = store_path.resolve()
        self.encoder = encoder
        self._limits = limits
        self._threads = threads
        self._download = download
        self._downloads = downloads

    def digest(self, product: Product) -> str:
        """Of a file its content, of a web picture its address (blake2b, 64 bits)."""
        url = product.image_url or ""
        if url.startswith(WEB):
            return self._hash(url.encode()) if self._download else ""
        path = self._file(url)
        try:
            return self._hash(path.read_bytes()) if path else ""
        except OSError:
            return ""

    def encode(self, products: Sequence[Product]) -> list[Vectors | None]:
        """The vector of each product's picture, shape (dimensions,); None where there is none.

        Products with one picture between them share its vector.
        """
        started = time.perf_counter()
        digests = [self.digest(product) for product in products]
        urls = {
            digest: product.image_url or ""
            for digest, product in zip(digests, products, strict=True)
            if digest
        }
        remote = any(url.startswith(WEB) for url in urls.values())
        items = list(urls.items())
        chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
        vectors: dict[str, Vectors] = {}
        reasons: dict[str, str] = {}
        workers = self._downloads if remote else self._threads
        with ThreadPoolExecutor(workers, thread_name_prefix="pictures") as pool:
            for found, failed in pool.map(self._encode_chunk, chunks):
                vectors |= found
                reasons |= failed
        for product, digest in zip(products, digests, strict=True):
            self._count(product, digest in vectors, reasons.get(digest, ""))
        self.counts.seconds += time.perf_counter() - started
        return [vectors.get(digest) for digest in digests]

    def _encode_chunk(
        self, items: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, Vectors], dict[str, str]]:
        """Vectors, and why there is none, of some (digest, address)."""
        pixels: dict[str, Pixels] = {}
        failed: dict[str, str] = {}
        for digest, url in items:
            try:
                if (picture := self._read(url)) is not None:
                    pixels[digest] = picture
            except PictureError as error:
                failed[digest] = error.message
        if not pixels:
            return {}, failed
        vectors = embed_products(self.encoder, list(pixels.values()))
        return dict(zip(pixels, vectors, strict=True)), failed

    def _read(self, url: str) -> Pixels | None:
        side = self.encoder.side
        if url.startswith(WEB):
            return read_photo(self._download(url), side, self._limits) if self._download else None
        path = self._file(url)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PictureError(f"{url} cannot be read: {error.strerror}.") from None
        read = read_drawing if path.suffix.lower() == DRAWING else read_photo
        return read(data, side, self._limits)

    def _file(self, url: str) -> Path | None:
        """The file that `url` names inside the media folder, wherever links lead."""
        if not url.startswith(MEDIA) or "\x00" in url:
            return None
        path = (self._root / url).resolve()
        return path if path.is_relative_to(self._root / MEDIA) and path.is_file() else None

    def _hash(self, content: bytes) -> str:
        start = f"{DIGEST_VERSION}\x1f{self.encoder.name}\x1f".encode()
        return hashlib.blake2b(start + UNDRAWN.sub(b"", content), digest_size=8).hexdigest()

    def _count(self, product: Product, embedded: bool, reason: str) -> None:
        if embedded:
            self.counts.embedded += 1
        elif reason:
            self.counts.failed += 1
            if len(self.counts.failures) < MOST_FAILURES:
                self.counts.failures.append((product.id, reason))
