"""Counted things filter where nearly all of the category state them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.types import Conversation
from assistant.understand.quick import RuleReader
from retrieval.types import (
    AttributeKind,
    AttributeProfile,
    CategoryProfile,
    Language,
    Range,
    Sort,
    StoreInfo,
    Vocabulary,
)

ZH, EN = Language.CHINESE, Language.ENGLISH


def number(name: str, chinese: str, unit: str | None = None) -> AttributeProfile:
    return AttributeProfile(
        name=name,
        kind=AttributeKind.NUMBER,
        products=40,
        unit=unit,
        surfaces={name.replace("_", " "): name, chinese: name},
    )


@pytest.fixture(scope="module")
def reader() -> RuleReader:
    vocabulary = Vocabulary(
        categories=(
            CategoryProfile(
                path=("Tents",),
                products=40,
                surfaces=("tents", "tent", "帐篷"),
                attributes={"persons": 40, "doors": 9},
            ),
            CategoryProfile(
                path=("Blocks",),
                products=40,
                surfaces=("blocks", "积木"),
                attributes={"pieces": 39, "min_age": 40},
            ),
        ),
        attributes={
            "persons": number("persons", "人数"),
            "doors": number("doors", "门数"),
            "pieces": number("pieces", "块数"),
            "min_age": number("min_age", "适用年龄", "years old"),
        },
        labels={ZH: {"years old": "岁", "persons": "人数"}},
    )
    store = StoreInfo(name="test", title="Test", currency="USD", languages=(EN, ZH))
    return RuleReader(vocabulary, store)


def ranges(reader: RuleReader, said: str) -> dict[str, Range | None]:
    read = reader.read(said, Conversation(id="c"), ())
    return {f.name: f.range for f in read.filters.attributes}


def exactly(value: int) -> Range:
    return Range(minimum=Decimal(value), maximum=Decimal(value))


@pytest.mark.parametrize(
    ("said", "name", "wanted"),
    [
        ("a 2-person tent", "persons", exactly(2)),
        ("a tent for two people", "persons", exactly(2)),
        ("四人帐篷", "persons", exactly(4)),
        ("a tent for at least 4 persons", "persons", Range(minimum=Decimal(4))),
        ("100-piece blocks", "pieces", exactly(100)),
        # What is made for those from 2 on is for a child of 3, too.
        ("blocks for 3 years old", "min_age", Range(maximum=Decimal(3))),
        ("三岁孩子的积木", "min_age", Range(maximum=Decimal(3))),
    ],
)
def test_a_count_is_a_condition(reader: RuleReader, said: str, name: str, wanted: Range) -> None:
    assert ranges(reader, said) == {name: wanted}


@pytest.mark.parametrize("said", ["a tent with two doors", "two tents", "a lamp for two people"])
def test_what_few_of_the_kind_state_only_ranks(reader: RuleReader, said: str) -> None:
    assert ranges(reader, said) == {}


def test_cheap_weighs_the_price(reader: RuleReader) -> None:
    for said in ("cheap blocks", "便宜的积木", "an affordable tent"):
        assert reader.read(said, Conversation(id="c"), ()).sort is Sort.AFFORDABLE
    assert reader.read("the cheapest blocks", Conversation(id="c"), ()).sort is (
        Sort.PRICE_ASCENDING
    )
