"""Pictures: valid, small, self-contained, and true to colour and kind."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from retrieval.catalog.demo import DemoStore
from retrieval.catalog.demo.pictures.canvas import Canvas, light, mix
from retrieval.types import Attribute

LARGEST = 7_000


def test_every_product_has_a_small_valid_picture(demo: DemoStore, tmp_path: Path) -> None:
    assert demo.write_media(tmp_path) == len(demo.products)
    sizes = []
    for product in demo.products:
        assert product.image_url == f"media/{product.id}.svg"
        path = tmp_path / f"{product.id}.svg"
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        assert root.tag.endswith("svg")
        assert root.attrib["aria-label"] == product.title
        sizes.append(path.stat().st_size)
    assert max(sizes) <= LARGEST
    assert sum(sizes) / len(sizes) < 3_000


def test_pictures_load_nothing_and_run_nothing(demo: DemoStore) -> None:
    for product in demo.products:
        svg = demo.picture(product)
        assert "href" not in svg
        assert "<script" not in svg
        assert not re.search(r'="[^"]*nan', svg)
        for name in re.findall(r"url\(#(\w+)\)", svg):
            assert f'id="{name}"' in svg, product.id


def test_the_picture_follows_the_colour(demo: DemoStore) -> None:
    for leaf in ("Mice", "Desks", "Jackets", "Kettles"):
        product = next(p for p in demo.products if p.category[-1] == leaf)
        other = tuple(
            Attribute(name="color_name", value="coral") if a.name == "color_name" else a
            for a in product.attributes
            if a.name != "color"
        )
        recoloured = product.model_copy(
            update={"attributes": (Attribute(name="color", value="orange"), *other)}
        )
        assert demo.picture(recoloured) != demo.picture(product)


def test_kinds_of_one_category_are_drawn_differently(demo: DemoStore) -> None:
    def shapes(word: str) -> str:
        product = next(p for p in demo.products if word in p.title)
        return re.sub(r"#[0-9a-f]{6}|aria-label=\"[^\"]*\"", "", demo.picture(product))

    assert len({shapes(w) for w in ("Vertical Ergonomic", "Trackball", "Gaming Mouse")}) == 3
    assert len({shapes(w) for w in ("French Press", "Drip Coffee", "Bean-to-Cup")}) == 3


def test_text_in_a_picture_is_escaped() -> None:
    svg = Canvas("#eeeeee").svg('Pots & "pans" <new>')
    assert ElementTree.fromstring(svg).attrib["aria-label"] == 'Pots & "pans" <new>'


def test_tones() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert light("#202020", 1) == "#ffffff"
