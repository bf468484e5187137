"""Errors of the assistant; the tree itself is drawn in `retrieval.errors`."""

from __future__ import annotations

from retrieval.errors import (
    AisleError,
    CallerError,
    InvalidRequestError,
    RetryableError,
    TerminalError,
)


class SettingsError(CallerError):
    """A setting is missing, malformed or contradicts another."""


class EngineUnavailableError(RetryableError):
    """The language model is starting, busy or gone."""


class EngineFailedError(TerminalError):
    """The language model cannot be started on this machine."""


class ModelOutputError(RetryableError):
    """The language model answered something that does not parse."""


class WeightsError(TerminalError):
    """Model weights are missing, incomplete or fail their published digest."""


class DiskFullError(TerminalError):
    """There is not enough free space for what was about to be written."""


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
