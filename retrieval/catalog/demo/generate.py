"""The demo store as a whole: same seed, same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random

from retrieval.catalog.demo.behaviour import Behaviour
from retrieval.catalog.demo.eventlog import Event, write_events, write_truth
from retrieval.catalog.demo.labels import chinese_labels
from retrieval.catalog.demo.pictures.draw import draw_product
from retrieval.catalog.demo.products import ProductWriter
from retrieval.catalog.demo.shop import describe_store
from retrieval.catalog.demo.sources import CategorySource, Sources, read_sources
from retrieval.catalog.demo.tastes import Shopper, Taste
from retrieval.types import Language, Product, StoreInfo

SEED = 20261101
# Every date in the store counts from here, so that the output never depends on the clock.
REFERENCE_DATE = date(2026, 11, 1)


@dataclass(frozen=True)
class DemoStore:
    """A generated store: products, texts, pictures, shoppers and what they did.

    `labels` gives Chinese words for categories, attribute names, units, values and brands.
    `tastes` is the ground truth behind the events; nothing that learns may read it.
    """

    seed: int
    info: StoreInfo
    products: tuple[Product, ...]
    labels: dict[Language, dict[str, str]]
    sources: Sources

    def write_media(self, folder: Path) -> int:
        """Draw every product's picture into `folder`; gives the number of files."""
        folder.mkdir(parents=True, exist_ok=True)
        for product in self.products:
            path = folder / f"{product.id}.svg"
            path.write_text(self.picture(product), encoding="utf-8", newline="\n")
        return len(self.products)

    def picture(self, product: Product) -> str:
        """The SVG of one product of this store."""
        return draw_product(product, self.sources.words)

    @cached_property
    def _behaviour(self) -> Behaviour:
        return Behaviour(self.products, self.sources, self.seed, REFERENCE_DATE)

    @property
    def shoppers(self) -> tuple[Shopper, ...]:
        """The store's registered shoppers, without their tastes."""
        return self._behaviour.shoppers

    @property
    def tastes(self) -> dict[str, Taste]:
        """Shopper id → true taste (for evaluation only)."""
        return self._behaviour.tastes

    @property
    def events(self) -> Iterator[Event]:
        """90 days of queries, impressions, clicks, carts and purchases, oldest first."""
        return self._behaviour.events()

    def write_events(self, path: Path) -> int:
        """Write the events as JSON lines; gives their number."""
        return write_events(path, self.events)

    def write_truth(self, path: Path) -> int:
        """Write the shoppers' tastes as JSON lines; gives the number of shoppers."""
        return write_truth(path, self.tastes)


def generate_demo(seed: int = SEED) -> DemoStore:
    """Generate the demo store; the same seed gives the same store to the byte."""
    sources = read_sources()
    products = tuple(
        product for category in sources.categories for product in _write(category, sources, seed)
    )
    return DemoStore(
        seed=seed,
        info=describe_store(products, sources, REFERENCE_DATE),
        products=products,
        labels={Language.CHINESE: chinese_labels(sources)},
        sources=sources,
    )


def _write(category: CategorySource, sources: Sources, seed: int) -> Iterator[Product]:
    # a generator per category: a new category leaves the others as they are
    random = Random(f"{seed}:{category.key}")
    return ProductWriter(category, sources, REFERENCE_DATE, random).write()
