"""Hands a conversation over, or answers in one line what an assistant must keep out of."""

from __future__ import annotations

from assistant.desk.queue import HandoffQueue
from assistant.desk.summary import summarise
from assistant.desk.types import HandoffState
from assistant.errors import AisleError
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import HandoffJob, HandoffReason
from assistant.jobs.wording import say
from assistant.store.shop import Shop
from assistant.store.types import Cart
from assistant.types import Sentence

# These are answered in one line: a shop's colleague is no doctor, and nobody reads out how the
# assistant is set up.
ANSWERED_ONLY = frozenset({HandoffReason.MEDICAL, HandoffReason.SECRETS})


class HandoffJobs:
    """Opens tickets; `staffed` says whether there is a desk that reads them."""

    def __init__(self, queue: HandoffQueue, shop: Shop, *, staffed: bool) -> None:
        self._queue = queue
        self._shop = shop
        self._staffed = staffed

    def run(self, job: HandoffJob, context: JobContext) -> JobResult:
        """Say the right line, and queue the conversation where a human is to come."""
        said = [_said(f"handoff_{job.reason.value}", context)]
        if job.reason in ANSWERED_ONLY:
            return JobResult(sentences=tuple(said))
        state = self.queue_up(job.reason, context)
        said.append(_said("handoff_queued" if state else "handoff_nobody", context))
        return JobResult(sentences=tuple(said), handoff=state)

    def queue_up(self, reason: HandoffReason, context: JobContext) -> HandoffState | None:
        """Put the conversation into the queue; None where no desk reads it."""
        if not self._staffed:
            return None
        summary = summarise(
            context.conversation, context.message, self._cart(context), context.language
        )
        ticket = self._queue.open(
            context.caller.conversation_id,
            reason,
            context.language,
            summary,
            context.caller.shopper_id,
        )
        return ticket.state

    def _cart(self, context: JobContext) -> Cart | None:
        """The cart, if the store's system answers: a hand-off must not wait for it."""
        try:
            return self._shop.cart(context.caller)
        except AisleError:
            return None


def _said(key: str, context: JobContext) -> Sentence:
    return Sentence(text=say(key, context.language), evidence=("handoff",))
