"""The real picture encoder: built from its package, finding the demo store's own pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from assistant.llm.weights import pull_model
from assistant.settings import load_settings
from retrieval.catalog.demo.generate import generate_demo
from retrieval.catalog.product_images import embed_products
from retrieval.errors import RetryableError
from retrieval.index.image_encoder import OnnxImageEncoder
from retrieval.pictures import PhotoReader, PictureLimits, read_drawing, read_photo
from retrieval.types import Pixels

NAME = "efficientnet-lite0"
LIMITS = PictureLimits()
LARGE = 448


@pytest.fixture(scope="module")
def encoder() -> OnnxImageEncoder:
    models: Path = load_settings().models_path
    try:
        folder = pull_model(NAME, models, lambda done, total, note="": None)
    except RetryableError as error:
        pytest.skip(f"needs the package index: {error.message}")
    return OnnxImageEncoder(folder, NAME)


@pytest.fixture(scope="module")
def drawings() -> list[Pixels]:
    """One picture of each of the demo store's categories, larger than the encoder reads them."""
    demo = generate_demo()
    first = {product.category: product for product in reversed(demo.products)}
    assert len(first) >= 60
    return [read_drawing(demo.picture(p).encode(), LARGE, LIMITS) for p in first.values()]


def as_photo(pixels: Pixels) -> bytes:
    """A part of the picture, mirrored, as a phone would save it."""
    image = ImageOps.mirror(Image.fromarray(pixels).crop((30, 45, 420, 440)))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85)
    return data.getvalue()


def test_vectors_have_unit_length_and_do_not_depend_on_the_batch(
    encoder: OnnxImageEncoder, drawings: list[Pixels]
) -> None:
    small = [np.asarray(Image.fromarray(d).resize((224, 224)), np.uint8) for d in drawings[:11]]
    vectors = encoder.encode(small)
    assert vectors.shape == (11, encoder.dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(small[9:10])[0], vectors[9], atol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_a_cropped_and_mirrored_photo_finds_its_picture(
    encoder: OnnxImageEncoder, drawings: list[Pixels]
) -> None:
    small = [read_photo(as_file(d), encoder.side, LIMITS) for d in drawings]
    catalogue = embed_products(encoder, small)
    reader = PhotoReader(encoder, LIMITS)
    photos = np.array([reader.encode(as_photo(d)) for d in drawings])
    found = (photos @ catalogue.T).argmax(axis=1)
    assert (found == np.arange(len(drawings))).mean() >= 0.98


def as_file(pixels: Pixels) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()


def test_real_photos_find_their_products(encoder: OnnxImageEncoder, shared_data: Path) -> None:
    paths = sorted((shared_data / "eshop" / "pics").glob("*.webp"))
    pictures = [read_photo(path.read_bytes(), encoder.side, LIMITS) for path in paths]
    catalogue = embed_products(encoder, pictures)
    reader = PhotoReader(encoder, LIMITS)
    found = [
        int(np.argmax(catalogue @ np.array(reader.encode(crop_and_flip(path))))) for path in paths
    ]
    assert np.mean(np.array(found) == np.arange(len(paths))) >= 0.98


def crop_and_flip(path: Path) -> bytes:
    image = Image.open(path).convert("RGB")
    width, height = image.size
    part = image.crop((width // 10, height // 20, width * 9 // 10, height * 17 // 20))
    data = io.BytesIO()
    ImageOps.mirror(part).save(data, "JPEG", quality=85)
    return data.getvalue()
