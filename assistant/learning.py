"""Makes the parts that learn from behaviour, over the opened store and database."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine as Database

from assistant.memory.refusals import refusal_reader
from assistant.memory.store import PreferenceStore
from assistant.settings import Settings
from assistant.store.types import Order
from assistant.types import Act, Turn
from retrieval.catalog.store import Store
from retrieval.index.types import ProductIndex
from retrieval.profile.bus import InProcessBus
from retrieval.profile.events import SqlEventStore
from retrieval.profile.items import ItemReader
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import Action, Clock, ConsentMode, EventBus, Visitor
from retrieval.rank.clicks import CLICKS
from retrieval.rank.online_store import OnlineStore
from retrieval.recommend.clicks import ClickRanker
from retrieval.recommend.engine import Recommender
from retrieval.recommend.next_items import NextItems
from retrieval.recommend.online import OnlineLearner
from retrieval.recommend.service import Learning, Shelf, seed_log
from retrieval.train.registry import SEQUENCE, TrainedModels

logger = logging.getLogger(__name__)

# Bytes in which the last line of a log begins for certain.
LONGEST_ROW = 64 * 1024
# Evidence that is content of its own, not a field of a product.
QUOTABLE = ("guide:", "review:")


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@contextmanager
def open_learning(
    settings: Settings,
    store: Store,
    index: ProductIndex,
    database: Database,
    now: Clock = utc_now,
) -> Iterator[Learning]:
    """The store's event log, profiles and recommendations; a log that came with the store is
    read in first. `now` is the time events are taken in at."""
    events = SqlEventStore(database, settings.store, now)
    load_store_log(store, events)
    statistics = BehaviourStatistics()
    next_items = NextItems(sequence_models(settings))
    shelf = open_shelf(store, index, statistics, next_items)
    online = OnlineStore(database, settings.store) if settings.online_learning else None
    clicks = ClickRanker(click_models(settings), statistics, settings.click_settings, online)
    learner = None
    if online and settings.consent is not ConsentMode.OFF:
        window = timedelta(seconds=settings.online_window_s)
        learner = OnlineLearner(events, online, clicks, shelf.items, window=window, now=now)
    learning = Learning(
        events=events,
        bus=open_bus(settings),
        shelf=shelf,
        statistics=statistics,
        consent=settings.consent,
        personal=settings.personal,
        clicks=clicks,
        learner=learner,
        next_items=next_items,
        now=now,
        refusals=refusal_reader(PreferenceStore(database)),
    )
    learning.start()
    if learner:
        learner.start(settings.online_every_s)
    try:
        yield learning
    finally:
        learning.close()


def click_models(settings: Settings) -> TrainedModels:
    """The click models of the active store: what its shoppers click is no other store's."""
    return TrainedModels(settings.models_path, f"{CLICKS}-{settings.store}")


def sequence_models(settings: Settings) -> TrainedModels:
    """The next-item models that the active store may be served with: those learned from its own
    log, and those from files."""
    return TrainedModels(settings.models_path, SEQUENCE, settings.store)


def open_shelf(
    store: Store,
    index: ProductIndex,
    statistics: BehaviourStatistics,
    next_items: NextItems | None = None,
) -> Shelf:
    """Profiles and recommendations over an opened index."""
    items = ItemReader(index, store.vocabulary, store.info.languages)
    recommender = Recommender(index, items, statistics, store.info.guides, next_items)
    return Shelf(items, recommender, recommender.products)


def open_bus(settings: Settings) -> EventBus:
    """The bus of this process, or the stream at a URL."""
    if not settings.events_url:
        return InProcessBus()
    from retrieval.profile.bus_redis import RedisBus  # its package is an extra

    return RedisBus(settings.events_url, settings.store)


def load_store_log(store: Store, events: SqlEventStore) -> int:
    """Put the log that came with the store into the event store, once; gives the number."""
    path = store.paths.events
    if not path.is_file():
        return 0
    last = _last_row(path)
    if not last or events.knows(str(last.get("event_id"))):
        return 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.open(encoding="utf-8")]
    count = seed_log(events, rows, datetime.now(UTC), shift=True)
    logger.info("read %d events of %s", count, path)
    return count


def _last_row(path: Path) -> dict[str, Any]:
    """The last line of the log: it is the last that reading it in commits."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_ROW))
        lines = file.read().splitlines()
    return dict(json.loads(lines[-1])) if lines else {}


def log_turn(
    learning: Learning,
    visitor: Visitor,
    conversation_id: str,
    turn: Turn,
    experiments: Mapping[str, str] | None = None,
) -> None:
    """Log a turn of the conversation and what it cost; what it says of tastes is kept by the
    memory alone."""
    read = turn.understanding
    learning.log_act(
        visitor,
        Action.CHAT_TURN,
        query_id=turn.id,
        user_query=turn.message[:2000],
        surface="chat",
        language=read.language,
        experiments=dict(experiments or {}),
        detail={
            "conversation_id": conversation_id,
            **turn_costs(turn),
            "follows": read.act is Act.REFINE,
        },
    )


def turn_costs(turn: Turn) -> dict[str, Any]:
    """What experiments and reports count of a turn: its results and whether conditions had to be
    offered up, its milliseconds, the language model's tokens (none where a server did not tell
    them), the content it quoted, whether it was handed to a human."""
    elapsed = turn.trace.get("reached_ms", {}).get("done")
    tokens = turn.trace.get("tokens", {})
    if tokens.get("total") is None:
        tokens = {}
    found: dict[str, Any] = {
        "results": turn.trace.get("results"),
        "relaxed": turn.trace.get("relaxed") or None,
        "elapsed_ms": elapsed,
        "tokens": tokens.get("total"),
        "prompt_tokens": tokens.get("prompt"),
        "completion_tokens": tokens.get("completion"),
        "quoted": quoted_content(turn) or None,
        "handoff": turn.understanding.act is Act.HANDOFF or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def quoted_content(turn: Turn) -> list[str]:
    """The guides and reviews that the turn's sentences rest on: "guide:ID", "review:ID"."""
    evidence = [name for sentence in turn.sentences for name in sentence.evidence]
    return list(dict.fromkeys(name for name in evidence if name.startswith(QUOTABLE)))


def log_order(learning: Learning, visitor: Visitor, order: Order) -> None:
    """Log what was ordered, a line each."""
    for line in order.lines:
        learning.log_act(
            visitor,
            Action.ORDER,
            object_id=line.product_id,
            price=float(line.unit_price),
            quantity=line.quantity,
            transaction_id=order.id,
            surface="checkout",
        )
