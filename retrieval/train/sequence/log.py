"""Sequences from a store's event log: one a shopper, cleaned as profiles and reports are."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from retrieval.errors import CallerError
from retrieval.profile.cleaning import clean
from retrieval.profile.items import ItemReader
from retrieval.profile.statistics import APPEAL
from retrieval.profile.types import StoredEvent
from retrieval.train.sequence.data import LEAST_MEASURED, Sequences
from retrieval.train.sequence.train import centre
from retrieval.types import Vectors

# Shoppers with a held-out item, below which neither the blend nor the measure means anything.
LEAST_SHOPPERS = 50
# Up to this catalogue, products that nobody met yet belong to the model by their texts; in a
# larger one they would cost a place in every softmax.
MOST_UNMET = 20_000


@dataclass(frozen=True)
class Meeting:
    """The first time a shopper opened, put in the cart or ordered a product."""

    product_id: str
    moment: datetime


def find_meetings(acts: Iterable[StoredEvent], now: datetime) -> dict[str, list[Meeting]]:
    """Shopper → the products they met, oldest first, each once.

    What counts is what counts for popularity (no scripts, no paid clicks): a "for you" list
    shows what was not met yet, so the first time is what there is to foretell.
    """
    ordered = sorted(acts, key=lambda stored: (stored.event.timestamp, stored.seq))
    kept, _ = clean(ordered, now)
    found: dict[str, dict[str, Meeting]] = defaultdict(dict)
    for stored in kept:
        event = stored.event
        if event.action_name in APPEAL and event.object_id and "campaign_id" not in event.detail:
            meeting = Meeting(event.object_id, event.timestamp)
            found[stored.shopper_id].setdefault(event.object_id, meeting)
    return {shopper: list(met.values()) for shopper, met in found.items()}


def make_sequences(
    meetings: dict[str, list[Meeting]], catalogue: Collection[str], store: str
) -> Sequences:
    """The sequences of a log over the products that the catalogue still has.

    Raises CallerError where too few shoppers met enough products.
    """
    known = set(catalogue)
    met = {s: [m.product_id for m in ms if m.product_id in known] for s, ms in meetings.items()}
    met = {shopper: ids for shopper, ids in sorted(met.items()) if ids}
    measured = sum(len(ids) >= LEAST_MEASURED for ids in met.values())
    if measured < LEAST_SHOPPERS:
        raise CallerError(
            f"In the log of {store}, {measured} shoppers opened {LEAST_MEASURED} products or "
            f"more; {LEAST_SHOPPERS} are the least to learn from.",
            remedy="Train again when there is more of a log, or give a file with --sequences.",
        )
    index: dict[str, int] = {}
    for ids in met.values():
        for product_id in ids:
            index.setdefault(product_id, len(index))
    if len(known) <= MOST_UNMET:
        for product_id in sorted(known):
            index.setdefault(product_id, len(index))
    histories = tuple(np.array([index[i] for i in ids], np.int64) for ids in met.values())
    return Sequences(tuple(met), tuple(index), histories, _digest(met))


def span_of(meetings: dict[str, list[Meeting]]) -> dict[str, int | str]:
    """The first and the last day of what is learned from; names of shoppers stay in the log."""
    moments = [meeting.moment for met in meetings.values() for meeting in met]
    if not moments:
        return {}
    return {"first": f"{min(moments):%Y-%m-%d}", "last": f"{max(moments):%Y-%m-%d}"}


def catalogue_vectors(items: ItemReader, ids: Sequence[str]) -> Vectors:
    """What products say, by the index's own text vectors, shape (products, dimensions)."""
    found = items.vectors(ids)
    width = max((len(vector) for vector in found.values()), default=0)
    vectors = np.zeros((len(ids), width), np.float32)
    for row, product_id in enumerate(ids):
        if product_id in found:
            vectors[row] = found[product_id]
    return centre(vectors)


def _digest(met: dict[str, list[str]]) -> str:
    text = hashlib.sha256()
    for shopper, ids in met.items():
        text.update("\x1f".join((shopper, *ids)).encode() + b"\n")
    return text.hexdigest()
