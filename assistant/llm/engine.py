"""The language model's engine: a vLLM server of our own, somebody's URL, or none."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Protocol

import httpx
from langchain_core.messages import BaseMessage
from pydantic import SecretStr

from assistant.errors import AisleError, EngineFailedError, EngineUnavailableError
from assistant.llm.client import ChatModelClient, build_chat_model
from assistant.llm.engine_command import choose_device
from assistant.llm.engine_environment import EngineEnvironment
from assistant.llm.engine_parts import VllmParts
from assistant.llm.engine_supervisor import Publish, Supervisor
from assistant.llm.types import Completion, WarmUp
from assistant.llm.usage import TokenMeter
from assistant.llm.weights import ensure_llm
from assistant.settings import Settings
from assistant.types import EngineState, EngineStatus

logger = logging.getLogger(__name__)

SETTLED = frozenset({EngineState.READY, EngineState.FAILED, EngineState.OFF})
STOP_S = 20.0


class Watcher(Protocol):
    """Stays with an endpoint in a thread of its own and publishes its status."""

    def run(self, publish: Publish, stopping: threading.Event) -> None:
        """Returns when `stopping` is set; raises AisleError when nothing more can be done."""
        ...

    def warm_with(self, warm_ups: Sequence[WarmUp]) -> None:
        """Requests to make before the endpoint is called ready."""
        ...


class Engine:
    """The endpoint of the language model and where it is on its way to answering.

    Without a watcher it is off. Thread-safe; `start` returns at once.
    """

    def __init__(
        self,
        watcher: Watcher | None,
        model: str = "",
        *,
        api_key: SecretStr | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._watcher = watcher
        self._api_key = api_key or SecretStr("none")
        self._timeout = timeout
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        state = EngineState.OFF if watcher is None else EngineState.STARTING
        self._status = EngineStatus(state=state, model=model)
        self._client: tuple[str, ChatModelClient] | None = None

    @property
    def status(self) -> EngineStatus:
        """The state now."""
        return self._status

    @property
    def base_url(self) -> str | None:
        """Where the endpoint answers; None while it is not ready."""
        client = self._client
        return client[0] if client is not None else None

    def start(self) -> None:
        """Begins supervising in the background."""
        if self._watcher is None or self._thread is not None:
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the engine if this process started it; returns when its processes are gone."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
            self._thread = None

    def wait(self, timeout: float | None = None) -> EngineStatus:
        """Blocks until the state is ready, failed or off, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._status.state in SETTLED, timeout)
        return self._status

    def warm_with(self, warm_ups: Sequence[WarmUp]) -> None:
        """Prompt heads to compute before the first shopper asks; kept over restarts."""
        if self._watcher is not None:
            self._watcher.warm_with(warm_ups)

    def language_model(self) -> ChatModelClient:
        """The client of the endpoint; raises EngineUnavailableError while it is not ready."""
        client = self._client
        if client is None:
            detail = f": {self._status.detail}" if self._status.detail else ""
            raise EngineUnavailableError(
                f"The language model is {self._status.state.value}{detail}."
            )
        return client[1]

    def _run(self) -> None:
        assert self._watcher is not None
        try:
            self._watcher.run(self._publish, self._stopping)
        except AisleError as error:
            if not self._stopping.is_set():
                self._fail(str(error))
        except Exception as error:
            logger.exception("the engine's supervisor broke")
            self._fail(f"The engine's supervisor broke: {error}")

    def _fail(self, detail: str) -> None:
        self._publish(EngineStatus(state=EngineState.FAILED, detail=detail), None)

    def _publish(self, status: EngineStatus, base_url: str | None) -> None:
        status = status.model_copy(update={"model": status.model or self._status.model})
        if base_url is None:
            self._client = None
        elif self._client is None or self._client[0] != base_url:
            model = build_chat_model(base_url, status.model, self._api_key, self._timeout)
            self._client = (base_url, ChatModelClient(model))
        if status != self._status:
            logger.info("language model %s %s", status.state.value, status.detail)
        with self._changed:
            self._status = status
            self._changed.notify_all()


class EngineLanguageModel:
    """`LanguageModel` of whatever endpoint the engine has at the moment of the call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def complete(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        regex: str | None = None,
        stop: Sequence[str] = (),
        meter: TokenMeter | None = None,
    ) -> Completion:
        """See `LanguageModel.complete`; fails at once while the engine is not ready."""
        client = self._engine.language_model()
        return await client.complete(
            messages, max_tokens=max_tokens, regex=regex, stop=stop, meter=meter
        )

    async def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        stop: Sequence[str] = (),
        meter: TokenMeter | None = None,
    ) -> AsyncIterator[str]:
        """See `LanguageModel.stream`; fails at once while the engine is not ready."""
        client = self._engine.language_model()
        pieces = client.stream(messages, max_tokens=max_tokens, stop=stop, meter=meter)
        async with aclosing(pieces) as stream:  # type: ignore[type-var]
            async for piece in stream:
                yield piece


class UrlWatcher:
    """Somebody else's OpenAI-compatible endpoint: asked for its models now and then."""

    def __init__(
        self, base_url: str, model: str, api_key: SecretStr, *, poll_s: float = 10.0
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._model = model
        self._api_key = api_key
        self._poll_s = poll_s

    def warm_with(self, warm_ups: Sequence[WarmUp]) -> None:
        """Nothing: the cache of a server that others use as well is not ours to fill."""

    def run(self, publish: Publish, stopping: threading.Event) -> None:
        """Publishes ready while the server answers; raises EngineFailedError for a bad key."""
        headers = {"Authorization": f"Bearer {self._api_key.get_secret_value()}"}
        with httpx.Client(timeout=10, headers=headers) as client:
            while not stopping.is_set():
                detail = self._ask(client)
                state = EngineState.STARTING if detail else EngineState.READY
                status = EngineStatus(state=state, detail=detail, model=self._model)
                publish(status, None if detail else self._base_url)
                stopping.wait(self._poll_s)

    def _ask(self, client: httpx.Client) -> str:
        """What is wrong with the server; empty when it answers (with whatever it knows)."""
        try:
            code = client.get(f"{self._base_url}/models").status_code
        except httpx.HTTPError as error:
            return f"{self._base_url} does not answer: {error}"
        if code in (401, 403):
            raise EngineFailedError(
                f"{self._base_url} refuses the key.", remedy="Set AISLE_LLM_API_KEY."
            )
        return f"{self._base_url} fails with {code}" if code >= 500 else ""


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The engine of the settings, starting in the background; it stops with the block."""
    engine = make_engine(settings)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def make_engine(settings: Settings) -> Engine:
    """The engine of the settings, not started."""
    if settings.llm == "off":
        return Engine(None)
    if settings.llm_url:
        url = UrlWatcher(settings.llm_url, settings.llm_model, settings.llm_api_key)
        return Engine(
            url,
            settings.llm_model,
            api_key=settings.llm_api_key,
            timeout=settings.llm_timeout_s,
        )
    device = choose_device(settings)
    log = settings.logs_path
    environment = EngineEnvironment(settings.engine_path, device, log=log / "engine-install.log")
    parts = VllmParts(
        settings, device, environment, lambda listener: ensure_llm(settings, listener)
    )
    supervisor = Supervisor(
        parts, settings.engine_path, log / "engine.log", port=settings.engine_port
    )
    return Engine(supervisor, parts.model, timeout=settings.llm_timeout_s)
