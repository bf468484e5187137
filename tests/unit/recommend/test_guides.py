"""A guide is offered to who is still choosing a kind of thing, and to nobody else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from retrieval.recommend.guides import first_sentence, offer_guide
from retrieval.types import (
    AttributeFilter,
    CategoryProfile,
    Filters,
    Guide,
    Hit,
    Language,
    Product,
    Range,
    SearchRequest,
    SearchResult,
    Sort,
    StoreInfo,
    Translation,
    Vocabulary,
)

EN, ZH = Language.ENGLISH, Language.CHINESE
LAMPS, BULBS, HELMETS = ("Home", "Desk Lamps"), ("Home", "Bulbs"), ("Sport", "Bike Helmets")
NAMES = ("Oak", "Fjord", "Luna", "Arc", "Nimbus", "Pico", "Vela", "Iris", "Onyx")


def lamp(name: str, category: tuple[str, ...] = LAMPS, kind: str = "desk lamp") -> Product:
    return Product(
        id=f"{kind.split()[-1]}-{name.lower()}",
        title=f"Lumio {name} {kind}",
        brand="Lumio",
        price=Decimal(40),
        currency="USD",
        category=category,
        identifiers={"model": f"LX-{100 + len(name)}"},
        translations={ZH: Translation(title=f"Lumio {name} 台灯")},
    )


def guide(key: str, category: tuple[str, ...], title: str, zh: str = "") -> Guide:
    texts = {EN: f"First look at {key}. Then look at the rest.", ZH: f"先看{key}。再看别的。"}
    return Guide(id=key, category=category, titles={EN: title, ZH: zh or title}, texts=texts)


GUIDES = (
    guide("home", ("Home",), "Everything for the home"),
    guide("light", LAMPS, "Light for reading and homework", "台灯怎么选"),
    guide("children", LAMPS, "Light that children do not break"),
    guide("helmet", HELMETS, "A bike helmet that protects because it fits"),
)
STORE = StoreInfo(name="s", title="S", currency="USD", languages=(EN, ZH), guides=GUIDES)
VOCABULARY = Vocabulary(
    categories=(
        CategoryProfile(path=LAMPS, products=9, surfaces=("desk lamps",), labels={ZH: "台灯"}),
        CategoryProfile(path=BULBS, products=1, labels={ZH: "灯泡"}),
        CategoryProfile(path=HELMETS, products=9, labels={ZH: "骑行头盔"}),
    )
)
ALL_LAMPS = tuple(lamp(name) for name in NAMES)
ALL_HELMETS = tuple(lamp(name, HELMETS, "bike helmet") for name in NAMES)


def result(
    text: str, shown: tuple[Product, ...] = ALL_LAMPS, total: int = 30, **request: Any
) -> SearchResult:
    return SearchResult(
        request=SearchRequest(text=text, **request),
        hits=tuple(Hit(product=product, score=1.0) for product in shown),
        total=total,
    )


def offered(found: SearchResult, language: Language = EN, **more: Any) -> str | None:
    card = offer_guide(more.pop("store", STORE), VOCABULARY, found, language, "list", **more)
    return card.id if card else None


def test_the_card_speaks_the_shoppers_language_and_stands_in_a_list_of_its_own() -> None:
    card = offer_guide(STORE, VOCABULARY, result("desk lamp"), EN, "l1")
    assert card is not None
    assert card.model_dump(mode="json") == {
        "list_id": "l1-guide",
        "id": "light",
        "title": "Light for reading and homework",
        "sentence": "First look at light.",
        "language": "en",
    }
    chinese = offer_guide(STORE, VOCABULARY, result("台灯"), ZH, "l1")
    assert chinese is not None
    assert (chinese.title, chinese.sentence) == ("台灯怎么选", "先看light。")


@pytest.mark.parametrize(
    "broad",
    [
        result("lamp for my desk under the window"),
        result("lamp", filters=Filters(price=Range(maximum=Decimal(50)), brands=("Lumio",))),
        result("8 hour lamp"),
        result("lamp", filters=Filters(excluded_ids=("a", "b", "c"), in_stock=True)),
        result(
            "lamp", filters=Filters(attributes=(AttributeFilter(name="for", implied=True),) * 3)
        ),
        result("", filters=Filters(categories=(LAMPS,))),
        result("desk lamp", ALL_LAMPS[:3]),
    ],
    ids=["words", "two", "number", "no-condition", "implied", "browsing", "few-cards"],
)
def test_who_is_still_choosing_is_offered_the_guide(broad: SearchResult) -> None:
    assert offered(broad) == "light"


THREE = Filters(
    price=Range(maximum=Decimal(50)), excluded_brands=("Pip",), excluded_terms=("leather",)
)


@pytest.mark.parametrize(
    "settled",
    [
        result("lamp", total=7),
        result("lamp", filters=THREE),
        result("lamp 400 lumen 60 cm 4000 kelvin"),
        result("lamp", sort=Sort.PRICE_ASCENDING),
        result("lamp", offset=24),
        result("lamp", image=(1.0,)),
        result("lamp", filters=Filters(ids=("lamp-oak",))),
        result("lamp LX-103"),
        result("desk lamp wh-1000xm5"),
        result("Lumio Oak desk lamp"),
        result("oak desk lamp", filters=Filters(brands=("Lumio",))),
        result("Lumio Oak 台灯"),
        result(""),
        result("", filters=Filters(price=Range(maximum=Decimal(9)))),
    ],
    ids=[
        "few", "conditions", "numbers", "order", "page", "photo", "chosen", "model",
        "unknown-model", "name", "name-and-brand", "chinese-name", "everything", "price",
    ],
)  # fmt: skip
def test_who_knows_what_to_buy_is_offered_none(settled: SearchResult) -> None:
    assert offered(settled) is None


def test_a_title_that_is_a_kind_of_thing_names_no_product() -> None:
    plain = tuple(p.model_copy(update={"title": "Desk lamp", "brand": None}) for p in ALL_LAMPS)
    assert offered(result("desk lamp", plain)) == "light"


def test_what_the_store_lacks_is_not_answered_with_a_guide_on_something_else() -> None:
    assert offered(result("helmet", ALL_HELMETS)) == "helmet"
    assert offered(result("头盔", ALL_HELMETS), ZH) == "helmet"
    assert offered(result("bike", ALL_HELMETS)) is None
    assert offered(result("armchair", ALL_LAMPS)) is None


def test_it_is_the_narrowest_guide_that_covers_most_of_the_cards() -> None:
    bulbs = tuple(lamp(name, BULBS, "bulb") for name in NAMES)
    assert offered(result("lamp", (*ALL_LAMPS[:5], *bulbs[:4]))) == "light"
    assert offered(result("bulb", (*ALL_LAMPS[:4], *bulbs[:5]))) == "home"
    assert offered(result("lamp", (*ALL_LAMPS[:4], *ALL_HELMETS[:5]))) is None
    assert offered(result("lamp children like")) == "children"


def test_a_category_is_offered_once() -> None:
    assert offered(result("lamp"), known=["light"]) is None
    assert offered(result("lamp"), known=["children"]) is None
    assert offered(result("lamp"), known=["helmet", "home"]) == "light"


def test_no_guide_without_guides_or_in_another_language() -> None:
    assert offered(result("lamp"), store=STORE.model_copy(update={"guides": ()})) is None
    english = tuple(
        g.model_copy(update={"titles": {EN: g.titles[EN]}, "texts": {EN: g.texts[EN]}})
        for g in GUIDES
    )
    assert offered(result("台灯"), ZH, store=STORE.model_copy(update={"guides": english})) is None


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Light beats resolution. Put a lamp", "Light beats resolution."),
        ("Take 1.5 l or more! Then", "Take 1.5 l or more!"),
        ("光线比分辨率重要。把灯放在面前", "光线比分辨率重要。"),
        ("  no end", "no end"),
        ("", ""),
    ],
)
def test_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first
