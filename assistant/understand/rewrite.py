"""Reads a message with the language model: one line of JSON, checked before it counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import ModelOutputError
from assistant.llm.types import LanguageModel
from assistant.types import Act, Conversation, Source, Understanding
from assistant.understand.language import normalise
from assistant.understand.numbers import NUMBER, parse_number
from retrieval.types import Filters, Language, Product, Range

PROMPT = "understand.v1"
# The longest sensible answer is about 60 tokens; every token costs a tenth of a second or more.
MAX_TOKENS = 80
# Cards that fit on a screen; more titles cost more prompt than they explain.
TITLES = 6

_ACTS = "|".join(act.value for act in Act)
# ASCII makes the model translate; a bounded length keeps it from rambling.
_TEXT = r"[A-Za-z0-9][A-Za-z0-9 .,'&+/%-]{0,79}"
_PRICE = r"[0-9]{1,7}(\.[0-9]{1,2})?"
REQUEST_REGEX = (
    rf'\{{"act":"({_ACTS})","q":"({_TEXT})?"'
    rf'(,"min":{_PRICE})?(,"max":{_PRICE})?'
    rf'(,"not":\["[A-Za-z0-9][A-Za-z0-9 -]{{0,29}}"(,"[A-Za-z0-9][A-Za-z0-9 -]{{0,29}}"){{0,3}}\])?'
    r'(,"ref":\[[1-9][0-9]?(,[1-9][0-9]?){0,3}\])?\}'
)
"""One line of JSON without white space: a schema lets a small model pad without end."""

_MONEY = re.compile(
    r"[$€£¥元块钱]|\b(?:price[ds]?|budget|costs?|spend|pay|afford|dollars?|euros?|bucks?|usd|eur|under|over|below|above|less|more|most|least|max|min)\b|预算|价|贵|便宜|以内|以下|以上"
)
_REFUSAL = re.compile(
    r"\b(?:no|not|non|without|except|but|avoid|hate|never|don'?t|doesn'?t|isn'?t|other\s+than|free)\b|n't\b"
)
_NUMBER = re.compile(NUMBER)

Prompt = Callable[..., Sequence[BaseMessage]]


class ModelRequest(BaseModel):
    """The model's answer as it must look."""

    model_config = ConfigDict(extra="forbid")

    act: Act
    q: str = ""
    min: Decimal | None = Field(default=None, gt=0)
    max: Decimal | None = Field(default=None, gt=0)
    refused: tuple[str, ...] = Field(default=(), alias="not")
    ref: tuple[int, ...] = ()


class LLMRewriter:
    """Implements QueryRewriter; `prompt` is `prompts.load` or one that behaves like it."""

    def __init__(self, model: LanguageModel, prompt: Prompt) -> None:
        self._model = model
        self._prompt = prompt

    async def rewrite(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        quick: Understanding,
    ) -> Understanding:
        """What the model understands of `message`.

        Raises EngineUnavailableError, and ModelOutputError where its answer does not parse.
        """
        messages = self.render(message, conversation, shown, quick)
        completion = await self._model.complete(
            messages, max_tokens=MAX_TOKENS, regex=REQUEST_REGEX
        )
        request = parse_request(completion.text)
        return to_understanding(request, message, shown, quick)

    def render(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        quick: Understanding,
    ) -> Sequence[BaseMessage]:
        """The chat messages: fixed instructions and examples, then this turn's data."""
        last = next(
            (t.understanding for t in reversed(conversation.turns) if t.understanding.query), None
        )
        titles = [p.title_in(quick.language) for p in shown[:TITLES]]
        return self._prompt(
            PROMPT, topic=last.query if last else "", shown=titles, message=normalise(message)
        )


def parse_request(text: str) -> ModelRequest:
    """The request in the model's answer; raises ModelOutputError when it is none."""
    try:
        data: Any = json.loads(text.strip())
        return ModelRequest.model_validate(data)
    except (json.JSONDecodeError, ValidationError) as error:
        raise ModelOutputError(f"The model's request does not parse: {text[:80]!r}") from error


def to_understanding(
    request: ModelRequest, message: str, shown: Sequence[Product], quick: Understanding
) -> Understanding:
    """`request` as an Understanding; only numbers and words that the message holds count."""
    text = normalise(message).lower()
    references = tuple(shown[n - 1].id for n in request.ref if n <= len(shown))
    act = request.act
    if act in (Act.COMPARE, Act.ASK) and not shown:
        act = Act.SEARCH if act is Act.COMPARE else quick.act
    return Understanding(
        act=act,
        language=quick.language,
        query=" ".join(request.q.split()),
        filters=Filters(price=_price(request, text), excluded_terms=_refused(request, text, quick)),
        references=tuple(dict.fromkeys(references)),
        source=Source.LLM,
    )


def _price(request: ModelRequest, text: str) -> Range | None:
    """The price the model read, if the message speaks of money and holds the numbers."""
    if not _MONEY.search(text):
        return None
    numbers = {end for m in _NUMBER.finditer(text) for end in parse_number(m[0]) or ()}
    low = request.min if request.min in numbers else None
    high = request.max if request.max in numbers else None
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Range(minimum=low, maximum=high)


def _refused(request: ModelRequest, text: str, quick: Understanding) -> tuple[str, ...]:
    """Refused things that the message itself names beside a negation.

    A Chinese refusal comes translated and cannot be checked, so there only the rules count.
    """
    if quick.language is not Language.ENGLISH or not _REFUSAL.search(text):
        return ()
    return tuple(term for term in request.refused if term.lower() in text)
