"""Each kind recommends what it promises, says why, and keeps to conditions and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.events import event
from support.learning_store import LearningStore

from retrieval.errors import InvalidRequestError
from retrieval.profile.profile import Profile, Stage
from retrieval.profile.types import Action, StoredEvent
from retrieval.recommend.personal import MOST_PLACES, personalise, reorder
from retrieval.recommend.types import Kind, RecommendationRequest, Recommendations
from retrieval.types import Filters, Hit, Language, Range

from .conftest import ProfileOf

NOBODY = Profile("")
Ask = Callable[..., Recommendations]


@pytest.fixture
def store() -> Iterator[LearningStore]:
    """A shop of this test's own, with the behaviour of a few dozen shoppers."""
    own = LearningStore()
    acts = []
    for n in range(12):
        who: dict[str, Any] = {"client_id": f"x{n}", "session_id": f"x{n}"}
        acts.append(event(Action.CLICK, "mouse-tavrik-black", **who))
        acts.append(event(Action.CLICK, "lamp-okoro-black" if n < 8 else "bag-okoro-red", **who))
        if n < 4:
            for item in ("mouse-tavrik-black", "lamp-okoro-black"):
                acts.append(event(Action.ORDER, item, transaction_id=f"o{n}", **who))
    own.statistics.add(StoredEvent(n, e.client_id, e) for n, e in enumerate(acts, start=1))
    yield own
    own.index.close()


@pytest.fixture
def ask(store: LearningStore) -> Ask:
    def recommend(kind: Kind, profile: Profile = NOBODY, **fields: Any) -> Recommendations:
        request = RecommendationRequest(kind=kind, shopper=profile.shopper_id, **fields)
        return store.recommender.recommend(request, profile)

    return recommend


def ids(found: Recommendations) -> list[str]:
    assert [each.position for each in found.products] == list(range(1, len(found.products) + 1))
    assert all(each.reasons for each in found.products)
    return [each.product.id for each in found.products]


def test_strangers_get_what_others_choose(ask: Ask) -> None:
    found = ask(Kind.FOR_YOU, limit=3)
    assert found.stage is Stage.POPULARITY
    assert set(ids(found)) == {"mouse-tavrik-black", "lamp-okoro-black", "bag-okoro-red"}
    assert found.products[0].reasons == ("popular in Mice",)


def test_a_list_is_full_where_behaviour_gives_too_little(ask: Ask) -> None:
    assert len(ids(ask(Kind.FOR_YOU, limit=9))) == 9


def test_clicks_bring_their_like_and_no_repeats(ask: Ask, profile_of: ProfileOf) -> None:
    clicked = ["bag-velmont-red", "bag-linnea-black"]
    found = ask(Kind.FOR_YOU, profile_of(*((Action.CLICK, i) for i in clicked)), limit=6)
    assert found.stage is Stage.SESSION
    assert ids(found)[0].startswith("bag-") and not set(ids(found)) & set(clicked)
    assert "because you looked at" in found.products[0].reasons[0]
    # A person is more than their last click.
    assert sum(i.startswith("bag-") for i in ids(found)) <= 3


def test_a_dismissed_product_and_its_like_step_back(ask: Ask, profile_of: ProfileOf) -> None:
    clicks = [(Action.CLICK, "lamp-velmont-black"), (Action.CLICK, "bag-velmont-black")]
    before = ids(ask(Kind.FOR_YOU, profile_of(*clicks), limit=8))
    gone = next(i for i in before if i.startswith("lamp-"))
    after = ids(ask(Kind.FOR_YOU, profile_of(*clicks, (Action.DISMISS, gone)), limit=8))
    assert gone not in after
    assert sum(i.startswith("lamp-") for i in after) <= sum(i.startswith("lamp-") for i in before)


def test_similar_is_of_the_same_kind_and_says_how(ask: Ask) -> None:
    found = ask(Kind.SIMILAR, items=("bag-okoro-black",), limit=4)
    assert all(i.startswith("bag-") for i in ids(found)) and "bag-okoro-black" not in ids(found)
    reasons = {each.product.id: " ".join(each.reasons) for each in found.products}
    assert any("also by Okoro" in why or "also black" in why for why in reasons.values())
    chinese = ask(Kind.SIMILAR, items=("bag-okoro-black",), limit=4, language=Language.CHINESE)
    assert all("同" in each.reasons[0] for each in chinese.products)


def test_bought_together_comes_from_orders(ask: Ask) -> None:
    found = ask(Kind.BOUGHT_TOGETHER, items=("mouse-tavrik-black",))
    assert ids(found)[0] == "lamp-okoro-black"
    assert found.products[0].reasons[0].startswith("bought 4 times with Tavrik")


def test_a_product_nobody_ordered_borrows_from_its_kind(ask: Ask) -> None:
    found = ask(Kind.BOUGHT_TOGETHER, items=("mouse-linnea-black",))
    assert ids(found) and all(not i.startswith("mouse-") for i in ids(found))
    assert found.products[0].reasons == ("buyers of Mice also buy Lamps",)


def test_buy_again_is_what_was_bought(ask: Ask, profile_of: ProfileOf) -> None:
    bought = profile_of((Action.ORDER, "bag-okoro-red"), (Action.CLICK, "lamp-okoro-red"))
    found = ask(Kind.BUY_AGAIN, bought)
    assert ids(found) == ["bag-okoro-red"]
    assert found.products[0].reasons == ("you bought it on 20 November",)
    assert ids(ask(Kind.BUY_AGAIN)) == []


def test_new_is_by_release(ask: Ask) -> None:
    found = ask(Kind.NEW, limit=5)
    assert set(ids(found)) <= {p for p in ids(ask(Kind.NEW, limit=20)) if p.startswith("lamp-")}
    assert "new since" in found.products[0].reasons[0]


def test_content_is_on_what_is_looked_at(ask: Ask, profile_of: ProfileOf) -> None:
    found = ask(Kind.CONTENT, profile_of((Action.CART, "lamp-okoro-red")))
    assert found.guides[0].guide.id == "guide-lamp"
    assert found.guides[0].reasons == ("because you look at Lamps",)
    given = ask(Kind.CONTENT, items=("bag-okoro-red",), language=Language.CHINESE)
    assert given.guides[0].guide.id == "guide-bag" and "Bags" in given.guides[0].reasons[0]


@pytest.mark.parametrize("kind", [k for k in Kind if k is not Kind.CONTENT])
def test_conditions_stock_and_refusals_hold_for_every_kind(
    ask: Ask, profile_of: ProfileOf, kind: Kind
) -> None:
    profile = profile_of(
        *((Action.ORDER, i) for i in ("bag-tavrik-black", "bag-okoro-green", "mouse-velmont-red")),
    )
    profile = replace(profile, refused=Filters(excluded_terms=("leather",)))
    found = ask(
        kind,
        profile,
        items=("mouse-tavrik-black",),
        limit=30,
        filters=Filters(price=Range(maximum=90)),
    )
    assert found.left_out == ("leather",)
    for each in found.products:
        assert each.product.price is not None and each.product.price <= 90
        assert each.product.stock and "leather" not in each.product.title


@pytest.mark.parametrize("kind", [Kind.SIMILAR, Kind.BOUGHT_TOGETHER])
def test_a_start_is_asked_for_in_one_line(ask: Ask, kind: Kind) -> None:
    with pytest.raises(InvalidRequestError, match="item=ID"):
        ask(kind)
    assert ids(ask(kind, items=("unknown",))) == []


# ----------------------------------------------------------------- search results


def hits(store: LearningStore, *names: str) -> list[Hit]:
    return [Hit(product=p, score=1.0) for p in store.recommender.products(names)]


def test_a_page_moves_a_little_towards_taste_and_says_why(
    store: LearningStore, profile_of: ProfileOf
) -> None:
    names = [
        f"lamp-{brand}-{color}"
        for color in ("black", "green")
        for brand in ("tavrik", "velmont", "linnea", "okoro")
    ]
    by_id = {h.product.id: h for h in hits(store, *names)}
    page = [by_id[name] for name in names]
    liked = profile_of(
        *(
            (Action.CART, f"{kind}-okoro-{color}")
            for kind in ("bag", "mouse")
            for color in ("red", "green")
        )
    )
    shown = personalise(page, liked, store.items, Language.ENGLISH)
    order = [h.product.id for h in shown]
    assert sorted(order) == sorted(names) and order != names
    assert order.index("lamp-okoro-black") < 3
    for name in names:
        assert abs(order.index(name) - names.index(name)) <= MOST_PLACES
    moved = next(h for h in shown if h.product.id == "lamp-okoro-black")
    assert moved.reasons == ("you looked at Okoro",)
    chinese = personalise(page, liked, store.items, Language.CHINESE)
    assert any(h.reasons == ("您看过Okoro的商品",) for h in chinese)


def test_a_stranger_gets_the_page_as_it_is(store: LearningStore, profile_of: ProfileOf) -> None:
    page = hits(store, "lamp-okoro-black", "bag-okoro-red")
    assert personalise(page, profile_of(), store.items, Language.ENGLISH) == tuple(page)


def test_no_strength_moves_far_or_off_its_page() -> None:
    strengths = [(-1.0) ** n for n in range(40)]
    order = reorder(strengths)
    assert sorted(order) == list(range(40))
    assert all(abs(place - old) <= MOST_PLACES for place, old in enumerate(order))
    assert set(order[:12]) == set(range(12))
    assert reorder([0.3] * 10) == list(range(10))
