"""Does the job of a message and turns what came of it into events."""

from __future__ import annotations

from assistant.answer.passages import PassageFinder
from assistant.desk.queue import HandoffQueue
from assistant.desk.types import HandoffState, Ticket
from assistant.jobs.advice import AdviceJobs
from assistant.jobs.bundle import BundleJobs
from assistant.jobs.cart import CartJobs
from assistant.jobs.handoff import HandoffJobs
from assistant.jobs.orders import OrderJobs
from assistant.jobs.policies import PolicyJobs
from assistant.jobs.preferences import PreferenceJobs
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import (
    AdviceJob,
    BundleJob,
    CartAction,
    CartJob,
    HandoffJob,
    HandoffReason,
    Job,
    OrderAction,
    OrderJob,
    PolicyJob,
    PreferenceJob,
    WhyJob,
)
from assistant.jobs.why import WhyJobs
from assistant.jobs.wording import say
from assistant.memory.memory import Memory
from assistant.store.shop import Caller, Shop
from assistant.turn import Catalog
from assistant.types import Sentence
from retrieval.types import Vocabulary


class JobRunner:
    """Everything a shopper may have done in chat; blocking, to be run in a worker thread."""

    def __init__(
        self,
        shop: Shop,
        finder: PassageFinder,
        queue: HandoffQueue,
        memory: Memory,
        *,
        staffed: bool,
    ) -> None:
        self.shop = shop
        self.queue = queue
        self.memory = memory
        self._preferences = PreferenceJobs(memory)
        self._handoffs = HandoffJobs(queue, shop, staffed=staffed)
        self._carts = CartJobs(shop, Vocabulary())
        self._orders = OrderJobs(shop)
        self._policies = PolicyJobs(shop, finder)
        self._finder = finder
        self._explaining: tuple[WhyJobs, AdviceJobs, BundleJobs] | None = None

    def use(self, catalog: Catalog) -> None:
        """Speak of this catalogue from now on."""
        self._carts = CartJobs(self.shop, catalog.vocabulary)
        self._explaining = (
            WhyJobs(catalog),
            AdviceJobs(catalog, self._finder),
            BundleJobs(catalog),
        )
        self.memory.use(catalog.vocabulary, catalog.reader)
        self.shop.backend.use_catalog(catalog.store, catalog.searcher.get)

    def run(self, job: Job, context: JobContext) -> JobResult:
        """Do `job`; raises AisleError only where the store's system fails or refuses."""
        if isinstance(job, CartJob):
            return self._carts.run(job, context)
        if isinstance(job, OrderJob):
            return self._orders.run(job, context)
        if isinstance(job, HandoffJob):
            return self._handoffs.run(job, context)
        if isinstance(job, PreferenceJob):
            return self._preferences.run(job, context)
        if isinstance(job, WhyJob | AdviceJob | BundleJob):
            return self._explain(job, context)
        return self._policies.run(job, context)

    def _explain(self, job: WhyJob | AdviceJob | BundleJob, context: JobContext) -> JobResult:
        assert self._explaining is not None, "use() comes first"
        why, advice, bundle = self._explaining
        if isinstance(job, BundleJob):
            return bundle.run(job, context)
        if isinstance(job, WhyJob):
            return why.run(job, context)
        return advice.run(job, context)

    def look(self, job: Job, context: JobContext) -> JobResult:
        """What `job` would tell, as far as it only reads: for suggestions to an agent."""
        reads = isinstance(job, PolicyJob | WhyJob | AdviceJob | BundleJob) or (
            isinstance(job, OrderJob) and job.action is OrderAction.STATUS
        )
        reads = reads or (isinstance(job, CartJob) and job.action is CartAction.VIEW)
        return self.run(job, context) if reads else JobResult()

    def relay(self, caller: Caller, message: str) -> Ticket | None:
        """Pass a message to the agent who holds the conversation; None when nobody does."""
        ticket = self.queue.ticket(caller.conversation_id)
        if ticket is None or ticket.state is not HandoffState.HELD:
            return None
        self.queue.say(caller.conversation_id, message)
        return ticket

    def give_up(self, context: JobContext) -> JobResult:
        """After two failures in a row: a human is asked to come, where there is a desk."""
        ticket = self.queue.ticket(context.caller.conversation_id)
        if ticket and ticket.state is not HandoffState.CLOSED:
            return JobResult()
        state = self._handoffs.queue_up(HandoffReason.FAILURES, context)
        if state is None:
            return JobResult()
        keys = ("handoff_failures", "handoff_queued")
        said = tuple(
            Sentence(text=say(key, context.language), evidence=("handoff",)) for key in keys
        )
        return JobResult(sentences=said, handoff=state)
