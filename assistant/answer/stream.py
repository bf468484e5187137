"""From raw sentences to shown ones: held until verified, replaced when they fail."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from assistant.answer.absent import find_absent
from assistant.answer.asked import Question
from assistant.answer.compose import Composer
from assistant.answer.record import read_record
from assistant.answer.reviews import asks_for_reviews, tell_reviews
from assistant.errors import EngineUnavailableError, ModelOutputError
from assistant.types import (
    Act,
    AnswerVerifier,
    AnswerWriter,
    ProductFacts,
    Rejection,
    Sentence,
    Understanding,
)
from retrieval.types import StoreInfo, Vocabulary

# More is not read, and every token costs 0.15 s on two cores.
SENTENCES = 4
SETTLED = "by code: nothing for the model to write"


# The small model writes 是 before a price as before a noun: "X 是价格92美元".
_COPULA = re.compile(r"\s*是(?=(?:价格|售价)\d)")


@dataclass
class AnswerTrace:
    """What became of each sentence: for the turn's trace and the dashboards.

    `ended` is "complete", or why code finished the answer.
    """

    written: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    repeated: int = 0
    ended: str = ""
    first_s: float | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The trace as JSON-ready values."""
        return {
            "written": list(self.written),
            "shown": list(self.shown),
            "rejected": list(self.rejected),
            "repeated": self.repeated,
            "ended": self.ended,
            "first_s": self.first_s,
            "seconds": round(self.seconds, 3),
        }


async def stream_answer(
    writer: AnswerWriter | None,
    verifier: AnswerVerifier,
    message: str,
    understanding: Understanding,
    facts: Sequence[ProductFacts],
    store: StoreInfo,
    vocabulary: Vocabulary,
    *,
    timeout_s: float,
    trace: AnswerTrace,
    nearest: Sequence[ProductFacts] = (),
    said: Sequence[Sentence] = (),
    settled: bool = False,
) -> AsyncIterator[Sentence]:
    """Verified sentences of one answer; whole also when the model is off, slow or wrong.

    Without `writer` code writes it all. `nearest` are offered when `facts` are empty; what was
    `said` already (a comparison's verdict) is not said again, and where that `settled` the
    question nothing is added.
    Whatever the model does, nothing but cancellation is raised.
    """
    run = _Answer(verifier, message, understanding, facts, store, vocabulary, trace)
    for sentence in said:
        run.note(sentence)
    if settled:
        trace.ended = SETTLED
        return
    started = time.perf_counter()
    try:
        async for sentence in run.stream(writer, timeout_s, nearest):
            trace.shown.append(sentence.text)
            if trace.first_s is None:
                trace.first_s = round(time.perf_counter() - started, 3)
            yield sentence
    finally:
        trace.seconds = time.perf_counter() - started


class _Answer:
    """One answer on its way to the shopper."""

    def __init__(
        self,
        verifier: AnswerVerifier,
        message: str,
        understanding: Understanding,
        facts: Sequence[ProductFacts],
        store: StoreInfo,
        vocabulary: Vocabulary,
        trace: AnswerTrace,
    ) -> None:
        self._verifier = verifier
        self._message = message
        self._understanding = understanding
        self._facts = facts
        self._store = store
        self._vocabulary = vocabulary
        self._trace = trace
        self._composer = Composer(understanding, facts)
        self._previous: tuple[str, ...] = ()
        self._count = 0
        self._topic = ""

    def note(self, sentence: Sentence) -> None:
        """Remember a sentence that the shopper has seen."""
        self._composer.note(sentence)

    async def stream(
        self, writer: AnswerWriter | None, timeout_s: float, nearest: Sequence[ProductFacts]
    ) -> AsyncIterator[Sentence]:
        for note in self._composer.notes():
            yield note
        records = [read_record(f.product, self._vocabulary) for f in self._facts]
        if thing := find_absent(self._understanding, records):
            yield self._composer.absent(thing)
        settled = list(self._settle(nearest))
        for sentence in settled:
            yield sentence
        if settled:
            self._trace.ended = SETTLED
            return
        if writer is None:
            self._trace.ended = "by code: no language model"
        else:
            async for sentence in self._from_model(writer, timeout_s):
                yield sentence
        for sentence in self._finish():
            yield sentence

    def _settle(self, nearest: Sequence[ProductFacts]) -> Iterator[Sentence]:
        """Answers that need no model: nothing found, nothing known, a greeting."""
        act = self._understanding.act
        if act is Act.SMALL_TALK:
            if greeting := self._composer.greeting(self._message):
                yield greeting
        elif not self._facts:
            yield from self._composer.nothing(nearest)
        elif act is Act.ASK:
            yield from self._settle_question()

    def _settle_question(self) -> Iterator[Sentence]:
        """Silence when no record knows; else the facts are narrowed to what was asked."""
        language = self._understanding.language
        records = [read_record(f.product, self._vocabulary) for f in self._facts]
        question = Question(self._message, self._understanding, records, self._vocabulary)
        self._topic = question.topic
        if asks_for_reviews(question.text):
            for about in self._facts:
                name = self._composer.name_of(about)
                yield from tell_reviews(about.product, name, question.text, language)
            return
        pairs = zip(self._facts, records, strict=True)
        focused = tuple(question.focus(about, record, language) for about, record in pairs)
        if question.is_known() and any(len(about.facts) > 1 for about in focused):
            self._facts = focused
            self._composer = Composer(self._understanding, focused)
        elif mentions := self._composer.mentions(question.words):
            yield from mentions
        elif question.words or question.asks_degree:
            yield self._composer.silence(question.topic)

    async def _from_model(self, writer: AnswerWriter, timeout_s: float) -> AsyncIterator[Sentence]:
        deadline = time.perf_counter() + timeout_s
        raw = writer.write(self._message, self._understanding, self._facts)
        async with aclosing(raw) as sentences:  # type: ignore[type-var]
            try:
                while self._count < SENTENCES:
                    left = deadline - time.perf_counter()
                    # Not wait_for: in Python 3.11 a reader who leaves while it gives up would
                    # find the model's stream still running.
                    async with asyncio.timeout(max(left, 0.0)):
                        text = await anext(sentences)
                    if sentence := self._judge(text):
                        yield self._accept(sentence)
                self._trace.ended = "complete"
            except StopAsyncIteration:
                self._trace.ended = "complete"
            except TimeoutError:
                self._trace.ended = f"by code: the model took longer than {timeout_s:g} s"
            except (EngineUnavailableError, ModelOutputError) as error:
                self._trace.ended = f"by code: {error.message}"

    def _judge(self, text: str) -> Sentence | None:
        """The sentence if it is true and new, else code's about the same product."""
        self._trace.written.append(text)
        text = _COPULA.sub("", text)
        if self._composer.is_said(text):
            self._trace.repeated += 1
            return None
        verdict = self._verifier.check(
            text, self._understanding, self._facts, self._store, self._previous
        )
        if isinstance(verdict, Rejection):
            replaced = self._composer.replace(text)
            self._trace.rejected.append(
                {
                    "text": text,
                    "reason": verdict.reason,
                    "replaced_by": replaced.text if replaced else "",
                }
            )
            return replaced
        if not (verdict.product_ids or verdict.evidence or self._is_chat):
            # "Wallet." is no answer: nothing false, and nothing said.
            self._trace.rejected.append({"text": text, "reason": "says nothing", "replaced_by": ""})
            return None
        return verdict

    @property
    def _is_chat(self) -> bool:
        return self._understanding.act is Act.SMALL_TALK

    def _accept(self, sentence: Sentence) -> Sentence:
        self._composer.note(sentence)
        self._previous = sentence.product_ids or self._previous
        self._count += 1
        return sentence

    def _finish(self) -> Iterator[Sentence]:
        """What is still missing: all of it after a failure, else at least one sentence."""
        if self._trace.ended == "complete" and self._count:
            return
        for sentence in self._composer.answer():
            if self._count >= SENTENCES:
                return
            if not self._composer.is_said(sentence.text):
                yield self._accept(sentence)
        if not self._count and self._topic:
            yield self._accept(self._composer.silence(self._topic))
