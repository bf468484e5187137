"""Reads pictures of products and photos of shoppers; hostile files get one clear line.

The only importer of Pillow and resvg. Nothing is written anywhere.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
import resvg_py
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from retrieval.errors import PictureError, PictureFormatError, PictureTooLargeError
from retrieval.types import ImageEncoder, Pixels

PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")
"""What cameras, phones and shops use; every further decoder is a further way to attack."""

MIB = 1 << 20
MEGAPIXEL = 1_000_000
PAPER = (255, 255, 255)
"""What shows through transparent pictures, as on most shop pages."""

VIEW_WEIGHTS = (1.0, 0.5, 0.5)
VIEW_BORDER = 0.1
VIEW_BLUR = 1 / 50
"""Shares of the side. Against the picture alone: 101 shop photos blurred beyond recognition are
found in .96 instead of .69 of cases, drawings of near-identical things cropped in .96 instead
of .93; see docs/evaluation.md."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """The most bytes and pixels of a picture that is read."""

    megabytes: int = 8
    megapixels: int = 50

    @property
    def bytes(self) -> int:
        """The most bytes."""
        return self.megabytes * MIB


class PhotoReader:
    """Reads and embeds shoppers' photos."""

    def __init__(self, encoder: ImageEncoder, limits: PictureLimits) -> None:
        self.limit = limits.bytes
        self._encoder = encoder
        self._limits = limits

    def encode(self, data: bytes) -> tuple[float, ...]:
        """The vector of a photo; raises what `read_photo` raises."""
        pixels = read_photo(data, self._encoder.side, self._limits)
        return tuple(map(float, self._encoder.encode([pixels])[0]))


def read_photo(data: bytes, side: int, limits: PictureLimits) -> Pixels:
    """A JPEG, PNG or WebP as pixels of shape (side, side, 3), upright as its EXIF data says.

    The whole picture is kept, its sides stretched alike: measured on catalogues, crops of
    other proportions are found as well as with borders, smaller objects better. Raises
    PictureTooLargeError, PictureFormatError and PictureError.
    """
    if len(data) > limits.bytes:
        raise PictureTooLargeError(
            f"The picture has {len(data) / MIB:.1f} MB; {limits.megabytes} MB is the most.",
            remedy="Send a smaller one.",
        )
    if not data:
        raise PictureError("The picture is empty.", remedy="Send a JPEG, PNG or WebP file.")
    try:
        # A warning of a decompression bomb is none of ours: the size is checked below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=PHOTO_FORMATS) as image:
                _check_pixels(image.size, limits)
                image.draft("RGB", (2 * side, 2 * side))
                return _as_pixels(ImageOps.exif_transpose(image), side)
    except UnidentifiedImageError:
        raise PictureFormatError(
            "The picture is neither JPEG, PNG nor WebP.", remedy="Convert it to one of them."
        ) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels(limits) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError):
        # Pillow raises all of these for files that break off or contradict themselves.
        raise PictureError(
            "The picture is damaged and cannot be read.", remedy="Send another file."
        ) from None


def read_drawing(data: bytes, side: int, limits: PictureLimits) -> Pixels:
    """An SVG as pixels of shape (side, side, 3); raises as `read_photo` does.

    Drawings are read from a store's own folder only: they may name other files.
    """
    if len(data) > limits.bytes:
        raise PictureTooLargeError(f"The drawing is above {limits.megabytes} MB.")
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=data.decode("utf-8"), width=side, height=side, skip_system_fonts=True
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise PictureError(f"The drawing cannot be rendered: {error}") from None
    return read_photo(bytes(png), side, limits)


def product_views(pixels: Pixels) -> list[Pixels]:
    """A product's picture, its middle alone, and as a shaky hand would take it.

    `VIEW_WEIGHTS` says what each counts in the product's vector: photos are cut and blurred,
    and a product is found by them more surely when its own vector has seen both.
    """
    image = Image.fromarray(pixels)
    side = image.width
    edge = round(side * VIEW_BORDER)
    middle = image.resize(
        image.size, Image.Resampling.BICUBIC, box=(edge, edge, side - edge, side - edge)
    )
    blurred = image.filter(ImageFilter.GaussianBlur(side * VIEW_BLUR))
    return [pixels, *(np.asarray(view, np.uint8) for view in (middle, blurred))]


def _check_pixels(size: tuple[int, int], limits: PictureLimits) -> None:
    """Before anything is decoded: the header says how large it will be."""
    if size[0] * size[1] > limits.megapixels * MEGAPIXEL:
        raise _too_many_pixels(limits)


def _too_many_pixels(limits: PictureLimits) -> PictureTooLargeError:
    return PictureTooLargeError(
        f"The picture has more than {limits.megapixels} million pixels.",
        remedy="Send a smaller one.",
    )


def _as_pixels(image: Image.Image, side: int) -> Pixels:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, (*PAPER, 255))
        image = Image.alpha_composite(paper, layer)
    flat = image.convert("RGB")
    if flat.size != (side, side):
        flat = flat.resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(flat, np.uint8)
