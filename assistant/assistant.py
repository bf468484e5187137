"""One turn of conversation, readable top to bottom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from assistant.advertising import say_sponsored
from assistant.answer.absent import find_absent
from assistant.answer.compare import FEWEST, compare_products
from assistant.answer.facts import build_facts, write_reasons
from assistant.answer.likeness import give_reasons
from assistant.answer.record import read_record
from assistant.answer.relaxed import ask_to_relax, tell_relaxations
from assistant.answer.stream import AnswerTrace, stream_answer
from assistant.content import choose_guide
from assistant.desk.desk import Desk
from assistant.errors import AisleError, EngineUnavailableError, ModelOutputError
from assistant.experiments import (
    treat_limits,
    treat_rewriter,
    treat_writer,
)
from assistant.guard import bound_conversation_id, bound_message
from assistant.jobs.result import JobContext
from assistant.jobs.run import JobRunner
from assistant.jobs.stream import stream_failure, stream_job
from assistant.learning import log_turn
from assistant.memory.dislikes import take_as_statement
from assistant.memory.store import PreferenceStore
from assistant.privacy import PrivacyOffice
from assistant.store.shop import Caller, Shop
from assistant.storefront import Storefront, page_request
from assistant.turn import Catalog, Selection, TurnLimits, TurnRecord
from assistant.types import (
    Act,
    AnswerWriter,
    ComparisonEvent,
    Conversation,
    ConversationStore,
    DoneEvent,
    EngineStatus,
    ErrorEvent,
    GuideEvent,
    HandoffEvent,
    Likeness,
    PreferencesEvent,
    ProductFacts,
    ProductsEvent,
    QueryRewriter,
    QuestionEvent,
    QuickReader,
    ReplyEvent,
    Sentence,
    ServiceStatus,
    ShownProduct,
    Suggestion,
    TextEvent,
    Understanding,
)
from assistant.understand.clarify import CANDIDATES, choose_question, may_ask
from assistant.understand.context import last_topic, merge_filters
from assistant.understand.difference import DifferenceReader
from assistant.understand.merge import changes_search, merge, needs_model
from retrieval.ads.server import AdServer
from retrieval.experiment.assign import Experiments
from retrieval.experiment.types import Assignment, Part
from retrieval.profile.types import Visitor
from retrieval.recommend.online import LearningStatus
from retrieval.recommend.service import Learning
from retrieval.types import (
    Filters,
    Hit,
    Language,
    Product,
    SearchResult,
    SimilarResult,
    Sort,
    StoreInfo,
)

if TYPE_CHECKING:
    from assistant.analytics import Analytics

# Typed queries whose reading by rules is kept, some KB each: paging, filters and other shoppers
# ask the same text again.
QUERIES_READ = 2_048


class EngineHandle(Protocol):
    """What a turn wants to know of the language model's engine."""

    @property
    def status(self) -> EngineStatus:
        """Its state now."""
        ...

    def wait(self, timeout: float | None = None) -> EngineStatus:
        """Blocks until it is ready, failed or off."""
        ...


class Assistant:
    """Answers shoppers; every part is handed in finished (see `assistant.build`)."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        front: Storefront,
        rewriter: QueryRewriter,
        writer: AnswerWriter,
        conversations: ConversationStore,
        jobs: JobRunner,
        desk: Desk,
        engine: EngineHandle,
        limits: TurnLimits,
        version: str,
        privacy: PrivacyOffice | None = None,
    ) -> None:
        self.front = front
        self.privacy = privacy
        self.analytics: Analytics | None = None
        self._jobs = jobs
        self._desk = desk
        self.use(catalog)
        self._rewriter = rewriter
        self._writer = writer
        self._conversations = conversations
        self.engine = engine
        self._limits = limits
        self._version = version

    def use(self, catalog: Catalog) -> None:
        """Answer from this catalogue from the next step of any turn on."""
        self.store = catalog.store
        self.vocabulary = catalog.vocabulary
        self.media_path = catalog.media_path
        self.front.searcher = catalog.searcher
        self._reader = catalog.reader
        self._read_query = lru_cache(maxsize=QUERIES_READ)(
            lambda text, language: read_query(catalog.reader, text, catalog.store, language)
        )
        self._verifier = catalog.verifier
        self._jobs.use(catalog)
        self._differences = DifferenceReader(catalog.reader, catalog.vocabulary, catalog.store)

    # ------------------------------------------------------------- one turn

    async def reply(
        self,
        message: str,
        conversation_id: str,
        language: Language | None = None,
        *,
        shopper_id: str | None = None,
        visitor: Visitor | None = None,
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Stream one turn: products, text, a question perhaps, done.

        `shopper_id` is who signed in, as the face made sure of by their token.

        Raises InvalidRequestError for a message out of bounds; whatever else goes wrong
        is an ErrorEvent, and what was already sent stays.
        """
        caller = Caller(
            bound_conversation_id(conversation_id), shopper_id, self.remembered_client(visitor)
        )
        turn = TurnRecord(
            message=bound_message(message, self._limits.message),
            visitor=visitor,
            assignment=self.front.experiments.assign(visitor),
        )
        try:
            async with aclosing(self._run(turn, caller, language)) as events:
                async for event in events:
                    yield event
        except AisleError as error:
            turn.trace["error"] = str(error)
            turn.failed = True
            yield ErrorEvent(message=error.message, remedy=error.remedy)
        finally:
            # Also when the shopper left mid-answer: what was shown is what "the second
            # one" will point at.
            self._remember(turn, caller)
            if self.learning and visitor and (finished := turn.finished()):
                exposed = turn.exposed | turn.assignment.exposed([Part.CHAT])
                log_turn(self.learning, visitor, caller.conversation_id, finished, exposed)

    async def _run(
        self, turn: TurnRecord, caller: Caller, language: Language | None
    ) -> AsyncGenerator[ReplyEvent, None]:
        if held := await asyncio.to_thread(self._jobs.relay, caller, turn.message):
            yield HandoffEvent(state="held", agent=held.agent)
            yield self._done(turn, caller)
            return
        conversation = await asyncio.to_thread(self._conversations.load, caller.conversation_id)
        shown = await self.products(conversation.shown)
        turn.guides = conversation.guides

        quick = self._read(turn.message, conversation, shown, language)
        quick, kept = await asyncio.to_thread(
            self._jobs.memory.recall, caller.remembered, turn.id, quick, conversation
        )
        turn.understanding = quick
        context = self._context(caller, quick, turn, conversation)
        if quick.job:
            async for event in stream_job(self._jobs, turn, quick, context):
                yield event
            async for event in stream_failure(self._jobs, turn, context):
                yield event
            yield self._done(turn, caller)
            return
        selection = await self._select(turn, quick, conversation, caller)
        yield self._show(turn, quick, selection, "quick")
        if kept:
            yield PreferencesEvent(preferences=kept)
        # What is on screen may be put into the cart while the answer is still being written.
        await asyncio.to_thread(self._remember, turn, caller)

        understanding = await self._understand(turn, conversation, shown, quick)
        understanding, _ = await asyncio.to_thread(
            self._jobs.memory.apply, caller.remembered, understanding
        )
        if changes_search(quick, understanding):
            selection = await self._select(turn, understanding, conversation, caller)
            yield self._show(turn, understanding, selection, "refined")
        turn.understanding = understanding

        if guide := choose_guide(turn, understanding, selection, self.store, self.vocabulary):
            yield GuideEvent(guide=guide)
        if selection.comparison:
            yield ComparisonEvent(comparison=selection.comparison)
        async for sentence in self._answer(turn, understanding, selection):
            yield TextEvent(sentence=sentence)
        hits = [card.hit for card in selection.sponsored]
        if told := say_sponsored(hits, understanding.language):
            turn.sentences.append(told)
            yield TextEvent(sentence=told)
        if question := await self._question(
            understanding, selection, conversation, turn.assignment
        ):
            turn.question = question.text
            yield question
        turn.failed = selection.is_dead_end
        async for event in stream_failure(self._jobs, turn, context):
            yield event
        yield self._done(turn, caller)

    def _remember(self, turn: TurnRecord, caller: Caller) -> None:
        if finished := turn.finished():
            self._conversations.append(caller.conversation_id, finished)

    def _done(self, turn: TurnRecord, caller: Caller) -> DoneEvent:
        turn.mark("done")
        return DoneEvent(turn_id=turn.id, trace=turn.trace, conversation_id=caller.conversation_id)

    def _context(
        self, caller: Caller, read: Understanding, turn: TurnRecord, conversation: Conversation
    ) -> JobContext:
        return JobContext(
            caller, read.language, turn.message, conversation, self.front.find, turn.id
        )

    # ------------------------------------------------------------- stages

    def _read(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        language: Language | None,
    ) -> Understanding:
        """The rules' reading; "more like the second one, but black" as a difference to it."""
        read = self._reader.read(message, conversation, shown, language)
        if last_topic(conversation) is None and not self._jobs.memory.scope_of(message):
            read = take_as_statement(read)
        return self._differences.compare(message, read, shown)

    async def _select(
        self,
        turn: TurnRecord,
        understanding: Understanding,
        conversation: Conversation,
        caller: Caller | None = None,
    ) -> Selection:
        """The products a turn is about: those it points at, or those a search finds."""
        if understanding.act is Act.SMALL_TALK:
            return Selection(cards=())
        if understanding.act in (Act.COMPARE, Act.ASK) and understanding.references:
            products = await self.products(understanding.references)
            hits = tuple(Hit(product=product, score=0.0) for product in products)
            return self._selection(understanding, hits, conversation.shown, message=turn.message)
        limits = treat_limits(self._limits, turn.assignment.treatment.chat)
        session = caller.conversation_id if caller else None
        if understanding.like:
            if likes := await self._select_like(
                turn, understanding, understanding.like, limits.cards, session
            ):
                return likes
            understanding = without_product(understanding, understanding.like.product_id)
        result = await self.front.search(
            understanding, limits.cards, turn.visitor, turn.assignment, session=session
        )
        return self._selection(understanding, result.hits, (), result)

    async def _select_like(
        self,
        turn: TurnRecord,
        understanding: Understanding,
        like: Likeness,
        cards: int,
        session: str | None,
    ) -> Selection | None:
        """Products like a shown one, each with why; None when there is none within the filters."""
        asked = understanding.model_copy(update={"query": like.text, "rewrites": ()})
        found = await self.front.similar(
            like.product_id, asked, cards, turn.visitor, session=session
        )
        if found is None or not found.result.hits:
            return None
        hits = give_reasons(found, self.store.currency, self.vocabulary, understanding.language)
        return self._selection(understanding, hits, (), found.result)

    def _selection(
        self,
        understanding: Understanding,
        hits: Sequence[Hit],
        listed: Sequence[str],
        result: SearchResult | None = None,
        message: str = "",
    ) -> Selection:
        """Cards with facts and reasons; a product of the earlier list keeps its number."""
        products = [hit.product for hit in hits]
        facts = tuple(
            about.model_copy(update={"position": listed.index(about.product.id) + 1})
            if about.product.id in listed
            else about
            for about in build_facts(understanding, products, self.vocabulary, self.store)
        )
        cards = tuple(
            ShownProduct(
                hit=hit, position=about.position, reasons=merge_reasons(write_reasons(about), hit)
            )
            for hit, about in zip(hits, facts, strict=True)
        )
        comparison = None
        if understanding.act is Act.COMPARE and len(products) >= FEWEST:
            comparison = compare_products(understanding, products, self.vocabulary, message)
        sponsored = tuple(
            ShownProduct(hit=hit, position=0, sponsored=True)
            for hit in (result.sponsored if result else ())
        )
        return Selection(
            cards=cards, sponsored=sponsored, facts=facts, result=result, comparison=comparison
        )

    def _show(
        self, turn: TurnRecord, understanding: Understanding, selection: Selection, stage: str
    ) -> ProductsEvent:
        """The event for a selection; remembers the list that ordinals will point at."""
        if selection.result:
            turn.shown = tuple(product.id for product in selection.products)
            turn.sponsored = tuple(card.hit.product.id for card in selection.sponsored)
            turn.trace.setdefault("search_ms", {})[stage] = selection.result.timings_ms
            turn.trace["results"] = selection.result.total
            turn.trace["relaxed"] = bool(selection.result.relaxations)
            turn.exposed = selection.result.experiments
        turn.mark(stage)
        turn.trace[f"{stage}_understanding"] = understanding.model_dump(
            mode="json", exclude_defaults=True
        )
        return ProductsEvent(
            list_id=turn.id,
            stage="quick" if stage == "quick" else "refined",
            products=(*selection.cards, *selection.sponsored),
            total=selection.result.total if selection.result else len(selection.cards),
            understanding=understanding,
            elapsed_ms=turn.elapsed_ms(),
            experiments=turn.exposed,
            model_version=selection.result.model_version if selection.result else "",
        )

    async def _understand(
        self,
        turn: TurnRecord,
        conversation: Conversation,
        shown: Sequence[Product],
        quick: Understanding,
    ) -> Understanding:
        """The model's reading merged with the rules'; the rules' alone when it fails."""
        if quick.like or not needs_model(quick):
            turn.trace["llm_understanding"] = "not needed: the rules left nothing open"
            return quick
        treatment = turn.assignment.treatment.chat
        rewriter = treat_rewriter(self._rewriter, treatment, turn.meter)
        if rewriter is None:
            turn.trace["llm_understanding"] = "off by an experiment"
            return quick
        limit_s = treat_limits(self._limits, treatment).understand_s
        try:
            async with asyncio.timeout(limit_s):
                read = await rewriter.rewrite(turn.message, conversation, shown, quick)
        except TimeoutError:
            turn.trace["llm_understanding"] = f"gave up after {limit_s:g} s"
            return quick
        except (EngineUnavailableError, ModelOutputError) as error:
            turn.trace["llm_understanding"] = f"failed: {error.message}"
            return quick
        turn.mark("understood")
        turn.trace["llm_understanding"] = read.model_dump(mode="json", exclude_defaults=True)
        return merge(quick, read)

    async def _answer(
        self, turn: TurnRecord, understanding: Understanding, selection: Selection
    ) -> AsyncGenerator[Sentence, None]:
        """Verified sentences about the selection, whole whatever the model does."""
        verdict = selection.comparison.verdict if selection.comparison else ()
        for sentence in verdict:
            turn.sentences.append(sentence)
            yield sentence
        nearest = await self._nearest(understanding, selection)
        trace = AnswerTrace()
        treatment = turn.assignment.treatment.chat
        answer = stream_answer(
            treat_writer(self._writer, treatment, turn.meter),
            self._verifier,
            turn.message,
            understanding,
            selection.facts,
            self.store,
            self.vocabulary,
            timeout_s=treat_limits(self._limits, treatment).answer_s,
            trace=trace,
            nearest=nearest,
            said=verdict,
            settled=bool(selection.comparison and selection.comparison.settles),
        )
        try:
            async with aclosing(answer) as sentences:  # type: ignore[type-var]
                async for sentence in sentences:
                    turn.mark("first_sentence")
                    turn.sentences.append(sentence)
                    yield sentence
        finally:
            turn.trace["answer"] = trace.as_dict()
        if selection.result and (
            told := tell_relaxations(understanding, selection.result, self.vocabulary)
        ):
            turn.sentences.append(told)
            yield told

    async def _nearest(
        self, understanding: Understanding, selection: Selection
    ) -> tuple[ProductFacts, ...]:
        """What comes closest when the conditions leave nothing: the same search without them."""
        if selection.cards or not selection.result:
            return ()
        close = [hit.product for r in selection.result.relaxations for hit in r.hits]
        own = self._called_so(understanding, close)
        if not own and understanding.query:
            open_wish = understanding.model_copy(update={"filters": Filters()})
            request = open_wish.search_request(limit=self._limits.cards)
            result = await asyncio.to_thread(self.front.searcher.search, request)
            found = [hit.product for hit in result.hits]
            own = self._called_so(understanding, found) or close or found
        return build_facts(understanding, (own or close)[:1], self.vocabulary, self.store)

    def _called_so(
        self, understanding: Understanding, products: Sequence[Product]
    ) -> list[Product]:
        """Those that are the thing looked for, not only near its price."""
        records = [read_record(product, self.vocabulary) for product in products]
        return [r.product for r in records if not find_absent(understanding, [r])]

    async def _question(
        self,
        understanding: Understanding,
        selection: Selection,
        conversation: Conversation,
        assignment: Assignment,
    ) -> QuestionEvent | None:
        """A question worth asking: which condition to relax, or what splits the candidates."""
        # What splits the search for its title says nothing of what is like a product.
        if selection.result is None or (understanding.like and selection.cards):
            return None
        if selection.result.relaxations:
            return ask_to_relax(understanding, selection.result.relaxations)
        if assignment.treatment.chat.clarify is False:
            return None
        if not may_ask(understanding, conversation):
            return None
        # The question looks further down the list than the cards, which did not wait for it.
        request = page_request(understanding, CANDIDATES, cards=0)
        result = await asyncio.to_thread(self.front.searcher.search, request)
        return choose_question(understanding, result, conversation, self.vocabulary)

    # ------------------------------------------------------------- the rest

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
        assignment: Assignment | None = None,
    ) -> tuple[Understanding, SearchResult]:
        """The search box: read by rules, searched at once; given filters go on top.

        `assignment` replaces what the visitor's experiments say.
        """
        if understanding is None:
            text = bound_message(text, self._limits.message) if text.strip() else ""
            understanding = (
                self._differences.read(text, language)
                if image
                else self._read_query(text, language)
            )
            if visitor:
                understanding = await asyncio.to_thread(self._recall, understanding, visitor)
        understanding = put_on_top(understanding, filters, sort)
        result = await self.front.search(
            understanding,
            limit,
            visitor,
            self.front.experiments.assign(visitor) if assignment is None else assignment,
            offset=offset,
            facets=facets,
            image=image,
            session="",
        )
        return understanding, result

    def remembered_client(self, visitor: Visitor | None) -> str:
        """The visitor's client id where their shopper agreed to be remembered, else nothing."""
        return self.front.remembered_client(visitor)

    def _recall(self, read: Understanding, visitor: Visitor | None) -> Understanding:
        """What a search box asks for, with the tastes that its visitor stated in talks."""
        client = self.remembered_client(visitor)
        if visitor is None or not (client or visitor.user_id):
            return read
        owner = Caller("", visitor.user_id, client).remembered
        return self._jobs.memory.apply(owner, read)[0]

    @property
    def photo_limit(self) -> int:
        """The most bytes of a photo; 0 where no product has a picture."""
        return self.front.searcher.photo_limit

    async def encode_photo(self, data: bytes) -> tuple[float, ...]:
        """The vector of a photo; the photo is not kept."""
        return await asyncio.to_thread(self.front.searcher.encode_image, data)

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
        """Products like this one; None for an unknown id."""
        if understanding is None:
            text = bound_message(text, self._limits.message) if text.strip() else ""
            (product,) = await self.products([product_id]) or (None,)
            understanding = self._differences.read(text, language, product)
        understanding = put_on_top(understanding, filters, sort)
        found = await self.front.similar(
            product_id, understanding, limit, visitor, offset=offset, session=""
        )
        return understanding, found

    async def products(self, ids: Sequence[str]) -> tuple[Product, ...]:
        """The products with these ids, in the order asked; unknown ones are left out."""
        return await self.front.products(ids)

    async def suggest(
        self, message: str, conversation_id: str, language: Language, shopper_id: str | None
    ) -> Suggestion:
        """What the assistant would answer, for the desk: nothing is done, stored or said."""
        conversation = await asyncio.to_thread(self._conversations.load, conversation_id)
        shown = await self.products(conversation.shown)
        turn = TurnRecord(message=bound_message(message, self._limits.message))
        read = self._read(turn.message, conversation, shown, language)
        if read.job:
            caller = Caller(conversation_id, shopper_id)
            context = self._context(caller, read, turn, conversation)
            result = await asyncio.to_thread(self._jobs.look, read.job, context)
            return Suggestion(sentences=result.sentences)
        selection = await self._select(turn, read, conversation)
        sentences = [sentence async for sentence in self._answer(turn, read, selection)]
        return Suggestion(sentences=tuple(sentences), products=selection.products)

    @property
    def learning(self) -> Learning | None:
        """What learns from behaviour; None where nothing is logged."""
        return self.front.learning

    @property
    def experiments(self) -> Experiments:
        """Who gets what, and why."""
        return self.front.experiments

    @property
    def ads(self) -> AdServer | None:
        """The store's advertising; None where nothing is sponsored."""
        return self.front.ads

    @property
    def shop(self) -> Shop:
        """Carts, orders and sign-in, for the faces."""
        return self._jobs.shop

    @property
    def preferences(self) -> PreferenceStore:
        """What is kept in mind of shoppers, for the faces."""
        return self._jobs.memory.store

    @property
    def desk(self) -> Desk:
        """Conversations handed to humans, for the faces."""
        return self._desk

    def conversation(self, conversation_id: str) -> Conversation:
        """The stored turns of a conversation."""
        return self._conversations.load(bound_conversation_id(conversation_id))

    def status(self) -> ServiceStatus:
        """What /health reports."""
        return ServiceStatus(
            store=self.store.name,
            products=self.store.products,
            engine=self.engine.status,
            version=self._version,
            learning=self.learning.learning_status() if self.learning else LearningStatus(),
            next_items=self.learning.next_version() if self.learning else "",
        )


def merge_reasons(facts: Sequence[str], hit: Hit) -> tuple[str, ...]:
    """What the product is, and second, where cards still show it, why it suits this shopper."""
    return (*facts[:1], *hit.reasons, *facts[1:])


def without_product(understanding: Understanding, product_id: str) -> Understanding:
    """`understanding` as a search that never finds this product."""
    excluded = Filters(excluded_ids=(product_id,))
    filters = merge_filters(understanding.filters, excluded)
    return understanding.model_copy(update={"filters": filters})


def put_on_top(
    understanding: Understanding, filters: Filters | None, sort: Sort | None
) -> Understanding:
    """`understanding` with conditions and an order that were given beside the words."""
    if filters is not None:
        joined = merge_filters(understanding.filters, filters)
        understanding = understanding.model_copy(update={"filters": joined})
    return understanding if sort is None else understanding.model_copy(update={"sort": sort})


def read_query(
    reader: QuickReader, text: str, store: StoreInfo, language: Language | None = None
) -> Understanding:
    """What a search box's `text` means; an empty one lists the whole store."""
    if not text:
        return Understanding(act=Act.SEARCH, language=language or store.languages[0])
    read = reader.read(text, Conversation(id="search"), (), language)
    if read.act is Act.SEARCH:
        return read
    # A search box is only ever searched: "hello" may be a brand.
    return read.model_copy(update={"act": Act.SEARCH, "query": read.query or text})
