"""The auditor: silent on what the raw catalogue backs, loud on what it doesn't."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from assistant.evaluate.audit.auditor import Auditor
from assistant.evaluate.grounding import audit_turns
from assistant.evaluate.transcript import ShownTurn
from assistant.types import Sentence
from retrieval.types import Attribute, Language, Product, Review, Translation

EN, ZH = Language.ENGLISH, Language.CHINESE


def _mouse(id: str, name: str, chinese: str, price: str, **more: object) -> Product:
    attributes = (
        Attribute(name="weight", value=Decimal(str(more.pop("weight"))), unit="g"),
        Attribute(name="noise", value=Decimal(str(more.pop("noise"))), unit="dB"),
        Attribute(name="color", value=str(more.pop("color"))),
        Attribute(name="waterproof", value=bool(more.pop("waterproof", False))),
        Attribute(name="connectivity", value="Bluetooth"),
    )
    return Product(
        id=id,
        title=f"{name} Silent Mouse, {attributes[0].value} g",
        translations={ZH: Translation(title=f"{chinese} 静音鼠标 {attributes[0].value}克")},
        price=Decimal(price),
        currency="USD",
        attributes=attributes,
        brand=name.split()[0],
        **more,  # type: ignore[arg-type]
    )


HUSH = _mouse(
    "hush",
    "Tavrik Hush",
    "塔瑞克 Hush",
    "649",
    weight=63,
    noise=28,
    color="black",
    waterproof=True,
    rating=Decimal("4.5"),
    rating_count=88,
    stock=12,
    list_price=Decimal("749"),
    released=date(2025, 1, 1),
    description="Everything a good mouse does, minus the clicking.",
    reviews=(Review(id="r1", rating=5, text="Works on my old wooden desk."),),
)
GLIDE = _mouse(
    "glide",
    "Brasko Glide",
    "布拉斯 Glide",
    "779",
    weight=95,
    noise=30,
    color="white",
    rating=Decimal("4.1"),
    rating_count=203,
    stock=0,
)
LARK = _mouse(
    "lark",
    "Osmera Lark",
    "奥斯 Lark",
    "800",
    weight=63,
    noise=41,
    color="red",
    rating=Decimal("4.1"),
    rating_count=7,
    stock=3,
)
LABELS = {
    ZH: {"weight": "重量", "noise": "噪音", "color": "颜色", "black": "黑色", "white": "白色"}
}


def false_claims(text: str, said: str = "a quiet mouse under 800", **more: object) -> list[str]:
    cards = tuple(p.id for p in more.pop("cards", (HUSH, GLIDE, LARK)))  # type: ignore[attr-defined]
    hint = tuple(more.pop("about", ()))  # type: ignore[call-overload]
    language = ZH if any("\u4e00" <= c <= "\u9fff" for c in text) else EN
    turn = ShownTurn(
        question="q",
        said=(said,),
        language=language,
        cards=cards,
        positions=tuple(range(1, len(cards) + 1)),
        sentences=(Sentence(text=text, product_ids=hint),),
    )
    auditor = Auditor((HUSH, GLIDE, LARK), LABELS, {"CNY": Decimal("7.2")})
    return [f"{c.kind}: {c.text}" for s in auditor.audit(turn) for c in s.false]


TRUE = (
    "The Tavrik Hush costs $649, $151 under your budget of $800, and matches quiet.",
    "The Tavrik Hush is 13% off its list price of $749, is rated 4.5 of 5 by 88 customers.",
    "The Hush saves you $100 and is in stock.",
    "The Brasko Glide is sold out and costs $130 more than the Tavrik Hush.",
    "The Tavrik Hush is the cheapest of the three and lighter than the Brasko Glide.",
    "The Tavrik Hush is tied with Osmera Lark for lightest of the three.",
    "The Tavrik Hush and the Osmera Lark both weigh 63 g.",
    "For the Tavrik Hush, the weight is 0.063 kg and the color is black.",
    "For the Tavrik Hush, waterproof: yes.",
    "The Brasko Glide is not waterproof, and the catalogue doesn't say: left-handed.",
    "The Osmera Lark is only 3 left in stock.",
    "The Tavrik Hush has Bluetooth and makes 28 dB.",
    "A 5-star review says: “Works on my old wooden desk.”",
    "The second one costs $779.",
    "塔瑞克 Hush售价649美元，比800美元的预算低151美元，符合您的要求：静音。",
    "塔瑞克 Hush是三款中最便宜的，评分4.5（满分5分），88位顾客评价，有货。",
    "布拉斯 Glide已售罄，比塔瑞克 Hush贵130美元。",
    "塔瑞克 Hush比原价749美元低100美元，重量是63克，颜色是黑色。",
    "塔瑞克 Hush比布拉斯 Glide轻。",
    "塔瑞克 Hush与奥斯 Lark并列三款中最轻的。",
    "奥斯 Lark仅剩3件。",
    # As a small model writes it.
    "塔瑞克 Hush 价格649美元，符合静音要求，三款中最便宜，评分4.5，88位顾客评价，颜色黑色。",
    "The Tavrik Hush costs $649, matches the Bluetooth, and also has a weight of 63 g.",
    "The Tavrik Hush matches Bluetooth with 28 dB.",
    "The Tavrik Hush is cheaper at $649, while the Brasko Glide is more expensive at $779.",
)

FALSE = (
    ("comparison", "The Brasko Glide is cheaper at $779, while the Tavrik Hush costs $649."),
    ("specification", "The Tavrik Hush matches Bluetooth with 41 dB."),
    ("price", "The Tavrik Hush costs $659, and matches quiet."),
    ("budget", "The Tavrik Hush is $141 under your budget."),
    ("budget", "The Tavrik Hush is $151 over your budget of $800."),
    ("budget", "The Tavrik Hush is $51 under your budget of $700."),
    ("discount", "The Tavrik Hush is 30% off its list price of $749."),
    ("discount", "The Tavrik Hush is 13% off its list price of $799."),
    ("discount", "The Brasko Glide is discounted."),
    ("rating", "The Tavrik Hush is rated 4.8 of 5 by 88 customers."),
    ("rating", "The Tavrik Hush is rated 4.5 of 5 by 98 customers."),
    ("rating", "The Tavrik Hush is rated 4.5 of 6."),
    ("stock", "The Brasko Glide is in stock."),
    ("stock", "The Tavrik Hush is sold out."),
    ("stock", "The Osmera Lark is only 4 left in stock."),
    ("comparison", "The Brasko Glide is the cheapest of the three."),
    ("comparison", "The Tavrik Hush is the cheapest of the four."),
    ("comparison", "The Brasko Glide is lighter than the Tavrik Hush."),
    ("comparison", "The Tavrik Hush is more expensive than the Brasko Glide."),
    ("comparison", "The Brasko Glide costs $150 more than the Tavrik Hush."),
    ("comparison", "The Tavrik Hush is the lightest of the three."),
    ("comparison", "The Tavrik Hush is the only one with Bluetooth."),
    ("specification", "The Tavrik Hush and the Brasko Glide both weigh 63 g."),
    ("specification", "For the Tavrik Hush, the weight is 73 g."),
    ("specification", "For the Tavrik Hush, the weight is 63 kg."),
    ("specification", "For the Tavrik Hush, the color is white."),
    ("specification", "For the Tavrik Hush, waterproof: no."),
    ("specification", "The Tavrik Hush is not waterproof."),
    ("specification", "The Tavrik Hush matches leather."),
    ("specification", "The Tavrik Hush makes 38 dB."),
    ("silence", "For the Tavrik Hush, the catalogue doesn't say: waterproof."),
    ("quote", "A 5-star review says: “Works on my new marble desk.”"),
    ("quote", "A 3-star review says: “Works on my old wooden desk.”"),
    ("name", "The Tavrik Hash Silent Mouse costs $649."),
    ("price", "The second one costs $649."),
    ("price", "塔瑞克 Hush售价659美元。"),
    ("price", "塔瑞克 Hush售价649欧元。"),
    ("budget", "塔瑞克 Hush比800美元的预算高151美元。"),
    ("budget", "塔瑞克 Hush比900美元的预算低251美元。"),
    ("discount", "塔瑞克 Hush比原价749美元低200美元。"),
    ("rating", "塔瑞克 Hush评分4.9（满分5分）。"),
    ("rating", "塔瑞克 Hush有99位顾客评价。"),
    ("stock", "布拉斯 Glide有货。"),
    ("stock", "奥斯 Lark仅剩5件。"),
    ("comparison", "布拉斯 Glide是三款中最便宜的。"),
    ("comparison", "塔瑞克 Hush比布拉斯 Glide贵。"),
    ("comparison", "布拉斯 Glide比塔瑞克 Hush贵150美元。"),
    ("specification", "塔瑞克 Hush的重量是73克。"),
    ("specification", "塔瑞克 Hush的颜色是白色。"),
    ("specification", "塔瑞克 Hush不防水。"),
)


@pytest.mark.parametrize("text", TRUE)
def test_what_the_catalogue_backs_is_passed(text: str) -> None:
    about = ("hush",) if text.startswith("A 5-star") else ()
    assert false_claims(text, about=about) == []


@pytest.mark.parametrize(("kind", "text"), FALSE)
def test_what_the_catalogue_denies_is_flagged(kind: str, text: str) -> None:
    about = ("hush",) if text.startswith("A ") else ()
    assert kind in {claim.split(":")[0] for claim in false_claims(text, about=about)}


def test_a_budget_must_have_been_named_by_the_shopper() -> None:
    text = "The Tavrik Hush is $151 under your budget of $800."
    assert false_claims(text, said="a mouse for eight hundred dollars") == []
    assert false_claims(text, said="a mouse around 700") != []


def test_a_budget_in_another_currency_is_converted_at_the_rate_of_the_store() -> None:
    text = "塔瑞克 Hush比800美元的预算低151美元。"
    assert false_claims(text, said="鼠标，5760元以内") == []
    assert false_claims(text, said="鼠标，5000元以内") != []


def test_a_sentence_said_to_be_of_another_product_than_it_names_is_flagged() -> None:
    text = "The Tavrik Hush costs $649."
    assert false_claims(text, about=("hush",)) == []
    assert any(c.startswith("name") for c in false_claims(text, about=("glide",)))


def test_it_takes_what_it_points_at_from_the_sentence_before() -> None:
    auditor = Auditor((HUSH, GLIDE, LARK))
    turn = ShownTurn(
        question="q",
        said=("a mouse",),
        language=EN,
        cards=("hush", "glide", "lark"),
        positions=(1, 2, 3),
        sentences=(
            Sentence(text="The Brasko Glide costs $779."),
            Sentence(text="It weighs 95 g."),
            Sentence(text="It weighs 63 g."),
        ),
    )
    assert [bool(s.false) for s in auditor.audit(turn)] == [False, False, True]


SUMS = (
    ("Together these 2 cost $1,449, $51 under your $1,500.", True),
    ("Together these 2 cost $1,450, $50 under your $1,500.", False),
    ("2件合计1449美元，比您的1500美元预算低51美元。", True),
    ("2件合计1449美元，比您的1500美元预算低50美元。", False),
    ("Then there would be 44 instead of 24: 20 more.", True),
    ("Then there would be 44 instead of 24: 21 more.", False),
    ("那样会有44件，而不是24件：多21件。", False),
)


@pytest.mark.parametrize(("text", "true"), SUMS)
def test_what_code_adds_up_is_added_up_again(text: str, true: bool) -> None:
    found = false_claims(text, "a mouse and one more under 1500", about=("hush", "lark"))
    assert (not found) is true


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("1. Tavrik Hush Silent Mouse: $649.", True),
        ("2. 2 × Tavrik Hush Silent Mouse: $1,298.", True),
        ("2. 2 × Tavrik Hush Silent Mouse: $649.", False),
        ("Of the 1 reviews of the Tavrik Hush here, 1 give 4 stars or more.", True),
        ("Of the 3 reviews of the Tavrik Hush here, 1 give 4 stars or more.", False),
    ],
)
def test_lines_of_a_set_and_counts_of_reviews(text: str, true: bool) -> None:
    assert (not false_claims(text, about=("hush",))) is true


def test_a_policy_is_quoted_as_the_store_published_it() -> None:
    turn = ShownTurn(
        question="q",
        said=("returns?",),
        language=EN,
        sentences=(Sentence(text="Returns: “Within 30 days.…Unworn and whole.”"),),
    )
    for texts, false in ((("Within 30 days. Always. Unworn and whole.",), 0), ((), 1)):
        (audited,) = Auditor((HUSH,), LABELS, {}, texts).audit(turn)
        assert len(audited.false) == false


def test_what_the_model_wrote_is_audited_as_it_stood() -> None:
    turn = ShownTurn(
        question="q",
        said=("a mouse",),
        language=EN,
        cards=("hush",),
        positions=(1,),
        written=("The Tavrik Hush costs $649.", "The Tavrik Hush costs $12."),
        sentences=(Sentence(text="The Tavrik Hush costs $649.", product_ids=("hush",), by="llm"),),
    )
    report = audit_turns(Auditor((HUSH,), LABELS), [turn])
    assert (report.sentences, report.false_claims) == (1, 0)
    assert (report.without_verifier.sentences, report.without_verifier.false_sentences) == (2, 1)
