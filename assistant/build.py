"""Makes every part of Aisle, in one place; everything else is handed finished parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

import sqlalchemy.engine

import prompts
from assistant.admin import CatalogAdmin, LoadEncoders
from assistant.advertising import open_ads
from assistant.analytics import Analytics, Catalogue
from assistant.answer.passages import PassageFinder
from assistant.answer.verify import ClaimVerifier
from assistant.answer.write import LLMAnswerWriter
from assistant.assistant import Assistant, read_query
from assistant.collector import sparing_collector
from assistant.conversation import SqlConversationStore
from assistant.database import open_database
from assistant.desk.desk import Desk
from assistant.desk.queue import HandoffQueue
from assistant.encoders import serving_names
from assistant.errors import EngineUnavailableError
from assistant.experiments import open_experiments
from assistant.jobs.run import JobRunner
from assistant.learning import open_learning, open_shelf, utc_now
from assistant.llm.engine import Engine, EngineLanguageModel, open_engine
from assistant.llm.types import WarmUp
from assistant.llm.weights import ensure_encoders, is_ready
from assistant.memory.memory import Memory
from assistant.memory.store import PreferenceStore
from assistant.privacy import PrivacyOffice
from assistant.settings import Settings
from assistant.store.demo import seed_demo_orders
from assistant.store.rest import RestStoreBackend
from assistant.store.shop import Shop
from assistant.store.sql import SqlStoreBackend
from assistant.store.tokens import ShopperTokens, read_secret
from assistant.storefront import Storefront
from assistant.turn import Catalog, TurnLimits
from assistant.types import EngineState, QuickReader
from assistant.understand.learned.models import load_dialogue_model
from assistant.understand.learned.quick import KeywordReader
from assistant.understand.quick import RuleReader
from assistant.understand.rewrite import LLMRewriter
from retrieval.ads.server import AdServer
from retrieval.catalog.live import IndexerMaker, LiveCatalog, OpenedCatalog
from retrieval.catalog.picture_download import PictureDownloader
from retrieval.catalog.product_images import StoreImages
from retrieval.catalog.stock import LiveStock
from retrieval.catalog.store import Store, StorePaths, load_store
from retrieval.experiment.assign import Experiments
from retrieval.index.encoder import load_encoder
from retrieval.index.encoder_memory import remember_queries
from retrieval.index.image_encoder import OnnxImageEncoder
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage, connect
from retrieval.index.schema import index_schema, read_schema
from retrieval.index.storage import EmbeddedStorage, IndexStorage, is_outdated, stored_schema
from retrieval.index.types import ProductIndex
from retrieval.pictures import PhotoReader
from retrieval.profile.types import Clock
from retrieval.query.dictionary import load_dictionary, load_retail
from retrieval.query.translate import DictionaryTranslator
from retrieval.rank.kinds import KindReader
from retrieval.rank.ranker import load_ranker, load_rankers
from retrieval.recall import recall_answers
from retrieval.recommend.service import Learning
from retrieval.search import HybridSearcher
from retrieval.types import (
    Encoder,
    ImageEncoder,
    Language,
    ProgressListener,
    SearchRequest,
    StoreInfo,
)

DEMO = "demo"
# Where an import of the demo store leaves its log of behaviour.
EVENTS = "events.jsonl"
# As many as a menu shows without scrolling.
DEMO_SHOPPERS = 6


@contextmanager
def open_assistant(settings: Settings) -> Iterator[Assistant]:
    """The assistant of the active store; its index and engine close with the block.

    The engine starts in the background: search works at once. Raises StoreNotFoundError,
    StoreInUseError, WeightsError and IndexUnavailableError.
    """
    with open_service(settings) as service:
        yield service.assistant


@dataclass(frozen=True)
class Service:
    """What a server serves: the assistant, and its catalogue to change."""

    assistant: Assistant
    admin: CatalogAdmin


@contextmanager
def open_service(
    settings: Settings, tokens: Iterable[str] = (), now: Clock = utc_now
) -> Iterator[Service]:
    """The assistant and the catalogue of the active store; errors as `open_assistant`.

    Who shows one of `tokens`, or the settings' own, may change the catalogue. `now` is the
    time events are taken in at.
    """
    with ExitStack() as stack:
        store = load_store(settings.store_path)
        encoders = load_encoders(settings)
        storage = stack.enter_context(open_storage(settings))
        images = open_images(settings)
        live = stack.enter_context(
            LiveCatalog(
                storage,
                store,
                encoders,
                indexer_maker(images),
                images,
                load_stored=partial(load_stored_encoders, settings),
            ).kept_up()
        )
        database = open_database(settings.sql_url)
        conversations = SqlConversationStore(database)
        stack.callback(conversations.close)
        learning = stack.enter_context(
            open_learning(settings, store, live.opened.generation.index, database, now)
        )
        ads = stack.enter_context(
            open_ads(settings, store.info, open_secret(settings), database, learning)
        )
        engine = stack.enter_context(open_engine(settings))
        engine.warm_with(prompt_heads())
        catalog = open_catalog(settings, live.opened)
        shop = stack.enter_context(
            open_shop(settings, store, catalog, database, conversations, LiveStock(live))
        )
        password = settings.desk_password.get_secret_value()
        queue = HandoffQueue(database)
        memory = Memory(PreferenceStore(database), catalog.vocabulary, catalog.reader)
        finder = PassageFinder(encoders[1])
        jobs = JobRunner(shop, finder, queue, memory, staffed=bool(password))
        desk = Desk(queue, conversations, shop, password)
        experiments = open_experiments(settings.experiments_path, store.paths.rankers)
        assistant = assemble(
            settings, catalog, conversations, jobs, desk, engine, learning, experiments, ads
        )
        assistant.privacy = PrivacyOffice(database, settings.store)
        assistant.analytics = Analytics(
            settings,
            database,
            experiments=experiments.file.experiments,
            catalogue=lambda: Catalogue(
                assistant.store.currency,
                assistant.store.guides,
                learning.items,
                tuple(live.opened.generation.schema.encoders.items()),
            ),
            learning=learning.learning_status,
            language_model=lambda: engine.status.model,
            now=now,
        )

        def use(opened: OpenedCatalog) -> None:
            assistant.use(open_catalog(settings, opened))
            index = opened.generation.index
            shelf = open_shelf(opened.store, index, learning.statistics, learning.next_items)
            learning.use(shelf)

        live.listen(use)
        own = [settings.admin_token.get_secret_value()] if settings.admin_token else []
        admin = CatalogAdmin(live, encoder_loader(settings), frozenset((*tokens, *own)))
        stack.enter_context(admin.open())
        stack.enter_context(sparing_collector())
        yield Service(assistant, admin)


def open_live_catalog(settings: Settings, *, as_stored: bool = False) -> LiveCatalog:
    """The catalogue of the active store to change outside a server; the caller closes it.

    `as_stored` opens an index of other encoders than the settings', to replace it.
    """
    store = load_store(settings.store_path)
    storage = make_storage(settings)
    if as_stored:
        named = stored_schema(storage).encoders
        update = {f"encoder_{name}": named[name] for name in ("english", "multilingual")}
        settings = settings.model_copy(update=update)
    images = open_images(settings)
    return LiveCatalog(storage, store, load_encoders(settings), indexer_maker(images), images)


def indexer_maker(images: StoreImages | None) -> IndexerMaker:
    """Makes the write side of an index."""

    def make(index: ProductIndex, encoders: tuple[Encoder, Encoder]) -> Indexer:
        return Indexer(index, *encoders, images)

    return make


def encoder_loader(settings: Settings) -> LoadEncoders:
    """Gives encoders by name, or those of the settings; builds them where they are missing."""

    def load(
        english: str | None, multilingual: str | None, listener: ProgressListener
    ) -> tuple[Encoder, Encoder]:
        serving = serving_names(settings, lambda: stored_encoders(settings))
        names = {
            "encoder_english": english or serving[0],
            "encoder_multilingual": multilingual or serving[1],
        }
        ensure_encoders(settings.model_copy(update=names), listener)
        return (
            _encoder(settings, names["encoder_english"]),
            _encoder(settings, names["encoder_multilingual"]),
        )

    return load


def assemble(
    settings: Settings,
    catalog: Catalog,
    conversations: SqlConversationStore,
    jobs: JobRunner,
    desk: Desk,
    engine: Engine,
    learning: Learning | None = None,
    experiments: Experiments | None = None,
    ads: AdServer | None = None,
) -> Assistant:
    """An Assistant over opened parts."""
    model = EngineLanguageModel(engine)
    return Assistant(
        catalog=catalog,
        front=Storefront(catalog.searcher, learning, experiments, ads),
        rewriter=LLMRewriter(model, prompts.load),
        writer=LLMAnswerWriter(model),
        conversations=conversations,
        jobs=jobs,
        desk=desk,
        engine=engine,
        limits=TurnLimits(
            cards=settings.cards,
            message=settings.message_limit,
            understand_s=settings.understand_timeout_s,
            answer_s=settings.answer_timeout_s,
        ),
        version=version("aisle"),
    )


def open_secret(settings: Settings) -> str:
    """The key that signs shoppers' tokens and advertising offers."""
    return read_secret(settings.secret.get_secret_value(), settings.secret_path)


def open_catalog(settings: Settings, opened: OpenedCatalog) -> Catalog:
    """What an assistant knows of a store, over its opened index."""
    store, info = opened.store, opened.store.info
    index = opened.generation.index
    if settings.exchange_rates:
        info = info.model_copy(update={"exchange_rates": settings.exchange_rates})
    return Catalog(
        store=info,
        vocabulary=store.vocabulary,
        media_path=store.paths.media,
        searcher=recall_answers(
            open_searcher(store, index, opened.encoders, load_photo_reader(settings)),
            index,
            settings.search_cache_mb,
        ),
        reader=open_reader(settings, store, info),
        verifier=ClaimVerifier(store.vocabulary),
    )


@contextmanager
def open_shop(
    settings: Settings,
    store: Store,
    catalog: Catalog,
    database: sqlalchemy.engine.Engine,
    conversations: SqlConversationStore,
    stock: LiveStock,
) -> Iterator[Shop]:
    """Carts, orders and sign-in: the shop's own system by URL, else the SQL database.

    Only the demo store has a checkout, for which nobody pays.
    """
    tokens = ShopperTokens(open_secret(settings))
    if settings.store_backend_url:
        key = settings.store_backend_key
        with RestStoreBackend(
            settings.store_backend_url,
            key.get_secret_value() if key else "",
            timeout_s=settings.store_backend_timeout_s,
        ) as rest:
            yield Shop(rest, tokens, conversations)
        return
    name = catalog.store.name
    own = SqlStoreBackend(
        database, catalog.store, catalog.searcher.get, stock=stock if name == DEMO else None
    )
    events = store.paths.root / EVENTS
    if name == DEMO and events.is_file():
        seed_demo_orders(database, name, events, datetime.now(UTC).date())
    demo = partial(own.latest_shoppers, DEMO_SHOPPERS) if name == DEMO else None
    yield Shop(own, tokens, conversations, demo_shoppers=demo)


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
    """The English and the multilingual encoder that serve the active store."""
    english, multilingual = serving_names(settings, lambda: stored_encoders(settings))
    return _encoder(settings, english), _encoder(settings, multilingual)


def load_stored_encoders(settings: Settings, names: Mapping[str, str]) -> tuple[Encoder, Encoder]:
    """The encoders that an index was written with, by role."""
    return _encoder(settings, names["english"]), _encoder(settings, names["multilingual"])


def stored_encoders(settings: Settings) -> dict[str, str]:
    """The encoders that the active store's index was written with; none without an index."""
    with open_storage(settings) as storage:
        stored = storage.stored()
    return dict(read_schema(stored).encoders) if stored else {}


def load_image_encoder(settings: Settings) -> ImageEncoder | None:
    """The encoder of pictures; None where the settings name none or it was not pulled."""
    if not settings.image_encoder or not is_ready(settings.image_encoder, settings.models_path):
        return None
    return OnnxImageEncoder(settings.models_path / settings.image_encoder, settings.image_encoder)


def load_photo_reader(settings: Settings) -> PhotoReader | None:
    """Reads shoppers' photos; None where the settings name no encoder."""
    encoder = load_image_encoder(settings)
    return PhotoReader(encoder, settings.picture_limits) if encoder else None


def open_images(settings: Settings) -> StoreImages | None:
    """The pictures of the active store's products; None where the settings want none."""
    encoder, limits = load_image_encoder(settings), settings.picture_limits
    if encoder is None:
        return None
    download = None
    if settings.image_download:
        download = PictureDownloader(limits, settings.image_download_timeout_s)
    threads = settings.encoder_threads or os.cpu_count() or 1
    return StoreImages(settings.store_path, encoder, limits, threads=threads, download=download)


def _encoder(settings: Settings, name: str) -> Encoder:
    found = load_encoder(
        name, settings.models_path, settings.encoder_runtime, settings.encoder_threads
    )
    return remember_queries(found)


def open_searcher(
    store: Store,
    index: ProductIndex,
    encoders: tuple[Encoder, Encoder],
    photos: PhotoReader | None = None,
) -> HybridSearcher:
    """Search over an opened store, with the ranker trained for it or the one that ships."""
    encoders = remember_queries(encoders[0]), remember_queries(encoders[1])
    return HybridSearcher(
        index,
        *encoders,
        vocabulary=store.vocabulary,
        languages=store.info.languages,
        ranker=load_ranker(store.paths.ranker),
        rankers=load_rankers(store.paths.rankers),
        translator=open_translator(store, encoders[1]),
        kinds=KindReader(store.vocabulary, encoders[0]),
        photos=photos,
    )


def open_translator(store: Store, multilingual: Encoder) -> DictionaryTranslator | None:
    """A translator of Chinese queries where the catalogue has English texts only."""
    if Language.CHINESE in store.info.languages:
        return None
    return DictionaryTranslator(
        load_dictionary(), store.vocabulary.words, multilingual, load_retail()
    )


@contextmanager
def open_index(settings: Settings, encoders: tuple[Encoder, Encoder]) -> Iterator[ProductIndex]:
    """The store's index: in this process, or the cluster's collection when a URL is set."""
    with open_storage(settings) as storage:
        index = storage.open(index_schema(*encoders, load_image_encoder(settings))).index
        try:
            yield index
        finally:
            index.close()


@contextmanager
def open_index_to_fill(
    settings: Settings, encoders: tuple[Encoder, Encoder], *, whole: bool
) -> Iterator[ProductIndex]:
    """`open_index` for an import; one that brings the `whole` catalogue starts an index of an
    earlier version anew."""
    with open_storage(settings) as storage:
        if whole and is_outdated(storage):
            storage.destroy()
    with open_index(settings, encoders) as index:
        yield index


@contextmanager
def open_storage(settings: Settings) -> Iterator[IndexStorage]:
    """`make_storage`, closed with the block."""
    storage = make_storage(settings)
    try:
        yield storage
    finally:
        storage.close()


def make_storage(settings: Settings) -> IndexStorage:
    """Where the store's index lives: its folder, or the cluster when a URL is set."""
    if not settings.qdrant_url:
        return EmbeddedStorage(StorePaths(settings.store_path).index, settings.index_tuning)
    key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
    client = connect(settings.qdrant_url, key)
    return ServerStorage(client, settings.store, settings.index_tuning)


def request_reader(store: Store) -> Callable[[str, int], SearchRequest]:
    """Reads a query as the search box does."""
    reader = RuleReader(store.vocabulary, store.info)

    def read(query: str, limit: int) -> SearchRequest:
        return read_query(reader, query, store.info).search_request(limit)

    return read
