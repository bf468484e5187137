"""Names as electronics have them: flags of many words, digits and brackets, equal titles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.answer.facts import build_facts
from assistant.answer.names import NameIndex, name_products
from assistant.answer.verify import ClaimVerifier
from assistant.types import Act, Rejection, Understanding
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.index.analysis import fold
from retrieval.types import Attribute, Language, Product, StoreInfo

EN, ZH = Language.ENGLISH, Language.CHINESE
STORE = StoreInfo(name="s", title="", currency="USD")


def _product(id: str, title: str, price: int, **attributes: object) -> Product:
    values = {k: Decimal(v) if type(v) is int else v for k, v in attributes.items()}
    units = {"battery_voltage": "v", "depth": "mm"}
    return Product(
        id=id,
        title=title,
        price=Decimal(price),
        currency="USD",
        attributes=tuple(
            Attribute(name=n, value=v, unit=units.get(n))  # type: ignore[arg-type]
            for n, v in values.items()
        ),
    )


MARKERS = _product(
    "m",
    "Krayo 14ct. Pipsy mini markers",
    6,
    easy_washed_off_inks=True,
    not_for_children_0_3_years=True,
    recommended_age_min=3,
    gluten_free=False,
)
PACK = _product("p", "Volto External Pack", 90, battery_voltage=72, battery_life=6, depth=527)
CARD = _product(
    "c",
    "Netzo UE300 networking card",
    26,
    ethernet_lan_rj_45_ports=1,
    depth=26,
    linux_operating_systems_supported=True,
)
TWIN, OTHER_TWIN = (
    _product("7719", "Alvor AW610M mouse", 99, cable_length=2),
    _product("7720", "Alvor AW610M mouse", 89, cable_length=3),
)
SHOWN = (MARKERS, PACK, CARD, TWIN, OTHER_TWIN)
VOCABULARY = build_vocabulary(SHOWN)
VERIFIER = ClaimVerifier(VOCABULARY)

TRUE = (
    "The Krayo 14ct. Pipsy mini markers is easy washed off inks.",
    "The Krayo 14ct. Pipsy mini markers is not for children 0.3 years.",
    "The recommended age (min) of the Krayo 14ct. Pipsy mini markers is 3.",
    "The catalogue doesn't say whether the Krayo 14ct. Pipsy mini markers is dishwasher-safe.",
    "The battery voltage of the Volto External Pack is 72 V.",
    "The battery life of the Volto External Pack is 6.",
    "The ethernet LAN RJ 45 ports of the Netzo UE300 is 1.",
    "The Netzo UE300 is linux operating systems supported.",
    "The Alvor AW610M mouse (#7719) costs $99.",
    "The cable length of the Alvor AW610M mouse (#7720) is 3.",
    "Netzo UE300支持linux operating systems supported。",
)
FALSE = (
    "The Volto External Pack is easy washed off inks.",
    "The Krayo 14ct. Pipsy mini markers is not easy washed off inks.",
    "The Krayo 14ct. Pipsy mini markers is not not for children 0.3 years.",
    "The catalogue doesn't say whether the Krayo 14ct. Pipsy mini markers is not for children "
    "0.3 years.",
    "The recommended age (min) of the Krayo 14ct. Pipsy mini markers is 14.",
    "The battery voltage of the Volto External Pack is 6.",
    "The Netzo UE300 has a ethernet LAN RJ 45 ports of 26 mm.",
    "The Alvor AW610M mouse (#7719) costs $89.",
    "The Alvor AW610M mouse costs $89.",
    "The cheapest mouse is the Alvor AW610M mouse (#7719).",
    "Netzo UE300不支持linux operating systems supported。",
)


def _accepts(sentence: str) -> bool:
    chinese = any("\u4e00" <= c <= "\u9fff" for c in sentence)
    understanding = Understanding(act=Act.SEARCH, language=ZH if chinese else EN)
    facts = build_facts(understanding, SHOWN, VOCABULARY, STORE)
    return not isinstance(VERIFIER.check(sentence, understanding, facts, STORE), Rejection)


@pytest.mark.parametrize("sentence", TRUE)
def test_what_the_record_says_is_kept(sentence: str) -> None:
    assert _accepts(sentence)


@pytest.mark.parametrize("sentence", FALSE)
def test_what_it_does_not_say_is_caught(sentence: str) -> None:
    assert not _accepts(sentence)


def test_equal_titles_are_told_apart_and_found_again() -> None:
    names = name_products(SHOWN, EN)
    assert names["7719"] != names["7720"]
    index = NameIndex(SHOWN)
    for product_id, name in names.items():
        (mention,) = index.find(fold(name), name)
        assert mention.ids == (product_id,)
        assert mention.end == len(fold(name))
