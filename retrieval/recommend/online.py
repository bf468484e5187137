"""Learning while serving: joins impressions with clicks from the log and moves the last layer.

The log is the truth: features are computed from what was known before each list was shown, and
the place in the log goes into the same row as the weights. So a killed process, an event sent
twice or two servers count each impression once.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from retrieval.errors import AisleError
from retrieval.profile.events import SqlEventStore
from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Profile, build_profile
from retrieval.profile.types import Action, StoredEvent
from retrieval.rank.click_features import Numbers, Records
from retrieval.rank.online import (
    Alarm,
    Batch,
    OnlineState,
    begin,
    learn,
    watch_clicks,
    watch_scores,
)
from retrieval.rank.online_store import OnlineStore
from retrieval.recommend.clicks import HELD_OUT, PREFIX, ClickRanker, Serving
from retrieval.types import Frozen

logger = logging.getLogger(__name__)

# Impressions joined at a time; each shopper among them costs a profile.
BATCH = 1_000
WANTED = frozenset({Action.CLICK, Action.CART, Action.ORDER})
STOP_S = 5.0


class LearningStatus(Frozen):
    """What /health says of learning while serving.

    `state` is off (no model or switched off), learning, or stopped (after an `alarm`).
    """

    model: str = ""
    state: str = "off"
    impressions: int = 0
    clicks: int = 0
    alarm: Alarm | None = None
    detail: str = ""


@dataclass(frozen=True)
class _Joined:
    """One list with its clicks and the features it had."""

    features: Numbers
    places: Sequence[int]
    clicks: Sequence[bool]
    model_version: str
    items: Sequence[str]


class OnlineLearner:
    """One store's learning while serving; `step` may be called from any thread or process."""

    def __init__(
        self,
        events: SqlEventStore,
        store: OnlineStore,
        ranker: ClickRanker,
        items: ItemReader,
        *,
        window: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Clicks that come within `window` of an impression are joined with it."""
        self._events = events
        self._store = store
        self._ranker = ranker
        self._items = items
        self._window = window
        self._now = now
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def use(self, items: ItemReader) -> None:
        """Go on with a changed catalogue."""
        self._items = items

    # ---------------------------------------------------------------- running

    def start(self, every_s: float) -> None:
        """Learn in the background every so many seconds."""

        def run() -> None:
            while not self._stop.wait(every_s):
                try:
                    while self.step() >= BATCH and not self._stop.is_set():
                        pass
                except AisleError as error:
                    logger.warning("online learning waits: %s", error)
                except Exception:
                    logger.exception("a step of online learning failed; it is tried again")

        self._thread = threading.Thread(target=run, name="online-learning", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after the step under way; what it did not save is done again."""
        self._stop.set()
        if self._thread:
            self._thread.join(STOP_S)

    def status(self) -> LearningStatus:
        """What it has come to."""
        serving = self._ranker.serving()
        if serving is None:
            return LearningStatus()
        _, state = self._store.load()
        if state is None or state.version != serving.version:
            return LearningStatus(model=serving.version, state="learning")
        return LearningStatus(
            model=serving.version,
            state="stopped" if state.alarm else "learning",
            impressions=state.impressions,
            clicks=state.clicks,
            alarm=state.alarm,
            detail=state.detail,
        )

    # ---------------------------------------------------------------- one step

    def step(self) -> int:
        """Join and learn from one batch; gives the number of impressions it went through."""
        serving = self._ranker.serving()
        if serving is None:
            return 0
        revision, state = self._store.load()
        if state is None or state.version != serving.version:
            fresh = begin(serving.model, serving.version, self._events.last_place())
            self._store.save(revision, fresh)
            return 0
        ripe = self._events.impressions_after(state.cursor, self._now() - self._window, BATCH)
        if not ripe:
            return 0
        joined = self._join(serving, ripe)
        after = self._count(state, serving, joined)
        after = after.model_copy(update={"cursor": ripe[-1].seq})
        if not self._store.save(revision, after):
            return 0  # another process counted them
        self._ranker.renew()
        if after.alarm and not state.alarm:
            logger.error("online learning is switched back (%s): %s", after.alarm, after.detail)
        return len(ripe)

    def _count(
        self, state: OnlineState, serving: Serving, joined: Sequence[_Joined]
    ) -> OnlineState:
        """The state after these lists: weights, records, guard rails."""
        model = serving.model
        if not joined:
            return state
        features = np.concatenate([each.features for each in joined])
        examined = model.examined([place for each in joined for place in each.places])
        clicks = np.array([c for each in joined for c in each.clicks], dtype=float)
        scores = [
            float(score)
            for each in joined
            if each.model_version.startswith(PREFIX)
            for score in each.features @ np.array(state.layer)
        ]
        after = learn(state, model, Batch(features, examined, clicks))
        after = watch_scores(after, model, scores)
        after = watch_clicks(
            after,
            model,
            [_rate(each) for each in joined if each.model_version == serving.label],
            [_rate(each) for each in joined if each.model_version == HELD_OUT],
        )
        return self._record(after, serving, joined)

    def _record(
        self, state: OnlineState, serving: Serving, joined: Sequence[_Joined]
    ) -> OnlineState:
        since = Records(
            {k: list(v) for k, v in state.items.items()},
            {k: list(v) for k, v in state.values.items()},
        )
        for each in joined:
            known = self._items.by_product(each.items)
            expected = serving.model.examined(each.places) * serving.model.base_rate
            for product, look, click in zip(each.items, expected, each.clicks, strict=True):
                if product in known:
                    since.add(known[product], float(look), float(click))
        return state.model_copy(
            update={
                "items": {k: (v[0], round(v[1], 5)) for k, v in since.items.items()},
                "values": {k: (v[0], round(v[1], 5)) for k, v in since.values.items()},
            }
        )

    # ---------------------------------------------------------------- joining

    def _join(self, serving: Serving, ripe: Sequence[StoredEvent]) -> list[_Joined]:
        """The batch by lists, each with features of what was known before it was shown."""
        by_shopper: dict[str, dict[str, list[StoredEvent]]] = defaultdict(dict)
        for stored in ripe:
            event = stored.event
            if event.query_id and event.ordinal and event.object_id and not event.automated:
                by_shopper[stored.shopper_id].setdefault(event.query_id, []).append(stored)
        joined = []
        for shopper, lists in by_shopper.items():
            acts = self._events.acts_of(shopper)
            for shown in lists.values():
                joined += self._join_list(serving, shopper, acts, shown)
        return joined

    def _join_list(
        self,
        serving: Serving,
        shopper: str,
        acts: Sequence[StoredEvent],
        shown: Sequence[StoredEvent],
    ) -> list[_Joined]:
        moment = min(stored.event.timestamp for stored in shown)
        before = [stored for stored in acts if stored.event.timestamp < moment]
        known = self._items.by_product([str(stored.event.object_id) for stored in shown])
        there = [stored for stored in shown if stored.event.object_id in known]
        if not there:
            return []
        profile = (
            build_profile(shopper, before, self._items, moment) if before else Profile(shopper)
        )
        listed = [known[str(stored.event.object_id)] for stored in there]
        query = next((s.event.user_query for s in there if s.event.user_query), "") or ""
        name = there[0].event.query_id
        clicked = {
            stored.event.object_id
            for stored in acts
            if stored.event.query_id == name
            and stored.event.action_name in WANTED
            and stored.event.timestamp <= moment + self._window
        }
        return [
            _Joined(
                self._ranker.features(serving, query, listed, profile, self._items),
                [int(stored.event.ordinal or 1) for stored in there],
                [stored.event.object_id in clicked for stored in there],
                there[0].event.model_version,
                [item.id for item in listed],
            )
        ]


def _rate(joined: _Joined) -> float:
    return sum(joined.clicks) / len(joined.clicks)
