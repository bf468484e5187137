"""A shop over a real SQLite file and a few products, for the tests of jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.jobs_store import EN, SECRET, STORE, VOCABULARY, Even, catalog_of, find

from assistant.answer.passages import PassageFinder
from assistant.conversation import SqlConversationStore
from assistant.database import open_database
from assistant.desk.queue import HandoffQueue
from assistant.jobs.result import JobContext
from assistant.jobs.run import JobRunner
from assistant.memory.memory import Memory
from assistant.memory.store import PreferenceStore
from assistant.store.shop import Caller, Shop
from assistant.store.sql import SqlStoreBackend
from assistant.store.tokens import ShopperTokens
from assistant.types import Act, Conversation, Turn, Understanding
from retrieval.types import Language

TODAY = datetime.now(UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/aisle.db")
    yield engine
    engine.dispose()


@pytest.fixture
def backend(database: Engine) -> SqlStoreBackend:
    return SqlStoreBackend(database, STORE, find)


@pytest.fixture
def conversations(database: Engine) -> SqlConversationStore:
    return SqlConversationStore(database)


@pytest.fixture
def shop(backend: SqlStoreBackend, conversations: SqlConversationStore) -> Shop:
    return Shop(backend, ShopperTokens(SECRET), conversations)


@pytest.fixture
def queue(database: Engine) -> HandoffQueue:
    return HandoffQueue(database)


@pytest.fixture
def memory(database: Engine) -> Memory:
    catalog = catalog_of(VOCABULARY)
    return Memory(PreferenceStore(database), VOCABULARY, catalog.reader)


@pytest.fixture
def runner(shop: Shop, queue: HandoffQueue, memory: Memory) -> JobRunner:
    made = JobRunner(shop, PassageFinder(Even()), queue, memory, staffed=True)
    made.use(catalog_of(VOCABULARY))
    return made


def show(
    conversations: SqlConversationStore, *ids: str, conversation_id: str = "c"
) -> Conversation:
    """A stored turn that showed these products."""
    turn = Turn(
        id=f"t{len(conversations.load(conversation_id).turns)}{conversation_id}",
        message="show me",
        understanding=Understanding(act=Act.SEARCH, language=EN),
        shown=ids,
        started=TODAY,
    )
    conversations.append(conversation_id, turn)
    return conversations.load(conversation_id)


def context(
    conversation: Conversation,
    message: str = "",
    language: Language = EN,
    shopper_id: str | None = None,
) -> JobContext:
    return JobContext(Caller(conversation.id, shopper_id), language, message, conversation, find)
