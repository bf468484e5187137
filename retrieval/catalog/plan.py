"""What an import has to do with each product, and what is counted on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from retrieval.catalog.categories import CategoryLearner, CategoryModel
from retrieval.catalog.report import ReportWriter
from retrieval.catalog.types import Feed, RejectedRow
from retrieval.catalog.vocabulary import VocabularyBuilder
from retrieval.errors import FeedError
from retrieval.types import Fingerprint, Product, ProgressListener

# Rows between two calls of a listener.
REPORT_EVERY = 200

Fingerprinter = Callable[[Product], Fingerprint]


class Action(Enum):
    """What the index needs of a product."""

    EMBED = "embed"
    UPDATE = "update"
    NOTHING = "nothing"


def choose_action(now: Fingerprint, before: Fingerprint | None) -> Action:
    """What the index needs of a product, given what it holds of it."""
    if before == now:
        return Action.NOTHING
    embedded = before is not None and (before.text, before.image) == (now.text, now.image)
    return Action.UPDATE if embedded else Action.EMBED


@dataclass(slots=True)
class Plan:
    """Compares products with what is stored; counts each product it decides on.

    `actions` keeps the decisions that call for something, by product id.
    """

    stored: Mapping[str, Fingerprint]
    fingerprint: Fingerprinter
    vocabulary: VocabularyBuilder
    actions: dict[str, Action] = field(default_factory=dict)
    derived: int = 0
    with_category: int = 0
    unchanged: int = 0

    def decide(self, product: Product) -> Action:
        """What the index needs of `product`, its category included."""
        self.count(product)
        action = choose_action(self.fingerprint(product), self.stored.get(product.id))
        if action is Action.NOTHING:
            self.unchanged += 1
        else:
            self.actions[product.id] = action
        return action

    def count(self, product: Product) -> None:
        """Take `product` into the vocabulary and the counts."""
        self.vocabulary.add(product)
        self.derived += product.category_derived
        self.with_category += bool(product.category)


@dataclass(slots=True)
class Reading:
    """What a first pass over a feed found: ids, and how many products say what."""

    ids: set[str] = field(default_factory=set)
    uncategorised: int = 0
    chinese: int = 0


def read_feed(
    feed: Feed,
    problems: ReportWriter,
    listener: ProgressListener,
    learner: CategoryLearner,
    model: CategoryModel | None,
    plan: Plan,
) -> Reading:
    """First pass: every row is checked, problems are written down.

    With a `model` from an earlier import the plan is made on the way; without one the
    learner looks at the products that have no category.
    """
    reading = Reading()
    for number, row in enumerate(feed):
        problems.write(row)
        if number % REPORT_EVERY == 0:
            listener(feed.size_hint.read, feed.size_hint.total, "reading the feed")
        if isinstance(row, RejectedRow):
            continue
        product = row.product
        reading.ids.add(product.id)
        reading.chinese += any("\u4e00" <= c <= "\u9fff" for c in product.title)
        reading.uncategorised += not product.category
        if model is not None:
            plan.decide(with_category(product, model))
        elif not product.category:
            learner.add(product)
    listener(feed.size_hint.total, feed.size_hint.total, "reading the feed")
    return reading


def with_category(product: Product, model: CategoryModel) -> Product:
    """`product` with the feed's category, else with the derived one."""
    return product if product.category else model.categorise(product)


def read_again(feed: Feed, reading: Reading) -> Iterator[Product]:
    """Second pass: the same products as in the first; raises FeedError when they differ."""
    count = 0
    for row in feed:
        if isinstance(row, RejectedRow):
            continue
        count += 1
        if row.product.id not in reading.ids:
            break
        yield row.product
    else:
        if count == len(reading.ids):
            return
    raise FeedError(f"{feed.name} changed while it was read.", remedy="Run the import again.")
