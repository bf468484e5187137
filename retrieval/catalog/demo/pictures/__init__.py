"""Product pictures: one parametric drawing a category, coloured by the product."""

from retrieval.catalog.demo.pictures.draw import draw_product

__all__ = ["draw_product"]
