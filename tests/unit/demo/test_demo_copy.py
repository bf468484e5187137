"""Titles, descriptions and reviews: true to the attributes, in both languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest

from retrieval.catalog.demo import DemoStore
from retrieval.types import Language, Product

# Numbers that are part of a word (P3, W32, IP67, USB3) are names, not claims.
NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?")


def numbers_known(product: Product) -> set[Decimal]:
    texts = [str(a.value) for a in product.attributes if not isinstance(a.value, bool)]
    texts += [option for v in product.variants for option in v.options.values()]
    return {Decimal(n) for text in texts for n in re.findall(r"\d+(?:\.\d+)?", text)}


def numbers_said(text: str) -> set[Decimal]:
    return {Decimal(n) for n in NUMBER.findall(text)}


def value(product: Product, name: str) -> object:
    found = product.attribute(name)
    return found.value if found else None


@pytest.mark.parametrize("language", list(Language))
def test_every_number_in_copy_is_an_attribute(demo: DemoStore, language: Language) -> None:
    for product in demo.products:
        text = product.title_in(language) + " " + product.description_in(language)
        assert numbers_said(text) <= numbers_known(product), (product.id, text)


def test_every_number_in_reviews_is_an_attribute(demo: DemoStore) -> None:
    for product in demo.products:
        for review in product.reviews:
            assert numbers_said(review.text) <= numbers_known(product), review.id


def test_no_slot_and_no_condition_is_left_in_the_copy(demo: DemoStore) -> None:
    for product in demo.products:
        texts = [product.title, product.description, *(r.text for r in product.reviews)]
        translation = product.translations[Language.CHINESE]
        for text in [*texts, translation.title, translation.description]:
            assert not re.search(r"[{}|\[\]]|  ", text), (product.id, text)


def test_titles_name_the_brand_and_are_short(demo: DemoStore) -> None:
    labels = demo.labels[Language.CHINESE]
    for product in demo.products:
        assert product.brand and product.title.startswith(product.brand)
        chinese = product.title_in(Language.CHINESE)
        assert chinese.startswith(f"{labels[product.brand]}（{product.brand}）")
        assert len(product.title) <= 110
        assert len(chinese) <= 80


def test_units_keep_their_case_in_titles(demo: DemoStore) -> None:
    for product in demo.products:
        assert not re.search(r"\d (Cm|Mm|Kg|Ml|G|L|M|H)\b", product.title), product.title


def test_chinese_copy_uses_chinese_words(demo: DemoStore) -> None:
    labels = demo.labels[Language.CHINESE]
    for product in demo.products:
        translation = product.translations[Language.CHINESE]
        text = translation.title + translation.description
        assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 25, product.id
        for attribute in product.attributes:
            word = attribute.value
            if isinstance(word, str) and labels.get(word, word) != word and len(word) > 4:
                assert not re.search(rf"\b{re.escape(word)}\b", translation.description), product.id


def test_descriptions_vary_within_a_category(demo: DemoStore) -> None:
    for path in {p.category for p in demo.products}:
        shelf = [p for p in demo.products if p.category == path]
        shapes = Counter(NUMBER.sub("#", p.description) for p in shelf)
        assert len(shapes) >= len(shelf) * 0.6, path


CONSISTENT: list[tuple[str, Callable[[Product], bool], Callable[[Product], bool]]] = [
    ("silent is quiet", lambda p: value(p, "silent") is True,
     lambda p: Decimal(str(value(p, "noise"))) <= 63),
    ("silent mice stay below 30 dB", lambda p: p.id.startswith("mouse") and "Silent" in p.title,
     lambda p: value(p, "silent") is True and Decimal(str(value(p, "noise"))) < 30),
    ("left-handed titles", lambda p: "Left-Handed" in p.title,
     lambda p: value(p, "hand_orientation") == "left-handed"),
    ("left-handed products", lambda p: value(p, "hand_orientation") == "left-handed",
     lambda p: "left-handed" in p.title.lower()),
    ("kids", lambda p: "Kids" in p.title, lambda p: value(p, "age_group") == "kids"),
    ("seniors", lambda p: "Senior" in p.title, lambda p: value(p, "age_group") == "seniors"),
    ("men", lambda p: " Men's" in p.title, lambda p: value(p, "gender") == "men"),
    ("women", lambda p: "Women's" in p.title, lambda p: value(p, "gender") == "women"),
    ("waterproof", lambda p: "Waterproof" in p.title, lambda p: value(p, "waterproof") is True),
    ("vegan leather", lambda p: value(p, "material") == "vegan leather"
     and value(p, "vegan") is not None,
     lambda p: value(p, "vegan") is True),
    ("vegan titles", lambda p: "Vegan" in p.title and value(p, "vegan") is not None,
     lambda p: value(p, "vegan") is True),
    ("animal material", lambda p: value(p, "material") in {"full-grain leather", "merino wool"}
     or value(p, "filling") == "duck down", lambda p: value(p, "vegan") is not True),
    ("noise cancelling", lambda p: "Noise-Cancelling" in p.title,
     lambda p: value(p, "noise_cancelling") is True),
    ("gaming", lambda p: "Gaming" in p.title, lambda p: value(p, "suitable_for") == "gaming"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "applies", "holds"), CONSISTENT, ids=[c[0] for c in CONSISTENT])
def test_title_and_attributes_agree(
    demo: DemoStore,
    name: str,
    applies: Callable[[Product], bool],
    holds: Callable[[Product], bool],
) -> None:
    concerned = [p for p in demo.products if applies(p)]
    assert concerned, name
    assert [p.id for p in concerned if not holds(p)] == []


def test_colour_in_the_title_is_the_colour_attribute(demo: DemoStore) -> None:
    for product in demo.products:
        offered = {v.options["color"] for v in product.variants if "color" in v.options}
        shade = str(value(product, "color_name") or value(product, "color") or "")
        if offered:
            assert shade in offered, product.id
        words = product.title.lower().split(", ")
        if shade and words[-1] == shade:
            assert len(offered) <= 1, "a title with a colour must not offer others"


def test_reviews_are_many_and_average_to_the_rating(demo: DemoStore) -> None:
    for product in demo.products:
        assert 2 <= len(product.reviews) <= 5
        mean = sum(r.rating for r in product.reviews) / len(product.reviews)
        assert product.rating is not None
        assert abs(mean - float(product.rating)) <= 0.26, product.id
        assert len({r.text for r in product.reviews}) == len(product.reviews)
        assert product.released
        assert all(r.written and product.released < r.written for r in product.reviews)
    languages = Counter(r.language for p in demo.products for r in p.reviews)
    assert min(languages.values()) > 1000


def test_reviews_mention_attributes_and_vary(demo: DemoStore) -> None:
    texts = Counter(r.text for p in demo.products for r in p.reviews)
    assert texts.most_common(1)[0][1] <= 12
    concrete = sum(bool(NUMBER.search(text)) for text in texts.elements())
    assert concrete / sum(texts.values()) > 0.15


def test_bad_ratings_do_not_read_like_praise(demo: DemoStore) -> None:
    sources = demo.sources
    good = {piece.en for piece in sources.voices["verdict_5"]}
    for product in demo.products:
        for review in product.reviews:
            if review.rating <= 3:
                assert not any(review.text.endswith(verdict) for verdict in good), review.id


REQUESTS: dict[str, Callable[[Product], bool]] = {
    "a quiet mouse for a left-handed kid, under 30": lambda p: (
        p.category[-1] == "Mice" and value(p, "silent") is True
        and value(p, "hand_orientation") == "left-handed" and value(p, "age_group") == "kids"
        and (p.price or 0) < 30),
    "两百元以内的静音鼠标": lambda p: (
        p.category[-1] == "Mice" and value(p, "silent") is True
        and (p.price or 0) * Decimal("7.2") <= 200),
    "vegan leather bag": lambda p: (
        p.category[-1] == "Handbags" and value(p, "material") == "vegan leather"),
    "waterproof hiking boots men 43": lambda p: (
        p.category[-1] == "Hiking Boots" and value(p, "waterproof") is True
        and value(p, "gender") == "men"
        and any(v.options.get("size") == "43" and v.stock for v in p.variants)),
    "phone for my grandmother": lambda p: (
        p.category[-1] == "Phones" and value(p, "age_group") == "seniors"),
    "usb-c charger 65W": lambda p: (
        "Charger" in p.title and value(p, "power") == 65),
    "27 inch 4k monitor": lambda p: (
        p.category[-1] == "Monitors" and value(p, "display_diagonal") == 27
        and value(p, "resolution") == "4K"),
    "红色连衣裙": lambda p: p.category[-1] == "Dresses" and value(p, "color") == "red",
}  # fmt: skip


@pytest.mark.parametrize("request_text", REQUESTS)
def test_shoppers_find_what_they_ask_for(demo: DemoStore, request_text: str) -> None:
    found = [p for p in demo.products if REQUESTS[request_text](p) and p.stock]
    assert len(found) >= 2, request_text


def test_desk_lamp_and_chair_fit_under_500(demo: DemoStore) -> None:
    cheapest = [
        min(p.price or 0 for p in demo.products if p.category[-1] == leaf and p.stock)
        for leaf in ("Desks", "Desk Lamps", "Office Chairs")
    ]
    assert sum(cheapest) < 250
