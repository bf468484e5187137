"""A scripted assistant: the faces' supported double, for tests and for work on the pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from assistant.analytics import Analytics
from assistant.desk.desk import Desk
from assistant.memory.store import PreferenceStore
from assistant.privacy import PrivacyOffice
from assistant.store.shop import Shop
from assistant.types import (
    Act,
    Conversation,
    DoneEvent,
    EngineState,
    EngineStatus,
    ProductsEvent,
    ReplyEvent,
    Sentence,
    ServiceStatus,
    ShownProduct,
    Suggestion,
    TextEvent,
    Understanding,
)
from retrieval.ads.server import AdServer
from retrieval.errors import InvalidRequestError
from retrieval.experiment.assign import Experiments
from retrieval.profile.types import Visitor
from retrieval.recommend.service import Learning
from retrieval.types import (
    Filters,
    Hit,
    Language,
    Product,
    Range,
    SearchResult,
    SimilarResult,
    Sort,
    StoreInfo,
    Vocabulary,
)

Step = ReplyEvent | float | Exception
"""An event to send, seconds to wait, or an error to raise."""

PHOTO_LIMIT = 8 << 20
MESSAGE_LIMIT = 2000


class ScriptedService:
    """An `AssistantService` over a few products that plays what is enqueued.

    Without a script it searches titles by plain word overlap and writes one sentence.
    """

    def __init__(
        self,
        products: Sequence[Product],
        *,
        store: StoreInfo,
        media_path: Path,
        vocabulary: Vocabulary | None = None,
        engine: EngineStatus | None = None,
    ) -> None:
        self._products = {product.id: product for product in products}
        self.store = store
        self.vocabulary = vocabulary or Vocabulary()
        self.media_path = media_path
        self.engine = engine or EngineStatus(state=EngineState.READY, model="scripted")
        self.shop: Shop | None = None
        self.desk: Desk | None = None
        self.preferences: PreferenceStore | None = None
        self.scripts: list[tuple[Step, ...]] = []
        self.received: list[tuple[str, str, Language | None]] = []
        self.cancelled: list[str] = []
        self.learning: Learning | None = None
        self.experiments = Experiments()
        self.ads: AdServer | None = None
        self.privacy: PrivacyOffice | None = None
        self.analytics: Analytics | None = None

    def enqueue(self, *steps: Step) -> None:
        """The next reply plays `steps`; the ones after it go on with what is enqueued then."""
        self.scripts.append(steps)

    async def reply(
        self,
        message: str,
        conversation_id: str,
        language: Language | None = None,
        *,
        shopper_id: str | None = None,
        visitor: Visitor | None = None,
    ) -> AsyncIterator[ReplyEvent]:
        """One turn: the enqueued script, else found products, a sentence and done."""
        if not message.strip():
            raise InvalidRequestError("The message is empty.", remedy="Type what you look for.")
        if len(message) > MESSAGE_LIMIT:
            raise InvalidRequestError(
                f"The message has {len(message)} characters; {MESSAGE_LIMIT} is the most.",
                remedy="Shorten it.",
            )
        self.received.append((message, conversation_id, language))
        steps = self.scripts.pop(0) if self.scripts else self._default_steps(message, language)
        try:
            for step in steps:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled.append(conversation_id)
            raise

    def remembered_client(self, visitor: Visitor | None) -> str:
        """Nobody is remembered."""
        return ""

    async def search(
        self,
        text: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        sort: Sort | None = None,
        limit: int = 24,
        offset: int = 0,
        understanding: Understanding | None = None,
        facets: bool = False,
        visitor: Visitor | None = None,
        image: Sequence[float] = (),
    ) -> tuple[Understanding, SearchResult]:
        """Products whose title shares a word with `text` and whose price and brand fit."""
        read = understanding or Understanding(
            act=Act.SEARCH, language=language or detect_language(text), query=text.strip()
        )
        read = read.model_copy(
            update={"filters": filters or read.filters, "sort": sort or read.sort}
        )
        found = [p for p in self._products.values() if _fits(p, read)]
        request = read.search_request(limit).model_copy(update={"offset": offset})
        hits = tuple(Hit(product=p, score=1.0) for p in found[offset : offset + limit])
        return read, SearchResult(
            request=request,
            hits=hits,
            total=len(found),
            more=offset + limit < len(found),
            timings_ms={"search": 1.0},
        )

    @property
    def photo_limit(self) -> int:
        """The pages offer photo search."""
        return PHOTO_LIMIT

    async def encode_photo(self, data: bytes) -> tuple[float, ...]:
        """A photo's vector, whatever it shows."""
        return (1.0,)

    async def similar(
        self,
        product_id: str,
        text: str = "",
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        sort: Sort | None = None,
        limit: int = 24,
        offset: int = 0,
        understanding: Understanding | None = None,
        visitor: Visitor | None = None,
    ) -> tuple[Understanding, SimilarResult | None]:
        """What `search` finds without the product itself."""
        read, result = await self.search(
            text, language=language, filters=filters, understanding=understanding
        )
        product = self._products.get(product_id)
        if product is None:
            return read, None
        others = tuple(hit for hit in result.hits if hit.product.id != product_id)[:limit]
        found = result.model_copy(update={"hits": others, "total": len(others)})
        return read, SimilarResult(product=product, result=found)

    async def products(self, ids: Sequence[str]) -> tuple[Product, ...]:
        """The products with these ids; unknown ids are left out."""
        return tuple(self._products[i] for i in ids if i in self._products)

    async def suggest(
        self, message: str, conversation_id: str, language: Language, shopper_id: str | None
    ) -> Suggestion:
        """Nothing: there is no desk here."""
        return Suggestion()

    def conversation(self, conversation_id: str) -> Conversation:
        """An empty conversation: nothing is kept."""
        return Conversation(id=conversation_id)

    def status(self) -> ServiceStatus:
        """The scripted status."""
        return ServiceStatus(
            store=self.store.name,
            products=len(self._products),
            engine=self.engine,
            version="scripted",
        )

    def shown(self, *ids: str, reasons: Sequence[str] = ()) -> tuple[ShownProduct, ...]:
        """Cards of the products with these ids, in this order."""
        return tuple(
            ShownProduct(
                hit=Hit(product=self._products[i], score=1.0),
                position=position,
                reasons=tuple(reasons),
            )
            for position, i in enumerate(ids, start=1)
        )

    def cards(
        self, *ids: str, reasons: Sequence[str] = (), language: Language = Language.ENGLISH
    ) -> ProductsEvent:
        """A products event showing the products with these ids."""
        return ProductsEvent(
            list_id="-".join(("list", *ids)),
            stage="quick",
            products=self.shown(*ids, reasons=reasons),
            total=len(ids),
            understanding=Understanding(act=Act.SEARCH, language=language),
            elapsed_ms=3.0,
        )

    def _default_steps(self, message: str, language: Language | None) -> tuple[Step, ...]:
        read = Understanding(
            act=Act.SEARCH, language=language or detect_language(message), query=message
        )
        ids = [p.id for p in self._products.values() if _fits(p, read)][:6]
        sentence = (
            f"为您找到 {len(ids)} 件商品。"
            if read.language is Language.CHINESE
            else f"I found {len(ids)} products for you."
        )
        return (
            self.cards(*ids, language=read.language),
            0.01,
            TextEvent(sentence=Sentence(text=sentence)),
            DoneEvent(turn_id="scripted", trace={}),
        )


def detect_language(text: str) -> Language:
    """Chinese where `text` holds a Han character, else English."""
    return Language.CHINESE if any("一" <= c <= "鿿" for c in text) else Language.ENGLISH


def _fits(product: Product, read: Understanding) -> bool:
    words = {w for w in read.query.lower().split() if len(w) > 2}
    titles = " ".join((product.title, *(t.title for t in product.translations.values())))
    if words and not any(word in titles.lower() for word in words):
        return False
    if read.filters.brands and product.brand not in read.filters.brands:
        return False
    price = read.filters.price or Range()
    return product.price is None or price.holds(product.price)
