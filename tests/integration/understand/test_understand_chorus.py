"""On a real catalogue the reader never filters away what judges found relevant."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from assistant.types import Act, Conversation
from assistant.understand.quick import RuleReader
from retrieval.catalog.categories import CategoryLearner
from retrieval.catalog.feed import open_feed
from retrieval.catalog.types import FeedRow
from retrieval.catalog.vocabulary import VocabularyBuilder
from retrieval.types import Filters, Product, StoreInfo

pytestmark = pytest.mark.data
RELEVANT = 2
EMPTY = Conversation(id="empty")
CHORUS = "chorus-icecat"


@pytest.fixture(scope="module")
def products(shared_data: Path) -> dict[str, Product]:
    feed = open_feed(shared_data / CHORUS / "products.jsonl.gz")
    read = [row.product for row in feed if isinstance(row, FeedRow)]
    learner = CategoryLearner()
    for product in read:
        learner.add(product)
    model = learner.learn()
    return {p.id: p if p.category else model.categorise(p) for p in read}


@pytest.fixture(scope="module")
def reader(products: dict[str, Product]) -> RuleReader:
    builder = VocabularyBuilder()
    for product in products.values():
        builder.add(product)
    return RuleReader(builder.build(), StoreInfo(name="c", title="c", currency="EUR"))


@pytest.fixture(scope="module")
def judgments(shared_data: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    with (shared_data / CHORUS / "judgments.dev.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if int(row["grade"]) >= RELEVANT:
                found[row["query"]].add(row["product_id"])
    return found


def passes(product: Product, filters: Filters) -> bool:
    """Whether the filters a search box query may get keep `product`."""
    return (
        (not filters.brands or product.brand in filters.brands)
        and product.brand not in filters.excluded_brands
        and (filters.price is None or (product.price and filters.price.holds(product.price)))
        and not filters.attributes
        and not filters.categories
    )


def test_no_relevant_product_is_filtered_away(
    reader: RuleReader, products: dict[str, Product], judgments: dict[str, set[str]]
) -> None:
    removed = {
        query: lost
        for query, relevant in judgments.items()
        if (filters := reader.read(query, EMPTY, ()).filters)
        and (lost := [i for i in relevant if i in products and not passes(products[i], filters)])
    }
    assert removed == {}


def test_queries_of_a_search_box_are_searched_as_typed(
    reader: RuleReader, judgments: dict[str, set[str]]
) -> None:
    for query in judgments:
        read = reader.read(query, EMPTY, ())
        assert read.act is Act.SEARCH
        assert read.query == query
