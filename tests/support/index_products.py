"""A small catalogue and a deterministic encoder for tests of the index."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from retrieval.index.analysis import terms
from retrieval.types import Attribute, Language, Product, Translation, Vectors


class HashingEncoder:
    """Sums one fixed random direction per term: texts sharing words are near each other."""

    def __init__(self, name: str = "hashing", dimensions: int = 256) -> None:
        self.name = name
        self.dimensions = dimensions

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._encode(text) for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encode_queries(texts)

    def _encode(self, text: str) -> Vectors:
        total = np.full(self.dimensions, 1e-3, np.float32)
        for term in terms(text):
            seed = zlib.crc32(term.text.encode())
            total += np.random.default_rng(seed).standard_normal(self.dimensions)
        return (total / np.linalg.norm(total)).astype(np.float32)


def number(name: str, value: str, unit: str | None = None) -> Attribute:
    return Attribute(name=name, value=Decimal(value), unit=unit)


def text(name: str, value: str) -> Attribute:
    return Attribute(name=name, value=value)


MONITOR = Product(
    id="monitor-27",
    title='ViewMax Pro monitor 27"',
    price=Decimal("299.90"),
    currency="EUR",
    brand="ViewMax",
    category=("Displays", "Monitors"),
    stock=4,
    rating=Decimal("4.5"),
    released=date(2024, 5, 1),
    attributes=(
        number("display_diagonal", "27", "inch"),
        text("colour", "Black, Silver"),
        Attribute(name="touchscreen", value=False),
        number("weight", "5.2", "kg"),
    ),
)
SMALL_MONITOR = Product(
    id="monitor-22",
    title="Brightly office monitor",
    price=Decimal("119"),
    currency="EUR",
    brand="Brightly",
    category=("Displays", "Monitors"),
    stock=0,
    rating=Decimal("3.9"),
    released=date(2022, 1, 9),
    attributes=(
        number("display_diagonal", "55.9", "cm"),
        text("colour", "White"),
        Attribute(name="touchscreen", value=True),
    ),
)
TONER = Product(
    id="toner/2110",
    title="Brother TN-2110 toner cartridge black",
    price=Decimal("49"),
    currency="EUR",
    brand="Brother",
    category=("Printing", "Toner"),
    identifiers={"model": "TN-2110", "ean": "4977766654523"},
)
OTHER_TONER = Product(
    id="toner/3170",
    title="Brother TN-3170 toner cartridge black",
    price=Decimal("79"),
    currency="EUR",
    brand="Brother",
    category=("Printing", "Toner"),
    rating=Decimal("5"),
    identifiers={"model": "TN-3170"},
)
HEADPHONES = Product(
    id="耳机-1",
    title="Wireless headphones with leather pads",
    price=Decimal("199"),
    currency="EUR",
    brand="Sonora",
    category=("Audio", "Headphones"),
    stock=10,
    released=date(2025, 2, 2),
    attributes=(number("battery_life", "30", "h"), text("material", "Leather")),
    translations={Language.CHINESE: Translation(title="索诺拉无线蓝牙耳机 真皮耳罩")},
)
UNPRICED = Product(id="cable", title="USB-C cable", price=None, currency="EUR", brand="Sonora")
DRIVE = Product(
    id="drive",
    title="External drive 2 TB",
    price=Decimal("89"),
    currency="EUR",
    category=("Storage",),
    attributes=(number("capacity", "2", "TB"),),
)

PRODUCTS = (MONITOR, SMALL_MONITOR, TONER, OTHER_TONER, HEADPHONES, UNPRICED, DRIVE)
