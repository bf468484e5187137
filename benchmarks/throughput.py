"""How many searches a second, with several clients at once?

    python -m benchmarks.throughput [--clients 8] [--seconds 15] [--json OUT]

Three systems on the same products and queries, one after another, each in a process of its own:
a plain one (qdrant-client's local mode, MiniLM, one thread a client), Aisle's search in the
process, and Aisle's HTTP interface as `aisle serve` has it, its clients in another process. New
queries are the first words of titles, none asked twice; repeated ones are those of the
judgments, again and again, as a shop's popular ones are.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from urllib.parse import quote

from qdrant_client import QdrantClient
from qdrant_client.models import Distance, PointStruct, VectorParams

from assistant.build import open_service
from assistant.settings import Settings
from benchmarks.parts import CATALOG, ENGLISH, JUDGMENTS, Parts, default_models, open_parts
from retrieval.evaluate import read_judgments
from retrieval.index.document import DOCUMENT_VERSION
from retrieval.index.encoder import load_encoder
from retrieval.index.types import VectorName
from ui.app import create_app
from ui.listen import serve_on

LIMIT = 10
WARM_S = 2.0
NEW_QUERIES = 30_000
"""More than any system answers while it is measured."""
STARTED_S = 180
"""Seconds a server may take to answer on a busy machine."""

Search = Callable[[str], object]
Connect = Callable[[], Search]


@dataclass(frozen=True)
class Rate:
    """Searches a second of all clients together, and what one took, in ms."""

    per_second: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Job:
    """What every process is told."""

    catalog: Path
    models: Path
    stores: Path
    clients: int
    seconds: float
    repeated: list[str]
    new: list[str]

    def queries(self) -> Iterator[tuple[str, list[str]]]:
        """The kinds of queries by name."""
        yield from (("new", self.new), ("repeated", self.repeated))

    def open(self) -> AbstractContextManager[Parts]:
        """The parts of the store."""
        return open_parts(self.catalog, self.models, self.stores)


def measure(connect: Connect, queries: Sequence[str], job: Job) -> Rate:
    """All clients ask one after another of `queries` until the time is over."""
    feed = iter(range(10**9))
    times: list[tuple[float, float]] = []
    started = time.perf_counter()
    end = started + WARM_S + job.seconds

    def work() -> None:
        search = connect()
        while (now := time.perf_counter()) < end:
            search(queries[next(feed) % len(queries)])
            times.append((now, time.perf_counter()))

    threads = [threading.Thread(target=work) for _ in range(job.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [(a, b) for a, b in times if a >= started + WARM_S]
    if not taken:
        raise SystemExit("No search ended in time; give --seconds more.")
    span = max(b for _, b in taken) - (started + WARM_S)
    each = sorted((b - a) * 1000 for a, b in taken)
    return Rate(len(taken) / span, statistics.median(each), each[int(0.95 * (len(each) - 1))])


def rates(connect: Connect, job: Job) -> dict[str, Rate]:
    return {name: measure(connect, queries, job) for name, queries in job.queries()}


# ------------------------------------------------------------------- systems


def plain(job: Job) -> dict[str, Rate]:
    """qdrant-client in local mode with MiniLM's vectors."""
    with job.open() as parts:
        points = list(parts.index.scan_points())
    client = QdrantClient(":memory:")
    client.create_collection("products", VectorParams(size=384, distance=Distance.COSINE))
    for start in range(0, len(points), 500):
        client.upsert(
            "products",
            [
                PointStruct(id=p.id, vector=p.dense[VectorName.ENGLISH].tolist(), payload=p.payload)
                for p in points[start : start + 500]
            ],
        )
    encoder = load_encoder(ENGLISH, job.models)

    def search(text: str) -> object:
        vector = encoder.encode_queries([text])[0].tolist()
        return client.query_points("products", vector, limit=LIMIT)

    return rates(lambda: search, job)


def in_process(job: Job) -> dict[str, Rate]:
    """Aisle's search without a server: understood, hybrid, ranked."""
    with job.open() as parts:
        parts.searcher.warm_up()
        return rates(lambda: lambda text: parts.searcher.search(parts.read(text, LIMIT)), job)


def over_http(job: Job) -> dict[str, Rate]:
    """GET /v1/search as a search page asks it, on kept connections."""
    with serving(job) as port:

        def connect() -> Search:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

            def search(text: str) -> object:
                connection.request("GET", f"/v1/search?limit={LIMIT}&q={quote(text)}")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise SystemExit(f"The server answers {answer.status}: {body[:200]!r}")
                return body

            return search

        return rates(connect, job)


@contextmanager
def serving(job: Job) -> Iterator[int]:
    """The port of a server over the benchmark's store, with a home of its own."""
    with TemporaryDirectory() as folder, socket.socket() as listener:
        home = Path(folder)
        digest = next(job.stores.glob(f"bench-*-{DOCUMENT_VERSION}"))
        (home / "stores").mkdir()
        (home / "stores" / "bench").symlink_to(digest.resolve())
        (home / "models").symlink_to(job.models.resolve())
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
        child = multiprocessing.get_context("fork").Process(target=serve, args=(home, listener))
        child.start()
        try:
            wait_for(port, child)
            yield port
        finally:
            if child.is_alive():
                os.kill(child.pid or 0, signal.SIGTERM)
            child.join(30)


def serve(home: Path, listener: socket.socket) -> None:
    """The server's process."""
    settings = Settings(home=home, store="bench", llm="off")
    with open_service(settings) as service:
        serve_on(listener, create_app(service.assistant))


def wait_for(port: int, child: multiprocessing.process.BaseProcess) -> None:
    end = time.monotonic() + STARTED_S
    while time.monotonic() < end and child.is_alive():
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("The server did not start; run `aisle serve` to see why.")


SYSTEMS = {"plain": plain, "aisle": in_process, "aisle-http": over_http}
LABELS = {
    "plain": "qdrant-client local mode, MiniLM",
    "aisle": "Aisle, in the process",
    "aisle-http": "Aisle, over HTTP",
}


def title_queries(parts: Parts) -> list[str]:
    """Distinct queries: the first two to four words of titles."""
    rng = random.Random(0)
    found: dict[str, None] = {}
    for product in rng.choices(parts.products, k=2 * NEW_QUERIES):
        words = product.title.split()
        found[" ".join(words[: rng.randint(2, 4)])] = None
    queries = list(found)[:NEW_QUERIES]
    rng.shuffle(queries)
    return queries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", type=Path, default=CATALOG)
    parser.add_argument("--judgments", type=Path, default=JUDGMENTS)
    parser.add_argument("--models", type=Path, default=default_models())
    parser.add_argument("--stores", type=Path, default=Path(gettempdir()) / "aisle-benchmarks")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with open_parts(options.catalog, options.models, options.stores) as parts:
        new = title_queries(parts)
    repeated = list(read_judgments(options.judgments))
    job = Job(
        options.catalog, options.models, options.stores, options.clients, options.seconds,
        repeated, new,
    )  # fmt: skip
    results: dict[str, dict[str, Rate]] = {}
    head = f"{options.clients} clients"
    print(f"{head:33}{'queries':>10}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'times':>8}")
    for system in options.systems:
        results[system] = in_new_process(SYSTEMS[system], job)
        for kind, rate in results[system].items():
            base = results.get("plain", {}).get(kind)
            times = f"{rate.per_second / base.per_second:8.1f}" if base else ""
            print(
                f"{LABELS[system]:33}{kind:>10}{rate.per_second:10.1f}"
                f"{rate.p50_ms:9.1f}{rate.p95_ms:9.1f}{times}",
                flush=True,
            )
    if options.json:
        plain_data = {s: {k: asdict(r) for k, r in found.items()} for s, found in results.items()}
        options.json.write_text(json.dumps(plain_data, indent=1), "utf-8")


def in_new_process(run: Callable[[Job], dict[str, Rate]], job: Job) -> dict[str, Rate]:
    """What `run` finds in a fresh interpreter, so that no system inherits another's memory."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(run, job, sender))
    child.start()
    sender.close()
    try:
        return receiver.recv()  # type: ignore[no-any-return]
    except EOFError:
        raise SystemExit(f"{run.__name__} failed, see above.") from None
    finally:
        child.join()


def _send(run: Callable[[Job], dict[str, Rate]], job: Job, sender: object) -> None:
    sender.send(run(job))  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
