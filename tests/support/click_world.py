"""Shoppers of the little shop who each like one brand, and the log they leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from support.learning_store import BRANDS, KINDS, PRODUCTS

from retrieval.profile.types import Action, Event

SHOWN = 12
# What a liked and any other brand is opened with, once it is looked at.
LIKED, OTHER = 0.8, 0.15
BIAS = 0.8


def favourite(shopper: int) -> str:
    """The brand that a shopper likes."""
    return BRANDS[shopper % len(BRANDS)]


def make_log(start: datetime, *, shoppers: int = 40, lists: int = 12, seed: int = 0) -> list[Event]:
    """Impressions and clicks of `lists` pages of each shopper, an hour and more apart.

    Places are looked at with probability place ** -BIAS, whatever stands there.
    """
    return [
        event
        for shopper in range(shoppers)
        for number in range(lists)
        for event in _page(shopper, number, start, Random(f"{seed}:{shopper}:{number}"))
    ]


def _page(shopper: int, number: int, start: datetime, random: Random) -> Iterator[Event]:
    kind = random.choice(list(KINDS))
    products = [p for p in PRODUCTS if p.id.startswith(kind)]
    random.shuffle(products)
    moment = start + timedelta(hours=number * 5 + random.random() * 4)
    base = {
        "client_id": f"s{shopper}",
        "session_id": f"s{shopper}-{number}",
        "query_id": f"list-{shopper}-{number}",
        "user_query": kind,
        "surface": "search",
    }
    for place, product in enumerate(products[:SHOWN], start=1):
        about = {**base, "object_id": product.id, "ordinal": place}
        name = f"{shopper}-{number}-{place}"
        yield Event(
            event_id=f"i{name}",
            action_name=Action.IMPRESSION,
            timestamp=moment,
            propensity=1.0,
            **about,
        )
        chance = LIKED if product.brand == favourite(shopper) else OTHER
        if random.random() < place**-BIAS and random.random() < chance:
            yield Event(
                event_id=f"c{name}",
                action_name=Action.CLICK,
                timestamp=moment + timedelta(seconds=5 * place),
                **about,
            )
