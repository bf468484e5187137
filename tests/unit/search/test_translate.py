"""Chinese queries meet English catalogues by the dictionary, without a model."""

from __future__ import annotations

import pytest
from support.index_products import HashingEncoder

from retrieval.query.dictionary import load_dictionary, load_retail
from retrieval.query.translate import DictionaryTranslator

WORDS = {"bluetooth": 40, "speaker": 30, "mouse": 25, "printers": 20, "laser": 12, "wireless": 50}


@pytest.fixture(scope="module")
def translator() -> DictionaryTranslator:
    return DictionaryTranslator(load_dictionary(), WORDS, HashingEncoder(), load_retail())


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("无线鼠标", "wireless mouse"),
        ("激光打印机", "laser printer"),
        ("藍牙", "bluetooth"),
        ("TN-2110 打印机", "tn-2110 printer"),
        ("128GB U盘", "128gb usb flash drive"),
        ("7号电池", "aaa battery"),
        # Read from the left, 口交 would be a word, and 换机 none.
        ("24口交换机", "24 port switch"),
    ],
)
def test_words_are_translated_in_order(
    translator: DictionaryTranslator, chinese: str, english: str
) -> None:
    assert translator.translate(chinese) == english


def test_of_several_meanings_the_catalogue_s_own_is_taken() -> None:
    """鼠标 is only a mouse; 卡 is a card, or to stop, or a calorie."""
    dictionary = {"卡": ("calorie", "card", "stop")}
    encoder = HashingEncoder()
    assert DictionaryTranslator(dictionary, {"cards": 90}, encoder).translate("卡") == "card"
    assert DictionaryTranslator(dictionary, {"calorie": 90}, encoder).translate("卡") == "calorie"


@pytest.mark.parametrize("text", ["", "的", "🙂", "\x00", "   "])
def test_what_says_nothing_stays_empty_or_as_it_is(
    translator: DictionaryTranslator, text: str
) -> None:
    assert translator.translate(text).strip() in {"", text.strip()}


def test_glosses_are_words_and_no_notes() -> None:
    glosses = load_dictionary()["鼠标"]
    assert "mouse" in glosses
    assert not any("CL:" in g or "(" in g for g in glosses)


def test_shop_words_are_well_formed() -> None:
    for word, wordings in load_retail().items():
        assert word == word.strip().lower()
        assert wordings
        assert all(w == w.strip() and w.isascii() and w for w in wordings)


def test_of_wordings_of_one_meaning_the_first_that_is_common_is_taken() -> None:
    usual = {"支架": ("stand", "holder", "mount")}

    def translate(**words: int) -> str:
        return DictionaryTranslator({}, words, HashingEncoder(), usual).translate("支架")

    assert translate(stand=10, mount=90) == "stand"
    assert translate(stand=1, mount=90) == "mount"
    assert translate(holder=4) == "holder"
    assert translate() == "stand"
