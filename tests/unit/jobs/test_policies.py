"""Policies are quoted word for word with their source, or said to be silent."""

from __future__ import annotations

import pytest
from support.jobs_store import STORE

from assistant.conversation import SqlConversationStore
from assistant.jobs.run import JobRunner
from assistant.jobs.types import PolicyJob
from assistant.understand.jobs import find_topics
from retrieval.types import Language

from .conftest import context, show


@pytest.mark.parametrize(
    ("message", "language", "source", "said"),
    [
        ("within how many days may I return an item?", "en", "returns", "30 days"),
        ("how much is delivery?", "en", "shipping", "4.90 USD"),
        ("退款要几个工作日？", "zh", "returns", "5个工作日"),
        ("运费多少", "zh", "shipping", "4.90美元"),
    ],
)
def test_quotes_the_policy_that_answers(
    message: str,
    language: str,
    source: str,
    said: str,
    runner: JobRunner,
    conversations: SqlConversationStore,
) -> None:
    job = PolicyJob(topics=find_topics(message))
    result = runner.run(job, context(show(conversations), message, Language(language)))
    (sentence,) = result.sentences
    assert sentence.evidence == (f"policy:{source}",)
    assert said in sentence.text
    policy = next(p for p in STORE.policies if p.id == source)
    quote = sentence.text.split("“")[1].rstrip("”")
    for part in quote.split("…"):
        assert part.strip() in policy.texts[Language(language)]


@pytest.mark.parametrize("message", ["can I get an invoice?", "开发票吗"])
def test_what_no_policy_says_is_not_made_up(
    message: str, runner: JobRunner, conversations: SqlConversationStore
) -> None:
    job = PolicyJob(topics=find_topics(message))
    result = runner.run(job, context(show(conversations), message))
    assert result.failed
    assert "don't say" in result.sentences[0].text


def test_no_discount_is_promised(runner: JobRunner, conversations: SqlConversationStore) -> None:
    result = runner.run(PolicyJob(), context(show(conversations), "give me a discount"))
    assert "cannot" in result.sentences[0].text
