"""The language model writes the answer from facts; its sentences are not verified here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from langchain_core.messages import BaseMessage

from assistant.answer.facts import LOW_STOCK, merge_wishes
from assistant.answer.phrases import PHRASES
from assistant.answer.split import SentenceSplitter, is_whole
from assistant.llm.types import LanguageModel
from assistant.llm.usage import TokenMeter
from assistant.types import Act, Fact, FactKind, ProductFacts, Understanding
from prompts import load
from retrieval.types import Language

# Two or three sentences; on two cores a token costs 0.15 s.
MAX_TOKENS = {Language.ENGLISH: 90, Language.CHINESE: 100}
SENTENCES = 3
# Products and facts the model is told of. This part of the prompt is computed anew for each
# answer, about 200 tokens a second on two cores: a third product costs half a second.
RECOMMENDED, COMPARED = 2, 4
FACTS = 6
_KINDS = (
    FactKind.PRICE,
    FactKind.BUDGET,
    FactKind.DISCOUNT,
    FactKind.MATCH,
    FactKind.MISS,
    FactKind.RANK,
    FactKind.RATING,
    FactKind.ATTRIBUTE,
    FactKind.STOCK,
)
_ATTRIBUTES_TOLD = 2
ANSWER_PROMPT = "answer.v1"
_PROMPTS = {
    Act.COMPARE: "answer_compare.v1",
    Act.ASK: "answer_ask.v1",
    Act.SMALL_TALK: "answer_small_talk.v1",
}


class LLMAnswerWriter:
    """Streams the model's sentences as they are finished."""

    def __init__(
        self,
        model: LanguageModel,
        prompt: str = ANSWER_PROMPT,
        meter: TokenMeter | None = None,
    ) -> None:
        """`prompt` is the name and version of the one that answers a search."""
        self._model = model
        self._prompt = prompt
        self._meter = meter

    def using(self, prompt: str) -> LLMAnswerWriter:
        """The same writer with another version of that prompt."""
        return LLMAnswerWriter(self._model, prompt, self._meter)

    def metered(self, meter: TokenMeter) -> LLMAnswerWriter:
        """The same writer, whose requests `meter` counts."""
        return LLMAnswerWriter(self._model, self._prompt, meter)

    async def write(
        self, message: str, understanding: Understanding, facts: Sequence[ProductFacts]
    ) -> AsyncIterator[str]:
        """Raw sentences; raises EngineUnavailableError or ModelOutputError as the model does."""
        messages = build_messages(message, understanding, facts, self._prompt)
        splitter = SentenceSplitter()
        told = 0
        pieces = self._model.stream(
            messages,
            max_tokens=MAX_TOKENS[understanding.language],
            stop=("\n\n", "==="),
            meter=self._meter,
        )
        async with aclosing(pieces) as stream:  # type: ignore[type-var]
            async for piece in stream:
                for sentence in splitter.feed(piece):
                    yield sentence
                    told += 1
                    if told == SENTENCES:
                        return
        # The budget of tokens may have torn the last sentence.
        if (rest := splitter.flush()) and is_whole(rest):
            yield rest


def build_messages(
    message: str,
    understanding: Understanding,
    facts: Sequence[ProductFacts],
    prompt: str = ANSWER_PROMPT,
) -> tuple[BaseMessage, ...]:
    """The prompt: instructions and a worked example first, so that their cache is shared."""
    name = f"{_PROMPTS.get(understanding.act, prompt)}.{understanding.language}"
    if understanding.act is Act.SMALL_TALK:
        return load(name, message=message)
    count = COMPARED if understanding.act is Act.COMPARE else RECOMMENDED
    ask = understanding.act is Act.ASK
    products = [
        {"number": f.position, "name": _name(f), "facts": _tell(f, understanding, ask=ask)}
        for f in facts[: 1 if ask else count]
    ]
    return load(name, message=message, products=products)


def _tell(about: ProductFacts, understanding: Understanding, *, ask: bool) -> str:
    """The facts of one product in a line, the telling ones first."""
    joint = "；" if understanding.language is Language.CHINESE else "; "
    return joint.join(list(_pick(about, understanding, ask=ask))[:FACTS])


def _pick(about: ProductFacts, understanding: Understanding, *, ask: bool) -> Iterator[str]:
    for kind in (*_KINDS, *((FactKind.REVIEW,) if ask else ())):
        facts: list[Fact] = [f for f in about.facts if f.kind is kind]
        if kind in (FactKind.MATCH, FactKind.MISS):
            facts = merge_wishes(facts)
        if kind is FactKind.ATTRIBUTE and not ask:
            facts = facts[:_ATTRIBUTES_TOLD]
        if kind is FactKind.STOCK and not ask and (about.product.stock or 0) >= LOW_STOCK:
            continue
        yield from (_plain(fact.text, understanding.language) for fact in facts)


def _plain(text: str, language: Language) -> str:
    """ "vegan: yes" as "vegan": the model would copy the yes into its sentence."""
    say = PHRASES[language]
    return text.removesuffix(say["attribute"].format(label="", value=say["yes"]))


def _name(about: ProductFacts) -> str:
    return next((f.text for f in about.facts if f.kind is FactKind.NAME), about.product.title)
