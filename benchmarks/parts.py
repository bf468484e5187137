"""Opens a store for benchmarks: imported once per feed content, reused afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.build import open_searcher, open_translator, request_reader
from assistant.llm.weights import ensure_encoders
from assistant.settings import load_settings
from retrieval.catalog.feed import open_feed
from retrieval.catalog.store import Store, StorePaths, load_store
from retrieval.catalog.sync import import_feed
from retrieval.index.document import DOCUMENT_VERSION, read_product
from retrieval.index.encoder import load_encoder
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index
from retrieval.index.types import ProductIndex, VectorName
from retrieval.rank.kinds import KindReader
from retrieval.rank.ranker import LinearRanker
from retrieval.search import HybridSearcher
from retrieval.types import Encoder, Product, SearchRequest

ENGLISH, MULTILINGUAL = "all-minilm-l6-v2", "multilingual-e5-small"
DATA = Path("../shared/data/chorus-icecat")
CATALOG, JUDGMENTS = DATA / "products.jsonl.gz", DATA / "judgments.dev.csv"


def default_models() -> Path:
    """The models folder of the settings, its encoders built where they are missing."""
    settings = load_settings()
    ensure_encoders(settings, lambda done, total, note="": None)
    return settings.models_path


@dataclass(frozen=True)
class Parts:
    """A searcher and what it is made of; `product_ids` maps point ids to product ids."""

    store: Store
    searcher: HybridSearcher
    read: Callable[[str, int], SearchRequest]
    index: ProductIndex
    encoders: dict[VectorName, Encoder]
    products: list[Product]
    product_ids: dict[str, str]

    def with_ranker(self, ranker: LinearRanker | None) -> HybridSearcher:
        """The same search with another ranker, or with the fused order."""
        return HybridSearcher(
            self.index,
            self.encoders[VectorName.ENGLISH],
            self.encoders[VectorName.MULTILINGUAL],
            vocabulary=self.store.vocabulary,
            languages=self.store.info.languages,
            ranker=ranker,
            translator=open_translator(self.store, self.encoders[VectorName.MULTILINGUAL]),
            kinds=KindReader(self.store.vocabulary, self.encoders[VectorName.ENGLISH]),
        )


@contextmanager
def open_parts(feed: Path, models: Path, stores: Path) -> Iterator[Parts]:
    """The parts over the store of this feed, imported if it is not there yet."""
    english, multilingual = (load_encoder(name, models) for name in (ENGLISH, MULTILINGUAL))
    digest = hashlib.sha256(feed.read_bytes()).hexdigest()[:12]
    path = stores / f"bench-{digest}-{DOCUMENT_VERSION}"
    index = open_embedded_index(StorePaths(path).index, index_schema(english, multilingual))
    try:
        if not StorePaths(path).info.is_file():
            indexer = Indexer(index, english, multilingual)
            import_feed(open_feed(feed), indexer, path, lambda done, total, note="": None)
        store = load_store(path)
        stored = dict(index.scan(["product"]))
        products = {key: read_product(payload) for key, payload in stored.items()}
        yield Parts(
            store=store,
            searcher=open_searcher(store, index, (english, multilingual)),
            read=request_reader(store),
            index=index,
            encoders={VectorName.ENGLISH: english, VectorName.MULTILINGUAL: multilingual},
            products=list(products.values()),
            product_ids={key: product.id for key, product in products.items()},
        )
    finally:
        index.close()
