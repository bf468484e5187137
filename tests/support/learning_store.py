"""A little shop to learn in: three kinds of things by four brands in three colours."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from qdrant_client import QdrantClient
from support.events import NOW
from support.index_products import HashingEncoder

from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.index.types import ProductIndex
from retrieval.profile.items import ItemReader
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.recommend.engine import Recommender
from retrieval.types import Attribute, Guide, Language, Product, Translation

# A headless browser says so, and what it does would count as a robot's.
SHOPPER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"

KINDS = {"mouse": "Mice", "bag": "Bags", "lamp": "Lamps"}
BRANDS = ("Tavrik", "Okoro", "Velmont", "Linnea")
COLORS = ("black", "red", "green")
MATERIALS = {"mouse": "plastic", "bag": "leather", "lamp": "steel"}

GUIDES = tuple(
    Guide(
        id=f"guide-{kind}",
        category=("Things", KINDS[kind]),
        titles={Language.ENGLISH: f"How to choose: {kind}", Language.CHINESE: f"选购{kind}"},
        texts={Language.ENGLISH: "…", Language.CHINESE: "…"},
    )
    for kind in KINDS
)


def make_products() -> tuple[Product, ...]:
    """mouse-tavrik-black and so on; Tavrik is the cheapest brand, Linnea the dearest."""
    made = []
    for kind, category in KINDS.items():
        for rank, brand in enumerate(BRANDS):
            for shade, color in enumerate(COLORS):
                material = MATERIALS[kind] if color != "green" else "nylon"
                made.append(
                    Product(
                        id=f"{kind}-{brand.lower()}-{color}",
                        title=f"{brand} {material} {kind} model {rank}{shade} {color}",
                        price=Decimal(20 + 30 * rank + shade),
                        currency="EUR",
                        brand=brand,
                        category=("Things", category),
                        stock=0 if (brand, color) == ("Linnea", "red") else 5,
                        rating=Decimal("4.0") + Decimal(shade) / 10,
                        rating_count=10,
                        released=date(2026, 1, 1) + timedelta(days=len(made)),
                        attributes=(
                            Attribute(name="color", value=color),
                            Attribute(name="material", value=material),
                        ),
                        translations={
                            Language.CHINESE: Translation(title=f"{brand} {kind} {color} 款")
                        },
                    )
                )
    return tuple(made)


PRODUCTS = make_products()


class LearningStore:
    """The shop's index with everything that recommends over it."""

    def __init__(self) -> None:
        encoders = HashingEncoder("one"), HashingEncoder("two")
        storage = ServerStorage(QdrantClient(":memory:"), "learn")
        self.index: ProductIndex = storage.open(index_schema(*encoders)).index
        Indexer(self.index, *encoders).index(PRODUCTS)
        self.vocabulary = build_vocabulary(PRODUCTS)
        self.items = ItemReader(self.index, self.vocabulary, (Language.ENGLISH,))
        self.statistics = BehaviourStatistics(NOW)
        self.recommender = Recommender(self.index, self.items, self.statistics, GUIDES)
