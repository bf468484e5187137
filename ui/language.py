"""Which language a page speaks."""

from __future__ import annotations

from retrieval.types import Language


def choose_language(asked: str, accepted: str) -> Language:
    """The language asked for, else the browser's first (RFC 9110 Accept-Language), else English."""
    wanted = (asked or accepted.split(",")[0]).strip().lower()
    return Language.CHINESE if wanted.startswith("zh") else Language.ENGLISH
