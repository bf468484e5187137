"""Choosing and rendering the drawing of a product."""

from __future__ import annotations

from collections.abc import Callable

from retrieval.catalog.demo.pictures.audio import DRAWINGS as AUDIO
from retrieval.catalog.demo.pictures.beauty import DRAWINGS as BEAUTY
from retrieval.catalog.demo.pictures.canvas import Canvas, Look
from retrieval.catalog.demo.pictures.clothing import DRAWINGS as CLOTHING
from retrieval.catalog.demo.pictures.computing import DRAWINGS as COMPUTING
from retrieval.catalog.demo.pictures.family import DRAWINGS as FAMILY
from retrieval.catalog.demo.pictures.furniture import DRAWINGS as FURNITURE
from retrieval.catalog.demo.pictures.home import DRAWINGS as HOME
from retrieval.catalog.demo.pictures.input_devices import DRAWINGS as INPUT_DEVICES
from retrieval.catalog.demo.pictures.kitchen import DRAWINGS as KITCHEN
from retrieval.catalog.demo.pictures.outdoor import DRAWINGS as OUTDOOR
from retrieval.catalog.demo.pictures.phones import DRAWINGS as PHONES
from retrieval.catalog.demo.pictures.shoes_bags import DRAWINGS as SHOES_BAGS
from retrieval.catalog.demo.sources import Words
from retrieval.types import Product

Drawing = Callable[[Canvas, Look], None]

# Backdrops of the shop's departments: light, and tinted apart from white products.
_BACKDROPS = {
    "Electronics": "#dfe5ec",
    "Home": "#ebe3d8",
    "Kitchen": "#e9e4da",
    "Fashion": "#e9e0de",
    "Sports & Outdoors": "#dde7df",
    "Beauty": "#f0e2e3",
    "Toys & Baby": "#efe7d3",
    "Pets": "#e5e6da",
    "Stationery": "#e3e2ea",
}

DRAWINGS: dict[str, Drawing] = {
    **INPUT_DEVICES,
    **COMPUTING,
    **AUDIO,
    **PHONES,
    **FURNITURE,
    **HOME,
    **KITCHEN,
    **CLOTHING,
    **SHOES_BAGS,
    **OUTDOOR,
    **BEAUTY,
    **FAMILY,
}


def draw_product(product: Product, words: Words) -> str:
    """The product's picture as SVG text; the drawing follows its colour and attributes."""
    values = {attribute.name: attribute.value for attribute in product.attributes}
    shade = str(values.get("color_name") or values.get("color") or "grey")
    canvas = Canvas(_BACKDROPS[product.category[0]])
    look = Look(product.id, product.title.lower(), words.colors[shade].hex, values)
    DRAWINGS[product.id.rpartition("-")[0]](canvas, look)
    return canvas.svg(product.title)
