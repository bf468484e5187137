"""A product's reviews counted: what a summary may say, for no model sums them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from retrieval.types import Frozen, Review

# From this many stars on a review is a good one, as shops count them.
GOOD = 4
MOST_STARS = 5


class ReviewSummary(Frozen):
    """How many reviews there are, how many are good (from `good_from` stars on), and how many
    give 5, 4, 3, 2 and 1 stars."""

    count: int
    good: int
    stars: dict[int, int]
    good_from: int = GOOD


def count_reviews(reviews: Sequence[Review]) -> ReviewSummary | None:
    """The counts of real reviews; None where there are none."""
    if not reviews:
        return None
    given = Counter(review.rating for review in reviews)
    return ReviewSummary(
        count=len(reviews),
        good=sum(number for stars, number in given.items() if stars >= GOOD),
        stars={stars: given[stars] for stars in range(MOST_STARS, 0, -1)},
    )
