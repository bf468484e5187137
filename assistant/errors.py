"""Errors of the assistant; the tree itself is drawn in `retrieval.errors`."""

from __future__ import annotations

from retrieval.errors import (
    AisleError,
    CallerError,
    DiskFullError,
    InvalidRequestError,
    RetryableError,
    TerminalError,
    WeightsError,
)


class SettingsError(CallerError):
    """A setting is missing, malformed or contradicts another."""


class EngineUnavailableError(RetryableError):
    """The language model is starting, busy or gone."""


class EngineFailedError(TerminalError):
    """The language model cannot be started on this machine."""


class ModelOutputError(RetryableError):
    """The language model answered something that does not parse."""


__all__ = [
    "AisleError",
    "CallerError",
    "DiskFullError",
    "EngineFailedError",
    "EngineUnavailableError",
    "InvalidRequestError",
    "ModelOutputError",
    "RetryableError",
    "SettingsError",
    "TerminalError",
    "WeightsError",
]
