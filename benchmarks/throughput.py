"""How many searches a second, with several clients at once?

    python -m benchmarks.throughput [--clients 8] [--seconds 15] [--json OUT]

The same products and the same two streams of queries for every system, one after another, each in
a process of its own:

* different: no query is asked twice (the first words of titles), so no memory helps;
* popular: other such queries, drawn again and again, the k-th as often as 1 / k ** EXPONENT. Search
  engines' queries follow Zipf's law (Xie and O'Hallaron, INFOCOM 2002). With its exponent 1 a
  memory helps most; the default is flatter, so as not to flatter ours. Memories start without
  these queries; the share that had been asked before is printed.

Systems: qdrant-client's local mode with dense vectors alone, and with the dense and the lexical
vectors fused, which is what Aisle's first stage does; Aisle's search in the process, with the
memory it is served with; GET /v1/search as a search page asks it, without and with facets, from
another process. `times` is the rate over that of each local mode on the same stream.
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
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from urllib.parse import quote

import psutil
from qdrant_client import QdrantClient, models

from assistant.build import open_service
from assistant.settings import Settings
from benchmarks.parts import CATALOG, ENGLISH, Parts, default_models, open_parts
from retrieval.index.document import DOCUMENT_VERSION
from retrieval.index.encoder import load_encoder
from retrieval.index.lexical import encode_query
from retrieval.index.types import Point, VectorName
from retrieval.recall import recall_answers
from ui.app import create_app
from ui.listen import serve_on

LIMIT = 10
WARM_S = 2.0
DIFFERENT = POPULAR = 15_000
"""Queries of each stream; more than any system answers while it is measured."""
POPULAR_DRAWS = 100_000
EXPONENT = 0.85
LOCAL_DEPTH = 200
"""Candidates of each vector that local mode fuses; as many as Aisle's search takes."""
DENSE, LEXICAL = "dense", "lexical"
STARTED_S = 180
"""Seconds a server may take to answer on a busy machine."""

Search = Callable[[str], object]
Connect = Callable[[], Search]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Rate:
    """Searches a second of all clients together, what one took in ms, the share of them whose
    query had been asked before, and the processor time of one (a server's without its clients'),
    which says more than the rate on a machine that is busy with other work."""

    per_second: float
    p50_ms: float
    p95_ms: float
    asked_before: float
    cpu_ms: float


@dataclass(frozen=True)
class Job:
    """What every process is told."""

    catalog: Path
    models: Path
    stores: Path
    clients: int
    seconds: float
    different: list[str]
    popular: list[str]

    def queries(self) -> Iterator[tuple[str, list[str]]]:
        """The streams by name."""
        yield from (("different", self.different), ("popular", self.popular))

    def open(self) -> AbstractContextManager[Parts]:
        """The parts of the store."""
        return open_parts(self.catalog, self.models, self.stores)


def measure(connect: Connect, queries: Sequence[str], job: Job, clock: Clock) -> Rate:
    """All clients ask one after another of `queries` until the time is over."""
    feed = iter(range(10**9))
    times: list[tuple[float, float, int]] = []
    started, used = time.perf_counter(), clock()
    end = started + WARM_S + job.seconds

    def work() -> None:
        search = connect()
        while (now := time.perf_counter()) < end:
            number = next(feed)
            search(queries[number % len(queries)])
            times.append((now, time.perf_counter(), number))

    threads = [threading.Thread(target=work) for _ in range(job.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [(a, b, n) for a, b, n in times if a >= started + WARM_S]
    if not taken:
        raise SystemExit("No search ended in time; give --seconds more.")
    span = max(b for _, b, _ in taken) - (started + WARM_S)
    each = sorted((b - a) * 1000 for a, b, _ in taken)
    p95 = each[int(0.95 * (len(each) - 1))]
    numbers = [n for _, _, n in taken]
    return Rate(
        per_second=len(taken) / span,
        p50_ms=statistics.median(each),
        p95_ms=p95,
        asked_before=repeated_share(queries, numbers),
        cpu_ms=1000 * (clock() - used) / len(times),
    )


def repeated_share(queries: Sequence[str], numbers: Sequence[int]) -> float:
    """The share of the asked `numbers` of the stream whose query came earlier in it."""
    seen: set[str] = set()
    before = []
    for query in queries[: max(numbers) + 1]:
        before.append(query in seen)
        seen.add(query)
    return sum(n >= len(queries) or before[n] for n in numbers) / len(numbers)


def rates(connect: Connect, job: Job, clock: Clock = time.process_time) -> dict[str, Rate]:
    """The rate of each stream; `clock` gives the seconds of processor time used so far."""
    return {name: measure(connect, queries, job, clock) for name, queries in job.queries()}


# ------------------------------------------------------------------- systems


def local_mode(job: Job, *, hybrid: bool) -> dict[str, Rate]:
    """qdrant-client in local mode with MiniLM's vectors, fused with the lexical ones if asked."""
    with job.open() as parts:
        points = list(parts.index.scan_points())
    client = QdrantClient(":memory:")
    client.create_collection(
        "products",
        {DENSE: models.VectorParams(size=384, distance=models.Distance.COSINE)},
        sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    for start in range(0, len(points), 500):
        client.upsert("products", [local_point(p, hybrid) for p in points[start : start + 500]])
    encoder = load_encoder(ENGLISH, job.models)

    def search(text: str) -> object:
        vector = encoder.encode_queries([text])[0].tolist()
        if not hybrid:
            return client.query_points("products", vector, using=DENSE, limit=LIMIT)
        words = encode_query(text)
        sparse = models.SparseVector(indices=list(words.indices), values=list(words.values))
        found = [
            models.Prefetch(query=vector, using=DENSE, limit=LOCAL_DEPTH),
            models.Prefetch(query=sparse, using=LEXICAL, limit=LOCAL_DEPTH),
        ]
        fused = models.FusionQuery(fusion=models.Fusion.RRF)
        return client.query_points("products", fused, prefetch=found, limit=LIMIT)

    return rates(lambda: search, job)


def local_point(point: Point, hybrid: bool) -> models.PointStruct:
    """A product as local mode takes it."""
    vectors: dict[str, object] = {DENSE: point.dense[VectorName.ENGLISH].tolist()}
    if hybrid and point.lexical.indices:
        vectors[LEXICAL] = models.SparseVector(
            indices=list(point.lexical.indices), values=list(point.lexical.values)
        )
    return models.PointStruct(id=int(point.id), vector=vectors, payload=point.payload)  # type: ignore[arg-type]


def in_process(job: Job) -> dict[str, Rate]:
    """Aisle's search without a server: understood, hybrid, ranked."""
    with job.open() as parts:
        parts.searcher.warm_up()
        searcher = recall_answers(parts.searcher, parts.index, Settings().search_cache_mb)
        return rates(lambda: lambda text: searcher.search(parts.read(text, LIMIT)), job)


def over_http(job: Job, *, facets: bool) -> dict[str, Rate]:
    """GET /v1/search as a search page asks it, on kept connections."""
    path = f"/v1/search?limit={LIMIT}&facets={str(facets).lower()}&q="
    with serving(job) as (port, server):

        def clock() -> float:
            times = server.cpu_times()
            return times.user + times.system

        def connect() -> Search:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

            def search(text: str) -> object:
                connection.request("GET", path + quote(text))
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise SystemExit(f"The server answers {answer.status}: {body[:200]!r}")
                return body

            return search

        return rates(connect, job, clock)


@contextmanager
def serving(job: Job) -> Iterator[tuple[int, psutil.Process]]:
    """A server over the benchmark's store, with a home of its own: its port and process."""
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
            yield port, psutil.Process(child.pid)
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


SYSTEMS: dict[str, tuple[str, Callable[[Job], dict[str, Rate]]]] = {
    "dense": ("local mode, dense", partial(local_mode, hybrid=False)),
    "hybrid": ("local mode, dense + lexical", partial(local_mode, hybrid=True)),
    "aisle": ("Aisle, in the process", in_process),
    "http": ("Aisle, over HTTP", partial(over_http, facets=False)),
    "facets": ("Aisle, over HTTP with facets", partial(over_http, facets=True)),
}
LOCAL_MODES = ("dense", "hybrid")


def title_queries(parts: Parts) -> list[str]:
    """Distinct queries: the first two to four words of titles."""
    rng = random.Random(0)
    found: dict[str, None] = {}
    for product in rng.choices(parts.products, k=3 * (DIFFERENT + POPULAR)):
        words = product.title.split()
        found[" ".join(words[: rng.randint(2, 4)])] = None
    queries = list(found)[: DIFFERENT + POPULAR]
    rng.shuffle(queries)
    return queries


def draw_popular(queries: Sequence[str], exponent: float) -> list[str]:
    """A stream of `queries`, the k-th drawn with a probability of 1 / k ** `exponent`."""
    shares = [1 / rank**exponent for rank in range(1, len(queries) + 1)]
    return random.Random(1).choices(queries, shares, k=POPULAR_DRAWS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", type=Path, default=CATALOG)
    parser.add_argument("--models", type=Path, default=default_models())
    parser.add_argument("--stores", type=Path, default=Path(gettempdir()) / "aisle-benchmarks")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--exponent", type=float, default=EXPONENT)
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with open_parts(options.catalog, options.models, options.stores) as parts:
        queries = title_queries(parts)
    job = Job(
        options.catalog,
        options.models,
        options.stores,
        options.clients,
        options.seconds,
        queries[:DIFFERENT],
        draw_popular(queries[DIFFERENT:], options.exponent),
    )
    results: dict[str, dict[str, Rate]] = {}
    print_head(options.clients)
    for system in options.systems:
        results[system] = in_new_process(SYSTEMS[system][1], job)
        for stream, rate in results[system].items():
            print_rate(system, stream, rate, results)
    if options.json:
        plain_data = {s: {k: asdict(r) for k, r in found.items()} for s, found in results.items()}
        options.json.write_text(json.dumps(plain_data, indent=1), "utf-8")


def print_head(clients: int) -> None:
    head = f"{clients} clients"
    print(
        f"{head:30}{'queries':>10}{'before':>8}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}"
        f"{'cpu ms':>9}{'x dense':>9}{'x hybrid':>9}"
    )


def print_rate(system: str, stream: str, rate: Rate, results: dict[str, dict[str, Rate]]) -> None:
    """One line; how many times each local mode's rate where that was measured as well."""
    times = ""
    for name in LOCAL_MODES:
        base = results.get(name, {}).get(stream)
        times += f"{rate.per_second / base.per_second:9.1f}" if base else " " * 9
    print(
        f"{SYSTEMS[system][0]:30}{stream:>10}{rate.asked_before:8.0%}{rate.per_second:10.1f}"
        f"{rate.p50_ms:9.1f}{rate.p95_ms:9.1f}{rate.cpu_ms:9.1f}{times}",
        flush=True,
    )


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
        raise SystemExit("A system failed, see above.") from None
    finally:
        child.join()


def _send(run: Callable[[Job], dict[str, Rate]], job: Job, sender: object) -> None:
    sender.send(run(job))  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
