"""How well the verifier tells true sentences from altered ones: `python -m benchmarks.mutation`.

True sentences of every form (prices, budgets, ratings, stock, ranks, comparisons, attributes,
negations, silence; both languages) about products drawn by lot from the demo store, and each
altered in one number, name, attribute, comparison or negation. With `--catalog FEED` also
about that feed's products. Prints the share of mutants caught and of true sentences lost.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from retrieval.catalog.demo.generate import generate_demo
from retrieval.catalog.feed import open_feed
from retrieval.catalog.types import FeedRow
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.types import Product, StoreInfo, Vocabulary

# The sentences are those of the tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.answer_cases import Case
from support.answer_checking import check_all, report

SHOWN = 3
Result = tuple[Case, str, str, bool]


def shelves(
    products: Sequence[Product], count: int, rng: random.Random
) -> Iterator[tuple[list[Product], Decimal]]:
    """`count` lists of three products of one kind, each with a budget near its middle price."""
    kinds: dict[tuple[str, ...] | str, list[Product]] = {}
    for product in products:
        if product.price is not None:
            kinds.setdefault(product.category or (product.brand or ""), []).append(product)
    shelf = sorted((str(k), p) for k, p in kinds.items() if len(p) >= SHOWN)
    for _, of_kind in rng.sample(shelf, min(count, len(shelf))):
        shown = rng.sample(of_kind, SHOWN)
        middle = sorted(p.price for p in shown if p.price is not None)[1]
        yield shown, middle + Decimal(5)


def run(
    name: str,
    products: Sequence[Product],
    vocabulary: Vocabulary,
    store: StoreInfo,
    count: int,
    seed: int,
) -> list[Result]:
    """Check generated sentences of one catalogue, and print how it went."""
    lists = list(shelves(products, count, random.Random(seed)))
    results = list(check_all(lists, vocabulary, store, seed))
    mutants = [r for r in results if r[1]]
    caught, lost, text = report(results)
    print(f"{name}: {len(mutants)} mutants, {caught:.2%} caught;", end=" ")
    print(f"{len(results) - len(mutants)} true sentences, {lost:.2%} lost")
    total, missed = Counter(r[1] for r in mutants), Counter(r[1] for r in mutants if r[3])
    languages = Counter(str(r[0].language) for r in mutants)
    print("  by change: " + ", ".join(f"{k} {n - missed[k]} of {n}" for k, n in total.items()))
    print("  by language: " + ", ".join(f"{k} {n}" for k, n in languages.items()))
    if missed or lost:
        print("  " + "\n  ".join(text.splitlines()[1:41]))
    return results


def main() -> None:
    """Run over the demo store, and over a feed if one is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shelves", type=int, default=12, help="lists of three products")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--catalog", type=Path, help="a feed to draw products from as well")
    given = parser.parse_args()
    demo = generate_demo()
    vocabulary = build_vocabulary(demo.products, demo.labels)
    results = run("demo", demo.products, vocabulary, demo.info, given.shelves, given.seed)
    if given.catalog:
        # The sentences of the tests are in dollars.
        rows = open_feed(given.catalog, currency="USD")
        products = [row.product for row in rows if isinstance(row, FeedRow)]
        store = StoreInfo(name="feed", title="", currency=products[0].currency)
        vocabulary = build_vocabulary(products)
        results += run("feed", products, vocabulary, store, given.shelves, given.seed)
    mutants = [r for r in results if r[1]]
    caught, lost, _ = report(results)
    print(f"all: {len(mutants)} mutants, {caught:.2%} caught; {lost:.2%} of the true lost")


if __name__ == "__main__":
    main()
