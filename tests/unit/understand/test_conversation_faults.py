"""What whole conversations with the real model showed to be misread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assistant.jobs.types import BundleItem, BundleJob
from assistant.types import Act, Conversation, Turn
from assistant.understand.act import understand_job
from assistant.understand.quick import RuleReader
from retrieval.types import Language, Product

EMPTY = Conversation(id="empty")
Talk = Callable[..., Conversation]
Shown = tuple[Product, ...]


@pytest.mark.parametrize(
    ("message", "maximum"),
    [
        ("a tent for two people under 150", 150),
        ("a tent for 4 persons under 90", 90),
        ("presents for people under 150", 150),
        ("games for kids under 10", None),
        ("gifts for people under 30", None),
    ],
)
def test_a_counted_party_is_no_age(reader: RuleReader, message: str, maximum: int | None) -> None:
    price = reader.read(message, EMPTY, ()).filters.price
    assert (price.maximum if price else None) == maximum


@pytest.mark.parametrize(
    ("message", "query"),
    [
        ("两个人的帐篷", "两个人的帐篷"),
        ("我们三个人用的帐篷，200以内", "三个人用的帐篷"),
        ("想买两个杯子", "杯子"),
        ("一个人体工学椅", "人体工学椅"),
    ],
)
def test_counted_people_belong_to_the_wish(reader: RuleReader, message: str, query: str) -> None:
    assert reader.read(message, EMPTY, ()).query == query


@pytest.mark.parametrize(
    "message",
    [
        "without the price limit",
        "drop the price limit",
        "remove my budget",
        "没有价格限制",
        "去掉预算上限",
    ],
)
def test_a_limit_is_lifted(reader: RuleReader, talk: Talk, shown: Shown, message: str) -> None:
    read = reader.read(message, talk("mouse under 30", shown), shown)
    assert read.act is Act.REFINE
    assert read.filters.price is None
    assert not read.filters.excluded_terms


@pytest.mark.parametrize(
    ("message", "act"),
    [
        ("a wallet", Act.SEARCH),
        ("ok, some socks", Act.SEARCH),
        ("a bigger one", Act.REFINE),
        ("which of these two is cheaper?", Act.COMPARE),
        ("something cheaper", Act.REFINE),
    ],
)
def test_another_thing_and_a_question_which(
    reader: RuleReader, talk: Talk, shown: Shown, message: str, act: Act
) -> None:
    assert reader.read(message, talk("mouse", shown), shown).act is act


@pytest.mark.parametrize(
    ("message", "budget"),
    [
        ("make it 600", 600),
        ("my budget is 350 instead", 350),
        ("under 450 together", 450),
        ("把预算提高到600美元", 600),
        ("a mouse under 20", None),
    ],
)
def test_a_sets_budget_moves(reader: RuleReader, message: str, budget: int | None) -> None:
    job = BundleJob(
        items=(BundleItem(text="mouse"), BundleItem(text="laptop")), budget=Decimal(400)
    )
    understanding = understand_job(job, Language.ENGLISH)
    turn = Turn(id="t", message="set", understanding=understanding, started=datetime.now(UTC))
    moved = reader.read(message, Conversation(id="c", turns=(turn,)), ()).job
    assert (moved.budget if isinstance(moved, BundleJob) else None) == budget
