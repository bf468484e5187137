"""How soon a click changes what is recommended, how many lists a second, and are they any good.

On real servers: `aisle serve --store demo` for the first and a store of about 20,000 products
(`--store`, imported before) for the second, each with a database of its own. The third holds
two weeks of the demo store's log out, three times. Prints a table; `--json` keeps the numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from assistant import build
from assistant.settings import load_settings
from retrieval.catalog.store import load_store
from retrieval.profile.intake import read_events
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Profile, build_profile
from retrieval.profile.statistics import APPEAL, BehaviourStatistics
from retrieval.profile.types import Action, Event, StoredEvent
from retrieval.recommend.engine import Recommender
from retrieval.recommend.types import Kind, RecommendationRequest

CLICKS = 60
CLIENTS = 8
SECONDS = 20
# Shoppers with a history each: returning ones are asked for again and again, those who are new
# to the server once only, so that nothing kept of them helps.
RETURNING, NEW = 400, 8_000
HISTORY = 8
# Shoppers whose history goes in one batch of events.
TOGETHER = 100
START_S = 300
# Days of the log that are predicted, and how many such spans, the last first.
SPAN, SPANS = timedelta(days=14), 3
LIST = 12


@contextlib.contextmanager
def serve(store: str) -> Iterator[tuple[str, psutil.Process]]:
    """A real server of `store` with an empty database: its address and process."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {
            **os.environ,
            "AISLE_LLM": "off",
            "AISLE_CONSENT": "on",
            "AISLE_DATABASE_URL": f"sqlite:///{folder}/aisle.db",
        }
        command = [sys.executable, "-m", "assistant.cli", "serve"]
        command += ["--store", store, "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + START_S
            while not _is_up(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"The server of {store!r} did not come up.")
                time.sleep(0.3)
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def _event(action: str, object_id: str, client: str) -> dict[str, object]:
    return {
        "event_id": uuid.uuid4().hex,
        "action_name": action,
        "timestamp": datetime.now(UTC).isoformat(),
        "client_id": client,
        "session_id": client,
        "object_id": object_id,
    }


def measure_reaction(url: str, server: psutil.Process) -> dict[str, float]:
    """Seconds from sending a click to reading another list, for shoppers of all lengths."""
    times = []
    with httpx.Client(base_url=url, timeout=30) as client:
        found = client.get("/v1/search", params={"q": "", "limit": 100}).json()
        products = [hit["product"]["id"] for hit in found["result"]["hits"]]
        for number in range(CLICKS):
            name = f"reaction-{number // 4}"  # the first click of a session, and later ones
            ask = {"for": name, "limit": LIST}
            before = _listed(client.get("/v1/recommendations", params=ask).json())
            started = time.perf_counter()
            body = {"events": [_event("click", products[number % len(products)], name)]}
            client.post("/v1/events", json=body).raise_for_status()
            while _listed(client.get("/v1/recommendations", params=ask).json()) == before:
                if time.perf_counter() - started > 5:
                    break
            times.append(time.perf_counter() - started)
    return {"reaction_p50_s": _quantile(times, 0.5), "reaction_p95_s": _quantile(times, 0.95)}


def _listed(answer: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [each["product"]["id"] for each in answer["products"]]


def measure_throughput(url: str, server: psutil.Process) -> dict[str, float]:
    """Lists a second and their times for `CLIENTS` that ask as fast as they are answered: for
    shoppers who come back, and for shoppers of whom each is asked for once."""
    give_histories(url)
    port = int(url.rsplit(":", 1)[1])
    shuffle = random.Random(0)
    returning = (f"shopper-{shuffle.randrange(RETURNING)}" for _ in iter(int, 1))
    new = (f"shopper-{RETURNING + number}" for number in range(NEW))
    found = _time_lists(port, server, returning, "list")
    return {**found, **_time_lists(port, server, new, "first")}


def _time_lists(
    port: int, server: psutil.Process, shoppers: Iterator[str], name: str
) -> dict[str, float]:
    times: list[float] = []
    failed = [0]
    lock = threading.Lock()

    def draw() -> str | None:
        with lock:
            return next(shoppers, None)

    stop = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=_ask, args=(port, draw, stop, times, failed))
        for _ in range(CLIENTS)
    ]
    started, used, own = time.perf_counter(), _cpu_s(server), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    return {
        f"{name}s_a_second": round(len(times) / elapsed, 1),
        f"{name}_p50_ms": round(1000 * _quantile(times, 0.5), 1),
        f"{name}_p95_ms": round(1000 * _quantile(times, 0.95), 1),
        f"{name}_p99_ms": round(1000 * _quantile(times, 0.99), 1),
        f"{name}_cpu_ms": round(1000 * (_cpu_s(server) - used) / len(times), 2),
        f"{name}_client_cpu_ms": round(1000 * (time.process_time() - own) / len(times), 2),
        f"{name}s_failed": failed[0],
    }


def _cpu_s(process: psutil.Process) -> float:
    """Processor time of a process; says more than a rate on a machine that is busy."""
    times = process.cpu_times()
    return float(times.user + times.system)


def give_histories(url: str) -> None:
    """Shoppers who looked at a few products of two searches each."""
    words = ("monitor", "toner", "headphones", "laptop", "keyboard", "cable", "camera", "phone")
    shuffle = random.Random(1)
    with httpx.Client(base_url=url, timeout=60) as client:
        found = {
            word: [
                hit["product"]["id"]
                for hit in client.get("/v1/search", params={"q": word, "limit": 100}).json()[
                    "result"
                ]["hits"]
            ]
            for word in words
        }
        for start in range(0, RETURNING + NEW, TOGETHER):
            rows = [
                _event("click", shuffle.choice(found[word]), f"shopper-{number}")
                for number in range(start, start + TOGETHER)
                for word in shuffle.sample(words, 2) * (HISTORY // 2)
            ]
            client.post("/v1/events", json={"events": rows}).raise_for_status()


def _ask(
    port: int,
    draw: Callable[[], str | None],
    stop: float,
    times: list[float],
    failed: list[int],
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while time.monotonic() < stop and (shopper := draw()):
        query = urlencode({"for": shopper, "limit": 10})
        started = time.perf_counter()
        connection.request("GET", f"/v1/recommendations?{query}")
        response = connection.getresponse()
        body = response.read()
        times.append(time.perf_counter() - started)
        failed[0] += response.status != 200 or b'"product"' not in body
    connection.close()


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# ----------------------------------------------------------------------- quality


def measure_quality() -> dict[str, float]:
    """Share of the demo store's shoppers with something on their "for you" list that they
    look at or buy in the two weeks after, against the list of what is popular."""
    settings = load_settings(llm="off", store="demo")
    store = load_store(settings.store_path)
    encoders = build.load_encoders(settings)
    rows = [json.loads(line) for line in store.paths.events.open(encoding="utf-8")]
    events, _ = read_events(rows, datetime(9000, 1, 1, tzinfo=UTC))
    acts = [e for e in events if e.action_name is not Action.IMPRESSION and e.user_id]
    last = max(e.timestamp for e in acts)
    mine: list[float] = []
    popular: list[float] = []
    with build.open_index(settings, encoders) as index:
        items = ItemReader(index, store.vocabulary, store.info.languages)
        for number in range(1, SPANS + 1):
            split = last - number * SPAN
            statistics = BehaviourStatistics(split)
            recommender = Recommender(index, items, statistics)
            past, wanted = _split(acts, split)
            statistics.add(e for shopper in past.values() for e in shopper)
            for shopper, ids in wanted.items():
                profile = build_profile(shopper, past[shopper], items, split)
                left = ids - set(profile.bought)
                if left:
                    mine.append(_hits(recommender, profile, left))
                    popular.append(_hits(recommender, Profile(shopper), left))
    rate = sum(mine) / len(mine)
    # Of a share of independent shoppers, by the normal approximation.
    half = 1.96 * math.sqrt(rate * (1 - rate) / len(mine))
    return {
        "for_you_hit_rate": round(rate, 4),
        "for_you_low": round(rate - half, 4),
        "for_you_high": round(rate + half, 4),
        "popular_hit_rate": round(sum(popular) / len(popular), 4),
        "shoppers": len(mine),
    }


def _split(
    acts: list[Event], split: datetime
) -> tuple[dict[str, list[StoredEvent]], dict[str, set[str]]]:
    past: dict[str, list[StoredEvent]] = defaultdict(list)
    wanted: dict[str, set[str]] = defaultdict(set)
    for number, event in enumerate(acts):
        shopper = str(event.user_id)
        if event.timestamp < split:
            past[shopper].append(StoredEvent(number, shopper, event))
        elif event.timestamp < split + SPAN and event.action_name in APPEAL and event.object_id:
            wanted[shopper].add(event.object_id)
    return past, wanted


def _hits(recommender: Recommender, profile: Profile, wanted: set[str]) -> float:
    request = RecommendationRequest(kind=Kind.FOR_YOU, shopper=profile.shopper_id, limit=LIST)
    found = recommender.recommend(request, profile).products
    return float(any(each.product.id in wanted for each in found))


ROWS: tuple[tuple[str, str, str], ...] = (
    ("reaction_p50_s", "click to changed list, median s", ""),
    ("reaction_p95_s", "click to changed list, p95 s", "≤ 1"),
    ("lists_a_second", f"lists a second, {CLIENTS} clients, shoppers return", "≥ 200"),
    ("list_p50_ms", "one list, median ms", ""),
    ("list_p95_ms", "one list, p95 ms", "≤ 50"),
    ("list_p99_ms", "one list, p99 ms", ""),
    ("list_cpu_ms", "one list, the server's processor time, ms", ""),
    ("list_client_cpu_ms", "one list, the clients' processor time, ms", ""),
    ("lists_failed", "lists that failed", "0"),
    ("firsts_a_second", f"lists a second, {CLIENTS} clients, every shopper another", ""),
    ("first_p50_ms", "one list, median ms", ""),
    ("first_p95_ms", "one list, p95 ms", ""),
    ("first_p99_ms", "one list, p99 ms", ""),
    ("first_cpu_ms", "one list, the server's processor time, ms", ""),
    ("first_client_cpu_ms", "one list, the clients' processor time, ms", ""),
    ("firsts_failed", "lists that failed", "0"),
    ("for_you_hit_rate", f"for you: shoppers with a hit among {LIST}", ""),
    ("for_you_low", "  95% interval, low", ""),
    ("for_you_high", "  95% interval, high", ""),
    ("popular_hit_rate", f"popular: shoppers with a hit among {LIST}", ""),
    ("shoppers", "shoppers predicted", ""),
)


def main() -> None:
    """Measure what was asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="chorus", help="about 20,000 products")
    parser.add_argument("--json", type=Path)
    parts: dict[str, Callable[[str], dict[str, float]]] = {
        "reaction": lambda store: _served("demo", measure_reaction),
        "throughput": lambda store: _served(store, measure_throughput),
        "quality": lambda store: measure_quality(),
    }
    for part in parts:
        parser.add_argument(f"--{part}", action="store_true")
    chosen = parser.parse_args()
    wanted = [part for part in parts if getattr(chosen, part)] or list(parts)
    found: dict[str, float] = {}
    for part in wanted:
        found |= parts[part](chosen.store)
    table = Table("measure", "value", "goal")
    for name, label, goal in ROWS:
        if name in found:
            table.add_row(label, f"{found[name]:g}", goal)
    Console().print(table)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")


def _served(
    store: str, measure: Callable[[str, psutil.Process], dict[str, float]]
) -> dict[str, float]:
    with serve(store) as (url, server):
        return measure(url, server)


if __name__ == "__main__":
    main()
