"""The real catalogue of chorus-icecat: numbers that docs/feeds.md states."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from support.stated_units import measure_agreement

from retrieval.catalog.categories import CategoryLearner
from retrieval.catalog.feed import open_feed
from retrieval.catalog.icecat import UNITS
from retrieval.catalog.types import FeedRow
from retrieval.types import Product

pytestmark = pytest.mark.data

PRODUCTS = 19_406


@pytest.fixture(scope="module")
def products(shared_data: Path) -> list[Product]:
    feed = open_feed(shared_data / "chorus-icecat" / "products.jsonl.gz")
    learner = CategoryLearner()
    read = []
    for row in feed:
        assert isinstance(row, FeedRow) and not row.problems
        learner.add(row.product)
        read.append(row.product)
    model = learner.learn()
    return [model.categorise(p) for p in read]


def test_every_row_is_a_product(products: list[Product]) -> None:
    assert len(products) == PRODUCTS == len({p.id for p in products})
    assert {p.currency for p in products} == {"EUR"}


def test_most_products_get_a_category(products: list[Product]) -> None:
    assert sum(bool(p.category) for p in products) >= 0.84 * PRODUCTS
    sizes = Counter(p.category for p in products if p.category)
    assert 150 <= len(sizes) <= 350


# What a title says in Icecat's own words, and the path it must come out under.
@pytest.mark.parametrize(
    ("says", "leaf", "least"),
    [
        (r"\bNotebook \w+ \d+(\.\d)? cm", "Notebooks", 0.97),
        (r"toner cartridge", "Toner cartridges", 0.97),
        (r"notebook case", "Notebook cases", 0.95),
        (r"graphics card", "Graphics cards", 0.9),
        (r"computer monitor", "Computer monitors", 0.9),
        (r"\bkeyboard\b.* QWERTY", "Keyboards", 0.9),
        (r"memory module", "Memory modules", 0.95),
        (r"large format printer", "Large format printers", 0.95),
    ],
)
def test_kinds_come_out_apart(products: list[Product], says: str, leaf: str, least: float) -> None:
    meant = [p for p in products if re.search(says, p.title)]
    assert len(meant) >= 10
    assert sum(leaf in p.category for p in meant) >= least * len(meant)


def test_what_is_made_for_notebooks_is_no_notebook(products: list[Product]) -> None:
    accessory = re.compile(r"notebook (case|stand|spare part|dock|cooling)|laptop (bag|case)")
    meant = [p for p in products if accessory.search(p.title)]
    assert len(meant) > 100
    assert sum("Notebooks" in p.category for p in meant) <= 0.02 * len(meant)


def test_units_agree_with_what_titles_state(products: list[Product]) -> None:
    for name, agreement in measure_agreement(products, UNITS).items():
        assert agreement.stated >= 20, name
        assert agreement.agreeing >= 0.89 * agreement.stated, name
