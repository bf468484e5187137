"""Questions about the store's rules, answered in the store's own words with the source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from assistant.answer.passages import Passage, PassageFinder, split_passages
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import PolicyJob
from assistant.jobs.wording import say
from assistant.store.shop import Shop
from assistant.store.types import StoreBackend
from assistant.types import Sentence
from assistant.understand.jobs import find_topics, policy_topics
from retrieval.types import Language, Policy

# Sentences quoted; a bare "return policy" gets more of the text than a question does.
QUOTED, QUOTED_WHOLE = 2, 4


class PolicyJobs:
    """Finds the sentences of the policies that answer."""

    def __init__(self, shop: Shop, finder: PassageFinder) -> None:
        self._backend: StoreBackend = shop.backend
        self._finder = finder

    def run(self, job: PolicyJob, context: JobContext) -> JobResult:
        """Quote what the policies say of the job's topics, or say that they don't."""
        if not job.topics:
            text = say("no_discount", context.language)
            return JobResult(sentences=(Sentence(text=text, evidence=("catalogue",)),))
        passages = list(self._passages(job.topics, context.language))
        if not passages:
            text = say("policy_silent", context.language)
            return JobResult(sentences=(Sentence(text=text, evidence=("policies",)),), failed=True)
        best = self._finder.rank(context.message, passages)
        source = best[0].passage.evidence
        asks = any(mark in context.message for mark in "?？吗多几怎") or len(context.message) > 20
        limit = QUOTED if asks else QUOTED_WHOLE
        chosen = {f.passage.text for f in [f for f in best if f.passage.evidence == source][:limit]}
        told = [p for p in passages if p.evidence == source]
        text = say(
            "policy",
            context.language,
            title=told[0].title,
            quote=join_quotes(told, chosen, context.language),
        )
        return JobResult(sentences=(Sentence(text=text, evidence=(source,)),))

    def _passages(self, topics: tuple[int, ...], language: Language) -> Iterator[Passage]:
        """The sentences of the policies on `topics`; those whose title names one come alone."""
        policies = self._backend.policies()
        titled = [p for p in policies if set(topics) & set(find_topics(_title(p, language)))]
        wanted = [policy_topics()[n] for n in topics]
        for policy in titled or policies:
            text = _text(policy, language)
            for passage in split_passages(text, f"policy:{policy.id}", _title(policy, language)):
                if titled or any(topic.search(passage.text.lower()) for topic in wanted):
                    yield passage


def join_quotes(told: Sequence[Passage], chosen: Collection[str], language: Language) -> str:
    """The `chosen` sentences of a text in its own order, "…" where some are left out."""
    joint = "" if language is Language.CHINESE else " "
    quote, last = "", -1
    for position, passage in enumerate(told):
        if passage.text in chosen:
            gap = joint if position == last + 1 else f"{joint}…{joint}"
            quote += (gap if quote else "") + passage.text
            last = position
    return quote


def _title(policy: Policy, language: Language) -> str:
    return policy.titles.get(language) or next(iter(policy.titles.values()), policy.id)


def _text(policy: Policy, language: Language) -> str:
    return policy.texts.get(language) or next(iter(policy.texts.values()), "")
