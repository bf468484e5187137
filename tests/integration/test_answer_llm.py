"""The real language model writes, code vouches: nothing unverified is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.answer_products import EN, LAPTOPS, MICE, STORE, VOCABULARY, ZH

from assistant.answer.facts import build_facts
from assistant.answer.stream import AnswerTrace, stream_answer
from assistant.answer.verify import ClaimVerifier
from assistant.answer.write import LLMAnswerWriter
from assistant.llm.engine import Engine, EngineLanguageModel
from assistant.types import Act, Sentence, Understanding
from retrieval.types import Filters, Language, Product, Range

pytestmark = pytest.mark.llm
ANSWER_S = 240
"""Two cores shared with others; only that an answer comes is asserted, not when."""


@pytest.mark.parametrize(
    ("message", "language", "act", "products"),
    [
        ("a quiet left-handed mouse under 30 dollars", EN, Act.SEARCH, MICE),
        ("30美元以内的静音左手鼠标", ZH, Act.SEARCH, MICE),
        ("which one is lighter?", EN, Act.COMPARE, LAPTOPS),
        ("这款多重？", ZH, Act.ASK, LAPTOPS[:1]),
    ],
)
async def test_the_model_writes_and_only_true_sentences_are_shown(
    real_engine: Engine,
    message: str,
    language: Language,
    act: Act,
    products: tuple[Product, ...],
) -> None:
    limit = Range(maximum=Decimal(30)) if act is Act.SEARCH else None
    understanding = Understanding(
        act=act, language=language, query=message, filters=Filters(price=limit)
    )
    facts = build_facts(understanding, products, VOCABULARY, STORE)
    verifier, trace = ClaimVerifier(VOCABULARY), AnswerTrace()
    sentences = [
        sentence
        async for sentence in stream_answer(
            LLMAnswerWriter(EngineLanguageModel(real_engine)),
            verifier,
            message,
            understanding,
            facts,
            STORE,
            VOCABULARY,
            timeout_s=ANSWER_S,
            trace=trace,
        )
    ]
    assert trace.ended == "complete", trace
    assert trace.written, trace
    assert any(sentence.by == "llm" for sentence in sentences), trace
    previous: tuple[str, ...] = ()
    for sentence in sentences:
        verdict = verifier.check(sentence.text, understanding, facts, STORE, previous)
        assert isinstance(verdict, Sentence), verdict
        previous = sentence.product_ids or previous
