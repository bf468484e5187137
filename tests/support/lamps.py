"""A scripted assistant over a real index of lamps with pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.index_products import HashingEncoder
from support.pictures import (
    BLUE,
    GREEN,
    RED,
    GridEncoder,
    draw,
    lamp,
    put_picture,
    store_images,
)

from assistant.types import Understanding
from assistant.understand.difference import DifferenceReader
from assistant.understand.quick import RuleReader
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index
from retrieval.pictures import PhotoReader, PictureLimits
from retrieval.search import HybridSearcher
from retrieval.types import SearchResult, SimilarResult, StoreInfo
from ui.scripted import ScriptedService

LAMPS = (lamp("poppy", "red", "40"), lamp("fern", "green", "60"), lamp("sky", "blue", "90"))
STORE = StoreInfo(name="lamps", title="Lamps", currency="EUR")


class LampService(ScriptedService):
    """The scripted assistant over a real index of lamps with pictures."""

    searcher: HybridSearcher
    differences: DifferenceReader

    @property
    def photo_limit(self) -> int:
        return self.searcher.photo_limit

    async def encode_photo(self, data: bytes) -> tuple[float, ...]:
        return self.searcher.encode_image(data)

    async def search(self, text: str, **given: Any) -> tuple[Understanding, SearchResult]:
        read = given.get("understanding") or self.differences.read(text, given.get("language"))
        if filters := given.get("filters"):
            read = read.model_copy(update={"filters": filters})
        request = read.search_request(given.get("limit", 24)).model_copy(
            update={
                "relevant": True,
                "diverse": True,
                "facets": given.get("facets", False),
                "image": tuple(given.get("image", ())),
            }
        )
        return read, self.searcher.search(request)

    async def similar(
        self, product_id: str, text: str = "", **given: Any
    ) -> tuple[Understanding, SimilarResult | None]:
        read = given.get("understanding") or self.differences.read(text, given.get("language"))
        return read, self.searcher.similar(product_id, read.search_request(given.get("limit", 24)))


@contextmanager
def lamp_service(root: Path) -> Iterator[LampService]:
    """The service over a store in folder `root`; photos up to 1 MB and 2 megapixels."""
    for product, colour in zip(LAMPS, (RED, GREEN, BLUE), strict=True):
        put_picture(root, f"{product.id}.png", draw(colour))
    text, grid = HashingEncoder(), GridEncoder()
    twins = [p.model_copy(update={"id": f"{p.id}-2"}) for p in LAMPS]
    vocabulary = build_vocabulary([*LAMPS, *twins])
    index = open_embedded_index(root / "index", index_schema(text, text, grid))
    Indexer(index, text, text, store_images(root)).index(LAMPS)
    service = LampService(LAMPS, store=STORE, vocabulary=vocabulary, media_path=root / "media")
    limits = PictureLimits(megabytes=1, megapixels=2)
    service.searcher = HybridSearcher(
        index, text, text, vocabulary, photos=PhotoReader(grid, limits)
    )
    service.differences = DifferenceReader(RuleReader(vocabulary, STORE), vocabulary, STORE)
    yield service
    index.close()
