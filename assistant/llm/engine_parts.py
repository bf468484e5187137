"""What a vLLM engine is made of: an environment, weights and a command."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from assistant.llm.engine_command import (
    Device,
    EngineCommand,
    available_cpus,
    build_command,
    find_preload,
    served_name,
)
from assistant.llm.engine_environment import EngineEnvironment, Say
from assistant.settings import Settings
from retrieval.types import ProgressListener

ProvideWeights = Callable[[ProgressListener], Path]
"""Returns the folder of the model, built if need be."""


class EngineParts(Protocol):
    """What the supervisor needs to know of the server it runs."""

    @property
    def model(self) -> str:
        """The name under which the model is served."""
        ...

    def install(self, say: Say, stopping: threading.Event) -> None:
        """Makes the environment ready; raises AisleError."""
        ...

    def pull(self, say: Say) -> None:
        """Makes the weights ready; raises AisleError."""
        ...

    def command(self, port: int) -> EngineCommand:
        """The command that serves on `port`."""
        ...


class VllmParts:
    """vLLM on this machine's CPU or GPU."""

    def __init__(
        self,
        settings: Settings,
        device: Device,
        environment: EngineEnvironment,
        provide_weights: ProvideWeights,
    ) -> None:
        self._settings = settings
        self._device = device
        self._environment = environment
        self._provide_weights = provide_weights
        # On a GPU the server fetches a published model by itself.
        self._weights = settings.engine_gpu_model

    @property
    def model(self) -> str:
        """The name under which the model is served."""
        return served_name(self._settings, self._device)

    def install(self, say: Say, stopping: threading.Event) -> None:
        """Builds the engine's environment unless it fits."""
        self._environment.ensure(say, stopping)

    def pull(self, say: Say) -> None:
        """Builds the weights for a CPU unless they are there."""
        if self._device == "cpu":
            self._weights = str(self._provide_weights(_as_listener(say)))

    def command(self, port: int) -> EngineCommand:
        """The command that serves the weights on `port`."""
        venv = self._environment.venv
        return build_command(
            self._settings,
            self._device,
            venv,
            self._weights,
            port,
            cpus=available_cpus(),
            preload=find_preload(venv),
            inherited=os.environ,
        )


def _as_listener(say: Say) -> ProgressListener:
    """Tells progress as one line, in whole percents."""

    def listen(done: int, total: int | None, note: str = "") -> None:
        share = f" {100 * done // total}%" if total else ""
        say(f"{note or 'building the model'}{share}")

    return listen
