"""From the event log to lists with their clicks, and to features as they were known then."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Profile, build_profile
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import CONTENT, Action, StoredEvent
from retrieval.rank.click_features import (
    ClickFeature,
    Everybody,
    Integers,
    Numbers,
    Records,
    click_features,
)
from retrieval.types import ProgressListener

# A click, cart or order joins the impression of the same list and product within this time.
JOINED_WITHIN = timedelta(hours=24)
# What a list's own clicks may say about others' lists is known a little later only.
KNOWN_AFTER = timedelta(minutes=30)
WANTED = frozenset({Action.CLICK, Action.CART, Action.ORDER})
# A shopper's acts that are looked back upon.
REMEMBERED = 1_000
# Lists whose features are written at once: what a killed run has to do again.
PART = 500
# Of a list beyond, nobody sees much and nothing is learned.
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ShownList:
    """One list as a shopper saw it: what stood at which place (from 1), and was it clicked."""

    id: str
    shopper_id: str
    query: str
    moment: datetime
    products: tuple[str, ...]
    places: tuple[int, ...]
    clicks: tuple[bool, ...]


@dataclass(frozen=True)
class ClickTable:
    """Impressions of many lists, oldest first: features of shape (impressions, features)."""

    features: Numbers
    places: Integers
    clicks: Numbers
    moments: Numbers
    lists: Integers
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clicks)

    def take(self, rows: NDArray[np.bool_]) -> ClickTable:
        """The impressions of a mask."""
        names = tuple(name for name, wanted in zip(self.names, rows, strict=True) if wanted)
        return ClickTable(
            self.features[rows],
            self.places[rows],
            self.clicks[rows],
            self.moments[rows],
            self.lists[rows],
            names,
        )


def join_lists(events: Iterable[StoredEvent]) -> list[ShownList]:
    """Every list of the log with its clicks, oldest first; scripts are left out.

    A click counts once, however often it was made or sent.
    """
    shown: dict[tuple[str, str], dict[str, StoredEvent]] = defaultdict(dict)
    wanted: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for stored in events:
        event = stored.event
        if event.automated or not event.query_id or not event.object_id:
            continue
        if event.surface == CONTENT:
            continue
        if event.action_name is Action.IMPRESSION and event.ordinal:
            shown[stored.shopper_id, event.query_id].setdefault(event.object_id, stored)
        elif event.action_name in WANTED:
            name = (stored.shopper_id, event.query_id, event.object_id)
            wanted[name].append(event.timestamp)
    lists = [_join(name, found, wanted) for name, found in shown.items()]
    return sorted(lists, key=lambda each: (each.moment, each.id))


def _join(
    name: tuple[str, str],
    found: dict[str, StoredEvent],
    wanted: dict[tuple[str, str, str], list[datetime]],
) -> ShownList:
    ordered = sorted(found.values(), key=lambda s: s.event.ordinal or 0)[:MOST_SHOWN]
    first = min(stored.event.timestamp for stored in ordered)
    clicks = []
    for stored in ordered:
        moments = wanted.get((*name, str(stored.event.object_id)), ())
        latest = stored.event.timestamp + JOINED_WITHIN
        clicks.append(any(moment <= latest for moment in moments))
    return ShownList(
        id=name[1],
        shopper_id=name[0],
        query=next((s.event.user_query for s in ordered if s.event.user_query), "") or "",
        moment=first,
        products=tuple(str(s.event.object_id) for s in ordered),
        places=tuple(int(s.event.ordinal or 1) for s in ordered),
        clicks=tuple(clicks),
    )


def digest_of(lists: Sequence[ShownList]) -> str:
    """What names the data: every list, its places and clicks."""
    text = hashlib.sha256()
    for each in lists:
        text.update(f"{each.id} {each.products} {each.places} {each.clicks}\n".encode())
    return text.hexdigest()


def place_rates(lists: Sequence[ShownList], places: int) -> Numbers:
    """How much a place is clicked beside the first one, falling, shape (places,).

    A power law through the counts: single deep places have too few clicks.
    """
    shows, clicks = np.zeros(places), np.zeros(places)
    for each in lists:
        for place, click in zip(each.places, each.clicks, strict=True):
            if place <= places:
                shows[place - 1] += 1
                clicks[place - 1] += click
    known = (shows > 0) & (clicks > 0)
    if known.sum() < 2:
        return np.ones(places)
    logs = np.log(np.arange(1, places + 1))
    rates = np.log(clicks[known] / shows[known])
    slope, _ = np.polyfit(logs[known], rates, 1, w=np.sqrt(clicks[known]))
    return np.asarray(np.exp(min(slope, 0.0) * logs))


class History:
    """Everything that was known at a moment, brought forward list by list."""

    def __init__(
        self,
        acts: Iterable[StoredEvent],
        items: ItemReader,
        rates: Numbers,
        base_rate: float,
    ) -> None:
        """`acts` are what shoppers did, no impressions."""
        self._items = items
        self._rates, self._base_rate = rates, base_rate
        self._coming = deque(sorted(acts, key=lambda s: (s.event.timestamp, s.seq)))
        start = self._coming[0].event.timestamp if self._coming else None
        self._statistics = BehaviourStatistics(start)
        self._past: dict[str, deque[StoredEvent]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._unknown: deque[ShownList] = deque()
        self.records = Records()

    def reach(self, moment: datetime) -> None:
        """Take in what happened before `moment`."""
        while self._coming and self._coming[0].event.timestamp < moment:
            stored = self._coming.popleft()
            self._past[stored.shopper_id].append(stored)
            self._statistics.add([stored])
        while self._unknown and self._unknown[0].moment + KNOWN_AFTER <= moment:
            self._record(self._unknown.popleft())

    def show(self, shown: ShownList) -> None:
        """A list whose clicks become known in a while."""
        self._unknown.append(shown)

    def finish(self) -> None:
        """Take in the rest."""
        while self._unknown:
            self._record(self._unknown.popleft())

    def features(self, shown: ShownList) -> tuple[Numbers, list[int]]:
        """Features of the list's products that the catalogue still has, and which they are."""
        known = self._items.by_product(shown.products)
        kept = [n for n, product in enumerate(shown.products) if product in known]
        listed = [known[shown.products[n]] for n in kept]
        everybody = Everybody(
            self._statistics.appeal_shares([item.id for item in listed]), self.records
        )
        profile = self._profile(shown.shopper_id, shown.moment)
        return click_features(shown.query, listed, profile, self._items, everybody), kept

    def _profile(self, shopper_id: str, moment: datetime) -> Profile:
        past = self._past.get(shopper_id)
        if not past:
            return Profile(shopper_id)
        return build_profile(shopper_id, list(past), self._items, moment)

    def _record(self, shown: ShownList) -> None:
        known = self._items.by_product(shown.products)
        for product, place, click in zip(shown.products, shown.places, shown.clicks, strict=True):
            if product in known:
                rate = self._rates[min(place, len(self._rates)) - 1]
                self.records.add(known[product], float(rate) * self._base_rate, float(click))


def build_table(
    lists: Sequence[ShownList], history: History, parts: Path, listener: ProgressListener
) -> ClickTable:
    """The features of all lists, oldest first, each by what was known before it.

    Parts that are done are kept in the folder `parts`, so that a killed run goes on.
    """
    parts.mkdir(parents=True, exist_ok=True)
    made = []
    bounds = [*range(0, len(lists), PART), len(lists)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        path = parts / f"{number:05d}.npz"
        done = path.is_file()
        rows = list(_rows(lists[start:end], history, start, done=done))
        if not done:
            _save(path, rows)
        made.append(_load(path))
        listener(end, len(lists), "lists")
    history.finish()
    return _join_tables(made)


_Row = tuple[Numbers, list[int], ShownList, int]


def _rows(
    lists: Sequence[ShownList], history: History, first: int, *, done: bool
) -> Iterator[_Row]:
    for number, shown in enumerate(lists, start=first):
        history.reach(shown.moment)
        if not done:
            features, kept = history.features(shown)
            if kept:
                yield features, kept, shown, number
        history.show(shown)


def _save(path: Path, rows: Sequence[_Row]) -> None:
    """Written beside and moved, so that a part is whole or not there."""
    names = [f"{s.query}\x1f{s.products[n]}" for _, kept, s, _ in rows for n in kept]
    beside = path.with_suffix(".tmp.npz")
    np.savez(
        beside,
        features=np.concatenate([f for f, *_ in rows])
        if rows
        else np.zeros((0, len(ClickFeature))),
        places=np.array([s.places[n] for _, kept, s, _ in rows for n in kept], np.int64),
        clicks=np.array([s.clicks[n] for _, kept, s, _ in rows for n in kept], np.float64),
        moments=np.array([s.moment.timestamp() for _, kept, s, _ in rows for _ in kept]),
        lists=np.array([number for _, kept, _, number in rows for _ in kept], np.int64),
        names=np.array(names, dtype=np.str_),
    )
    beside.replace(path)


def _load(path: Path) -> ClickTable:
    with np.load(path) as kept:
        return ClickTable(
            kept["features"],
            kept["places"],
            kept["clicks"],
            kept["moments"],
            kept["lists"],
            tuple(map(str, kept["names"])),
        )


def _join_tables(tables: Sequence[ClickTable]) -> ClickTable:
    return ClickTable(
        np.concatenate([t.features for t in tables]),
        np.concatenate([t.places for t in tables]),
        np.concatenate([t.clicks for t in tables]),
        np.concatenate([t.moments for t in tables]),
        np.concatenate([t.lists for t in tables]),
        tuple(name for t in tables for name in t.names),
    )
