"""Tastes over chance, what is liked, refused and bought, in words of both languages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.learning_store import PRODUCTS, LearningStore

from retrieval.profile.explain import named_products, price_band, view_profile
from retrieval.profile.profile import Facet, Profile, Stage, affinity
from retrieval.profile.types import Action
from retrieval.types import Filters, Language

from .conftest import ProfileOf

BLACK = [f"{kind}-{brand}-black" for kind in ("mouse", "bag") for brand in ("tavrik", "okoro")]
DAY = 24 * 60


def lift(profile: Profile, facet: Facet, value: str) -> float:
    taste = profile.taste(facet, value)
    return taste.lift if taste else 0.0


def test_nobody_is_known_by_nothing(profile_of: ProfileOf) -> None:
    profile = profile_of()
    assert profile.stage is Stage.POPULARITY and profile.long_vector is None
    impression = profile_of((Action.SEARCH, None, {"user_query": "mouse"}))
    assert impression.stage is Stage.POPULARITY


def test_what_is_chosen_more_than_chance_is_a_taste(profile_of: ProfileOf) -> None:
    profile = profile_of(*((Action.CLICK, i) for i in BLACK))
    black, plastic = (
        lift(profile, Facet.ATTRIBUTE, v) for v in ("color=black", "material=plastic")
    )
    assert black > 0.4
    # Two of three mice are plastic anyway: choosing one says little.
    assert black > plastic
    assert lift(profile, Facet.CATEGORY, "things > lamps") == 0
    assert lift(profile, Facet.BRAND, "tavrik") > 0 == lift(profile, Facet.BRAND, "linnea")
    assert profile.stage is Stage.SESSION


def test_a_purchase_says_more_than_a_click_and_the_past_less_than_now(
    profile_of: ProfileOf,
) -> None:
    def red(action: Action, ago: float) -> float:
        return lift(
            profile_of((action, "bag-okoro-red", {"ago": ago})), Facet.ATTRIBUTE, "color=red"
        )

    assert red(Action.ORDER, DAY) > red(Action.CART, DAY) > red(Action.CLICK, DAY) > 0
    assert red(Action.CLICK, 0) > red(Action.CLICK, DAY) > red(Action.CLICK, 60 * DAY)


def test_dislikes_count_against(profile_of: ProfileOf) -> None:
    profile = profile_of(
        (Action.DISMISS, "lamp-linnea-green"),
        (Action.RATING, "lamp-velmont-green", {"value": 1}),
        (Action.RATING, "lamp-velmont-black", {"value": 5}),
    )
    assert lift(profile, Facet.ATTRIBUTE, "color=green") < 0
    assert lift(profile, Facet.ATTRIBUTE, "color=black") > 0
    assert set(profile.dismissed) == {"lamp-linnea-green", "lamp-velmont-green"}
    assert profile.liked == ("lamp-velmont-black",)


def test_the_price_range_is_learned(profile_of: ProfileOf, shop: LearningStore) -> None:
    cheap = profile_of(
        *(
            (Action.CLICK, f"{k}-tavrik-{c}")
            for k in ("mouse", "bag", "lamp")
            for c in ("black", "red", "green")
        )
    )
    dear = profile_of(
        *((Action.CART, f"{k}-linnea-{c}") for k in ("mouse", "bag") for c in ("black", "green"))
    )
    assert price_band(cheap.price) == "low" and price_band(dear.price) == "high"
    assert price_band(profile_of((Action.CLICK, "mouse-okoro-red", {"ago": 40 * DAY})).price) == ""
    items = shop.items.by_product(["lamp-tavrik-black", "lamp-linnea-black"])
    low, high = items["lamp-tavrik-black"], items["lamp-linnea-black"]
    assert affinity(cheap, low, shop.items)[Facet.PRICE] > 0
    assert affinity(cheap, high, shop.items)[Facet.PRICE] < 0
    assert affinity(dear, high, shop.items)[Facet.PRICE] > 0


def test_tastes_are_bounded(profile_of: ProfileOf, shop: LearningStore) -> None:
    keen = profile_of(*((Action.ORDER, "bag-linnea-green", {"ago": n * DAY}) for n in range(90)))
    item = shop.items.by_product(["bag-linnea-green"])["bag-linnea-green"]
    assert all(abs(value) <= 2 for value in affinity(keen, item, shop.items).values())


def test_sessions_and_vectors(profile_of: ProfileOf, shop: LearningStore) -> None:
    profile = profile_of(
        (Action.CLICK, "lamp-okoro-red", {"ago": 3 * DAY}),
        (Action.CLICK, "mouse-okoro-red", {"ago": 20}),
        (Action.CLICK, "mouse-okoro-black", {"ago": 5}),
    )
    assert profile.liked == ("mouse-okoro-black", "mouse-okoro-red", "lamp-okoro-red")
    assert profile.session == ("mouse-okoro-black", "mouse-okoro-red")
    assert profile.session_vector is not None and profile.long_vector is not None
    assert np.linalg.norm(profile.long_vector) == pytest.approx(1, abs=1e-5)
    vectors = shop.items.vectors(["mouse-velmont-red", "lamp-velmont-red"])
    mouse, lamp = vectors["mouse-velmont-red"], vectors["lamp-velmont-red"]
    assert profile.session_vector @ mouse > profile.session_vector @ lamp


def test_products_that_are_gone_leave_the_profile_standing(profile_of: ProfileOf) -> None:
    profile = profile_of((Action.CLICK, "discontinued"), (Action.CLICK, "bag-okoro-red"))
    assert profile.liked == ("bag-okoro-red",)


def test_it_reads_in_both_languages(profile_of: ProfileOf, shop: LearningStore) -> None:
    profile = profile_of(
        *((Action.CART, f"{kind}-okoro-black") for kind in ("mouse", "lamp", "bag")),
        (Action.CART, "bag-okoro-red"),
        (Action.DISMISS, "lamp-velmont-green"),
    )
    profile = replace(profile, refused=Filters(excluded_terms=("leather",)))
    products = shop.recommender.products(named_products(profile))
    english = view_profile(profile, products, shop.items, Language.ENGLISH)
    assert english.summary.startswith("Likes ")
    for said in ("Okoro", "black", "wants no leather", "because of Okoro"):
        assert said in english.summary
    chinese = view_profile(profile, products, shop.items, Language.CHINESE)
    for said in ("喜欢", "Okoro", "不要leather", "依据：《Okoro"):
        assert said in chinese.summary
    assert english.refused == Filters(excluded_terms=("leather",))
    assert (
        view_profile(profile_of(), [], shop.items, Language.CHINESE).summary == "暂时还没有了解。"
    )


def test_every_product_has_a_place_in_its_price_range(shop: LearningStore) -> None:
    items = shop.items.by_product([p.id for p in PRODUCTS]).values()
    places = {item.id: shop.items.price_place(item) for item in items}
    assert all(place is not None and 0 <= place <= 1 for place in places.values())
    assert places["bag-tavrik-black"] == 0 and places["bag-linnea-green"] == 1
