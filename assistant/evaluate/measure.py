"""What `aisle eval` and `aisle train ranker` run over a feed: parts opened, measured, closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.build import (
    DEMO,
    load_encoders,
    open_assistant,
    open_index,
    open_searcher,
    request_reader,
)
from assistant.evaluate.audit.auditor import Auditor
from assistant.evaluate.grounding import GroundingReport, audit_turns
from assistant.evaluate.questions import Question
from assistant.evaluate.transcript import TranscriptFile, ask_all
from assistant.importing import ensure_store, import_for_evaluation
from assistant.settings import Settings
from assistant.types import EngineState
from retrieval.catalog.demo.generate import generate_demo
from retrieval.catalog.feed import open_feed
from retrieval.catalog.files import write_atomically
from retrieval.catalog.store import load_store
from retrieval.catalog.types import FeedRow
from retrieval.evaluate import RetrievalMeasures, evaluate_retrieval, read_judgments
from retrieval.rank.ranker import LinearRanker
from retrieval.train.ranker import collect_examples, train_with_manifest
from retrieval.types import (
    ProgressListener,
)


def evaluate_catalog(
    settings: Settings,
    catalog: Path,
    judgments: Path,
    listener: ProgressListener,
    *,
    currency: str | None = None,
) -> RetrievalMeasures:
    """Measure search on a feed and its judgments, in a store named by the feed's digest."""
    own = import_for_evaluation(settings, catalog, listener, currency)
    store = load_store(own.store_path)
    encoders = load_encoders(own)
    with open_index(own, encoders) as index:
        searcher = open_searcher(store, index, encoders)
        return evaluate_retrieval(searcher, judgments, listener, read=request_reader(store))


async def evaluate_grounding(
    settings: Settings,
    questions: Sequence[Question],
    catalog: str,
    listener: ProgressListener,
    *,
    currency: str | None = None,
    parallel: int = 1,
    transcript: TranscriptFile | None = None,
    engine_wait_s: float = 300,
) -> GroundingReport:
    """Ask every question of an assistant over the feed, and audit all that it shows.

    The auditor gets the products as the feed gives them, not as the store holds them.
    """
    # Who is shown an advertisement is partly drawn by lot: no part of a measurement.
    settings = settings.model_copy(update={"ads": False})
    own, products = settings.model_copy(update={"store": DEMO}), generate_demo().products
    if catalog != DEMO:
        own = import_for_evaluation(settings, Path(catalog), listener, currency)
        rows = open_feed(catalog, currency=currency)
        products = tuple(row.product for row in rows if isinstance(row, FeedRow))
    else:
        ensure_store(own, listener)
    with TemporaryDirectory() as folder:
        own = own.model_copy(update={"database_url": f"sqlite:///{folder}/aisle.db"})
        with open_assistant(own) as assistant:
            if assistant.engine.status.state is not EngineState.OFF:
                await asyncio.to_thread(assistant.engine.wait, engine_wait_s)
            turns = await ask_all(
                assistant, questions, listener, parallel=parallel, transcript=transcript
            )
            labels, rates = assistant.vocabulary.labels, assistant.store.exchange_rates
            policies = [t for p in assistant.store.policies for t in p.texts.values()]
    return audit_turns(Auditor(products, labels, rates, policies), turns)


def train_store_ranker(
    settings: Settings,
    judgments: Path,
    listener: ProgressListener,
    *,
    catalog: Path | None = None,
    out: Path | None = None,
) -> LinearRanker:
    """Learn the ranking weights from graded queries of the active store, or of a feed.

    Written to `out`, else into the store, which then serves with them.
    """
    own = settings if catalog is None else import_for_evaluation(settings, catalog, listener)
    store = load_store(own.store_path)
    graded = read_judgments(judgments)
    encoders = load_encoders(own)
    with open_index(own, encoders) as index:
        searcher = open_searcher(store, index, encoders)
        examples = collect_examples(searcher, graded, request_reader(store), listener)
    ranker = train_with_manifest(examples, judgments.name, version("aisle"))
    write_atomically(out or store.paths.ranker, ranker.model_dump_json(indent=1) + "\n")
    return ranker
