"""What a shopper says in chat is one record: chat, search box, profile and recommendations read
it, and only who may read it does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from support.jobs_store import SECRET, open_small_assistant
from support.learning_store import PRODUCTS, LearningStore

from assistant.assistant import Assistant
from assistant.database import open_database
from assistant.memory.refusals import refusal_reader
from assistant.privacy import PrivacyOffice
from assistant.store.tokens import ShopperTokens
from retrieval.profile.bus import InProcessBus
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import ConsentMode
from retrieval.recommend.service import Learning, Shelf
from ui.api import create_router
from ui.errors import install_handlers
from ui.learn import create_learning_router

LEATHER = {p.id for p in PRODUCTS if "leather" in p.title}
BROWSER = uuid.uuid4().hex
MERCHANT = "a-merchant's-long-token"


class Merchant:
    """Knows the merchant's token."""

    def admits(self, token: str) -> bool:
        return token == MERCHANT


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    store = LearningStore()
    with open_small_assistant(tmp_path, PRODUCTS, store.vocabulary) as opened:
        database = open_database(f"sqlite:///{tmp_path}/aisle.db")
        opened.front.learning = Learning(
            events=SqlEventStore(database, "shop"),
            bus=InProcessBus(),
            shelf=Shelf(store.items, store.recommender, store.recommender.products),
            statistics=store.statistics,
            consent=ConsentMode.ON,
            refusals=refusal_reader(opened.preferences),
        )
        opened.privacy = PrivacyOffice(database, "shop")
        opened.learning.start()
        yield opened
        opened.learning.close()
        database.dispose()
    store.index.close()


@pytest.fixture
def http(assistant: Assistant) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.service, app.state.admin = assistant, Merchant()
    install_handlers(app)
    app.include_router(create_learning_router(assistant))
    app.include_router(create_router(assistant))
    with TestClient(app) as client:
        yield client


def browser(name: str = BROWSER) -> dict[str, str]:
    return {"X-Aisle-Client": name, "X-Aisle-Session": f"s-{name}"}


def signed(shopper: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {ShopperTokens(SECRET).issue(shopper)}"}


def say(http: TestClient, message: str, headers: dict[str, str], talk: str = "t1") -> str:
    body = {"message": message, "conversation_id": talk}
    answer = http.post("/v1/chat", json=body, headers=headers)
    assert answer.status_code == 200
    return answer.text


def leather_in(http: TestClient, headers: dict[str, str]) -> tuple[set[str], set[str]]:
    """Leather among the recommended, and among what a search for a bag finds."""
    params: dict[str, Any] = {"limit": 36}
    listed = http.get("/v1/recommendations", params=params, headers=headers).json()
    found = http.get("/v1/search", params={"q": "bag", "limit": 36}, headers=headers).json()
    return (
        LEATHER & {each["product"]["id"] for each in listed["products"]},
        LEATHER & {hit["product"]["id"] for hit in found["result"]["hits"]},
    )


@pytest.mark.parametrize("who", [browser(), {**browser(), **signed("ann")}, signed("ann")])
def test_no_leather_holds_everywhere_until_it_is_forgotten(
    http: TestClient, who: dict[str, str]
) -> None:
    assert all(leather_in(http, who))
    say(http, "a bag, no leather", who)
    assert leather_in(http, who) == (set(), set())
    profile = http.get("/v1/profile", headers=who).json()
    assert "wants no leather" in profile["summary"]
    # Another talk, another visit: still the same shopper.
    (kept,) = http.get("/v1/preferences", params={"conversation_id": "t2"}, headers=who).json()
    assert kept["text"] == "no leather" and kept["source"] and kept["expires"]
    # Nobody else.
    assert all(leather_in(http, browser(uuid.uuid4().hex)))
    assert "forg" in say(http, "forget that", who).lower()
    assert all(leather_in(http, who))
    assert "leather" not in http.get("/v1/profile", headers=who).json()["summary"]


def test_forgetting_on_the_page_brings_it_back_at_once(http: TestClient) -> None:
    say(http, "a bag, no leather", browser())
    params = {"conversation_id": "t1"}
    (kept,) = http.get("/v1/preferences", params=params, headers=browser()).json()
    http.delete(f"/v1/preferences/{kept['id']}", params=params, headers=browser())
    assert all(leather_in(http, browser()))


def test_asking_for_it_lifts_what_was_said_in_passing_and_never_stands(http: TestClient) -> None:
    say(http, "a bag, no leather", browser())
    say(http, "a leather bag", browser(), "t2")
    assert all(leather_in(http, browser()))
    say(http, "I never buy leather", browser(), "t3")
    say(http, "a leather bag", browser(), "t4")
    assert leather_in(http, browser())[0] == set()


def test_a_search_tells_of_the_taste_and_can_drop_it(http: TestClient) -> None:
    say(http, "a bag, no leather", browser())
    found = http.get("/v1/search", params={"q": "bag"}, headers=browser()).json()
    chip = next(chip for chip in found["chips"] if "leather" in chip["label"].lower())
    params: dict[str, Any] = {"q": "bag", "limit": 36, "without": chip["key"]}
    left = http.get("/v1/search", params=params, headers=browser()).json()
    assert LEATHER & {hit["product"]["id"] for hit in left["result"]["hits"]}


def test_without_consent_it_holds_for_the_talk_alone(
    http: TestClient, assistant: Assistant
) -> None:
    http.post("/v1/consent", json={"choice": "denied"}, headers=browser())
    say(http, "a bag, no leather", browser())
    assert all(leather_in(http, browser()))
    assert assistant.preferences.all("conversation:t1")


# ---------------------------------------------------------------- whose it is


def act(user: str | None = None, client: str = BROWSER) -> dict[str, Any]:
    row = {
        "event_id": uuid.uuid4().hex,
        "action_name": "click",
        "timestamp": datetime.now(UTC).isoformat(),
        "client_id": client,
        "session_id": "s",
        "object_id": "bag-okoro-red",
        **({"user_id": user} if user else {}),
    }
    return {"events": [row], "consent": True}


@pytest.fixture
def ann(http: TestClient) -> TestClient:
    """Ann has clicked, signed in."""
    assert http.post("/v1/events", json=act("ann"), headers=signed("ann")).status_code == 202
    return http


@pytest.mark.parametrize("path", ["/v1/profile", "/v1/recommendations", "/v1/privacy"])
def test_a_user_id_opens_nothing_without_its_token(ann: TestClient, path: str) -> None:
    params = {"for": "ann"}
    stranger = ann.get(path, params=params)
    assert stranger.status_code == 401 and "token" in stranger.json()["remedy"]
    assert ann.get(path, params=params, headers=browser("x" * 20)).status_code == 401
    assert ann.get(path, headers={"X-Aisle-User": "ann"}).status_code == 401
    other = ann.get(path, params=params, headers=signed("bob"))
    assert other.status_code == 403 and "another shopper" in other.json()["error"]
    pretending = {**signed("bob"), "X-Aisle-User": "ann"}
    assert ann.get(path, headers=pretending).status_code == 403
    assert ann.get(path, params=params, headers=signed("ann")).status_code == 200
    assert ann.get(path, headers=signed("ann")).status_code == 200
    merchant = {"Authorization": f"Bearer {MERCHANT}"}
    assert ann.get(path, params=params, headers=merchant).status_code == 200
    assert ann.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_stated_tastes_alone_make_a_user_worth_guarding(http: TestClient) -> None:
    say(http, "a bag, no leather", signed("cara"))
    assert http.get("/v1/profile", params={"for": "cara"}).status_code == 401


def test_nobody_writes_into_anothers_history(ann: TestClient) -> None:
    assert ann.post("/v1/events", json=act("ann")).status_code == 401
    assert ann.post("/v1/events", json=act("ann"), headers=signed("bob")).status_code == 403
    vouching = {"Authorization": f"Bearer {MERCHANT}"}
    assert ann.post("/v1/events", json=act("ann"), headers=vouching).status_code == 202
    refusal = {"choice": "denied", "client_id": "ann"}
    assert ann.post("/v1/consent", json=refusal).status_code == 401


def test_a_random_client_id_is_its_own_key_and_a_guessable_one_is_none(ann: TestClient) -> None:
    assert ann.get("/v1/profile", headers=browser()).json()["liked"] == ["bag-okoro-red"]
    ann.post("/v1/events", json=act("ann", "c-1"), headers=signed("ann"))
    assert ann.get("/v1/profile", params={"for": "c-1"}).status_code == 401
    # All that is kept takes more than the browser.
    assert ann.get("/v1/privacy", headers=browser()).status_code == 401
    assert ann.delete("/v1/privacy", headers=browser()).status_code == 401


def test_a_shopper_sees_and_removes_all_of_it(ann: TestClient) -> None:
    say(ann, "a bag, no leather", {**browser(), **signed("ann")})
    kept = ann.get("/v1/privacy", headers=signed("ann")).json()
    assert kept["shopper"] == "ann" and len(kept["events"]) >= 2
    assert [each["text"] for each in kept["preferences"]] == ["no leather"]
    assert ann.delete("/v1/privacy", headers=signed("ann")).json()["events"] >= 2
    assert ann.get("/v1/preferences?conversation_id=t1", headers=signed("ann")).json() == []
    assert ann.get("/v1/privacy", headers=signed("ann")).status_code == 400
    assert ann.get("/v1/privacy").status_code == 400


def test_our_own_browser_ids_are_random_and_long() -> None:
    script = Path("ui/static/track.js").read_text(encoding="utf-8")
    assert "crypto.getRandomValues(new Uint8Array(16))" in script
    assert Learning.is_secret(uuid.uuid4().hex) and not Learning.is_secret("c-81f2")
