"""Makes every part of Aisle, in one place; everything else is handed finished parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

import prompts
from assistant.answer.verify import ClaimVerifier
from assistant.answer.write import LLMAnswerWriter
from assistant.assistant import Assistant, read_query
from assistant.conversation import SqlConversationStore, open_database
from assistant.errors import CallerError, EngineUnavailableError
from assistant.llm.engine import Engine, EngineLanguageModel, open_engine
from assistant.llm.types import WarmUp
from assistant.llm.weights import ensure_encoders
from assistant.settings import Settings
from assistant.turn import TurnLimits
from assistant.types import EngineState, QuickReader
from assistant.understand.learned.models import load_dialogue_model
from assistant.understand.learned.quick import KeywordReader
from assistant.understand.quick import RuleReader
from assistant.understand.rewrite import LLMRewriter
from retrieval.catalog.demo.generate import generate_demo
from retrieval.catalog.feed import ProductFeed, open_feed
from retrieval.catalog.files import write_atomically
from retrieval.catalog.report import ImportReport
from retrieval.catalog.store import Store, StorePaths, load_store
from retrieval.catalog.sync import import_feed
from retrieval.evaluate import RetrievalMeasures, evaluate_retrieval, read_judgments
from retrieval.index.encoder import load_encoder
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage, connect
from retrieval.index.schema import index_schema
from retrieval.index.storage import EmbeddedStorage, IndexStorage
from retrieval.index.types import ProductIndex
from retrieval.query.dictionary import load_dictionary
from retrieval.query.translate import DictionaryTranslator
from retrieval.rank.ranker import LinearRanker, load_ranker
from retrieval.search import HybridSearcher
from retrieval.train.ranker import collect_examples, train_with_manifest
from retrieval.types import Encoder, Language, ProgressListener, SearchRequest, StoreInfo

DEMO = "demo"


@contextmanager
def open_assistant(settings: Settings) -> Iterator[Assistant]:
    """The assistant of the active store; its index and engine close with the block.

    The engine starts in the background: search works at once. Raises StoreNotFoundError,
    StoreInUseError, WeightsError and IndexUnavailableError.
    """
    with ExitStack() as stack:
        store = load_store(settings.store_path)
        encoders = load_encoders(settings)
        index = stack.enter_context(open_index(settings, encoders))
        conversations = SqlConversationStore(open_database(settings.sql_url))
        stack.callback(conversations.close)
        engine = stack.enter_context(open_engine(settings))
        engine.warm_with(prompt_heads())
        yield assemble(
            settings,
            store,
            open_searcher(store, index, encoders),
            conversations,
            engine,
        )


def assemble(
    settings: Settings,
    store: Store,
    searcher: HybridSearcher,
    conversations: SqlConversationStore,
    engine: Engine,
) -> Assistant:
    """An Assistant over opened parts."""
    info = store.info
    if settings.exchange_rates:
        info = info.model_copy(update={"exchange_rates": settings.exchange_rates})
    model = EngineLanguageModel(engine)
    return Assistant(
        store=info,
        vocabulary=store.vocabulary,
        media_path=store.paths.media,
        searcher=searcher,
        reader=open_reader(settings, store, info),
        rewriter=LLMRewriter(model, prompts.load),
        writer=LLMAnswerWriter(model),
        verifier=ClaimVerifier(store.vocabulary),
        conversations=conversations,
        engine=engine,
        limits=TurnLimits(
            cards=settings.cards,
            message=settings.message_limit,
            understand_s=settings.understand_timeout_s,
            answer_s=settings.answer_timeout_s,
        ),
        version=version("aisle"),
    )


def open_reader(settings: Settings, store: Store, info: StoreInfo) -> QuickReader:
    """The rules, and on refinements the trained keyword reader where the settings ask for it."""
    rules = RuleReader(store.vocabulary, info)
    if not settings.learned_keywords:
        return rules
    models = {
        language: load_dialogue_model(language, settings.models_path) for language in Language
    }
    return KeywordReader(rules, models)


@contextmanager
def open_language_model(settings: Settings, wait_s: float) -> Iterator[EngineLanguageModel]:
    """The language model alone, once it is ready; raises EngineUnavailableError if it never is."""
    with open_engine(settings) as engine:
        status = engine.wait(wait_s)
        if status.state is not EngineState.READY:
            raise EngineUnavailableError(
                f"The language model does not answer: {status.detail or status.state.value}.",
                remedy="Set AISLE_LLM_URL and AISLE_LLM_MODEL, or AISLE_LLM other than off.",
            )
        yield EngineLanguageModel(engine)


def prompt_heads() -> list[WarmUp]:
    """The parts of the prompts that never change, most often needed first.

    The engine computes them while it starts, so that no shopper waits for it.
    """
    return [
        WarmUp(tuple(prompts.load("understand.v1", topic="", shown=[], message="."))),
        WarmUp(tuple(prompts.load("answer.v1.en", message=".", products=[]))),
        WarmUp(tuple(prompts.load("answer.v1.zh", message="。", products=[]))),
    ]


# ------------------------------------------------------------- opened parts


def load_encoders(settings: Settings) -> tuple[Encoder, Encoder]:
    """The English and the multilingual encoder."""
    return (
        _encoder(settings, settings.encoder_english),
        _encoder(settings, settings.encoder_multilingual),
    )


def _encoder(settings: Settings, name: str) -> Encoder:
    return load_encoder(
        name, settings.models_path, settings.encoder_runtime, settings.encoder_threads
    )


def open_searcher(
    store: Store, index: ProductIndex, encoders: tuple[Encoder, Encoder]
) -> HybridSearcher:
    """Search over an opened store, with the ranker trained for it or the one that ships."""
    return HybridSearcher(
        index,
        *encoders,
        vocabulary=store.vocabulary,
        languages=store.info.languages,
        ranker=load_ranker(store.paths.ranker),
        translator=open_translator(store, encoders[1]),
    )


def open_translator(store: Store, multilingual: Encoder) -> DictionaryTranslator | None:
    """A translator of Chinese queries where the catalogue has English texts only."""
    if Language.CHINESE in store.info.languages:
        return None
    return DictionaryTranslator(load_dictionary(), store.vocabulary.words, multilingual)


@contextmanager
def open_index(settings: Settings, encoders: tuple[Encoder, Encoder]) -> Iterator[ProductIndex]:
    """The store's index: in this process, or the cluster's collection when a URL is set."""
    with open_storage(settings) as storage:
        index = storage.open(index_schema(*encoders)).index
        try:
            yield index
        finally:
            index.close()


@contextmanager
def open_storage(settings: Settings) -> Iterator[IndexStorage]:
    """Where the store's index lives: its folder, or the cluster when a URL is set."""
    storage: IndexStorage
    if settings.qdrant_url:
        key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
        client = connect(settings.qdrant_url, key)
        storage = ServerStorage(client, settings.store, settings.index_tuning)
    else:
        path = StorePaths(settings.store_path).index
        storage = EmbeddedStorage(path, settings.index_tuning)
    try:
        yield storage
    finally:
        storage.close()


# ---------------------------------------------------------------- importing


def import_store(
    settings: Settings,
    feed: str | Path,
    listener: ProgressListener,
    *,
    feed_format: str | None = None,
    currency: str | None = None,
    encoding: str | None = None,
    column_map: dict[str, str] | None = None,
    keep_missing: bool = False,
    force: bool = False,
) -> ImportReport:
    """Bring the active store in line with a feed file, or with the demo store.

    Builds the encoders first where they are missing.
    """
    if str(feed) == DEMO:
        return _import_demo(settings, listener)
    opened = open_feed(
        feed, format=feed_format, currency=currency, column_map=column_map, encoding=encoding
    )
    ensure_encoders(settings, listener)
    encoders = load_encoders(settings)
    with open_index(settings, encoders) as index:
        return import_feed(
            opened,
            Indexer(index, *encoders),
            settings.store_path,
            listener,
            stored_products=HybridSearcher(index, *encoders).get,
            keep_missing=keep_missing,
            force=force,
        )


def _import_demo(settings: Settings, listener: ProgressListener) -> ImportReport:
    demo = generate_demo()
    ensure_encoders(settings, listener)
    encoders = load_encoders(settings)
    paths = StorePaths(settings.store_path)
    demo.write_media(paths.media)
    demo.write_events(paths.root / "events.jsonl")
    products = demo.products
    feed = ProductFeed(DEMO, demo.info.currency, lambda: products, len(products))
    with open_index(settings, encoders) as index:
        return import_feed(
            feed,
            Indexer(index, *encoders),
            settings.store_path,
            listener,
            store_info=demo.info,
            labels=demo.labels,
            force=True,
        )


def ensure_store(settings: Settings, listener: ProgressListener) -> None:
    """Import the demo store where it is wanted and missing; other stores must exist."""
    if settings.store == DEMO and not StorePaths(settings.store_path).info.is_file():
        import_store(settings, DEMO, listener)
    ensure_encoders(settings, listener)


# --------------------------------------------------------------- evaluation


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


def import_for_evaluation(
    settings: Settings, catalog: Path, listener: ProgressListener, currency: str | None = None
) -> Settings:
    """Settings of a store that holds this very feed, imported where it is not there yet."""
    if not catalog.is_file():
        raise CallerError(f"There is no feed at {catalog}.", remedy="Check --catalog.")
    digest = hashlib.sha256(catalog.read_bytes()).hexdigest()[:12]
    own = settings.model_copy(update={"store": f"eval-{digest}"})
    import_store(own, catalog, listener, currency=currency)
    return own


def request_reader(store: Store) -> Callable[[str, int], SearchRequest]:
    """Reads a query as the search box does."""
    reader = RuleReader(store.vocabulary, store.info)

    def read(query: str, limit: int) -> SearchRequest:
        return read_query(reader, query, store.info).search_request(limit)

    return read


# ----------------------------------------------------------------- training


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
