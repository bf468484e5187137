"""A shopper's clicks change search, chat and what is recommended within a second, and say so."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from assistant.store.tokens import ShopperTokens

from .conftest import MERCHANT, SECRET, Served

WITHIN_S = 1.0


class Shopper:
    """A browser that agreed to be remembered."""

    def __init__(self, url: str, name: str = "", agrees: bool = True) -> None:
        self.client = name or uuid.uuid4().hex
        self.http = httpx.Client(
            base_url=url,
            headers={"X-Aisle-Client": self.client, "X-Aisle-Session": f"s-{self.client}"},
            timeout=30,
        )
        if agrees:
            self.http.post("/v1/consent", json={"choice": "granted"}).raise_for_status()

    def act(self, action: str, *ids: str, **fields: Any) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        rows = [
            {"event_id": uuid.uuid4().hex, "action_name": action, "timestamp": now}
            | {"object_id": i, **fields}
            for i in ids
        ]
        response = self.http.post("/v1/events", json={"events": rows})
        assert response.status_code == 202, response.text
        return dict(response.json())

    def search(self, text: str) -> list[dict[str, Any]]:
        found = self.http.get("/v1/search", params={"q": text, "limit": 12}).json()
        return list(found["result"]["hits"])

    def chat(self, text: str, conversation: str = "") -> list[dict[str, Any]]:
        body = {"message": text, **({"conversation_id": conversation} if conversation else {})}
        lines = self.http.post("/v1/chat", json=body).text.splitlines()
        events = [json.loads(line[5:]) for line in lines if line.startswith("data:")]
        assert events[-1]["type"] == "done"
        return events

    def recommend(self, kind: str = "for_you", **params: Any) -> dict[str, Any]:
        response = self.http.get(
            "/v1/recommendations", params={"kind": kind, "limit": 12, **params}
        )
        assert response.status_code == 200, response.text
        return dict(response.json())


@pytest.fixture
def shopper(served: Served) -> Iterator[Shopper]:
    each = Shopper(served.url)
    yield each
    each.http.close()


def cards(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list([e for e in events if e["type"] == "products"][-1]["products"])


def within_a_second(look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WITHIN_S
    while not look():
        if time.monotonic() > deadline:
            return False
    return True


def ids(recommendations: dict[str, Any]) -> list[str]:
    return [each["product"]["id"] for each in recommendations["products"]]


def of_brand(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["product"].get("brand") for hit in hits]


def test_clicks_change_what_is_recommended_and_the_reason_says_so(shopper: Shopper) -> None:
    before = shopper.recommend()
    assert before["stage"] == "popularity" and len(before["products"]) == 12
    assert all(each["reasons"] for each in before["products"])
    keyboards = [hit["product"] for hit in shopper.search("mechanical keyboard")[:3]]
    shopper.act("click", *(product["id"] for product in keyboards))

    def changed() -> bool:
        return ids(shopper.recommend()) != ids(before)

    assert within_a_second(changed)
    after = shopper.recommend()
    assert after["stage"] == "session"
    first = after["products"][0]
    assert first["product"]["category"][-1] == keyboards[0]["category"][-1]
    titles = [product["title"][:20] for product in keyboards]
    assert any(title in " ".join(first["reasons"]) for title in titles)
    assert not set(ids(after)) & {product["id"] for product in keyboards}


def test_clicks_move_search_and_chat_a_little_and_the_card_says_why(shopper: Shopper) -> None:
    plain = shopper.search("headphones")
    liked = plain[4]["product"]["brand"]
    of_it = [hit["product"]["id"] for hit in shopper.search(liked)]
    shopper.act("click", *of_it[:6])

    def moved() -> bool:
        return [h["product"]["id"] for h in shopper.search("headphones")] != [
            h["product"]["id"] for h in plain
        ]

    assert within_a_second(moved)
    personal = shopper.search("headphones")
    reasons = [" ".join(hit["reasons"]) for hit in personal]
    assert any(liked in reason or "you looked at it" in reason for reason in reasons)
    places = {hit["product"]["id"]: place for place, hit in enumerate(plain)}
    shifts = [
        abs(places[h["product"]["id"]] - n)
        for n, h in enumerate(personal)
        if h["product"]["id"] in places
    ]
    assert max(shifts) <= 4  # relevance decides, taste moves a little
    told = [" ".join(card["reasons"]) for card in cards(shopper.chat("headphones"))]
    assert any(liked in reason or "you looked at it" in reason for reason in told)


def test_a_refusal_in_chat_holds_for_recommendations(shopper: Shopper) -> None:
    bags = [hit["product"]["id"] for hit in shopper.search("leather bag")[:5]]
    shopper.act("click", *bags)
    assert any(
        "leather" in each["product"]["title"].lower() for each in shopper.recommend()["products"]
    )
    shopper.chat("a bag for work, no leather")
    after = shopper.recommend()
    assert after["left_out"] == ["leather"]
    assert after["products"]
    for kind in ("for_you", "similar", "trending", "new"):
        for each in shopper.recommend(kind, item=bags[0])["products"]:
            # "No leather trim" in a description is what was asked for: names and values count.
            product = each["product"]
            values = [str(a["value"]) for a in product.get("attributes", ())]
            assert "leather" not in " ".join([product["title"], *values]).lower()
    profile = shopper.http.get("/v1/profile").json()
    assert "wants no leather" in profile["summary"]
    assert not any("leather" in h["product"]["title"].lower() for h in shopper.search("bag"))
    shopper.chat("forget that I don't want leather")
    again = shopper.recommend()
    assert again["left_out"] == []
    assert any("leather" in each["product"]["title"].lower() for each in again["products"])


def test_the_profile_reads_in_both_languages(served: Served) -> None:
    headers = {"Authorization": f"Bearer {MERCHANT}"}
    with httpx.Client(base_url=served.url, timeout=30, headers=headers) as http:
        english = http.get("/v1/profile", params={"for": "u149"}).json()
        chinese = http.get("/v1/profile", params={"for": "u149", "language": "zh"}).json()
    assert english["summary"].startswith("Likes ") and "because of" in english["summary"]
    assert chinese["summary"].startswith("喜欢") and "依据" in chinese["summary"]
    assert all(taste["because"] for taste in english["tastes"] if taste["lift"] > 0)


def test_every_kind_answers_with_reasons_and_keeps_to_filters(served: Served) -> None:
    shopper = Shopper(served.url, agrees=False)
    shopper.http.headers["Authorization"] = f"Bearer {ShopperTokens(SECRET).issue('u149')}"
    for kind in ("for_you", "similar", "bought_together", "buy_again", "trending", "new"):
        for language in ("en", "zh"):
            params = {"for": "u149", "item": "mouse-001", "language": language}
            found = shopper.recommend(kind, **params, price_max=60)
            for each in found["products"]:
                assert each["reasons"], kind
                assert float(each["product"]["price"]) <= 60
    assert shopper.recommend("new")["products"] and shopper.recommend("trending")["products"]
    guides = shopper.recommend("content", **{"for": "u149"})["guides"]
    assert guides and all(each["reasons"] for each in guides)
    refused = shopper.http.get("/v1/recommendations", params={"kind": "similar"})
    assert refused.status_code == 400 and "item" in refused.json()["remedy"]


def test_an_anonymous_session_goes_with_the_shopper_who_signs_in(shopper: Shopper) -> None:
    tents = [hit["product"]["id"] for hit in shopper.search("tent")[:3]]
    shopper.act("click", *tents)
    user = f"user-{uuid.uuid4().hex[:8]}"
    assert shopper.recommend(**{"for": user})["stage"] == "popularity"
    shopper.http.headers["Authorization"] = f"Bearer {ShopperTokens(SECRET).issue(user)}"
    shopper.act("add_to_cart", tents[0], user_id=user)
    profile = shopper.http.get("/v1/profile", params={"for": user}).json()
    assert set(tents) <= set(profile["liked"])
    assert shopper.http.get("/v1/profile").json()["shopper"] == user


def test_without_consent_nothing_is_kept(served: Served) -> None:
    shopper = Shopper(served.url, agrees=False)
    assert shopper.act("click", "mouse-001")["without_consent"] == 1
    shopper.chat("a quiet mouse")
    profile = shopper.http.get("/v1/profile").json()
    assert profile["stage"] == "popularity" and not profile["liked"]
    shopper.http.post("/v1/consent", json={"choice": "granted"})
    assert shopper.act("click", "mouse-001")["accepted"] == 1
    shopper.http.post("/v1/consent", json={"choice": "denied"})
    assert shopper.act("click", "mouse-002")["without_consent"] == 1
    assert not shopper.http.get("/v1/profile").json()["liked"]


def test_bad_rows_are_told_one_by_one_and_good_ones_kept(shopper: Shopper) -> None:
    now = datetime.now(UTC).isoformat()
    good = {"event_id": uuid.uuid4().hex, "action_name": "click", "timestamp": now}
    rows = [good | {"object_id": "mouse-001"}, {"action_name": "stare"}, "click"]
    response = shopper.http.post("/v1/events", json={"events": rows})
    assert response.status_code == 202
    body = response.json()
    assert body["accepted"] == 1 and [r["index"] for r in body["rejected"]] == [1, 2]
    assert shopper.http.post("/v1/events", json={"events": rows}).json()["duplicates"] == 1
    only_bad = shopper.http.post("/v1/events", json={"events": rows[1:]})
    assert only_bad.status_code == 400 and len(only_bad.json()["rejected"]) == 2
    assert only_bad.json()["remedy"]


def test_the_pages_show_rows_with_reasons(shopper: Shopper) -> None:
    shopper.act("click", *(hit["product"]["id"] for hit in shopper.search("tent")[:3]))
    front = shopper.http.get("/shop?lang=en").text
    assert "For you" in front and 'data-surface="for_you"' in front
    assert "because you looked at" in front
    page = shopper.http.get("/shop/products/mouse-001?lang=zh").text
    assert 'data-surface="similar"' in page and 'data-product="mouse-001"' in page
