"""Sponsored placements: who may bid, the auction, the slots. Pure functions.

What is organic never enters here but as the list that must not be shown twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TypeVar

T = TypeVar("T")

# A price is a whole number of these, in the store's currency.
STEP = Decimal("0.01")
# A click-through rate before anything was shown, and how many impressions it counts for. About
# what product listing advertisements get; a wrong prior only delays what the log tells.
PRIOR_RATE = 0.02
PRIOR_IMPRESSIONS = 100.0
# Organic cards before the first advertisement, and between two: it is never the first thing
# a shopper sees.
FIRST_SLOT = 3
SLOT_GAP = 6


@dataclass(frozen=True, slots=True)
class Bidder:
    """A campaign's best product for one list.

    `relevance` is its place in what the request is about (1 the first, 0 the last), `rate` how
    often a shown card of it is expected to be clicked.
    """

    campaign_id: str
    sponsor: str
    product_id: str
    bid: Decimal
    relevance: float
    rate: float

    @property
    def quality(self) -> Decimal:
        """What the bid is weighed by: relevance times the expected click-through rate."""
        return Decimal(f"{self.relevance * self.rate:.8f}")

    @property
    def rank_score(self) -> Decimal:
        """What a slot is worth to the store and its shoppers, by which slots are given."""
        return self.bid * self.quality


@dataclass(frozen=True, slots=True)
class Won:
    """A slot won, and what one click of it costs."""

    bidder: Bidder
    cost: Decimal


def expected_rate(clicks: int, impressions: int) -> float:
    """The click-through rate of a product's placements, smoothed towards a usual one."""
    return (clicks + PRIOR_RATE * PRIOR_IMPRESSIONS) / (impressions + PRIOR_IMPRESSIONS)


def meet_floor(
    bidders: Sequence[Bidder], floor: float, shown: Collection[str] = ()
) -> list[Bidder]:
    """Those relevant enough, whatever they bid, and not on the page already."""
    return [b for b in bidders if b.relevance >= floor and b.product_id not in shown]


def run_auction(bidders: Sequence[Bidder], slots: int, reserve: Decimal) -> list[Won]:
    """The winners of `slots`, best first, each with its price for a click.

    A generalised second-price auction weighted by quality, with a reserve price: a winner pays
    the least that keeps its slot, at least `reserve` and never more than its bid (Edelman,
    Ostrovsky, Schwarz 2007; Varian 2007). One sponsor has one bidder, so that nobody's price
    rests on their own second bid.
    """
    entered = [b for b in bidders if b.bid >= reserve and b.quality > 0]
    entered.sort(key=lambda b: (-b.rank_score, b.campaign_id, b.product_id))
    ranked: list[Bidder] = []
    for bidder in entered:
        if all(bidder.sponsor != other.sponsor for other in ranked):
            ranked.append(bidder)
    return [
        Won(winner, _price(winner, ranked[place + 1 : place + 2], reserve))
        for place, winner in enumerate(ranked[: max(slots, 0)])
    ]


def _price(winner: Bidder, following: Sequence[Bidder], reserve: Decimal) -> Decimal:
    least = following[0].rank_score / winner.quality if following else Decimal(0)
    price = max(least, reserve).quantize(STEP, rounding=ROUND_UP)
    return min(price, winner.bid)


def place_in_slots(organic: Sequence[T], sponsored: Sequence[T]) -> list[T]:
    """Both in one list for a page: the organic order as it is, advertisements at their slots."""
    mixed = list(organic)
    for number, card in enumerate(sponsored):
        mixed.insert(min(FIRST_SLOT + number * (SLOT_GAP + 1), len(mixed)), card)
    return mixed
