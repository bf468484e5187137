"""The merchant's reports over one store's log, account of advertisements and models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Engine as Database

from assistant.database import open_database
from assistant.encoders import FOLDER, EncoderRole, trained_encoders
from assistant.errors import CallerError
from assistant.experiments import open_experiments
from assistant.learning import click_models, sequence_models, utc_now
from assistant.settings import Settings
from retrieval.analytics.campaigns import report_campaigns
from retrieval.analytics.content import report_content
from retrieval.analytics.experiments import report_experiments
from retrieval.analytics.failing import report_failing
from retrieval.analytics.funnel import report_funnel
from retrieval.analytics.log import CleanLog, read_log
from retrieval.analytics.models import report_models
from retrieval.analytics.profiles import report_profiles
from retrieval.analytics.queries import report_queries
from retrieval.analytics.segments import report_segments
from retrieval.analytics.types import PartInForce, Period, Report, ReportName
from retrieval.catalog.store import Store, StorePaths, load_store
from retrieval.errors import StoreInUseError
from retrieval.experiment.types import Experiment
from retrieval.index.schema import read_schema
from retrieval.index.storage import IndexStorage
from retrieval.profile.events import SqlEventStore
from retrieval.profile.items import Cache, ItemReader
from retrieval.rank.clicks import CLICKS
from retrieval.recommend.online import LearningStatus
from retrieval.train.registry import SEQUENCE, TrainedModels
from retrieval.types import Guide, Language

# Rows of a report on queries.
USUAL_ROWS, MOST_ROWS = 25, 500
# The reports of one look at the dashboard read the log once; a minute later it is read anew.
LOG_KEPT_S = 60.0
LOGS_KEPT = 2


@dataclass(frozen=True)
class Catalogue:
    """What reports need of the store as it is served: names of tastes, guides, encoders."""

    currency: str
    guides: Sequence[Guide] = ()
    items: ItemReader | None = None
    encoders: Sequence[tuple[str, str]] = ()
    """(role, name)."""


class Analytics:
    """Makes reports; thread-safe. `catalogue`, `learning` and `language_model` are asked at
    each report, because they change while a store is served."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        experiments: Sequence[Experiment],
        catalogue: Callable[[], Catalogue],
        learning: Callable[[], LearningStatus] = LearningStatus,
        language_model: Callable[[], str] = lambda: "",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._database = database
        self._events = SqlEventStore(database, settings.store, now)
        self._experiments = experiments
        self._catalogue = catalogue
        self._learning = learning
        self._language_model = language_model
        self.now = now
        self._logs: Cache[Period, CleanLog] = Cache(LOGS_KEPT, LOG_KEPT_S)
        self._reading = threading.Lock()

    def report(
        self,
        name: ReportName,
        period: Period,
        *,
        rows: int = USUAL_ROWS,
        language: Language = Language.ENGLISH,
    ) -> Report:
        """One report; raises CallerError where it cannot be made here, RetryableError where the
        database does not answer."""
        if name is ReportName.EXPERIMENTS:
            return report_experiments(self._events, self._experiments, period, self.now())
        if name is ReportName.MODELS:
            return report_models(period, self._trained(), self._parts())
        log = self._log(period)
        if name is ReportName.FUNNEL:
            return report_funnel(log)
        if name is ReportName.FAILING:
            return report_failing(log, rows)
        if name is ReportName.QUERIES:
            return report_queries(log, rows)
        return self._report_with_catalogue(name, log, language)

    def _report_with_catalogue(self, name: ReportName, log: CleanLog, language: Language) -> Report:
        known, now = self._catalogue(), self.now()
        if name is ReportName.CONTENT:
            return report_content(self._events, log, now, known.guides, language)
        if name is ReportName.CAMPAIGNS:
            application = self._settings.store
            return report_campaigns(self._database, application, known.currency, log, now)
        if name is ReportName.PROFILES:
            if known.items is None:
                raise CallerError(
                    "Profiles need the catalogue, which another process has open.",
                    remedy="Ask that server: GET /v1/analytics/profiles.",
                )
            return report_profiles(log, known.items, now, language)
        made = report_segments(self._events, log, known.items, language)
        if known.items is None:
            note = "Tastes are left out: another process has the catalogue open."
            made = made.model_copy(update={"notes": (note,)})
        return made

    def _log(self, period: Period) -> CleanLog:
        with self._reading:
            log = self._logs.get(period)
            if log is None:
                log = read_log(self._events, period, self.now())
                self._logs.put(period, log)
            return log

    # ---------------------------------------------------------------- models

    def _trained(self) -> list[TrainedModels]:
        """Everything `aisle train` makes for this store."""
        encoders = [trained_encoders(self._settings, role) for role in EncoderRole]
        return [click_models(self._settings), sequence_models(self._settings), *encoders]

    def _parts(self) -> list[PartInForce]:
        own = StorePaths(self._settings.store_path).ranker.is_file()
        status = self._learning()
        clicks = click_models(self._settings).promoted()
        following = sequence_models(self._settings).promoted()
        return [
            *(
                PartInForce(
                    part=f"encoder ({role})",
                    model=name,
                    trained_here=name.startswith(f"{FOLDER}/"),
                )
                for role, name in self._catalogue().encoders
            ),
            PartInForce(
                part="ranking", model="ranker.json" if own else "shipped", trained_here=own
            ),
            PartInForce(part=CLICKS, model=clicks or "none", trained_here=clicks is not None),
            PartInForce(part=SEQUENCE, model=following or "none", trained_here=bool(following)),
            PartInForce(
                part="learning while serving",
                model=status.model or "none",
                trained_here=bool(status.model),
                detail=": ".join(filter(None, (status.state, status.detail))),
            ),
            PartInForce(
                part="language model", model=self._language_model() or "off", trained_here=False
            ),
        ]


@contextmanager
def open_analytics(settings: Settings, storage: IndexStorage) -> Iterator[Analytics]:
    """The reports for a command: without the catalogue's tastes where a server has it open."""
    store = load_store(settings.store_path)
    database = open_database(settings.sql_url)
    known = _read_catalogue(store, storage)
    experiments = open_experiments(settings.experiments_path, store.paths.rankers)
    model = "" if settings.llm == "off" else settings.llm_model or settings.engine_cpu_model
    try:
        yield Analytics(
            settings,
            database,
            experiments=experiments.file.experiments,
            catalogue=lambda: known,
            language_model=lambda: model,
        )
    finally:
        database.dispose()


def _read_catalogue(store: Store, storage: IndexStorage) -> Catalogue:
    info, stored = store.info, storage.stored()
    if not stored:
        return Catalogue(info.currency, info.guides)
    schema = read_schema(stored)
    encoders = tuple(schema.encoders.items())
    try:
        index = storage.open(schema).index
    except StoreInUseError:
        return Catalogue(info.currency, info.guides, None, encoders)
    items = ItemReader(index, store.vocabulary, info.languages)
    return Catalogue(info.currency, info.guides, items, encoders)
