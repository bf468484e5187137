"""The auction: relevance first, second prices, quality, reserve, slots."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from random import Random

import pytest

from retrieval.rank.sponsored import (
    Bidder,
    expected_rate,
    meet_floor,
    place_in_slots,
    run_auction,
)

RESERVE = Decimal("0.10")


def bidder(name: str, bid: str, relevance: float = 1.0, rate: float = 0.02) -> Bidder:
    return Bidder(name, f"sponsor-{name}", f"product-{name}", Decimal(bid), relevance, rate)


def sold(bidders: list[Bidder], slots: int = 2) -> list[tuple[str, str]]:
    won = run_auction(bidders, slots, RESERVE)
    return [(each.bidder.campaign_id, str(each.cost)) for each in won]


def test_a_winner_pays_the_next_ones_bid_and_the_last_the_reserve() -> None:
    bidders = [bidder("a", "2.00"), bidder("b", "1.50"), bidder("c", "0.40")]
    assert sold(bidders) == [("a", "1.50"), ("b", "0.40")]
    assert sold(bidders, slots=3)[-1] == ("c", "0.10")
    assert sold([bidder("a", "2.00")]) == [("a", "0.10")]


def test_quality_weighs_the_bid_and_the_price() -> None:
    bidders = [bidder("rich", "2.00", rate=0.01), bidder("liked", "1.00", rate=0.04)]
    # 1.00 x .04 outranks 2.00 x .01; it pays 2.00 x .01 / .04.
    assert sold(bidders) == [("liked", "0.50"), ("rich", "0.10")]


def test_a_price_is_rounded_up_to_a_cent_and_never_above_the_bid() -> None:
    assert sold([bidder("a", "1.00", rate=0.03), bidder("b", "1.00", rate=0.02)])[0] == (
        "a",
        "0.67",
    )
    assert sold([bidder("a", "0.333"), bidder("b", "0.3325")])[0] == ("a", "0.333")


def test_bids_below_the_reserve_do_not_enter() -> None:
    assert sold([bidder("a", "0.09"), bidder("b", "0.10")]) == [("b", "0.10")]


def test_no_sponsor_competes_with_themselves() -> None:
    twin = Bidder("second", "sponsor-a", "product-x", Decimal("1.90"), 1.0, 0.02)
    assert sold([bidder("a", "2.00"), twin, bidder("b", "0.50")]) == [("a", "0.50"), ("b", "0.10")]


def test_truth_prices_and_order_hold_for_any_bidders() -> None:
    draw = Random(7)
    for _ in range(300):
        bidders = [
            bidder(str(n), f"{draw.uniform(0.05, 3):.2f}", draw.random(), draw.uniform(0.001, 0.2))
            for n in range(draw.randint(0, 6))
        ]
        won = run_auction(bidders, 3, RESERVE)
        scores = [each.bidder.rank_score for each in won]
        assert scores == sorted(scores, reverse=True)
        assert all(RESERVE <= each.cost <= each.bidder.bid for each in won)
        assert all(each.cost == each.cost.quantize(Decimal("0.01")) for each in won)
        for shuffled in permutations(bidders[:3]):
            assert run_auction([*shuffled, *bidders[3:]], 3, RESERVE) == won


def test_no_bid_buys_relevance() -> None:
    bidders = [bidder("far", "99", relevance=0.49), bidder("near", "0.10", relevance=0.5)]
    assert [b.campaign_id for b in meet_floor(bidders, 0.5)] == ["near"]
    assert meet_floor(bidders, 0.5, shown={"product-near"}) == []


@pytest.mark.parametrize("slots", [0, -1])
def test_no_slots_sell_nothing(slots: int) -> None:
    assert run_auction([bidder("a", "2.00")], slots, RESERVE) == []


def test_a_rate_starts_at_the_usual_and_follows_what_happens() -> None:
    assert expected_rate(0, 0) == pytest.approx(0.02)
    assert expected_rate(0, 10_000) < 0.001
    assert expected_rate(1_000, 10_000) == pytest.approx(0.1, rel=0.02)


def test_slots_keep_the_organic_order_and_never_come_first() -> None:
    organic = list(range(20))
    for ads in ([], ["x"], ["x", "y"], ["x", "y", "z"]):
        for length in (0, 1, 2, 5, 20):
            mixed = place_in_slots(organic[:length], ads)  # type: ignore[arg-type]
            assert [each for each in mixed if each not in ads] == organic[:length]
            assert [each for each in mixed if each in ads] == ads
            assert not length or mixed[0] == 0
