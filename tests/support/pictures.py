"""Pictures drawn for tests, and an encoder that sees where which colour is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from retrieval.catalog.product_images import StoreImages
from retrieval.pictures import PictureLimits
from retrieval.types import Attribute, Pixels, Product, Vectors

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 170, 60), (40, 60, 200), (120, 120, 120)


class GridEncoder:
    """The mean colours of a 4 × 4 grid, centred: alike pictures are near each other."""

    name = "grid"
    dimensions = 48
    side = 32

    def encode(self, pictures: Sequence[Pixels]) -> Vectors:
        cells = np.stack([p.reshape(4, 8, 4, 8, 3).mean(axis=(1, 3)).ravel() for p in pictures])
        centred = cells - 127.0
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        return (centred / np.maximum(lengths, 1e-6)).astype(np.float32)


def draw(colour: tuple[int, int, int], left: bool = False, size: int = 96) -> Image.Image:
    """A disc of a colour on white paper, in the middle or on the left."""
    image = Image.new("RGB", (size, size), (255, 255, 255))
    x = size // 3 if left else size // 2
    r = size // 3
    ImageDraw.Draw(image).ellipse((x - r, size // 2 - r, x + r, size // 2 + r), colour)
    return image


def as_bytes(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)  # type: ignore[arg-type]
    return data.getvalue()


def lamp(name: str, colour: str, price: str = "50", picture: str | None = None) -> Product:
    return Product(
        id=f"lamp-{name}",
        title=f"{name.title()} table lamp",
        price=Decimal(price),
        currency="EUR",
        category=("Home", "Table Lamps"),
        attributes=(Attribute(name="color", value=colour),),
        image_url=picture or f"media/lamp-{name}.png",
    )


def store_images(store: Path, **options: object) -> StoreImages:
    return StoreImages(store, GridEncoder(), PictureLimits(), **options)  # type: ignore[arg-type]


def put_picture(store: Path, name: str, image: Image.Image) -> None:
    (store / "media").mkdir(parents=True, exist_ok=True)
    (store / "media" / name).write_bytes(as_bytes(image))
