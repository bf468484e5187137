"""Next-item models of a store's own log: trained, promoted, and measured as they would serve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.build import load_encoders, open_index
from assistant.database import open_database
from assistant.errors import CallerError
from assistant.learn import learn_and_keep, measure_on, promote_model
from assistant.learning import load_store_log, sequence_models
from assistant.settings import Settings
from retrieval.catalog.store import load_store
from retrieval.index.types import ProductIndex
from retrieval.profile.events import SqlEventStore
from retrieval.profile.items import ItemReader
from retrieval.profile.types import Action, StoredEvent
from retrieval.recommend.next_items import NextItems, read_serving
from retrieval.train.processes import process_group
from retrieval.train.registry import SEQUENCE, TrainedManifest
from retrieval.train.sequence.data import Sequences
from retrieval.train.sequence.log import (
    Meeting,
    catalogue_vectors,
    find_meetings,
    make_sequences,
    span_of,
)
from retrieval.train.sequence.serving import WeightRow, measure_weights
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.types import ProgressListener


@dataclass(frozen=True)
class OpenedStore:
    """A store's catalogue and what its shoppers did, without who withdrew their consent."""

    name: str
    index: ProductIndex
    items: ItemReader
    acts: list[StoredEvent]

    def sequences(self) -> tuple[Sequences, dict[str, int | str]]:
        """The log as sequences, and its span."""
        meetings = self.meetings()
        catalogue = [str(row["id"]) for _, row in self.index.scan(("id",))]
        return make_sequences(meetings, catalogue, self.name), span_of(meetings)

    def meetings(self) -> dict[str, list[Meeting]]:
        """Which products each shopper met, and when."""
        return find_meetings(self.acts, datetime.now(UTC))


@contextmanager
def open_acts(settings: Settings) -> Iterator[OpenedStore]:
    """The catalogue of the active store and the acts of its log, impressions left out."""
    store = load_store(settings.store_path)
    database = open_database(settings.sql_url)
    try:
        events = SqlEventStore(database, settings.store)
        load_store_log(store, events)
        acts = list(events.scan(without=[Action.IMPRESSION], consented=True))
        with open_index(settings, load_encoders(settings)) as index:
            items = ItemReader(index, store.vocabulary, store.info.languages)
            yield OpenedStore(settings.store, index, items, acts)
    finally:
        database.dispose()


def train_on_store(
    settings: Settings,
    training: TrainingSettings,
    listener: ProgressListener,
    *,
    checkpoint: Path | None = None,
) -> TrainedManifest | None:
    """Train on the active store's log and keep the model; items' texts are the catalogue's."""
    with open_acts(settings) as opened:
        sequences, span = opened.sequences()
        texts = catalogue_vectors(opened.items, sequences.items)
    with process_group():
        return learn_and_keep(
            settings,
            sequences,
            texts,
            training,
            listener,
            span,
            store=settings.store,
            checkpoint=checkpoint,
        )


def promote_sequence(settings: Settings, wanted: str, file: Path | None) -> TrainedManifest:
    """Let a version serve the active store; two that were learned from its log at different
    times are measured again on the log as it is now."""
    models = sequence_models(settings)
    current = models.promoted()
    if file is None and current not in (None, wanted):
        both = models.manifest(wanted), models.manifest(str(current))
        if all(each.store for each in both) and both[0].data != both[1].data:
            with open_acts(settings) as opened:
                return models.promote(wanted, measure_on(opened.sequences()[0]))
    return promote_model(settings, SEQUENCE, wanted, file)


def evaluate_for_you(
    settings: Settings, wanted: str | None, listener: ProgressListener
) -> tuple[str, list[WeightRow]]:
    """The version that was measured (left out, the one that serves, else the newest), and what
    "for you" lists are worth with it, by its weight in them; see `measure_weights`."""
    models = sequence_models(settings)
    newest = next((each.version for each in reversed(models.versions())), None)
    version = wanted or models.promoted() or newest
    if version is None:
        raise CallerError(
            "No next-item model was trained for this store.",
            remedy=f"Train one: aisle train sequence --store {settings.store}",
        )
    models.manifest(version)
    model = NextItems(models, serving=read_serving(models, version))
    with open_acts(settings) as opened:
        rows = measure_weights(
            opened.index, opened.items, opened.acts, opened.meetings(), model, listener
        )
    return version, rows
