"""Reads labelled dialogues (PSCon's format) and instructions (WebShop's format) from JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.understand.learned.types import (
    LabelledInstruction,
    LabelledTurn,
    Speaker,
    Utterance,
)
from retrieval.errors import CallerError

DIALOGUES_SHAPE = 'Expected a list of {"conv_id": …, "conversation": [{"role": …, "content": …}]}.'
PAIRS_SHAPE = 'Expected {"an instruction": ["a query", …], …}.'


def read_dialogues(path: Path) -> tuple[LabelledTurn, ...]:
    """The shopper's turns of the dialogues of a file in PSCon's format.

    Format: Zou et al., "PSCon: product search through conversations" (SIGIR 2025). A turn's
    action is that of the system message that follows it. Raises CallerError with the place
    that is wrong.
    """
    rows = _read_json(path)
    if not isinstance(rows, list) or not rows:
        raise CallerError(f"{path} is no list of dialogues.", remedy=DIALOGUES_SHAPE)
    turns = []
    for number, row in enumerate(rows, start=1):
        turns += _read_conversation(row, f"Dialogue {number} of {path}")
    if not turns:
        raise CallerError(f"{path} holds no message of a shopper.", remedy=DIALOGUES_SHAPE)
    return tuple(turns)


def _read_conversation(row: Any, place: str) -> list[LabelledTurn]:
    messages = row.get("conversation") if isinstance(row, dict) else None
    if not isinstance(messages, list):
        raise CallerError(f'{place} has no list "conversation".', remedy=DIALOGUES_SHAPE)
    said: list[Utterance] = []
    for number, message in enumerate(messages, start=1):
        said.append(_read_utterance(message, f"{place}, message {number}"))
    # Two dialogues of a file may share an id, but never their place in it.
    return [
        LabelledTurn(
            dialogue_id=place,
            dialogue=tuple(said[: n + 1]),
            intent=_label(messages[n], "intent"),
            action=_action_after(messages, n),
            keywords=_keywords(messages[n], f"{place}, message {n + 1}"),
        )
        for n, utterance in enumerate(said)
        if utterance.speaker is Speaker.USER
    ]


def _read_utterance(message: Any, place: str) -> Utterance:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in (Speaker.USER, Speaker.SYSTEM):
        raise CallerError(f'{place} has the role {role!r}, not "user" or "system".')
    text = message.get("content")
    if not isinstance(text, str):
        raise CallerError(f'{place} has no text under "content".')
    return Utterance(speaker=Speaker(role), text=text)


def _label(message: dict[str, Any], key: str) -> str | None:
    value = message.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _action_after(messages: list[dict[str, Any]], n: int) -> str | None:
    following = messages[n + 1] if n + 1 < len(messages) else {}
    return _label(following, "action") if following.get("role") == Speaker.SYSTEM else None


def _keywords(message: dict[str, Any], place: str) -> tuple[str, ...]:
    value = message.get("keywords") or []
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise CallerError(f'{place} has "keywords" that are no list of texts.')
    return tuple(value)


def read_instructions(path: Path) -> tuple[LabelledInstruction, ...]:
    """The instructions of a file in WebShop's format that have a query.

    Format: Yao et al., "WebShop" (NeurIPS 2022), its goal_query file. Raises CallerError.
    """
    rows = _read_json(path)
    if not isinstance(rows, dict):
        raise CallerError(f"{path} is no object of instructions.", remedy=PAIRS_SHAPE)
    found = []
    for instruction, queries in rows.items():
        if not isinstance(queries, list) or not all(isinstance(q, str) for q in queries):
            raise CallerError(
                f"The instruction {instruction[:60]!r} of {path} has no list of queries.",
                remedy=PAIRS_SHAPE,
            )
        if kept := tuple(q for q in queries if q.strip()):
            found.append(LabelledInstruction(instruction=instruction, queries=kept))
    if not found:
        raise CallerError(f"{path} holds no instruction with a query.", remedy=PAIRS_SHAPE)
    return tuple(found)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise CallerError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CallerError(f"{path} is not UTF-8 text.", remedy="Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise CallerError(
            f"{path} is no JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
