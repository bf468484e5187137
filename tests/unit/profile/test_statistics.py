"""Counts over all shoppers: once a person and day, whatever arrives twice or late."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from support.events import NOW, event

from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import Action, Event, StoredEvent

DAY = 24 * 60


def log(*events: Event) -> list[StoredEvent]:
    return [StoredEvent(n, e.user_id or e.client_id, e) for n, e in enumerate(events, start=1)]


def orders() -> list[Event]:
    return [
        event(Action.ORDER, item, client_id=f"c{n}", session_id=f"s{n}", transaction_id=f"o{n}")
        for n in range(4)
        for item in (("bag", "lamp") if n < 3 else ("bag", "mouse"))
    ]


def test_what_is_bought_together() -> None:
    statistics = BehaviourStatistics(NOW)
    statistics.add(log(*orders()))
    assert [(other, n) for other, _, n in statistics.bought_with("bag")] == [
        ("lamp", 3),
        ("mouse", 1),
    ]
    assert statistics.bought_with("hat") == []
    assert sorted(statistics.baskets()) == [("bag", "lamp")] * 3 + [("bag", "mouse")]


def test_delivered_twice_counts_once() -> None:
    once, twice = BehaviourStatistics(NOW), BehaviourStatistics(NOW)
    events = log(*orders())
    once.add(events)
    twice.add(events)
    twice.add(events)
    assert once.bought_with("bag") == twice.bought_with("bag")
    assert once.popularity() == twice.popularity()


def test_the_order_of_arrival_is_no_matter() -> None:
    events = log(
        *(
            event(
                Action.CLICK,
                f"p{n % 5}",
                client_id=f"c{n % 7}",
                session_id=f"s{n % 9}",
                ago=n * 300,
            )
            for n in range(60)
        )
    )
    straight, shuffled = BehaviourStatistics(NOW), BehaviourStatistics(NOW)
    straight.add(events)
    mixed = list(events)
    random.Random(3).shuffle(mixed)
    for each in mixed:
        shuffled.add([each])
    one, two = dict(straight.popularity()), dict(shuffled.popularity())
    assert one.keys() == two.keys()
    assert all(abs(one[item] - two[item]) < 1e-9 for item in one)
    pairs = [{(o, n) for o, _, n in s.viewed_with("p1")} for s in (straight, shuffled)]
    assert pairs[0] == pairs[1] != set()


def test_one_person_makes_no_crowd() -> None:
    statistics = BehaviourStatistics(NOW)
    fan = [event(Action.CLICK, "dull", client_id="fan", session_id=f"s{n}") for n in range(50)]
    crowd = [event(Action.CLICK, "loved", client_id=f"c{n}") for n in range(3)]
    statistics.add(log(*fan, *crowd, event(Action.CLICK, "robot", automated=True)))
    assert [item for item, _ in statistics.popularity()] == ["loved", "dull"]


def test_popularity_by_segment_falls_back_on_everybody() -> None:
    statistics = BehaviourStatistics(NOW)
    statistics.add(
        log(
            *(event(Action.CLICK, "tea", client_id=f"z{n}", language="zh") for n in range(2)),
            *(event(Action.CLICK, "mug", client_id=f"e{n}", language="en") for n in range(3)),
        )
    )
    assert statistics.popularity("zh")[0][0] == "tea"
    assert statistics.popularity("")[0][0] == "mug"
    assert statistics.popularity("fr") == statistics.popularity("")


def test_trending_is_more_than_usual_by_several_people() -> None:
    now = datetime.now(UTC)
    shift = (now - NOW).total_seconds() / 60

    def click(item: str, who: int, days: float) -> Event:
        return event(
            Action.CLICK,
            item,
            client_id=f"c{who}",
            session_id=f"c{who}{days}",
            ago=days * DAY - shift,
        )

    statistics = BehaviourStatistics()
    steady = [click("steady", n, n % 30) for n in range(60)]
    rising = [click("rising", n, n % 2) for n in range(8)]
    alone = [click("alone", 1, 0)]
    statistics.add(log(*steady, *rising, *alone))
    names = [item for item, _ in statistics.trending()]
    assert names[0] == "rising" and "alone" not in names
    assert statistics.lookers("rising") == 8


def test_what_is_bought_again() -> None:
    statistics = BehaviourStatistics(NOW)
    statistics.add(
        log(
            *(
                event(
                    Action.ORDER, "toner", client_id="c1", ago=n * 30 * DAY, transaction_id=f"a{n}"
                )
                for n in range(3)
            ),
            event(Action.ORDER, "toner", client_id="c2", transaction_id="b"),
            event(Action.ORDER, "lamp", client_id="c2", transaction_id="b"),
        )
    )
    assert statistics.repeat_share(["toner"]) == 0.5
    assert statistics.repeat_share(["lamp"]) == statistics.repeat_share([]) == 0


def test_a_guide_is_no_product_that_people_look_at() -> None:
    statistics = BehaviourStatistics(NOW)
    statistics.add(
        log(
            event(Action.CLICK, "guide-mouse", surface="content"),
            event(Action.CLICK, "mouse", surface="chat"),
        )
    )
    assert statistics.popularity() == [("mouse", 1.0)]
    assert statistics.viewed_with("mouse") == []
