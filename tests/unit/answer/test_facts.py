"""Facts: what is told of each product, ties, budgets and wishes included."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.answer_products import (
    BAGS,
    EN,
    GLIDE,
    HUSH,
    LAPTOPS,
    MICE,
    MOSS,
    STORE,
    VOCABULARY,
    ZH,
)

from assistant.answer.facts import build_facts, write_reasons
from assistant.answer.names import name_products
from assistant.answer.record import Record, Verdict
from assistant.types import Act, FactKind, ProductFacts, Understanding
from retrieval.types import AttributeFilter, Filters, Language, Product, Range


def understand(
    query: str,
    language: Language = EN,
    limit: str | None = None,
    wishes: tuple[str, ...] = (),
    attributes: tuple[AttributeFilter, ...] = (),
) -> Understanding:
    price = Range(maximum=Decimal(limit)) if limit else None
    return Understanding(
        act=Act.SEARCH,
        language=language,
        query=query,
        wishes=wishes,
        filters=Filters(price=price, attributes=attributes),
    )


def facts_of(
    understanding: Understanding, products: tuple[Product, ...]
) -> tuple[ProductFacts, ...]:
    return build_facts(understanding, products, VOCABULARY, STORE)


def texts(facts: ProductFacts, kind: FactKind) -> list[str]:
    return [f.text for f in facts.facts if f.kind is kind]


def test_prices_are_told_against_budget_and_list_price_in_the_shoppers_language() -> None:
    hush, _, moss = facts_of(understand("mouse", EN, "30"), MICE)
    assert texts(hush, FactKind.PRICE) == ["price $24.99"]
    assert texts(hush, FactKind.BUDGET) == ["$5.01 under your budget of $30"]
    assert texts(hush, FactKind.DISCOUNT) == ["16% off its list price of $29.99"]
    assert texts(moss, FactKind.BUDGET) == ["$4.50 over your budget of $30"]
    hush, _, _ = facts_of(understand("鼠标", ZH, "30"), MICE)
    assert texts(hush, FactKind.PRICE) == ["价格24.99美元"]
    assert texts(hush, FactKind.BUDGET) == ["比30美元的预算低5.01美元"]
    assert texts(hush, FactKind.DISCOUNT) == ["比原价29.99美元低5美元"]


def test_without_a_budget_none_is_told() -> None:
    for facts in facts_of(understand("mouse"), MICE):
        assert not texts(facts, FactKind.BUDGET)


def test_a_shared_first_place_is_called_a_tie_and_names_the_other() -> None:
    hush, glide, moss = facts_of(understand("mouse"), MICE)
    assert "tied with Pixmere Moss Mouse for best rated of the three" in texts(hush, FactKind.RANK)
    assert "tied with Tavrik Hush Wireless Mouse for best rated of the three" in texts(
        moss, FactKind.RANK
    )
    assert "the cheapest of the three" in texts(glide, FactKind.RANK)


def test_two_products_are_compared_not_topped() -> None:
    vanta, orbit = facts_of(understand("laptop"), LAPTOPS)
    assert "the cheaper of the two" in texts(vanta, FactKind.RANK)
    assert "the better rated of the two" in texts(orbit, FactKind.RANK)


def test_nothing_is_ranked_by_what_one_product_does_not_say() -> None:
    for facts in facts_of(understand("light bag"), BAGS):
        assert not [t for t in texts(facts, FactKind.RANK) if "light" in t or "rated" in t]


@pytest.mark.parametrize(
    ("query", "language", "wishes"),
    [
        ("quiet left-handed mouse", EN, ()),
        ("静音左手鼠标", ZH, ()),
        ("mouse", EN, ("quiet", "left-handed")),
    ],
)
def test_wishes_are_matched_or_missed_by_the_record(
    query: str, language: Language, wishes: tuple[str, ...]
) -> None:
    hush, glide, moss = facts_of(understand(query, language, None, wishes), MICE)
    assert len(texts(hush, FactKind.MATCH)) == 2
    assert len(texts(glide, FactKind.MISS)) == 2
    assert len(texts(moss, FactKind.MATCH)) == len(texts(moss, FactKind.MISS)) == 1


def test_what_the_record_does_not_say_is_neither_met_nor_missed() -> None:
    trek, satchel, tote = facts_of(understand("waterproof bag"), BAGS)
    assert texts(trek, FactKind.MATCH) == ["matches: waterproof"]
    assert texts(satchel, FactKind.MISS) == ["misses: waterproof"]
    assert texts(tote, FactKind.MISS) == ["the catalogue doesn't say: waterproof"]
    assert [f.evidence for f in tote.facts if f.kind is FactKind.MISS] == ["catalogue"]


def test_words_of_degree_and_of_kind_are_no_wishes() -> None:
    for facts in facts_of(understand("light cheap mouse"), MICE):
        assert not texts(facts, FactKind.MATCH) + texts(facts, FactKind.MISS)


def test_a_condition_on_an_attribute_is_judged_with_units() -> None:
    wanted = AttributeFilter(name="weight", range=Range(maximum=Decimal("1.5")), unit="kg")
    vanta, orbit = facts_of(understand("laptop", attributes=(wanted,)), LAPTOPS)
    assert texts(vanta, FactKind.MATCH) == ["matches: weight 1.24 kg"]
    assert texts(orbit, FactKind.MISS) == ["misses: weight 1.9 kg"]


def test_reviews_are_quoted_only_from_real_ones_in_the_shoppers_language() -> None:
    vanta, orbit = facts_of(understand("笔记本电脑", ZH), LAPTOPS)
    assert texts(vanta, FactKind.REVIEW) == ["一条4星评价写道：“键盘手感很好。”"]
    assert not texts(orbit, FactKind.REVIEW)


def test_stock_is_told_when_it_is_low_or_gone() -> None:
    _, _, moss = facts_of(understand("mouse"), MICE)
    _, orbit = facts_of(understand("laptop"), LAPTOPS)
    assert texts(moss, FactKind.STOCK) == ["only 3 left in stock"]
    assert texts(orbit, FactKind.STOCK) == ["sold out"]


def test_every_fact_carries_evidence() -> None:
    for language in (EN, ZH):
        for facts in facts_of(understand("quiet mouse", language, "30"), MICE):
            assert all(
                fact.evidence and fact.product_id == facts.product.id for fact in facts.facts
            )


def test_a_product_without_a_price_says_so() -> None:
    free = HUSH.model_copy(update={"price": None, "list_price": None})
    facts, _ = facts_of(understand("mouse", EN, "30"), (free, MOSS))
    assert texts(facts, FactKind.PRICE) == ["the catalogue has no price"]
    assert not texts(facts, FactKind.BUDGET) + texts(facts, FactKind.DISCOUNT)
    assert not [t for t in texts(facts, FactKind.RANK) if "cheap" in t]


def test_prices_in_two_currencies_are_not_ranked() -> None:
    euro = MOSS.model_copy(update={"currency": "EUR"})
    for facts in facts_of(understand("mouse"), (HUSH, euro)):
        assert not [t for t in texts(facts, FactKind.RANK) if "cheap" in t]


def test_cards_get_one_to_three_reasons_matches_first() -> None:
    for facts in facts_of(understand("quiet left-handed mouse", EN, "30"), MICE):
        reasons = write_reasons(facts)
        assert 1 <= len(reasons) <= 3
    hush = facts_of(understand("quiet left-handed mouse", EN, "30"), MICE)[0]
    assert write_reasons(hush)[0] == "matches: quiet, left handed"


def test_names_are_short_and_told_apart() -> None:
    assert name_products(MICE, EN)["m1"] == "Tavrik Hush Wireless Mouse"
    assert name_products(MICE, ZH)["m1"] == "塔瑞克Hush"
    twins = [
        HUSH.model_copy(
            update={"id": str(i), "title": f"Tavrik Hush Mouse, {size}", "translations": {}}
        )
        for i, size in enumerate(("small", "large"))
    ]
    assert len(set(name_products(twins, EN).values())) == 2


def test_what_follows_from_an_attribute_is_known_and_the_reverse_is_not() -> None:
    assert Record(HUSH, VOCABULARY).says("wireless").verdict is Verdict.YES
    by_radio = GLIDE.model_copy(update={"title": "Quenlo Glide Mouse", "translations": {}})
    assert Record(by_radio, VOCABULARY).says("wireless").evidence == "attribute:connectivity"
    assert Record(by_radio, VOCABULARY).says("bluetooth").verdict is not Verdict.YES
