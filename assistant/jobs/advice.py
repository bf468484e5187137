"""How to choose: the store's own buying guides, quoted with their source."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answer.passages import PassageFinder, split_passages
from assistant.jobs.policies import join_quotes
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import AdviceJob
from assistant.jobs.wording import say
from assistant.turn import Catalog
from assistant.types import Sentence
from assistant.understand.context import last_topic
from assistant.understand.lexicon import Kind, Lexicon
from retrieval.types import Guide

# Sentences quoted of a guide.
QUOTED = 3


class AdviceJobs:
    """Finds the guide for what is asked about, and the sentences of it that answer."""

    def __init__(self, catalog: Catalog, finder: PassageFinder) -> None:
        self._guides = catalog.store.guides
        self._finder = finder
        self._lexicon = Lexicon(catalog.vocabulary)

    def run(self, job: AdviceJob, context: JobContext) -> JobResult:
        """Quote the guide, or say that there is none."""
        topic = last_topic(context.conversation)
        guide = self._guide(job.words) or (self._guide(topic.query) if topic else None)
        if guide is None:
            text = say("no_guide", context.language)
            return JobResult(sentences=(Sentence(text=text, evidence=("guides",)),))
        language = context.language
        title = guide.titles.get(language) or next(iter(guide.titles.values()))
        text = guide.texts.get(language) or next(iter(guide.texts.values()))
        passages = split_passages(text, f"guide:{guide.id}", title)
        ranked = self._finder.rank(context.message, passages)
        chosen = {found.passage.text for found in ranked[:QUOTED]}
        told = say("guide", language, title=title, quote=join_quotes(passages, chosen, language))
        return JobResult(sentences=(Sentence(text=told, evidence=(f"guide:{guide.id}",)),))

    def _guide(self, words: str) -> Guide | None:
        """The guide of the narrowest category that `words` name."""
        paths = list(self._paths(words))
        found = [g for g in self._guides for p in paths if p[: len(g.category)] == g.category]
        return max(found, key=lambda guide: len(guide.category), default=None)

    def _paths(self, words: str) -> Iterator[tuple[str, ...]]:
        for mention in self._lexicon.mentions(words.lower()):
            for meaning in mention.of(Kind.CATEGORY):
                yield meaning.path
