from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from retrieval.catalog.surfaces import brand_surfaces, plural, singular, spellings
from retrieval.catalog.vocabulary import (
    build_vocabulary,
    load_vocabulary,
    save_vocabulary,
    split_words,
)
from retrieval.errors import StoreNotFoundError, TerminalError
from retrieval.types import (
    Attribute,
    AttributeKind,
    CategoryProfile,
    Language,
    Product,
    Translation,
    Vocabulary,
)

LABELS = {
    Language.CHINESE: {
        "Headphones": "耳机",
        "Audio": "音频",
        "colour": "颜色",
        "Black": "黑色",
        "Sonic": "声尼",
    }
}


def product(number: int, **changes: object) -> Product:
    fields: dict[str, object] = {
        "id": str(number),
        "title": f"Sonic S{number} headphones",
        "price": Decimal(number * 10),
        "currency": "EUR",
        "brand": "Sonic",
        "category": ("Audio", "Headphones"),
        "attributes": (
            Attribute(name="colour", value="Black" if number % 3 else "Grey"),
            Attribute(name="weight", value=Decimal(number * 100), unit="g"),
            Attribute(name="noise_cancelling", value=True),
        ),
    }
    return Product.model_validate(fields | changes)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    products = [product(n) for n in range(1, 12)]
    heavy = (Attribute(name="weight", value=Decimal("1.5"), unit="kg"),)
    products.append(
        product(12, attributes=heavy, category=("Audio", "Speakers & Soundbars"), brand="Kiru Ltd")
    )
    products.append(product(13, translations={Language.CHINESE: Translation(title="降噪耳機")}))
    return build_vocabulary(products, LABELS)


def test_brands_are_counted_and_met_without_their_suffix(vocabulary: Vocabulary) -> None:
    assert vocabulary.brands == {"Sonic": 12, "Kiru Ltd": 1}
    assert vocabulary.brand_surfaces["sonic"] == "Sonic"
    assert vocabulary.brand_surfaces["声尼"] == "Sonic"
    assert vocabulary.brand_surfaces["kiru"] == vocabulary.brand_surfaces["kiru ltd"] == "Kiru Ltd"


def category(vocabulary: Vocabulary, *path: str) -> CategoryProfile:
    return next(c for c in vocabulary.categories if c.path == path)


def test_categories_have_counts_labels_and_wordings(vocabulary: Vocabulary) -> None:
    headphones = category(vocabulary, "Audio", "Headphones")
    assert headphones.products == 12
    assert {"headphones", "耳机"} <= set(headphones.surfaces)
    assert headphones.labels == {Language.CHINESE: "耳机"}
    assert category(vocabulary, "Audio").products == 13
    speakers = category(vocabulary, "Audio", "Speakers & Soundbars")
    assert {"speaker", "speakers", "soundbar", "soundbars"} <= set(speakers.surfaces)


def test_attributes_are_profiled_by_kind(vocabulary: Vocabulary) -> None:
    colour = vocabulary.attributes["colour"]
    assert colour.kind is AttributeKind.TEXT and colour.values["Black"] > colour.values["Grey"]
    wordings = ("colour", "color", "颜色")
    assert [colour.surfaces[w] for w in wordings] == ["colour"] * 3
    assert colour.surfaces["black"] == colour.surfaces["黑色"] == "Black"
    assert colour.surfaces["gray"] == colour.surfaces["grey"] == "Grey"
    weight = vocabulary.attributes["weight"]
    assert (weight.kind, weight.unit) == (AttributeKind.NUMBER, "g")
    assert (weight.minimum, weight.maximum) == (Decimal(100), Decimal(1500))
    assert vocabulary.attributes["noise_cancelling"].kind is AttributeKind.FLAG


def test_words_are_counted_once_a_product_in_both_languages(vocabulary: Vocabulary) -> None:
    assert vocabulary.words["headphones"] == 13 and vocabulary.words["sonic"] == 13
    assert vocabulary.words["耳机"] == 1, "traditional characters meet simplified ones"


def test_price_levels_are_deciles_overall_and_by_category(vocabulary: Vocabulary) -> None:
    overall = vocabulary.price_quantiles[""]
    assert len(overall) == 11 and list(overall) == sorted(overall)
    assert (overall[0], overall[5], overall[10]) == (Decimal(10), Decimal(70), Decimal(130))
    assert len(vocabulary.price_quantiles["Headphones"]) == 11
    assert "Speakers & Soundbars" not in vocabulary.price_quantiles, "one price is no scale"


def test_labels_are_kept_for_display(vocabulary: Vocabulary) -> None:
    assert vocabulary.label("Black", Language.CHINESE) == "黑色"


def test_other_names_of_a_category_become_wordings() -> None:
    from retrieval.catalog.vocabulary import VocabularyBuilder

    builder = VocabularyBuilder()
    builder.add(product(1))
    built = builder.build({("Audio", "Headphones"): ["over-ear set"]})
    assert "over-ear sets" in category(built, "Audio", "Headphones").surfaces


def test_a_saved_vocabulary_reads_back(vocabulary: Vocabulary, tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    save_vocabulary(vocabulary, path)
    assert load_vocabulary(path) == vocabulary
    assert list(tmp_path.iterdir()) == [path], "no temporary file stays"


def test_a_missing_or_damaged_vocabulary_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    with pytest.raises(StoreNotFoundError, match="aisle import"):
        load_vocabulary(path)
    path.write_text('{"brands": ')
    with pytest.raises(TerminalError, match="damaged"):
        load_vocabulary(path)


def test_numbers_are_no_words() -> None:
    assert split_words("12.5 km with USB-C, 4K and Wi-Fi 6") == [
        "km",
        "with",
        "usb-c",
        "4k",
        "and",
        "wi-fi",
    ]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cable", "cables"),
        ("battery", "batteries"),
        ("box", "boxes"),
        ("patch cable", "patch cables"),
        ("mouse", "mice"),
        ("lens", "lenses"),
        ("headphones", "headphones"),
        ("tray", "trays"),
        ("software", "software"),
        ("switch", "switches"),
    ],
)
def test_english_nouns_have_two_numbers(one: str, many: str) -> None:
    assert plural(one) == many and singular(many) == one
    assert plural(many) == many and singular(one) == one


def test_british_and_american_spellings_meet() -> None:
    found = set(spellings("grey colour"))
    assert found == {"grey colour", "gray colour", "grey color", "gray color"}
    assert list(brand_surfaces("Acme Technology Co., Ltd."))[-1] == "acme"
