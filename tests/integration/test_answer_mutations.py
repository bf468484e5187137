"""The verifier over the demo store: some 2,000 false sentences about products nobody chose."""

from __future__ import annotations

import random
from decimal import Decimal

from support.answer_checking import CAUGHT, LOST, check_all, report

from retrieval.catalog.demo import generate_demo
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.types import Product

SEED, CATEGORIES, SHOWN = 20261124, 6, 3
MUTANTS = 2000


def test_false_sentences_about_the_demo_store_are_caught_and_true_ones_kept() -> None:
    demo, rng = generate_demo(), random.Random(SEED)
    categories: dict[tuple[str, ...], list[Product]] = {}
    for product in demo.products:
        categories.setdefault(product.category, []).append(product)
    shelves = []
    for _, products in rng.sample(sorted(categories.items()), CATEGORIES):
        shown = rng.sample(products, SHOWN)
        middle = sorted(p.price for p in shown if p.price is not None)[1]
        shelves.append((shown, middle + Decimal(5)))
    vocabulary = build_vocabulary(demo.products, demo.labels)
    results = list(check_all(shelves, vocabulary, demo.info, SEED))
    caught, lost, text = report(results)
    assert sum(1 for result in results if result[1]) >= MUTANTS
    assert caught >= CAUGHT, text
    assert lost <= LOST, text
