"""Errors of Aisle, by who must act.

    AisleError
    ├── CallerError        the request, file or setting is wrong: whoever sent it mends it
    ├── RetryableError     a part is not there yet or not any more: the same call may work later
    └── TerminalError      this machine or this state has to be repaired first

Every error carries one line that says what was wrong and, where there is one, the remedy;
that line is all a user ever sees.
"""

from __future__ import annotations


class AisleError(Exception):
    """Base of every error Aisle raises on purpose."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class CallerError(AisleError):
    """The input is wrong; nothing was changed."""


class RetryableError(AisleError):
    """A part is unavailable for now."""


class TerminalError(AisleError):
    """The state or the machine has to be repaired first."""


class FeedError(CallerError):
    """A catalogue feed cannot be read at all (single bad rows are reported, not raised)."""


class InvalidRequestError(CallerError):
    """A search or chat request breaks a documented bound."""


class PictureError(InvalidRequestError):
    """A picture is damaged."""


class PictureTooLargeError(PictureError):
    """A picture has more bytes or pixels than are read."""


class PictureFormatError(PictureError):
    """A picture is of no format that is read."""


class StoreNotFoundError(CallerError):
    """No imported store has that name."""


class StoreInUseError(RetryableError):
    """Another process holds the embedded index of this store."""


class UnknownProductError(CallerError):
    """The store has no product of that id."""


class IndexUnavailableError(RetryableError):
    """The vector store does not answer."""


class IndexIncompatibleError(TerminalError):
    """The index was written with another schema or encoder."""


class WeightsError(TerminalError):
    """Model weights are missing, incomplete or fail their published digest."""


class DiskFullError(TerminalError):
    """There is not enough free space for what was about to be written."""
