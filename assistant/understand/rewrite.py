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
from assistant.llm.usage import TokenMeter
from assistant.types import Act, Conversation, Source, Understanding
from assistant.understand.context import last_topic, merge_filters
from assistant.understand.language import normalise
from assistant.understand.measures import is_measured
from assistant.understand.numbers import NUMBER, parse_number
from retrieval.types import Filters, Language, Product, Range

PROMPT = "understand.v1"
# The longest sensible answer is about 60 tokens; every token costs a tenth of a second or more.
MAX_TOKENS = 80
# Cards that fit on a screen; more titles cost more prompt than they explain.
TITLES = 6

_ABOUT_SHOWN = frozenset((Act.ASK.value, Act.COMPARE.value))
# ASCII makes the model translate; a bounded length keeps it from rambling.
_TEXT = r"[A-Za-z0-9][A-Za-z0-9 .,'&+/%-]{0,79}"
_PRICE = r"[0-9]{1,7}(\.[0-9]{1,2})?"
_REFERENCES = r'(,"ref":\[[1-9][0-9]?(,[1-9][0-9]?){0,3}\])?'
_TERM = r'"[A-Za-z0-9][A-Za-z0-9 -]{0,29}"'

_MONEY = re.compile(
    r"[$€£¥元块钱]|\b(?:price[ds]?|budget|costs?|spend|pay|afford|dollars?|euros?|bucks?|usd|eur"
    r"|under|over|below|above|less|more|most|least|max|min)\b|预算|价|贵|便宜|以内|以下|以上"
)
_REFUSAL = re.compile(
    r"\b(?:no|not|non|without|except|but|avoid|hate|never|cannot|other\s+than|free)\b|n'?t\b"
)
_NUMBER = re.compile(NUMBER)
_CLASSIFIER = re.compile(r"\s?[个口件台只双条位层孔路核页片把张]")
_NOUN = re.compile(
    r"\s+(?!(?:or|and|to|dollars?|bucks?|euros?|pounds?|yuan|rmb|usd|eur|gbp|max|maximum|at|in|total"
    r"|please|for|but|if|is|only|tops?|budget)\b)[a-z]{3,}"
)
_PRICED = re.compile(
    r"(?:[$€£¥]|\b(?:under|over|below|above|than|about|around|to|between|and|max|costs?|for|at"
    r"|budget(?:\s+(?:is|of))?|spend|pay))\s*$"
)
# Prices and refused things in the search words would match titles; the filters hold them.
_NO_SEARCH_WORDS = re.compile(
    r",?\s*\b(?:under|below|over|above|around|about|less\s+than|more\s+than|up\s+to|max)\s+\d[\d.,]*"
    r"(?:\s*(?:dollars?|bucks?|euros?|pounds?|yuan|rmb|usd|eur|gbp|cny)\b|(?!\s?[\w-]))"
    r"|\b\d[\d.,]*\s*(?:dollars?|bucks?|euros?|yuan|rmb|usd|eur|gbp|cny)\b"
    r"|,?\s*\b(?:not|no|without)\s+(?:too\s+|very\s+)?\w+",
    re.IGNORECASE,
)

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

    def __init__(
        self,
        model: LanguageModel,
        prompt: Prompt,
        name: str = PROMPT,
        meter: TokenMeter | None = None,
    ) -> None:
        self._model = model
        self._prompt = prompt
        self._name = name
        self._meter = meter

    def using(self, name: str) -> LLMRewriter:
        """The same reader with another version of its prompt."""
        return LLMRewriter(self._model, self._prompt, name, self._meter)

    def metered(self, meter: TokenMeter) -> LLMRewriter:
        """The same reader, whose requests `meter` counts."""
        return LLMRewriter(self._model, self._prompt, self._name, meter)

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
        regex = request_regex(normalise(message).lower(), shown, quick)
        completion = await self._model.complete(
            messages, max_tokens=MAX_TOKENS, regex=regex, meter=self._meter
        )
        read = to_understanding(parse_request(completion.text), message, shown, quick)
        topic = last_topic(conversation)
        if read.act is Act.REFINE and quick.act is not Act.REFINE and topic:
            # The rules took it for a new topic and let the earlier conditions go.
            filters = merge_filters(topic.filters, read.filters)
            read = read.model_copy(update={"filters": filters, "sort": topic.sort})
        return read

    def render(
        self,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
        quick: Understanding,
    ) -> Sequence[BaseMessage]:
        """The chat messages: fixed instructions and examples, then this turn's data."""
        last = last_topic(conversation)
        titles = [p.title_in(quick.language) for p in shown[:TITLES]]
        return self._prompt(
            self._name, topic=last.query if last else "", shown=titles, message=normalise(message)
        )


def request_regex(text: str, shown: Sequence[Product], quick: Understanding) -> str:
    """One line of JSON without white space, holding only what can still count.

    What the rules are certain of, and what normalised `text` gives no ground for, is left out
    of the grammar: the model cannot invent it, and it costs no tokens. Without white space,
    because under a JSON schema a small model pads without end.
    """
    certain = quick.certain
    acts = [quick.act.value] if "act" in certain else [act.value for act in Act]
    middle = rf'","q":"({_TEXT})?"'
    if "price" not in certain and _MONEY.search(text) and find_amounts(text):
        middle += rf'(,"min":{_PRICE})?(,"max":{_PRICE})?'
    if "negation" not in certain and _may_refuse(text, quick):
        middle += rf'(,"not":\[{_TERM}(,{_TERM}){{0,3}}\])?'
    # Only a question or a comparison is about shown products; else the model lists them all.
    pointing = [a for a in acts if a in _ABOUT_SHOWN and shown and "ordinal" not in certain]
    plain = [a for a in acts if a not in pointing]
    ways = [rf"({'|'.join(plain)}){middle}"] if plain else []
    if pointing:
        ways.append(rf"({'|'.join(pointing)}){middle}{_REFERENCES}")
    return rf'\{{"act":"({"|".join(ways)})\}}'


def _may_refuse(text: str, quick: Understanding) -> bool:
    """A Chinese refusal comes translated and cannot be checked: there only the rules count."""
    return quick.language is Language.ENGLISH and bool(_REFUSAL.search(text))


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
        query=" ".join(_NO_SEARCH_WORDS.sub(" ", request.q).split()).strip(" ,"),
        filters=Filters(price=_price(request, text), excluded_terms=_refused(request, text, quick)),
        references=tuple(dict.fromkeys(references)),
        source=Source.LLM,
    )


def _price(request: ModelRequest, text: str) -> Range | None:
    """The price the model read, if the message speaks of money and holds the numbers."""
    if not _MONEY.search(text):
        return None
    numbers = find_amounts(text)
    low = request.min if request.min in numbers else None
    high = request.max if request.max in numbers else None
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Range(minimum=low, maximum=high)


def _is_counted(text: str, start: int, end: int) -> bool:
    """Whether a number counts things ("with 14 outlets or more", 至少4个口) rather than money."""
    if _CLASSIFIER.match(text, end):
        return True
    return bool(_NOUN.match(text, end)) and not _PRICED.search(text[:start])


def find_amounts(text: str) -> set[Decimal]:
    """The numbers of `text` that may be money: those without a unit of something else."""
    return {
        end
        for match in _NUMBER.finditer(text)
        if not is_measured(text, match.end()) and not _is_counted(text, *match.span())
        for end in parse_number(match[0]) or ()
    }


def _refused(request: ModelRequest, text: str, quick: Understanding) -> tuple[str, ...]:
    """Refused things that the message itself names beside a negation."""
    if not _may_refuse(text, quick):
        return ()
    return tuple(term for term in request.refused if term.lower() in text)
