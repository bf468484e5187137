"""Does a photo find its product: shop pictures cut, turned, blurred, darkened, squeezed?

python -m benchmarks.photo [--pictures DIR] [--models DIR] [--seed N]

Each picture is changed, sent through the very path of a shopper's photo, and ranked against all
of them as an import embeds them. Beside it a baseline: colour histograms of 8 × 8 × 8 bins,
compared by their intersection (Swain and Ballard, IJCV 1991).
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.parts import DATA, default_models
from retrieval.catalog.product_images import embed_products
from retrieval.index.image_encoder import OnnxImageEncoder
from retrieval.pictures import PhotoReader, PictureLimits, read_photo

MODEL = "efficientnet-lite0"
SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}
QUALITY = 92
BINS = 8

Floats = NDArray[np.float64]
Change = Callable[[Image.Image, random.Random], Image.Image]


def crop(
    image: Image.Image, dice: random.Random, low: float = 0.7, high: float = 0.95
) -> Image.Image:
    """A part of `low` to `high` of each side, somewhere."""
    width, height = (round(side * dice.uniform(low, high)) for side in image.size)
    x, y = dice.randint(0, image.width - width), dice.randint(0, image.height - height)
    return image.crop((x, y, x + width, y + height))


def blur(image: Image.Image, share: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(share * image.width))


def turn(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))


def squeeze(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(as_jpeg(image, quality))).convert("RGB")


def lay_on_table(image: Image.Image) -> Image.Image:
    """The picture amid another background, as a screen or a parcel on a table."""
    table = Image.new("RGB", (int(image.width * 1.6), int(image.height * 1.4)), (150, 120, 90))
    table.paste(image, (int(image.width * 0.3), int(image.height * 0.2)))
    return table


CHANGES: dict[str, Change] = {
    "none": lambda image, dice: image,
    "crop, 70 to 95 % of each side": crop,
    "crop, 50 to 70 %": lambda image, dice: crop(image, dice, 0.5, 0.7),
    "flip": lambda image, dice: ImageOps.mirror(image),
    "crop and flip": lambda image, dice: ImageOps.mirror(crop(image, dice)),
    "blur, 1 % of the width": lambda image, dice: blur(image, 0.01),
    "blur, 1.7 %": lambda image, dice: blur(image, 1 / 60),
    "brightness × 0.7": lambda image, dice: ImageEnhance.Brightness(image).enhance(0.7),
    "brightness × 1.3": lambda image, dice: ImageEnhance.Brightness(image).enhance(1.3),
    "turned by 10°": lambda image, dice: turn(image, 10),
    "JPEG, quality 30": lambda image, dice: squeeze(image, 30),
    "crop, flip, turn and JPEG 30": lambda image, dice: squeeze(
        turn(ImageOps.mirror(crop(image, dice)), 10), 30
    ),
    "on a table": lambda image, dice: lay_on_table(image),
}


def as_jpeg(image: Image.Image, quality: int = QUALITY) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return data.getvalue()


def histogram(image: Image.Image) -> Floats:
    """Shares of the colours, shape (BINS³,)."""
    small = np.asarray(image.resize((128, 128)), np.int64) * BINS // 256
    keys = (small[..., 0] * BINS + small[..., 1]) * BINS + small[..., 2]
    return np.bincount(keys.ravel(), minlength=BINS**3) / keys.size


def intersect(queries: Sequence[Floats], products: Sequence[Floats]) -> Floats:
    stacked = np.stack(products)
    return np.stack([np.minimum(query, stacked).sum(axis=1) for query in queries])


def measure(scores: Floats) -> tuple[float, float]:
    """(top-1, MRR) where query n is product n; ties count against the product."""
    own = np.diag(scores)[:, None]
    ranks = (scores >= own).sum(axis=1)
    return float((ranks == 1).mean()), float((1 / ranks).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, default=DATA.parent / "eshop" / "pics")
    parser.add_argument("--models", type=Path, default=default_models())
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    paths = sorted(p for p in options.pictures.iterdir() if p.suffix.lower() in SUFFIXES)
    images = [Image.open(path).convert("RGB") for path in paths]
    encoder = OnnxImageEncoder(options.models / MODEL, MODEL)
    reader = PhotoReader(encoder, PictureLimits())
    pixels = [read_photo(p.read_bytes(), encoder.side, PictureLimits()) for p in paths]
    encoder.encode(pixels[:1])
    started = time.process_time()
    catalogue = embed_products(encoder, pixels)
    embedding = (time.process_time() - started) / len(pixels) * 1000
    colours = [histogram(image) for image in images]
    print(f"{len(images)} pictures of {options.pictures}\n")
    print("| the photo is changed by | Aisle, top-1 | MRR | colours, top-1 | MRR |")
    print("|---|---|---|---|---|")
    reading = []
    for name, change in CHANGES.items():
        dice = random.Random(options.seed)
        changed = [change(image, dice) for image in images]
        files = [as_jpeg(image) for image in changed]
        started = time.process_time()
        vectors = np.array([reader.encode(data) for data in files])
        reading.append((time.process_time() - started) / len(files) * 1000)
        found = measure(vectors @ catalogue.T)
        base = measure(intersect([histogram(image) for image in changed], colours))
        row = " | ".join(f"{value:.3f}" for value in (*found, *base))
        print(f"| {name} | {row} |", flush=True)
    print(
        f"\nA product's picture is embedded in {embedding:.1f} ms, a photo of "
        f"{images[0].width} × {images[0].height} is read and embedded in "
        f"{float(np.median(reading)):.1f} ms of one thread's processor time."
    )


if __name__ == "__main__":
    main()
