"""Bounds what comes in before anything reads it."""

from __future__ import annotations

import re
import unicodedata

from assistant.errors import InvalidRequestError

CONVERSATION_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


def bound_message(message: str, limit: int) -> str:
    """`message` without control characters and surplus space, in Unicode NFC.

    Raises InvalidRequestError when nothing readable is left or it exceeds `limit`
    characters: a cut message would be answered as if it were whole.
    """
    cleaned = "".join(
        character if character in "\n\t" or unicodedata.category(character)[0] != "C" else " "
        for character in unicodedata.normalize("NFC", message)
    )
    cleaned = re.sub(r"\s+", " ", cleaned).strip()
    if not cleaned:
        raise InvalidRequestError("The message is empty.", remedy="Say what you are looking for.")
    if len(cleaned) > limit:
        raise InvalidRequestError(
            f"The message has {len(cleaned)} characters, the limit is {limit}.",
            remedy="Shorten it to what you are looking for.",
        )
    return cleaned


def bound_conversation_id(conversation_id: str) -> str:
    """`conversation_id`, if it is one; raises InvalidRequestError otherwise."""
    if not CONVERSATION_ID.match(conversation_id):
        raise InvalidRequestError(
            "The conversation id is not valid.",
            remedy="Use 1 to 64 letters, digits, - or _, or leave it out to start a new one.",
        )
    return conversation_id
