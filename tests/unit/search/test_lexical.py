"""The lexical analyser and its vectors: spellings of one thing meet, other things do not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.index.analysis import fold, query_terms, term_alternatives, terms
from retrieval.index.lexical import encode_document, encode_query, term_id
from retrieval.types import Attribute, Language, Product, Translation


def words(text: str) -> set[str]:
    return {t.text for t in terms(text)}


def similarity(query: str, product: Product) -> float:
    """The dot product of both vectors, as the store computes it but for the IDF."""
    asked, document = encode_query(query), encode_document(product)
    weights = dict(zip(document.indices, document.values, strict=True))
    return sum(
        value * weights.get(index, 0.0)
        for index, value in zip(asked.indices, asked.values, strict=True)
    )


def product(title: str, **rest: object) -> Product:
    return Product(id="1", title=title, price=Decimal(1), currency="EUR", **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("Café", "cafe"),
        ("無線藍牙耳機", "无线蓝牙耳机"),
        ("Core™ i7", "core i7"),
        ("STRASSE", "Straße"),
    ],
)
def test_folding_makes_spellings_equal(one: str, other: str) -> None:
    assert " ".join(fold(one).split()) == " ".join(fold(other).split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TN-2110", "tn2110"),
        ("tn 2110", "TN2110"),
        ("27 inch", '27"'),
        ("27寸", "27-inch"),
        ("27 英寸", "27in"),
        ("1,000 GB", "1000gb"),
        ("wi-fi", "WiFi"),
        ("iphone 7", "iPhone7"),
        ("batteries", "battery"),
        ("65 watts", "65W"),
    ],
)
def test_spellings_share_a_telling_term(one: str, other: str) -> None:
    shared = words(one) & words(other)
    assert any(len(term) >= 3 for term in shared), (words(one), words(other))


@pytest.mark.parametrize(("one", "other"), [("tn2110", "tn2120"), ("27 inch", "27 cm")])
def test_different_things_differ_in_the_joined_term(one: str, other: str) -> None:
    joined = one.replace(" ", "")
    assert joined in words(one)
    assert joined not in words(other)


def test_chinese_is_segmented() -> None:
    assert {"无线", "蓝牙", "耳机"} <= words("无线蓝牙耳机")


def test_query_drops_words_that_carry_no_wish_unless_alone() -> None:
    assert [t.text for t in query_terms("toner for the printer")] == ["toner", "printer"]
    assert [t.text for t in query_terms("the")] == ["the"]


def test_alternatives_are_the_joined_form_or_all_parts() -> None:
    assert term_alternatives("USB-C") == [[("usbc",), ("usb", "c")]]
    assert term_alternatives("leather shoes") == [[("leather",)], [("shoe",)]]


def test_title_outweighs_description() -> None:
    inside = product("Wireless mouse", description="With a pad")
    below = product("Pad", description="For a wireless mouse")
    assert similarity("wireless mouse", inside) > similarity("wireless mouse", below)


def test_model_number_is_found_in_any_spelling_and_no_other() -> None:
    toner = product("Brother TN-2110 toner cartridge")
    other = product("Brother TN-2120 toner cartridge")
    for query in ("tn2110", "TN-2110", "tn 2110"):
        assert similarity(query, toner) > similarity(query, other)


def test_translations_and_attributes_are_found() -> None:
    lamp = product(
        "Desk lamp",
        attributes=(
            Attribute(name="colour", value="Green"),
            Attribute(name="power", value=Decimal(9), unit="W"),
            Attribute(name="dimmable", value=True),
            Attribute(name="waterproof", value=False),
        ),
        translations={Language.CHINESE: Translation(title="护眼台灯")},
    )
    for query in ("green", "9 watts", "dimmable", "台灯", "檯燈"):
        assert similarity(query, lamp) > 0, query
    assert similarity("waterproof", lamp) == 0, "an absent feature is no word of the product"


def test_repeating_a_word_saturates() -> None:
    once, often = product("pen"), product("pen pen pen pen pen pen")
    assert similarity("pen", often) < 2.5 * similarity("pen", once)


@settings(deadline=None)  # the first text loads dictionaries
@given(st.text(max_size=200))
def test_any_text_gives_a_sorted_finite_vector(text: str) -> None:
    vector = encode_query(text)
    assert list(vector.indices) == sorted(set(vector.indices))
    assert all(0 < value < 10 for value in vector.values)
    assert all(0 <= index < 2**32 for index in vector.indices)
    term_alternatives(text)


def test_term_ids_are_stable() -> None:
    assert term_id("toner") == 1308442527
