"""The nouns of a conversation: what a message means, what a reply is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import Field

from assistant.jobs.types import Job
from assistant.memory.types import Preference, Statement
from assistant.store.types import Cart
from retrieval.ads.server import AdServer
from retrieval.experiment.assign import Experiments
from retrieval.profile.types import Visitor
from retrieval.recommend.guides import GuideCard
from retrieval.recommend.online import LearningStatus
from retrieval.recommend.service import Learning
from retrieval.types import (
    Filters,
    Frozen,
    Hit,
    Language,
    Product,
    Repair,
    SearchRequest,
    SearchResult,
    SimilarResult,
    Sort,
    StoreInfo,
    Vocabulary,
)

if TYPE_CHECKING:
    from assistant.analytics import Analytics
    from assistant.desk.desk import Desk
    from assistant.memory.store import PreferenceStore
    from assistant.privacy import PrivacyOffice
    from assistant.store.shop import Shop


class Act(StrEnum):
    """What a shopper's message does."""

    SEARCH = "search"
    REFINE = "refine"
    COMPARE = "compare"
    ASK = "ask"
    SMALL_TALK = "small_talk"
    CART = "cart"
    ORDER = "order"
    POLICY = "policy"
    HANDOFF = "handoff"
    PREFERENCE = "preference"
    WHY = "why"
    ADVICE = "advice"
    BUNDLE = "bundle"


JOBS = frozenset(Act) - {Act.SEARCH, Act.REFINE, Act.COMPARE, Act.ASK, Act.SMALL_TALK}
"""Acts done by code from `Understanding.job`; nothing is searched for them."""


class Source(StrEnum):
    """Who understood the message."""

    RULES = "rules"
    LLM = "llm"
    MERGED = "merged"


class Likeness(Frozen):
    """More like a shown product is asked for; `text` is what is left to search for beside it."""

    product_id: str
    text: str = ""


class Understanding(Frozen):
    """A message as a typed request, standing alone without the conversation.

    `query` is what to search for; `filters` are the hard conditions of the whole turn,
    those kept from earlier turns included; `references` are the ids of already shown
    products the message points at. `certain` names the parts the rules are sure of
    (``"price"``, ``"negation"``, ``"ordinal"``, ``"sort"``, ``"act"``): there the rules win.
    `notes` tell the shopper what was assumed ("prices are in EUR"). With `no_questions` the
    shopper asked to be shown products rather than be asked back. `repair` tells
    which words were taken for slips of spelling. `job` is what to do for the acts in `JOBS`;
    `stated` is what the shopper told of themselves beside. With `like` products like one of
    the shown ones are wanted, and `query` is what its kind is searched by from then on.
    """

    act: Act
    language: Language
    query: str = ""
    rewrites: tuple[str, ...] = ()
    filters: Filters = Filters()
    sort: Sort = Sort.RELEVANCE
    references: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    certain: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    no_questions: bool = False
    repair: Repair | None = None
    job: Job | None = None
    stated: tuple[Statement, ...] = ()
    like: Likeness | None = None
    source: Source = Source.RULES

    def search_request(self, limit: int) -> SearchRequest:
        """The search this understanding asks for."""
        return SearchRequest(
            text=self.query,
            language=self.language,
            rewrites=self.rewrites,
            filters=self.filters,
            sort=self.sort,
            limit=limit,
        )


# -------------------------------------------------------------------- facts


class FactKind(StrEnum):
    """What a fact is about; the verifier checks each kind in its own way."""

    NAME = "name"
    BRAND = "brand"
    PRICE = "price"
    DISCOUNT = "discount"
    BUDGET = "budget"
    STOCK = "stock"
    RATING = "rating"
    ATTRIBUTE = "attribute"
    MATCH = "match"
    MISS = "miss"
    RANK = "rank"
    REVIEW = "review"


class Fact(Frozen):
    """One statement about one product that the catalogue backs.

    `text` is the wording in the shopper's language; `evidence` names the field, review or
    policy it comes from (``"price"``, ``"attribute:weight"``, ``"review:r12"``).
    """

    product_id: str
    kind: FactKind
    text: str
    evidence: str


class ProductFacts(Frozen):
    """The facts that may be said of one shown product, in order of use."""

    product: Product
    position: int
    facts: tuple[Fact, ...]


class Sentence(Frozen):
    """One verified sentence, the products it speaks of and the evidence of its claims.

    `by` is ``"llm"`` where the model wrote it, ``"code"`` where code replaced it.
    """

    text: str
    product_ids: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    by: Literal["llm", "code"] = "code"


class Rejection(Frozen):
    """A sentence that was not shown, and the claim that failed."""

    text: str
    reason: str


class ComparisonRow(Frozen):
    """One line of a comparison: the shown label, a value for each product, who is best.

    `name` is the attribute's (or ``"price"``, ``"rating"``); `best` holds product ids, empty
    when no end is better or all are equal.
    """

    name: str
    label: str
    values: tuple[str, ...]
    best: tuple[str, ...] = ()


class Comparison(Frozen):
    """Two to four products side by side, in the shopper's language.

    The verdict `settles` a question that asks which is the first by something.
    """

    product_ids: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    verdict: tuple[Sentence, ...] = ()
    settles: bool = False


# ------------------------------------------------------------------- events


class ShownProduct(Frozen):
    """A card: the hit, its position (1-based) and why it is here, written by code.

    A `sponsored` card is labelled as such wherever it is shown, stands behind the others and
    has no number (position 0): ordinals, superlatives and comparisons never mean it.
    """

    hit: Hit
    position: int
    reasons: tuple[str, ...] = ()
    sponsored: bool = False


class ProductsEvent(Frozen):
    """Ranked cards; a later event of the same turn replaces the earlier one.

    `list_id` is the query_id of the events about this list; they name its `experiments` and
    the `model_version` that ordered it.
    """

    type: Literal["products"] = "products"
    list_id: str = ""
    stage: Literal["quick", "refined"]
    products: tuple[ShownProduct, ...]
    total: int
    understanding: Understanding
    elapsed_ms: float
    experiments: dict[str, str] = Field(default_factory=dict)
    model_version: str = ""


class TextEvent(Frozen):
    """One verified sentence of the answer."""

    type: Literal["text"] = "text"
    sentence: Sentence


class ComparisonEvent(Frozen):
    """A comparison as a table; its verdict follows as text events."""

    type: Literal["comparison"] = "comparison"
    comparison: Comparison


class QuestionEvent(Frozen):
    """One clarifying question with answers to tap."""

    type: Literal["question"] = "question"
    text: str
    options: tuple[str, ...] = ()


class CartEvent(Frozen):
    """The cart as it stands after this turn."""

    type: Literal["cart"] = "cart"
    cart: Cart


class BundlePart(Frozen):
    """One thing of a set: the chosen product first, then others the budget pays for instead."""

    name: str
    quantity: int = 1
    products: tuple[ShownProduct, ...]


class Bundle(Frozen):
    """Several things planned together; `total` is the sum of the chosen ones."""

    items: tuple[BundlePart, ...]
    total: Decimal
    currency: str
    budget: Decimal | None = None


class BundleEvent(Frozen):
    """A set under one budget, its cards grouped by thing; takes the place of a products event."""

    type: Literal["bundle"] = "bundle"
    list_id: str = ""
    bundle: Bundle
    language: Language


class HandoffEvent(Frozen):
    """Who has the conversation: it waits for a human, `agent` holds it, or it is closed again.

    While it is held the assistant says nothing; what the agent says is asked for with
    ``GET /v1/handoff``.
    """

    type: Literal["handoff"] = "handoff"
    state: Literal["waiting", "held", "closed"]
    agent: str = ""


class PreferencesEvent(Frozen):
    """What is kept in mind in this turn: applied to its search, or noted just now."""

    type: Literal["preferences"] = "preferences"
    preferences: tuple[Preference, ...]


class GuideEvent(Frozen):
    """A buying guide of the store's beside the products, for who is still choosing.

    At most one a turn, after its products, and never the same one twice in a conversation;
    ``GET /v1/guides/{id}`` gives it whole.
    """

    type: Literal["guide"] = "guide"
    guide: GuideCard


class DoneEvent(Frozen):
    """The turn is over; `trace` says what happened, stage by stage.

    `conversation_id`, where a face sets it, is what to send with the next message.
    """

    type: Literal["done"] = "done"
    turn_id: str
    trace: dict[str, Any]
    conversation_id: str = ""


class ErrorEvent(Frozen):
    """One clear line: what was wrong and how to mend it. Products already sent stay."""

    type: Literal["error"] = "error"
    message: str
    remedy: str = ""


ReplyEvent = Annotated[
    ProductsEvent
    | TextEvent
    | ComparisonEvent
    | QuestionEvent
    | CartEvent
    | BundleEvent
    | HandoffEvent
    | PreferencesEvent
    | GuideEvent
    | DoneEvent
    | ErrorEvent,
    Field(discriminator="type"),
]


class Suggestion(Frozen):
    """What the assistant would say in an agent's place: verified sentences, and products."""

    sentences: tuple[Sentence, ...] = ()
    products: tuple[Product, ...] = ()


# ------------------------------------------------------------- conversation


class Turn(Frozen):
    """One message and what was answered, as stored.

    `guides` are the ids of all buying guides that the conversation offered or quoted so far:
    the latest turn knows those of turns that are not loaded any more.
    """

    id: str
    message: str
    understanding: Understanding
    shown: tuple[str, ...] = ()
    sponsored: tuple[str, ...] = ()
    guides: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    question: str | None = None
    started: datetime
    trace: dict[str, Any] = Field(default_factory=dict)


class Conversation(Frozen):
    """The turns so far, oldest first."""

    id: str
    turns: tuple[Turn, ...] = ()

    @property
    def last(self) -> Turn | None:
        """The previous turn, if any."""
        return self.turns[-1] if self.turns else None

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the products on the shopper's screen, in order."""
        return next((t.shown for t in reversed(self.turns) if t.shown), ())

    @property
    def guides(self) -> tuple[str, ...]:
        """Ids of the buying guides that were offered or quoted so far."""
        return self.turns[-1].guides if self.turns else ()

    @property
    def seen(self) -> frozenset[str]:
        """Ids of every product these turns showed."""
        return frozenset(i for t in self.turns for i in (*t.shown, *t.sponsored))


# ------------------------------------------------------------------- status


class EngineState(StrEnum):
    """Where the language model is on its way to answering."""

    OFF = "off"
    INSTALLING = "installing"
    PULLING = "pulling"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class EngineStatus(Frozen):
    """The engine's state, one line of detail for the page, and the model's name."""

    state: EngineState
    detail: str = ""
    model: str = ""


class ServiceStatus(Frozen):
    """What /health reports; `next_items` is the version of the next-item model that serves."""

    store: str
    products: int
    engine: EngineStatus
    version: str
    learning: LearningStatus = LearningStatus()
    next_items: str = ""


# ---------------------------------------------------------------- protocols


class AssistantService(Protocol):
    """What the faces (CLI, HTTP, Gradio) need of the assistant."""

    @property
    def store(self) -> StoreInfo: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def media_path(self) -> Path:
        """Folder of product pictures; `Product.image_url` "media/…" is relative to it."""
        ...

    @property
    def experiments(self) -> Experiments:
        """What runs on shoppers now."""
        ...

    @property
    def shop(self) -> Shop | None:
        """Carts, orders and sign-in; None where there is no such thing."""
        ...

    @property
    def desk(self) -> Desk | None:
        """Conversations handed to humans; None where there is no such thing."""
        ...

    @property
    def preferences(self) -> PreferenceStore | None:
        """What is kept in mind of shoppers; None where nothing is."""
        ...

    @property
    def privacy(self) -> PrivacyOffice | None:
        """Shows and removes what is kept of a shopper; None where nothing is kept."""
        ...

    @property
    def analytics(self) -> Analytics | None:
        """The merchant's reports; None where nothing is logged."""
        ...

    @property
    def ads(self) -> AdServer | None:
        """Sponsored campaigns; None where there are none."""
        ...

    @property
    def learning(self) -> Learning | None:
        """The log of behaviour with profiles and recommendations; None where nothing learns."""
        ...

    def remembered_client(self, visitor: Visitor | None) -> str:
        """The visitor's client id where their shopper agreed to be remembered, else nothing."""
        ...

    async def suggest(
        self, message: str, conversation_id: str, language: Language, shopper_id: str | None
    ) -> Suggestion:
        """What the assistant would answer, for an agent to use or not."""
        ...

    def reply(
        self,
        message: str,
        conversation_id: str,
        language: Language | None = None,
        *,
        shopper_id: str | None = None,
        visitor: Visitor | None = None,
    ) -> AsyncIterator[ReplyEvent]:
        """One turn, streamed; never raises but for a message that breaks the bounds.

        `language` is the page's, for messages that show none of their own ("iPhone 15").
        `shopper_id` is the signed-in shopper, whose token the face has checked. The turn of a
        `visitor` is ordered a little to their taste, and logged.
        """
        ...

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
        """The search box: the quick reader's understanding, given filters on top.

        The result keeps to what the text is about, folds variants into one card, says what
        to relax when next to nothing is left and, with `facets`, what to narrow it by.

        An `understanding` given is searched as it stands, and `text` is not read again:
        so a shopper takes away what was understood wrongly.

        With the `image` of a photo, what looks like it is searched, and `text` says how
        what is wanted differs.
        """
        ...

    @property
    def photo_limit(self) -> int:
        """The most bytes of a photo; 0 where no product has a picture to compare it with."""
        ...

    async def encode_photo(self, data: bytes) -> tuple[float, ...]:
        """The vector of a photo for `search`; the photo is not kept.

        Raises PictureError and InvalidRequestError in one line.
        """
        ...

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
        """Products like this one, `text` saying how they shall differ; None for an unknown id.

        Filters and an `understanding` act as in `search`.
        """
        ...

    async def products(self, ids: Sequence[str]) -> tuple[Product, ...]: ...

    def conversation(self, conversation_id: str) -> Conversation: ...

    def status(self) -> ServiceStatus: ...


class QuickReader(Protocol):
    """Reads a message by rules in milliseconds."""

    def read(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        language: Language | None = None,
    ) -> Understanding:
        """`language` is assumed where the message shows none of its own."""
        ...


class QueryRewriter(Protocol):
    """Reads a message with the LLM; raises ModelOutputError or EngineUnavailableError."""

    async def rewrite(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        quick: Understanding,
    ) -> Understanding: ...


class AnswerWriter(Protocol):
    """Streams raw sentences about the given facts; nothing it yields is verified yet."""

    def write(
        self, message: str, understanding: Understanding, facts: Sequence[ProductFacts]
    ) -> AsyncIterator[str]: ...


class AnswerVerifier(Protocol):
    """Parses a sentence back into claims and checks each against the facts."""

    def check(
        self,
        sentence: str,
        understanding: Understanding,
        facts: Sequence[ProductFacts],
        store: StoreInfo,
        previous: Sequence[str] = (),
    ) -> Sentence | Rejection:
        """The verdict; `previous` are the products of the sentence before ("it")."""
        ...


class ConversationStore(Protocol):
    """Keeps conversations; an unknown id gives an empty conversation."""

    def load(self, conversation_id: str) -> Conversation: ...

    def append(self, conversation_id: str, turn: Turn) -> None: ...
