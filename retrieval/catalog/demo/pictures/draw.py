"""Choosing and rendering the drawing of a product."""

from __future__ import annotations

from retrieval.catalog.demo.sources import Words
from retrieval.types import Product


def draw_product(product: Product, words: Words) -> str:
    """The product's picture as SVG text."""
    name = product.attribute("color_name") or product.attribute("color")
    color = words.colors[str(name.value)].hex if name else "#9aa0a6"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        '<rect width="400" height="400" fill="#f4f3f0"/>'
        f'<rect x="110" y="110" width="180" height="180" rx="40" fill="{color}"/></svg>'
    )
