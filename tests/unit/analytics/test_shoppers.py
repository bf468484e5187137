"""Segments and the mix of profiles, over a real log and a real index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from support.learning_store import LearningStore
from support.merchant_log import NOW, PERIOD, MerchantLog

from retrieval.analytics.profiles import report_profiles
from retrieval.analytics.segments import report_segments
from retrieval.analytics.types import FEWEST_SHOPPERS, Dimension
from retrieval.profile.types import Action
from retrieval.types import Language

CROWD = [f"shopper{n}" for n in range(FEWEST_SHOPPERS)]
BEFORE = PERIOD.since - timedelta(days=3)


@pytest.fixture
def store() -> Iterator[LearningStore]:
    made = LearningStore()
    yield made
    made.index.close()


def test_shoppers_are_told_apart_by_what_the_log_says(
    log: MerchantLog, store: LearningStore
) -> None:
    for shopper in CROWD:
        log.add(Action.CLICK, shopper, moment=BEFORE, object_id="old")
        log.click(shopper, "q", "mouse-tavrik-black", minute=1)
        log.order(shopper, "mouse-tavrik-black", 20, minute=9)
    for number, shopper in enumerate(f"guest{n}" for n in range(6)):
        fields = {"language": "zh" if number < 2 else "en", "detail": {"device": "phone"}}
        log.add(Action.CLICK, shopper, object_id="lamp-okoro-red", **fields)
    for shopper in ("ann", "bob"):
        log.add(Action.CLICK, shopper, user_id=shopper, object_id="lamp-okoro-red")
    report = report_segments(log.events, log.read(), store.items, Language.ENGLISH)
    rows = {(row.dimension, row.label): row for row in report.rows}
    returning, new = rows[Dimension.VISIT, "Returning"], rows[Dimension.VISIT, "New"]
    assert (returning.shoppers, returning.buyers, returning.conversion) == (5, 5, 1.0)
    assert (returning.revenue, returning.opened, new.shoppers, new.buyers) == (100, 5, 8, 0)
    assert rows[Dimension.ACCOUNT, "Guest"].shoppers == 11
    assert rows[Dimension.TASTE, "Mice"].shoppers == 5
    assert rows[Dimension.TASTE, "Lamps"].shoppers == 8
    assert rows[Dimension.DEVICE, "phone"].shoppers == 6
    # Two signed-in shoppers, two Chinese and four English ones could be recognised.
    assert Dimension.LANGUAGE not in {row.dimension for row in report.rows}
    assert (report.hidden.rows, report.hidden.events, report.shoppers) == (3, 8, 13)


def test_without_the_catalogue_there_are_no_tastes(log: MerchantLog) -> None:
    for shopper in CROWD:
        log.click(shopper, "q", "mouse-tavrik-black")
    report = report_segments(log.events, log.read(), None, Language.ENGLISH)
    assert {row.dimension for row in report.rows} == {Dimension.VISIT, Dimension.ACCOUNT}


def test_the_mix_counts_each_profile_once_in_a_value(
    log: MerchantLog, store: LearningStore
) -> None:
    for shopper in CROWD:
        for minute, color in enumerate(("black", "red", "green")):
            log.click(shopper, "q", f"mouse-okoro-{color}", minute=minute)
            log.click(shopper, "q", f"bag-okoro-{color}", minute=minute + 0.5)
    log.click("alone", "q", "lamp-linnea-black")
    report = report_profiles(log.read(), store.items, NOW, Language.ENGLISH)
    rows = {(row.facet, row.label): row for row in report.rows}
    assert (report.profiles, report.shoppers) == (6, 6)
    assert rows["stage", "Own tastes"].shoppers == 5
    assert rows["brand", "Okoro"].shoppers == 5
    assert ("brand", "Linnea") not in rows and report.hidden.rows > 0
