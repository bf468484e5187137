"""More or less of a measured property than what is shown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from assistant.types import Act, Conversation, Understanding
from assistant.understand.quick import RuleReader
from retrieval.types import Attribute, AttributeFilter, Product, Range, Sort

Talk = Callable[..., Conversation]
# Noise in dB, weight in g, rating.
MEASURED = ((30, 90, "4.2"), (40, 100, "4.8"), (25, 80, "3.9"), (20, 120, "4.5"))


@pytest.fixture
def mice() -> tuple[Product, ...]:
    return tuple(
        Product(
            id=f"p{number}",
            title=f"Mouse {number}",
            price=Decimal(10 * number),
            currency="USD",
            rating=Decimal(rating),
            rating_count=9,
            attributes=(
                Attribute(name="noise", value=Decimal(noise), unit="dB"),
                Attribute(name="weight", value=Decimal(weight), unit="g"),
            ),
        )
        for number, (noise, weight, rating) in enumerate(MEASURED, 1)
    )


def below(name: str, value: int, unit: str) -> AttributeFilter:
    bound = Range(maximum=Decimal(value), exclusive_maximum=True, derived=True)
    return AttributeFilter(name=name, range=bound, unit=unit)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("is there a quieter one?", below("noise", 25, "dB")),
        ("something quieter please", below("noise", 25, "dB")),
        ("any that are quieter?", below("noise", 25, "dB")),
        ("有没有更安静的？", below("noise", 25, "dB")),
        ("安静一点的", below("noise", 25, "dB")),
        ("do you have anything lighter?", below("weight", 90, "g")),
        ("有轻一点的吗", below("weight", 90, "g")),
        ("lighter than the second one", below("weight", 100, "g")),
        ("比第二款更轻的", below("weight", 100, "g")),
    ],
)
def test_less_than_the_shown_is_a_bound(
    reader: RuleReader,
    talk: Talk,
    mice: tuple[Product, ...],
    said: str,
    wanted: AttributeFilter,
) -> None:
    read = reader.read(said, talk("mouse", mice), mice)
    assert (read.act, read.query) == (Act.REFINE, "mouse")
    assert read.filters.attributes == (wanted,)


@pytest.mark.parametrize("said", ["better rated ones?", "有没有评价更好的？", "评分高一点的"])
def test_a_better_rating_is_a_bound(
    reader: RuleReader, talk: Talk, mice: tuple[Product, ...], said: str
) -> None:
    read = reader.read(said, talk("mouse", mice), mice)
    assert (read.act, read.query) == (Act.REFINE, "mouse")
    assert read.filters.minimum_rating == Decimal("4.6")


def test_it_is_measured_at_those_just_spoken_of(
    reader: RuleReader, talk: Talk, mice: tuple[Product, ...]
) -> None:
    asked = talk("mouse", mice, references=("p2",), act=Act.ASK)
    about = Conversation(id="c", turns=(*talk("mouse", mice).turns, *asked.turns))
    assert reader.read("quieter ones", about, mice).filters.attributes == (
        below("noise", 40, "dB"),
    )


def test_the_next_bound_takes_the_place_of_the_last(
    reader: RuleReader, talk: Talk, mice: tuple[Product, ...]
) -> None:
    first = talk("mouse", mice)
    refined = reader.read("a quieter one", first, mice)
    turn = first.turns[0].model_copy(update={"understanding": refined})
    about = Conversation(id="c", turns=(*first.turns, turn))
    assert reader.read("even quieter", about, mice[3:]).filters.attributes == (
        below("noise", 20, "dB"),
    )


@pytest.mark.parametrize(
    "said",
    [
        "I need a lighter",
        "is it quieter?",
        "which one is quieter?",
        "the quieter one",
        "is the first lighter than the second?",
        "哪个更安静",
        "更安静的那款",
    ],
)
def test_questions_and_things_are_no_bounds(
    reader: RuleReader, talk: Talk, mice: tuple[Product, ...], said: str
) -> None:
    assert not reader.read(said, talk("mouse", mice), mice).filters.attributes


def test_what_the_shown_do_not_state_is_no_bound(
    reader: RuleReader, talk: Talk, mice: tuple[Product, ...]
) -> None:
    read: Understanding = reader.read("a brighter one", talk("mouse", mice), mice)
    assert not read.filters.attributes
    assert read.sort is Sort.RELEVANCE


@pytest.mark.parametrize(
    ("said", "pair"),
    [
        ("how much more does the second cost than the first?", ("p2", "p1")),
        ("how much cheaper is the second?", ("p2", "p1")),
        ("how much heavier is the first than the second?", ("p1", "p2")),
        ("第一款和第二款哪个便宜？差多少？", ("p1", "p2")),
        ("这两款差价多少", ("p1", "p2")),
        ("by how much?", ("p1", "p2")),
    ],
)
def test_how_far_two_are_apart_is_a_comparison(
    reader: RuleReader, talk: Talk, mice: tuple[Product, ...], said: str, pair: tuple[str, str]
) -> None:
    read = reader.read(said, talk("mouse", mice), mice)
    assert (read.act, read.references) == (Act.COMPARE, pair)
    assert read.filters.price is None and not read.filters.attributes
