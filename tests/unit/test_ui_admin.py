"""The merchant's interface: a token, products one by one, feeds and a reindex as jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from support.index_products import MONITOR, PRODUCTS, HashingEncoder

from assistant.admin import CatalogAdmin
from retrieval.catalog.feed import ProductFeed
from retrieval.catalog.live import LiveCatalog
from retrieval.catalog.store import load_store
from retrieval.catalog.sync import import_feed
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage
from ui.admin import PRODUCT_LIMIT, create_admin_router
from ui.errors import install_handlers

TOKEN = "a-merchant's-long-token"
OLD, NEW = HashingEncoder("old"), HashingEncoder("new", dimensions=64)
ROWS = "id,title,price,currency\n" + "\n".join(
    f"{p.id},{p.title.replace(',', ' ')},{p.price or 5},{p.currency}" for p in PRODUCTS
)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveCatalog]:
    root = tmp_path / "store"
    storage = EmbeddedStorage(root / "index")
    generation = storage.open(index_schema(OLD, OLD))
    feed = ProductFeed("test", MONITOR.currency, lambda: PRODUCTS, len(PRODUCTS))
    import_feed(feed, Indexer(generation.index, OLD, OLD), root, lambda d, t, note="": None)
    generation.index.close()
    live = LiveCatalog(
        storage, load_store(root), (OLD, OLD), lambda index, encoders: Indexer(index, *encoders)
    )
    yield live
    live.close()


@pytest.fixture
def client(live: LiveCatalog) -> Iterator[TestClient]:
    admin = CatalogAdmin(live, lambda en, ml, listener: (NEW, NEW), frozenset([TOKEN]))
    app = FastAPI()
    install_handlers(app)
    app.include_router(create_admin_router(admin, feed_limit_mb=1))
    with admin.open(), TestClient(app) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


def finish(client: TestClient, job: dict[str, object]) -> dict[str, object]:
    for _ in range(200):
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.02)
        job = client.get(f"/v1/catalog/jobs/{job['id']}").json()
    raise AssertionError(f"{job} never ended")


@pytest.mark.parametrize("header", [None, "Bearer guess", "Basic YTpi", f"Bearer {TOKEN}x"])
def test_nobody_changes_anything_without_the_token(
    client: TestClient, live: LiveCatalog, header: str | None
) -> None:
    client.headers.pop("Authorization")
    headers = {"Authorization": header} if header else {}
    for method, path in (
        ("PUT", "products/x"),
        ("PATCH", f"products/{MONITOR.id}"),
        ("DELETE", f"products/{MONITOR.id}"),
        ("POST", "feed"),
        ("POST", "reindex"),
        ("GET", "jobs"),
    ):
        answer = client.request(method, f"/v1/catalog/{path}", headers=headers, json={"price": 1})
        assert answer.status_code == 401
        assert "AISLE_ADMIN_TOKEN" in answer.json()["remedy"]
    assert live.get(MONITOR.id) == MONITOR


def test_a_product_comes_changes_and_goes(client: TestClient, live: LiveCatalog) -> None:
    body = {"title": "Zorbomatic samovar", "price": 70.5}
    assert client.put("/v1/catalog/products/s1", json=body).json() == {
        "id": "s1",
        "action": "embed",
    }
    changed = client.patch("/v1/catalog/products/s1", json={"stock": 3}).json()
    assert (changed["price"], changed["stock"]) == ("70.5", 3)
    assert live.get("s1").currency == MONITOR.currency, "the store's, where none is given"
    assert client.delete("/v1/catalog/products/s1").status_code == 204
    assert client.delete("/v1/catalog/products/s1").status_code == 204
    assert client.patch("/v1/catalog/products/s1", json={"stock": 3}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("[]", 400, "not a JSON object"),
        ("{", 400, "not a JSON object"),
        ('{"title": "x", "price": "cheap"}', 400, "price"),
        ('{"id": "other", "title": "x"}', 400, "another than in the path"),
        ('{"title": "x", "currency": "JPY"}', 400, "JPY"),
        ('{"title": "x", "image_url": "file:///etc/passwd"}', 400, "image_url"),
        (json.dumps({"title": "x" * PRODUCT_LIMIT}), 413, "at most 1 MB"),
    ],
)
def test_a_bad_product_gets_one_clear_line(
    client: TestClient, body: str, status: int, says: str
) -> None:
    answer = client.put("/v1/catalog/products/s1", content=body)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert answer.json()["remedy"]


def test_a_feed_is_imported_as_a_job(client: TestClient, live: LiveCatalog) -> None:
    feed = f"{ROWS}\ns1,Zorbomatic samovar,70,{MONITOR.currency}\n"
    started = client.post("/v1/catalog/feed?filename=feed.csv", content=feed)
    assert started.status_code == 202
    job = finish(client, started.json())
    assert job["state"] == "done", job
    assert live.get("s1").title == "Zorbomatic samovar"
    assert "samovar" in live.opened.store.vocabulary.words
    assert client.get("/v1/catalog/jobs").json()[0]["id"] == job["id"]


def test_a_feed_that_cannot_be_read_fails_with_its_remedy(
    client: TestClient, live: LiveCatalog
) -> None:
    job = finish(client, client.post("/v1/catalog/feed", content="hello there").json())
    assert job["state"] == "failed"
    assert job["result"] and job["remedy"]
    few = ROWS.splitlines()[:2]
    job = finish(client, client.post("/v1/catalog/feed", content="\n".join(few)).json())
    assert live.get(MONITOR.id), f"a feed that lost most of its rows deletes nothing: {job}"
    too_large = client.post("/v1/catalog/feed", content=b"x" * (1024 * 1024 + 1))
    assert too_large.status_code == 413
    assert "AISLE_FEED_LIMIT_MB" in too_large.json()["remedy"]


def test_a_reindex_is_a_job(client: TestClient, live: LiveCatalog) -> None:
    job = finish(client, client.post("/v1/catalog/reindex", json={}).json())
    assert job["state"] == "done", job
    assert live.opened.encoders == (NEW, NEW)
    assert client.post("/v1/catalog/reindex", json={"encoder": "x"}).status_code == 422
    assert client.get("/v1/catalog/jobs/none").status_code == 400
