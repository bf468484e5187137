"""Shoppers: known tastes show in what they buy, and position in what they look at."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean

from retrieval.catalog.demo import DemoStore
from retrieval.catalog.demo.behaviour import DAYS, EXAMINATION, PAGE, SHOPPERS, Behaviour
from retrieval.catalog.demo.eventlog import Event
from retrieval.catalog.demo.generate import REFERENCE_DATE

ACTIONS = ("query", "impression", "click", "add_to_cart", "purchase")


def test_counts(demo: DemoStore, events: list[Event]) -> None:
    assert len(demo.shoppers) == SHOPPERS == 300
    assert {e.user_id for e in events} == {s.id for s in demo.shoppers}
    counts = {action: sum(e.action_name == action for e in events) for action in ACTIONS}
    assert sum(counts.values()) == len(events)
    assert counts["impression"] > 10 * counts["click"] > 20 * counts["add_to_cart"]
    assert counts["add_to_cart"] > counts["purchase"] > 200
    assert len({s.language for s in demo.shoppers}) == 2


def test_events_are_ordered_numbered_and_within_90_days(events: list[Event]) -> None:
    stamps = [datetime.fromisoformat(e.timestamp) for e in events]
    assert stamps == sorted(stamps)
    assert [e.event_id for e in events] == [f"e{n:06d}" for n in range(1, len(events) + 1)]
    first = datetime.combine(REFERENCE_DATE, datetime.min.time(), stamps[0].tzinfo)
    assert stamps[0] >= first - timedelta(days=DAYS)
    assert stamps[-1] < first + timedelta(hours=2), "a late session may end past midnight"


def test_each_action_follows_the_one_it_needs(demo: DemoStore, events: list[Event]) -> None:
    before = {"click": "impression", "add_to_cart": "click", "purchase": "add_to_cart"}
    prices = {p.id: str(p.price) for p in demo.products}
    stock = {p.id: p.stock for p in demo.products}
    done: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        if event.action_name == "query":
            assert event.object_id is None
            continue
        assert event.object_id in prices
        key = (event.query_id, event.object_id)
        if needed := before.get(event.action_name):
            assert needed in done[key], event
        done[key].add(event.action_name)
        if event.action_name == "purchase":
            assert event.price == prices[event.object_id]
            assert event.order_id
            assert stock[event.object_id]
        else:
            assert event.position is not None
            assert 1 <= event.position <= PAGE


def test_purchases_follow_tastes(demo: DemoStore, events: list[Event]) -> None:
    products = {p.id: p for p in demo.products}
    model = Behaviour(demo.products, demo.sources, demo.seed, REFERENCE_DATE)
    liking: dict[str, list[float]] = defaultdict(list)
    brands: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event.object_id is None:
            continue
        taste, product = demo.tastes[event.user_id], products[event.object_id]
        liking[event.action_name].append(model.utility(taste, product))
        brands[event.action_name].append(taste.brands[str(product.brand)])
    means = [mean(liking[a]) for a in ("impression", "click", "add_to_cart", "purchase")]
    assert means[0] + 0.5 < means[1] < means[2]
    assert means[3] > means[0] + 1
    assert mean(brands["purchase"]) > mean(brands["impression"]) + 0.2


def test_shoppers_look_and_buy_in_the_categories_they_care_for(
    demo: DemoStore, events: list[Event]
) -> None:
    products = {p.id: p for p in demo.products}
    categories = {p.category for p in demo.products}
    for action in ("impression", "purchase"):
        shares = [
            demo.tastes[e.user_id].categories.get(products[e.object_id].category, 0.0)
            for e in events
            if e.action_name == action and e.object_id
        ]
        # drawn without regard to taste, the mean share would be 1 over the number of categories
        assert mean(shares) > 10 / len(categories)


def test_position_bias_is_there_and_not_made_by_relevance(
    demo: DemoStore, events: list[Event]
) -> None:
    products = {p.id: p for p in demo.products}
    model = Behaviour(demo.products, demo.sources, demo.seed, REFERENCE_DATE)
    shown: dict[int, int] = defaultdict(int)
    clicked: dict[int, int] = defaultdict(int)
    liking: dict[int, list[float]] = defaultdict(list)
    for event in events:
        if event.position is None or event.object_id is None:
            continue
        if event.action_name == "impression":
            shown[event.position] += 1
            taste = demo.tastes[event.user_id]
            liking[event.position].append(model.utility(taste, products[event.object_id]))
        elif event.action_name == "click":
            clicked[event.position] += 1
    rate = {p: clicked[p] / shown[p] for p in shown}
    assert rate[1] > rate[3] > rate[8]
    expected = 1 / 8**-EXAMINATION
    assert expected * 0.6 < rate[1] / rate[8] < expected * 1.7
    assert abs(mean(liking[1]) - mean(liking[8])) < 0.3


def test_tastes_are_kept_apart_from_what_learners_read(demo: DemoStore, tmp_path: Path) -> None:
    log, truth = tmp_path / "events.jsonl", tmp_path / "truth.jsonl"
    written = demo.write_events(log)
    assert demo.write_truth(truth) == SHOPPERS
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == written
    fields = {field for line in lines for field in json.loads(line)}
    assert fields == {
        "event_id", "timestamp", "user_id", "session_id", "query_id", "action_name",
        "query", "object_id", "position", "price", "order_id",
    }  # fmt: skip
    first = json.loads(truth.read_text(encoding="utf-8").splitlines()[0])
    assert sum(first["categories"].values()) > 0.99
    assert {s for shopper in demo.shoppers for s in vars_of(shopper)} == {"id", "language"}


def vars_of(shopper: object) -> tuple[str, ...]:
    return tuple(shopper.__dataclass_fields__)  # type: ignore[attr-defined]


def test_queries_are_in_the_shoppers_language(demo: DemoStore, events: list[Event]) -> None:
    language = {s.id: s.language for s in demo.shoppers}
    for event in events:
        if event.action_name == "query" and event.query:
            chinese = any("\u4e00" <= c <= "\u9fff" for c in event.query)
            assert chinese == (language[event.user_id] == "zh"), event
