"""The verdict of a comparison: what is asked for, and how far two are apart."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.answer.compare import compare_products
from assistant.evaluate.audit.auditor import Auditor
from assistant.evaluate.transcript import ShownTurn
from assistant.types import Act, Understanding
from retrieval.types import Attribute, Language, Product, Translation, Vocabulary

EN, ZH = Language.ENGLISH, Language.CHINESE


def mouse(id: str, name: str, chinese: str, price: str, weight: str, unit: str = "g") -> Product:
    return Product(
        id=id,
        title=f"{name} Mouse",
        brand=name.split()[0],
        translations={ZH: Translation(title=f"{chinese} 鼠标")},
        price=Decimal(price),
        currency="USD",
        attributes=(Attribute(name="weight", value=Decimal(weight), unit=unit),),
    )


HUSH = mouse("hush", "Tavrik Hush", "塔瑞克 Hush", "64.90", "63")
GLIDE = mouse("glide", "Brasko Glide", "布拉斯 Glide", "77.90", "0.095", "kg")
TWIN = mouse("twin", "Osmera Twin", "奥斯 Twin", "64.90", "63")


def verdict(message: str, *products: Product, language: Language = EN) -> list[str]:
    understanding = Understanding(act=Act.COMPARE, language=language, query="mouse")
    comparison = compare_products(understanding, products, Vocabulary(), message)
    assert comparison.settles
    cards = tuple(p.id for p in products)
    turn = ShownTurn(
        question="q",
        said=(message,),
        language=language,
        cards=cards,
        positions=tuple(range(1, len(cards) + 1)),
        sentences=comparison.verdict,
    )
    audited = list(Auditor(products, {}, {}).audit(turn))
    assert [c for s in audited for c in s.false] == []
    return [sentence.text for sentence in comparison.verdict]


@pytest.mark.parametrize(
    "message",
    [
        "how much cheaper is the first?",
        "what is the price difference?",
        "how much more does the second cost than the first?",
    ],
)
def test_the_difference_in_price(message: str) -> None:
    assert verdict(message, HUSH, GLIDE) == [
        "The Tavrik Hush Mouse costs $13 less than the Brasko Glide Mouse."
    ]
    assert verdict(message, GLIDE, HUSH) == [
        "The Tavrik Hush Mouse costs $13 less than the Brasko Glide Mouse."
    ]


@pytest.mark.parametrize("message", ["差多少钱？", "第一款比第二款便宜多少？", "差价是多少"])
def test_the_difference_in_price_in_chinese(message: str) -> None:
    assert verdict(message, HUSH, GLIDE, language=ZH) == ["塔瑞克 Hush比布拉斯 Glide便宜13美元。"]


def test_another_difference_in_the_unit_of_the_lower_value() -> None:
    assert verdict("how much lighter is the first?", HUSH, GLIDE) == [
        "The weight of the Tavrik Hush Mouse is 32 g below that of the Brasko Glide Mouse."
    ]
    assert verdict("what's the weight difference?", HUSH, GLIDE) == [
        "The weight of the Tavrik Hush Mouse is 32 g below that of the Brasko Glide Mouse."
    ]


def test_equal_values_are_called_equal() -> None:
    assert verdict("by how much?", HUSH, TWIN) == ["Both have the same price."]
    assert verdict("how much lighter is it?", HUSH, TWIN) == ["Both have the same weight."]


def test_a_wrong_difference_is_seen_by_the_auditor() -> None:
    turn = ShownTurn(
        question="q",
        said=("how much lighter is the first?",),
        language=EN,
        cards=("hush", "glide"),
        positions=(1, 2),
        sentences=(),
    )
    auditor = Auditor((HUSH, GLIDE), {}, {})
    text = "The weight of the Tavrik Hush Mouse is {} below that of the Brasko Glide Mouse."
    for value, true in (("32 g", True), ("0.032 kg", True), ("33 g", False), ("32 kg", False)):
        claims, _ = auditor.check(turn, text.format(value), (), ())
        assert [c.true for c in claims] == [true], value


def block(id: str, pieces: int) -> Product:
    return Product(
        id=id,
        title=f"{id.title()} Set",
        price=Decimal(20 + pieces),
        currency="USD",
        attributes=(
            Attribute(name="pieces", value=Decimal(pieces)),
            Attribute(name="memory", value=Decimal(pieces), unit="GB"),
        ),
    )


BLOCKS = tuple(block(name, n) for name, n in (("orbit", 75), ("bridge", 100), ("castle", 50)))
MANY = (*BLOCKS, *(block(name, n) for name, n in (("jungle", 20), ("rocket", 32), ("farm", 120))))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "which has the most pieces?",
            "The Bridge Set has the most pieces of the three, at 100.",
        ),
        (
            "which has the fewest pieces?",
            "The Castle Set has the fewest pieces of the three, at 50.",
        ),
        (
            "which has the largest memory?",
            "The Bridge Set has the highest memory of the three, at 100 GB.",
        ),
    ],
)
def test_the_end_of_any_property_that_is_counted_or_measured(message: str, told: str) -> None:
    assert verdict(message, *BLOCKS) == [told]


def test_the_end_of_a_property_in_chinese() -> None:
    vocabulary = Vocabulary(labels={ZH: {"memory": "内存"}})
    understanding = Understanding(act=Act.COMPARE, language=ZH, query="积木")
    told = compare_products(understanding, BLOCKS[:2], vocabulary, "第一款和第二款哪个内存大？")
    assert [s.text for s in told.verdict] == ["Bridge Set是两款中内存最高的，100GB。"]


def test_of_many_the_table_begins_with_the_first_by_what_is_asked() -> None:
    understanding = Understanding(act=Act.COMPARE, language=EN, query="blocks")
    told = compare_products(understanding, MANY, Vocabulary(), "which has the most pieces?")
    assert told.product_ids[0] == "farm" and len(told.product_ids) == 4
    assert [s.text for s in told.verdict] == [
        "The Farm Set has the most pieces of the six, at 120."
    ]


def test_a_difference_in_counted_things() -> None:
    assert verdict("how many more pieces does it have than the first?", *BLOCKS[:2]) == [
        "The Orbit Set has 25 fewer pieces than the Bridge Set."
    ]


def test_a_wrong_end_is_seen_by_the_auditor() -> None:
    turn = ShownTurn(
        question="q",
        said=("which has the most pieces?",),
        language=EN,
        cards=tuple(p.id for p in BLOCKS),
        positions=(1, 2, 3),
        sentences=(),
    )
    auditor = Auditor(BLOCKS, {}, {})
    for text, true in (
        ("The Bridge Set has the most pieces of the three.", True),
        ("The Orbit Set has the most pieces of the three.", False),
        ("The Bridge Set has the most pieces of the two.", False),
        ("The Bridge Set has the fewest pieces of the three.", False),
        ("The Bridge Set and the Orbit Set share the most pieces of the three.", False),
    ):
        claims, _ = auditor.check(turn, text, (), ())
        assert [c.true for c in claims] == [true], text
