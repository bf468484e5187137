"""Photos as people send them: upright, transparent, broken, hostile."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from support.pictures import BLUE, GREEN, RED, as_bytes, draw

from retrieval.errors import PictureError, PictureFormatError, PictureTooLargeError
from retrieval.pictures import PictureLimits, product_views, read_drawing, read_photo

LIMITS = PictureLimits(megabytes=1, megapixels=2)
SIDE = 32


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_format_gives_the_same_picture(kind: str) -> None:
    pixels = read_photo(as_bytes(draw(RED), kind), SIDE, LIMITS)
    assert pixels.shape == (SIDE, SIDE, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[16, 16].astype(int) - RED).max() < 12
    assert pixels[1, 1].min() > 240


def test_a_camera_that_was_held_sideways_is_turned_upright() -> None:
    upright = Image.new("RGB", (80, 60), GREEN)
    upright.paste(BLUE, (0, 0, 80, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90°
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    pixels = read_photo(as_bytes(turned, "JPEG", exif=exif), SIDE, LIMITS)
    assert pixels[4, 16].argmax() == 2
    assert pixels[28, 16].argmax() == 1


def test_what_is_transparent_shows_white_paper() -> None:
    glass = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert read_photo(as_bytes(glass), SIDE, LIMITS).min() == 255
    palette = glass.convert("P")
    palette.info["transparency"] = 0
    assert read_photo(as_bytes(palette, transparency=0), SIDE, LIMITS).min() == 255


@pytest.mark.parametrize(
    "data",
    [b"GIF89a" + bytes(40), b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"hello"],
)
def test_other_formats_are_refused(data: bytes) -> None:
    with pytest.raises(PictureFormatError, match="neither JPEG, PNG nor WebP"):
        read_photo(data, SIDE, LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_breaks_off_is_refused(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8)
    whole = as_bytes(Image.fromarray(noise), kind)
    with pytest.raises(PictureError):
        read_photo(whole[: len(whole) // 2], SIDE, LIMITS)


def test_nothing_is_refused() -> None:
    with pytest.raises(PictureError, match="empty"):
        read_photo(b"", SIDE, LIMITS)


def test_too_many_bytes_are_not_even_looked_at() -> None:
    with pytest.raises(PictureTooLargeError, match="1 MB is the most"):
        read_photo(bytes(LIMITS.bytes + 1), SIDE, LIMITS)


@pytest.mark.parametrize("side", [1500, 50_000])
def test_a_bomb_is_known_by_its_header(side: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))
    with pytest.raises(PictureTooLargeError, match="2 million pixels"):
        read_photo(bomb, SIDE, LIMITS)


def test_drawings_are_rendered() -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">
    <rect width="10" height="5" fill="#1e1ec8"/></svg>"""
    pixels = read_drawing(svg, SIDE, LIMITS)
    assert pixels.shape == (SIDE, SIDE, 3)
    assert pixels[4, 16].tolist() == [30, 30, 200]
    assert pixels[28, 16].tolist() == [255, 255, 255]


@pytest.mark.parametrize("data", [b"<svg", b"\xff\xfe", b"<html></html>"])
def test_what_is_no_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="cannot be rendered"):
        read_drawing(data, SIDE, LIMITS)


def test_the_views_of_a_product_are_its_picture_its_middle_and_a_blur() -> None:
    picture = np.asarray(draw(RED, size=64))
    whole, middle, blurred = product_views(picture)
    assert whole is picture
    red = [(view[..., 1] < 100).sum() for view in (whole, middle)]
    assert red[1] > 1.3 * red[0]
    edges = [np.abs(np.diff(view.astype(int), axis=1)).max() for view in (whole, blurred)]
    assert edges[1] < edges[0]
