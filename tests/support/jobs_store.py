"""A small store with everything the jobs need, and a whole Assistant over it without a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from qdrant_client import QdrantClient
from sqlalchemy import Engine
from support.index_products import HashingEncoder

import prompts
from assistant.answer.passages import PassageFinder
from assistant.answer.verify import ClaimVerifier
from assistant.answer.write import LLMAnswerWriter
from assistant.assistant import Assistant
from assistant.conversation import SqlConversationStore
from assistant.database import open_database
from assistant.desk.desk import Desk
from assistant.desk.queue import HandoffQueue
from assistant.jobs.run import JobRunner
from assistant.llm.client import ChatModelClient
from assistant.llm.scripted import ScriptedModel
from assistant.memory.memory import Memory
from assistant.memory.store import PreferenceStore
from assistant.store.shop import Shop
from assistant.store.sql import SqlStoreBackend
from assistant.store.tokens import ShopperTokens
from assistant.storefront import Storefront
from assistant.turn import Catalog, TurnLimits
from assistant.types import EngineState, EngineStatus
from assistant.understand.quick import RuleReader
from assistant.understand.rewrite import LLMRewriter
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.search import HybridSearcher
from retrieval.types import (
    CategoryProfile,
    Language,
    Policy,
    Product,
    Searcher,
    SearchRequest,
    SearchResult,
    StoreInfo,
    Translation,
    Variant,
    Vectors,
    Vocabulary,
)

EN, ZH = Language.ENGLISH, Language.CHINESE
SECRET = "a secret of at least thirty-two characters"


KINDS = {"mouse": "Mouse", "lamp": "Lamp", "shoe": "Shoes", "desk": "Desk", "tent": "Tent"}


def product(
    key: str, title: str, zh: str, price: str | None, stock: int | None, **more: object
) -> Product:
    return Product(
        id=key,
        title=title,
        price=None if price is None else Decimal(price),
        currency="USD",
        stock=stock,
        category=("Shop", KINDS[key]),
        translations={ZH: Translation(title=zh)},
        **more,  # type: ignore[arg-type]
    )


SHOE = product(
    "shoe",
    "Trail running shoes",
    "越野跑鞋",
    "80",
    9,
    variants=(
        Variant(id="s41r", options={"size": "41", "color": "red"}, stock=5),
        Variant(id="s42r", options={"size": "42", "color": "red"}, stock=2),
        Variant(id="s42b", options={"size": "42", "color": "black"}, price=Decimal("85"), stock=2),
        Variant(id="s43b", options={"size": "43", "color": "black"}, stock=0),
    ),
)
PRODUCTS = (
    product("mouse", "Quiet wireless mouse", "静音无线鼠标", "24.99", 3),
    product("lamp", "Oak desk lamp", "橡木台灯", "40", None),
    SHOE,
    product("desk", "Standing desk", "升降书桌", None, 4),
    product("tent", "Two-person tent", "双人帐篷", "120", 0),
)
VOCABULARY = Vocabulary(
    categories=tuple(
        CategoryProfile(
            path=("Shop", name), products=1, surfaces=(name.lower(), zh), labels={ZH: zh}
        )
        for name, zh in (
            ("Mouse", "鼠标"),
            ("Lamp", "台灯"),
            ("Shoes", "鞋"),
            ("Desk", "书桌"),
            ("Tent", "帐篷"),
        )
    ),
    labels={
        ZH: {"color": "颜色", "size": "尺码", "red": "红色", "black": "黑色"},
        EN: {},
    },
)
STORE = StoreInfo(
    name="jobs",
    title="Jobs",
    currency="USD",
    languages=(EN, ZH),
    policies=(
        Policy(
            id="returns",
            titles={EN: "Returns", ZH: "退换货政策"},
            texts={
                EN: "You may return any item within 30 days of delivery. Returns are free. "
                "We refund within 5 working days.",
                ZH: "签收后30天内可退货。退货免运费。收到后5个工作日内退款。",
            },
        ),
        Policy(
            id="shipping",
            titles={EN: "Shipping", ZH: "配送说明"},
            texts={
                EN: "Standard delivery takes 2 to 4 working days and costs 4.90 USD. "
                "It is free from 49 USD.",
                ZH: "标准配送2至4个工作日送达，运费4.90美元。满49美元包邮。",
            },
        ),
    ),
)


class Even:
    """An encoder to which all texts mean the same, so that words alone decide."""

    name = "even"
    dimensions = 2

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(texts), 1))

    encode_passages = encode_queries


def find(ids: Sequence[str]) -> list[Product]:
    known = {p.id: p for p in PRODUCTS}
    return [known[i] for i in ids if i in known]


class Shelf:
    """A searcher that finds nothing but knows every product."""

    def search(self, request: SearchRequest) -> SearchResult:
        return SearchResult(request=request, hits=(), total=0)

    def get(self, ids: Iterable[str]) -> tuple[Product, ...]:
        return tuple(find(list(ids)))


def catalog_of(vocabulary: Vocabulary) -> Catalog:
    """The small store as a catalogue without an index."""
    return Catalog(
        store=STORE,
        vocabulary=vocabulary,
        media_path=Path(),
        searcher=Shelf(),
        reader=RuleReader(vocabulary, STORE),
        verifier=ClaimVerifier(vocabulary),
    )


class Off:
    """An engine that is off: code answers."""

    status = EngineStatus(state=EngineState.OFF)

    def wait(self, timeout: float | None = None) -> EngineStatus:
        return self.status


def make_jobs(
    database: Engine,
    store: StoreInfo,
    searcher: Searcher,
    conversations: SqlConversationStore,
    *,
    password: str = "",
) -> Any:
    """The parts of an Assistant that do jobs, over one database."""
    backend = SqlStoreBackend(database, store, searcher.get)
    shop = Shop(
        backend,
        ShopperTokens(SECRET),
        conversations,
        demo_shoppers=lambda: backend.latest_shoppers(3),
    )
    queue = HandoffQueue(database)
    finder = PassageFinder(Even())
    return {
        "jobs": JobRunner(
            shop,
            finder,
            queue,
            Memory(PreferenceStore(database), VOCABULARY, RuleReader(VOCABULARY, store)),
            staffed=bool(password),
        ),
        "desk": Desk(queue, conversations, shop, password),
    }


@contextmanager
def open_small_assistant(
    folder: Path,
    products: Sequence[Product] = PRODUCTS,
    vocabulary: Vocabulary = VOCABULARY,
    *,
    password: str = "",
    database_url: str = "",
) -> Iterator[Assistant]:
    """A whole Assistant over real parts in `folder`; the model answers nothing."""
    encoders = HashingEncoder("one"), HashingEncoder("two")
    index = ServerStorage(QdrantClient(":memory:"), "jobs").open(index_schema(*encoders)).index
    Indexer(index, *encoders).index(list(products))
    searcher = HybridSearcher(index, *encoders, vocabulary)
    database = open_database(database_url or f"sqlite:///{folder}/aisle.db")
    conversations = SqlConversationStore(database)
    client = ChatModelClient(ScriptedModel())
    yield Assistant(
        catalog=Catalog(
            store=STORE,
            vocabulary=vocabulary,
            media_path=folder,
            searcher=searcher,
            reader=RuleReader(vocabulary, STORE),
            verifier=ClaimVerifier(vocabulary),
        ),
        front=Storefront(searcher),
        rewriter=LLMRewriter(client, prompts.load),
        writer=LLMAnswerWriter(client),
        conversations=conversations,
        **make_jobs(database, STORE, searcher, conversations, password=password),
        engine=Off(),
        limits=TurnLimits(cards=5, message=500, understand_s=0.3, answer_s=0.5),
        version="0",
    )
    conversations.close()
    index.close()
