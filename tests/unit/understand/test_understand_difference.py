"""Words beside a product or a photo: how what is wanted differs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assistant.types import Act, Conversation, Likeness, Turn, Understanding
from assistant.understand.difference import DifferenceReader
from assistant.understand.quick import RuleReader
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.types import Attribute, AttributeFilter, Language, Product, Range, StoreInfo

LABELS = {Language.CHINESE: {"color": "颜色", "black": "黑色", "white": "白色"}}


def chair(number: int, color: str) -> Product:
    return Product(
        id=f"chair-{number}",
        title=f"Vind {number} office chair {color}",
        price=Decimal(100),
        currency="USD",
        brand="Oak",
        category=("Home", "Office Chairs"),
        attributes=(
            Attribute(name="color", value=color),
            Attribute(name="foldable", value=number % 2 == 0),
            Attribute(name="material", value="mesh"),
        ),
    )


CHAIRS = tuple(chair(n, color) for n, color in enumerate(["black", "white", "green"] * 4))
ONE = Product(
    id="odd",
    title="Odd chair",
    price=None,
    currency="USD",
    attributes=(Attribute(name="finish", value="hammered"),),
)
VOCABULARY = build_vocabulary((*CHAIRS, ONE), LABELS)
STORE = StoreInfo(name="chairs", title="Chairs", currency="USD")
READER = DifferenceReader(RuleReader(VOCABULARY, STORE), VOCABULARY, STORE)
BLACK = (AttributeFilter(name="color", values=("black",)),)


@pytest.mark.parametrize(
    "text",
    [
        "black",
        "but black",
        "but in black",
        "like this but black",
        "Something like this, but black",
        "do you have this in black?",
        "the same in black",
        "similar one but black",
        "in black please",
        "黑色的",
        "要黑色的",
        "类似的黑色的",
        "有没有类似的黑色的",
        "有没有类似的黑色的吗？",
        "和这个一样但是黑色的",
        "这款有黑色的吗",
    ],
)
def test_a_colour_beside_a_product_is_a_condition(text: str) -> None:
    read = READER.read(text)
    assert read.filters.attributes == BLACK, read
    assert read.query == "", read


@pytest.mark.parametrize(
    "text", ["", "  ", "more like this", "something like this", "similar", "类似的"]
)
def test_likeness_alone_asks_for_nothing_else(text: str) -> None:
    read = READER.read(text)
    assert (read.query, read.filters.attributes, read.filters.price) == ("", (), None)


def test_what_is_no_value_stays_to_be_searched() -> None:
    read = READER.read("like this but with wheels")
    assert read.query == "wheels"
    assert read.filters.attributes == ()
    both = READER.read("black with wheels")
    assert both.filters.attributes == BLACK
    assert both.query == "with wheels" or both.query == "wheels"


def test_a_value_of_a_single_product_is_no_condition() -> None:
    assert READER.read("but hammered").filters.attributes == ()


def test_a_flag_is_a_condition() -> None:
    read = READER.read("this but foldable")
    assert read.filters.attributes == (AttributeFilter(name="foldable", values=("true",)),)


def test_several_values_of_an_attribute_are_alternatives() -> None:
    read = READER.read("black or white")
    assert read.filters.attributes == (AttributeFilter(name="color", values=("black", "white")),)


def test_prices_brands_and_refusals_are_read_as_everywhere() -> None:
    assert READER.read("under 50").filters.price == Range(
        maximum=Decimal(50), exclusive_maximum=True
    )
    assert READER.read("by Oak").filters.brands == ("Oak",)
    refused = READER.read("not black").filters
    assert AttributeFilter(name="color", values=("black",)) not in refused.attributes
    assert refused.excluded_terms or refused.attributes


@pytest.mark.parametrize("text", ["cheaper", "similar but cheaper", "便宜一点的", "有没有便宜点的"])
def test_cheaper_is_measured_at_the_product(text: str) -> None:
    assert READER.read(text, product=CHAIRS[0]).filters.price == Range(
        maximum=Decimal(100), exclusive_maximum=True
    )
    assert READER.read(text, product=ONE).filters.price is None
    assert READER.read(text).filters.price is None


def second_turn(message: str) -> Understanding:
    """`message` after a search that showed the first three chairs."""
    reader = RuleReader(VOCABULARY, STORE)
    shown = CHAIRS[:3]
    first = reader.read("office chair", Conversation(id="c"), ())
    turn = Turn(
        id="1",
        started=datetime(2026, 1, 1, tzinfo=UTC),
        message="office chair",
        understanding=first,
        shown=tuple(p.id for p in shown),
    )
    read = reader.read(message, Conversation(id="c", turns=(turn,)), shown)
    return READER.compare(message, read, shown)


@pytest.mark.parametrize(
    "message",
    [
        "more like the second one but black",
        "show me something like number 2 in black",
        "something similar to the second one in black",
        "有没有跟第二款类似的黑色的",
        "像第二款那样的黑色的",
        "和第二个差不多的黑色的",
    ],
)
def test_a_turn_asks_for_what_is_like_a_shown_one(message: str) -> None:
    read = second_turn(message)
    assert read.act is Act.REFINE
    assert read.like == Likeness(product_id="chair-1")
    assert BLACK[0] in read.filters.attributes


@pytest.mark.parametrize(
    "message",
    [
        "I like the second one",
        "is the second one like the first one?",
        "compare the first and the second",
        "how heavy is the second one?",
        "in black",
        "第二款和第一款一样吗",
    ],
)
def test_other_turns_ask_for_no_likeness(message: str) -> None:
    assert second_turn(message).like is None
