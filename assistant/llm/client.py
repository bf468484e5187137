"""Talks to an OpenAI-compatible endpoint through langchain-openai (its only importer)."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from assistant.errors import EngineUnavailableError, ModelOutputError
from assistant.llm.types import Completion
from assistant.llm.usage import TokenMeter, metering

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

# With every piece, what the stream has cost so far: one that is broken off is counted too.
USAGE = {"stream_options": {"include_usage": True, "continuous_usage_stats": True}}

FENCE = re.compile(r"\A```[a-zA-Z]*\s*(.*?)\s*```\Z", re.DOTALL)


def build_chat_model(
    base_url: str, model: str, api_key: SecretStr | str = "none", timeout: float = 60.0
) -> BaseChatModel:
    """A chat model at temperature 0; `timeout` is the longest silence in seconds.

    No retries: an answer that comes late is worth less than the caller's own fallback.
    """
    local = urlsplit(base_url).hostname in LOOPBACK_HOSTS
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        # A proxy of the environment must not be asked for this machine. Without idle
        # connections the model also works from several event loops, one after the other.
        trust_env=not local,
        limits=httpx.Limits(max_keepalive_connections=0 if local else 10),
    )
    return ChatOpenAI(
        base_url=base_url,
        model=model,
        api_key=api_key if isinstance(api_key, SecretStr) else SecretStr(api_key),
        temperature=0,
        timeout=timeout,
        # It waits with asyncio.wait_for, which in Python 3.11 loses a cancellation that meets a
        # chunk: the request would go on for a reader who left. httpx bounds the silence.
        stream_chunk_timeout=None,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        http_async_client=client,
    )


class ChatModelClient:
    """`LanguageModel` over any langchain-core chat model."""

    def __init__(self, chat_model: BaseChatModel) -> None:
        self._model = chat_model
        self._constraints_refused = False
        self._usage_refused = False

    async def complete(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        regex: str | None = None,
        stop: Sequence[str] = (),
        json_schema: Mapping[str, Any] | None = None,
        meter: TokenMeter | None = None,
    ) -> Completion:
        """The whole answer; with `regex` it matches that expression from end to end.

        vLLM decodes under the expression. Servers that refuse that field get `json_schema`
        as a response format where one is given, then nothing; the answer is checked alike.
        """
        started = time.perf_counter()
        with metering(meter) as request:
            answer = await self._ask(messages, max_tokens, stop, regex, json_schema)
            request.read(answer.usage_metadata)
        text = str(answer.text)
        if regex is not None:
            text = check_match(text, regex, answer.response_metadata.get("finish_reason"))
        return _completion(answer, text, time.perf_counter() - started)

    async def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        stop: Sequence[str] = (),
        meter: TokenMeter | None = None,
    ) -> AsyncIterator[str]:
        """The answer in pieces, as they are decoded; closing it aborts the request."""
        with metering(meter) as request, model_errors():
            chunks = self._chunks(messages, _call(max_tokens, stop))
            async with aclosing(chunks) as stream:
                async for chunk in stream:
                    request.read(chunk.usage_metadata)
                    if text := str(chunk.text):
                        yield text

    async def _chunks(
        self, messages: Sequence[BaseMessage], call: dict[str, Any]
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """The pieces with their running cost, from servers that tell it."""
        if not self._usage_refused:
            try:
                async for chunk in self._model.astream(list(messages), **call, extra_body=USAGE):
                    yield chunk
                return
            except openai.BadRequestError as error:
                # Refused before the first piece, so nothing is said twice.
                if not refuses_usage(error):
                    raise
                self._usage_refused = True
        async for chunk in self._model.astream(list(messages), **call):
            yield chunk

    async def _ask(
        self,
        messages: Sequence[BaseMessage],
        max_tokens: int,
        stop: Sequence[str],
        regex: str | None,
        json_schema: Mapping[str, Any] | None,
    ) -> AIMessage:
        call = _call(max_tokens, stop)
        attempts = [call]
        if json_schema is not None:
            attempts.insert(0, call | {"response_format": _response_format(json_schema)})
        if regex is not None and not self._constraints_refused:
            attempts.insert(0, call | {"extra_body": {"structured_outputs": {"regex": regex}}})
        for attempt in attempts[:-1]:
            try:
                return await self._invoke(messages, attempt)
            except openai.BadRequestError as error:
                if not refuses_constraint(error):
                    raise ModelOutputError(_refusal(error)) from None
                self._constraints_refused = True
        try:
            return await self._invoke(messages, attempts[-1])
        except openai.BadRequestError as error:
            raise ModelOutputError(_refusal(error)) from None

    async def _invoke(self, messages: Sequence[BaseMessage], call: dict[str, Any]) -> AIMessage:
        with model_errors(pass_on=openai.BadRequestError):
            return await self._model.ainvoke(list(messages), **call)


async def complete_constrained(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    max_tokens: int,
    regex: str | None = None,
    json_schema: Mapping[str, Any] | None = None,
) -> str:
    """The text of one constrained answer; see `ChatModelClient.complete`."""
    client = ChatModelClient(model)
    completion = await client.complete(
        messages, max_tokens=max_tokens, regex=regex, json_schema=json_schema
    )
    return completion.text


def stream_text(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    max_tokens: int,
    stop: Sequence[str] = (),
) -> AsyncIterator[str]:
    """One answer in pieces; see `ChatModelClient.stream`."""
    return ChatModelClient(model).stream(messages, max_tokens=max_tokens, stop=stop)


def check_match(text: str, regex: str, finish_reason: str | None) -> str:
    """`text` without a code fence or outer space, if it matches; raises ModelOutputError."""
    if finish_reason == "length":
        raise ModelOutputError("The language model's answer was cut off before its end.")
    candidates = [text, text.strip()]
    if fenced := FENCE.match(text.strip()):
        candidates.append(fenced.group(1))
    for candidate in candidates:
        if re.fullmatch(regex, candidate):
            return candidate
    raise ModelOutputError("The language model's answer does not have the requested form.")


def refuses_constraint(error: openai.BadRequestError) -> bool:
    """Whether a server rejects the constraint itself rather than the messages."""
    told = str(error).lower()
    return any(name in told for name in ("structured_outputs", "response_format", "extra"))


def refuses_usage(error: openai.BadRequestError) -> bool:
    """Whether a server rejects the wish for running costs rather than the messages."""
    told = str(error).lower()
    return "stream_options" in told or "continuous_usage_stats" in told


@contextmanager
def model_errors(pass_on: type[Exception] | tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turns what the endpoint and its client raise into Aisle's errors.

    Network errors, time-outs, 429 and 5xx become EngineUnavailableError; a refused request
    ModelOutputError; a refused key or model name EngineUnavailableError with the remedy.
    """
    try:
        yield
    except pass_on:
        raise
    except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as e:
        raise EngineUnavailableError(
            f"The language model's server refuses the request ({e.status_code}).",
            remedy="Check AISLE_LLM_URL, AISLE_LLM_MODEL and AISLE_LLM_API_KEY.",
        ) from None
    except (openai.APITimeoutError, TimeoutError):
        raise EngineUnavailableError("The language model did not answer in time.") from None
    except openai.APIStatusError as error:
        if error.status_code < 500 and error.status_code != 429:
            raise ModelOutputError(_refusal(error)) from None
        raise EngineUnavailableError(
            f"The language model's server failed ({error.status_code})."
        ) from None
    except (openai.APIError, httpx.HTTPError) as error:
        raise EngineUnavailableError(f"The language model does not answer: {error}") from None


def _refusal(error: openai.APIStatusError) -> str:
    told = error.body.get("message") if isinstance(error.body, dict) else None
    return f"The language model refused the request: {told or error.message}"


def _call(max_tokens: int, stop: Sequence[str]) -> dict[str, Any]:
    return {"max_tokens": max_tokens} | ({"stop": list(stop)} if stop else {})


def _response_format(json_schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": dict(json_schema), "strict": True},
    }


def _completion(answer: AIMessage, text: str, seconds: float) -> Completion:
    usage = answer.usage_metadata
    if usage is None:
        return Completion(text, seconds=seconds)
    return Completion(
        text,
        prompt_tokens=usage["input_tokens"],
        completion_tokens=usage["output_tokens"],
        cached_tokens=usage.get("input_token_details", {}).get("cache_read", 0) or 0,
        seconds=seconds,
    )
