"""Where a product's picture is, and what a bad one costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.pictures import BLUE, RED, as_bytes, draw, lamp, put_picture, store_images

from retrieval.errors import PictureError


def test_products_of_one_picture_share_its_vector(tmp_path: Path) -> None:
    put_picture(tmp_path, "shared.png", draw(RED))
    put_picture(tmp_path, "own.png", draw(BLUE))
    images = store_images(tmp_path)
    products = [
        lamp(n, "red", picture=f"media/{f}.png")
        for n, f in (("a", "shared"), ("b", "own"), ("c", "shared"))
    ]
    first, own, third = images.encode(products)
    assert first is not None and own is not None and third is not None
    np.testing.assert_array_equal(first, third)
    assert abs(float(np.linalg.norm(own)) - 1) < 1e-5
    assert images.digest(products[0]) == images.digest(products[2]) != images.digest(products[1])


def test_what_screen_readers_say_of_a_drawing_is_no_change_of_it(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    images, product = store_images(tmp_path), lamp("svg", "red", picture="media/lamp.svg")
    digests = []
    for label, radius in (("A lamp", 3), ("A cheaper lamp", 3), ("A lamp", 4)):
        (tmp_path / "media" / "lamp.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" aria-label="{label}">'
            f'<circle cx="4" cy="4" r="{radius}"/></svg>'
        )
        digests.append(images.digest(product))
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "media/",
        "media/absent.png",
        "media/../secret.png",
        "media/../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "media/out.png",
        "media/nul\x00.png",
        "https://cdn.example/lamp.png",
    ],
)
def test_nothing_outside_the_media_folder_is_read(tmp_path: Path, url: str | None) -> None:
    store = tmp_path / "store"
    put_picture(store, "in.png", draw(RED))
    (store / "secret.png").write_bytes(as_bytes(draw(RED)))
    (store / "media" / "out.png").symlink_to(store / "secret.png")
    product = lamp("a", "red").model_copy(update={"image_url": url})
    images = store_images(store)
    assert images.digest(product) == ""
    assert images.encode([product]) == [None]
    assert images.counts.failed == 0


def test_a_bad_picture_costs_only_itself(tmp_path: Path) -> None:
    put_picture(tmp_path, "good.png", draw(RED))
    (tmp_path / "media" / "bad.png").write_bytes(b"not a picture")
    images = store_images(tmp_path)
    good, bad = (lamp(n, "red", picture=f"media/{n}.png") for n in ("good", "bad"))
    vectors = images.encode([bad, good])
    assert vectors[0] is None
    assert vectors[1] is not None
    assert (images.counts.embedded, images.counts.failed) == (1, 1)
    assert images.counts.failures == [(bad.id, "The picture is neither JPEG, PNG nor WebP.")]


def test_pictures_on_the_web_are_read_only_where_downloads_are_allowed(tmp_path: Path) -> None:
    product = lamp("web", "red", picture="https://cdn.example/lamp.png")
    broken = lamp("broken", "red", picture="https://cdn.example/broken.png")
    asked: list[str] = []

    def download(url: str) -> bytes:
        asked.append(url)
        if "broken" in url:
            raise PictureError("answers 404.")
        return as_bytes(draw(RED))

    images = store_images(tmp_path, download=download)
    assert images.digest(product)
    found, none = images.encode([product, broken])
    assert found is not None and none is None
    assert sorted(asked) == sorted([product.image_url, broken.image_url])
    assert images.counts.failures == [(broken.id, "answers 404.")]
