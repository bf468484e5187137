"""Training and promoting click models: the store's log and index opened, results kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from assistant.build import load_encoders, open_index
from assistant.database import open_database
from assistant.errors import CallerError
from assistant.learning import click_models, load_store_log
from assistant.settings import Settings
from retrieval.catalog.store import load_store
from retrieval.profile.events import SqlEventStore
from retrieval.profile.items import ItemReader
from retrieval.rank.clicks import load_click_model
from retrieval.train.click_log import digest_of, join_lists
from retrieval.train.clicks import (
    MEASURE,
    ClickLog,
    ClickReport,
    ClickTraining,
    measure_click_model,
    read_table,
    save_click_model,
    train_click_model,
)
from retrieval.train.registry import HeldOut, Remeasure, TrainedManifest
from retrieval.types import ProgressListener

# Features of lists that a killed training has computed.
PARTS = "parts"


@dataclass(frozen=True)
class OpenedLog:
    """A store's log and what its products are."""

    events: SqlEventStore
    items: ItemReader


@contextmanager
def open_log(settings: Settings) -> Iterator[OpenedLog]:
    """The log and the catalogue of the active store."""
    store = load_store(settings.store_path)
    database = open_database(settings.sql_url)
    events = SqlEventStore(database, settings.store)
    load_store_log(store, events)
    with open_index(settings, load_encoders(settings)) as index:
        yield OpenedLog(events, ItemReader(index, store.vocabulary, store.info.languages))
    database.dispose()


def train_clicks(
    settings: Settings, training: ClickTraining, listener: ProgressListener
) -> TrainedManifest:
    """Train a click model on the active store's log, measure it on the last days, keep it."""
    with open_log(settings) as log:
        return train_on(settings, log, training, listener)


def train_on(
    settings: Settings, log: OpenedLog, training: ClickTraining, listener: ProgressListener
) -> TrainedManifest:
    """The same on a log and catalogue that are open already."""
    models = click_models(settings)
    parts = models.root / PARTS
    model, report, read = train_click_model(log.events.scan(), log.items, training, parts, listener)
    manifest = _describe(models.kind, models.new_version(read.digest), read, training, report)
    models.add(manifest, lambda folder: save_click_model(model, folder))
    shutil.rmtree(parts, ignore_errors=True)
    return manifest


def _describe(
    kind: str, name: str, read: ClickLog, training: ClickTraining, report: ClickReport
) -> TrainedManifest:
    return TrainedManifest(
        kind=kind,
        version=name,
        created_at=datetime.now(UTC),
        code=version("aisle"),
        data=read.digest,
        span=read.span,
        held_out=HeldOut(measure=MEASURE, value=report.gain, data=read.digest),
        settings=training.model_dump(),
        report=report.model_dump(),
    )


def promote_clicks(settings: Settings, wanted: str, listener: ProgressListener) -> TrainedManifest:
    """Let a click model serve, if it tells clicks better than places alone do and is not worse
    than the one that serves on the same last days; a running server takes it up in a second."""
    models = click_models(settings)
    candidate = models.manifest(wanted)
    if candidate.held_out.value <= 0:
        raise CallerError(
            f"{wanted} tells the clicks of the held-out days no better than their places do.",
            remedy="Nothing was changed; train again when there is more of a log.",
        )
    current = models.promoted()
    if current in (None, wanted) or models.manifest(str(current)).data == candidate.data:
        return models.promote(wanted)
    with open_log(settings) as log:
        return models.promote(wanted, measure_on_log(log, models.root / PARTS, listener))


def measure_on_log(log: OpenedLog, parts: Path, listener: ProgressListener) -> Remeasure:
    """Measures kept models on the last days of the log as it is now."""
    stored = list(log.events.scan())
    lists = join_lists(stored)
    digest = digest_of(lists)
    table, _ = read_table(stored, lists, log.items, parts / digest[:16], listener)

    def measure(folder: Path) -> HeldOut:
        gain, _ = measure_click_model(load_click_model(folder), table)
        return HeldOut(measure=MEASURE, value=gain, data=digest)

    return measure
