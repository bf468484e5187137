"""Nothing acknowledged is lost when the process is killed; what is sent again counts once."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from assistant.database import open_database
from retrieval.profile.events import SqlEventStore

from .conftest import STORE, Served

CLIENT = "durable"


def batch(size: int) -> list[dict[str, object]]:
    now = datetime.now(UTC).isoformat()
    return [
        {
            "event_id": uuid.uuid4().hex,
            "action_name": "click",
            "timestamp": now,
            "client_id": CLIENT,
            "session_id": f"s{n}",
            "object_id": "mouse-001",
        }
        for n in range(size)
    ]


@pytest.fixture
def server(demo_store: None, tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path / "aisle.db")
    yield server
    server.kill()  # also where it never came up: it would hold the store for ever


def test_what_was_acknowledged_is_there_after_kill_9(server: Served) -> None:
    server.start(AISLE_CONSENT="on")
    acknowledged: list[str] = []
    last: list[list[dict[str, object]]] = []
    lock = threading.Lock()
    busy = threading.Event()

    def send() -> None:
        with httpx.Client(base_url=server.url, timeout=10) as http:
            for number in itertools.count():
                rows = batch(7)
                try:
                    response = http.post("/v1/events", json={"events": rows})
                except httpx.HTTPError:
                    with lock:
                        last.append(rows)  # nobody knows what became of these
                    return
                assert response.status_code == 202
                with lock:
                    acknowledged.extend(str(row["event_id"]) for row in rows)
                if number == 20:
                    busy.set()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    busy.wait(60)
    server.kill()
    for sender in senders:
        sender.join()
    assert len(acknowledged) > 100 and last

    store = SqlEventStore(open_database(f"sqlite:///{server.database}"), STORE)
    kept = {each.event.event_id for each in store.scan() if each.event.client_id == CLIENT}
    assert set(acknowledged) <= kept

    # The sender repeats what was not acknowledged: once each, whether it had arrived or not.
    server.start(AISLE_CONSENT="on")
    with httpx.Client(base_url=server.url, timeout=30) as http:
        for rows in last:
            assert http.post("/v1/events", json={"events": rows}).status_code == 202
    server.kill()
    sent = {*acknowledged, *(str(row["event_id"]) for rows in last for row in rows)}
    again = [each for each in store.scan() if each.event.client_id == CLIENT]
    assert len(again) == len(sent) and {each.event.event_id for each in again} == sent
    while store.count_new():
        pass
    everything = sum(1 for each in store.scan() if each.event.object_id == "mouse-001")
    assert sum(store.counts("mouse-001").values()) == everything


def test_a_shopper_sees_and_removes_what_is_kept(served: Served) -> None:
    name = uuid.uuid4().hex
    headers = {"X-Aisle-Client": name, "X-Aisle-Session": "s1"}
    with httpx.Client(base_url=served.url, headers=headers, timeout=30) as http:
        http.post("/v1/consent", json={"choice": "granted"})
        rows = [{k: v for k, v in row.items() if k != "client_id"} for row in batch(3)]
        assert http.post("/v1/events", json={"events": rows}).json()["accepted"] == 3
        http.post("/v1/chat", json={"message": "a quiet mouse", "conversation_id": name})
        assert http.get("/v1/profile").json()["liked"]

        exported = json.loads(aisle(served, "privacy", "export", name))
        assert len(exported["events"]) == 4 and exported["consent"] == {name: "granted"}
        (turn,) = exported["conversations"][name]
        assert turn["message"] == "a quiet mouse"

        assert "4 events and 1 conversation" in aisle(served, "privacy", "erase", name, "--yes")
        for _ in range(50):
            if not http.get("/v1/profile").json()["liked"]:
                break
        assert not http.get("/v1/profile").json()["liked"]
    assert "Nothing is kept" in aisle(served, "privacy", "export", name, fails=True)


def aisle(served: Served, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", *arguments, "--store", STORE],
        env={**os.environ, "AISLE_DATABASE_URL": f"sqlite:///{served.database}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode != 0) is fails, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if fails else done.stdout
