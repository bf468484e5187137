"""The language model alone at the same tasks: what the trained models are compared with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from langchain_core.messages import BaseMessage

from assistant.errors import ModelOutputError
from assistant.llm.types import LanguageModel
from assistant.understand.learned.types import DialogueReading, Utterance
from retrieval.types import Language, ProgressListener

UNDERSTAND = "eval_understand.v1"
REWRITE = "eval_rewrite.v1"
# A dozen keywords, or the longest query anybody typed.
MAX_TOKENS = 90
# The window of the prompt; no dialogue of the data is longer.
UTTERANCES = 16

_TEXT = r'[^"\\\n]'
_READING = (
    r'\{"intent":"(Reveal|Revise|Interpret|Inquire|Chitchat)"'
    r',"action":"(Clarify|Recommend|Chitchat|No answer|Inquire)"'
    rf',"keywords":\[("{_TEXT}{{1,40}}"(,"{_TEXT}{{1,40}}"){{0,5}})?\]\}}'
)
_QUERY = rf'\{{"query":"{_TEXT}{{1,200}}"\}}'

Prompt = Callable[..., Sequence[BaseMessage]]
T = TypeVar("T")
R = TypeVar("R")


class LLMDialogueReader:
    """One constrained completion a turn, no other help."""

    def __init__(self, model: LanguageModel, prompt: Prompt, language: Language) -> None:
        self._model = model
        self._prompt = prompt
        self._name = f"{UNDERSTAND}.{language.value}"

    async def read(self, dialogue: Sequence[Utterance]) -> DialogueReading:
        """An answer that does not parse is an empty reading, wrong in everything."""
        said = [
            {"by": utterance.speaker.value, "text": utterance.text}
            for utterance in dialogue[-UTTERANCES:]
        ]
        try:
            prompt = self._prompt(self._name, dialogue=said)
            answer = await _complete(self._model, prompt, _READING)
            return DialogueReading.model_validate_json(answer)
        except (ModelOutputError, ValueError):
            return DialogueReading(intent="", action="")


class LLMInstructionRewriter:
    """One constrained completion an instruction."""

    def __init__(self, model: LanguageModel, prompt: Prompt) -> None:
        self._model = model
        self._prompt = prompt

    async def rewrite(self, instruction: str) -> str:
        """The model's query; empty where its answer does not parse."""
        messages = self._prompt(REWRITE, instruction=instruction)
        try:
            return str(json.loads(await _complete(self._model, messages, _QUERY))["query"])
        except (ModelOutputError, ValueError):
            return ""


async def ask_all(
    ask: Callable[[T], Awaitable[R]],
    items: Sequence[T],
    parallel: int,
    listener: ProgressListener,
) -> list[R]:
    """`ask` of every item, `parallel` at once: an engine answers eight in the time of two."""
    slots = asyncio.Semaphore(parallel)
    done = 0

    async def ask_one(item: T) -> R:
        nonlocal done
        async with slots:
            answer = await ask(item)
        done += 1
        listener(done, len(items), "answers")
        return answer

    return await asyncio.gather(*map(ask_one, items))


async def _complete(model: LanguageModel, messages: Sequence[BaseMessage], regex: str) -> str:
    answer = await model.complete(messages, max_tokens=MAX_TOKENS, regex=regex)
    return answer.text
