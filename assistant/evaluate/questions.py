"""Questions to ask an assistant: JSON lines, read leniently.

One object a line. The message stands under ``question`` (or ``text``, ``message``, ``query``);
optional are ``id``, ``language`` ("en", "zh") and what was said before under ``history`` (or
``conversation``): a list of strings, or of ``{"role": "user", "content": ...}``, of which
only the shopper's are used. A bare string on a line is a question, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from assistant.errors import CallerError
from retrieval.types import Frozen, Language

MESSAGE_KEYS = ("question", "text", "message", "query", "content", "utterance")
HISTORY_KEYS = ("history", "conversation", "turns", "context")
_SHOPPERS = ("user", "shopper", "customer", "human")


class Question(Frozen):
    """One message, and the shopper's messages before it, oldest first."""

    id: str
    text: str
    language: Language | None = None
    history: tuple[str, ...] = ()


def read_questions(path: Path, limit: int | None = None, skip: int = 0) -> tuple[Question, ...]:
    """The questions of a file, `limit` of them after the first `skip`.

    Raises CallerError naming the line that is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        raise CallerError(
            f"The questions at {path} {reason}.", remedy="Check --questions."
        ) from None
    questions = [
        _question(number, line, path)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    chosen = questions[skip : None if limit is None else skip + limit]
    if not chosen:
        raise CallerError(f"{path} holds no question to ask.", remedy="Write one object a line.")
    return tuple(chosen)


def _question(number: int, line: str, path: Path) -> Question:
    try:
        row = json.loads(line)
    except ValueError:
        raise CallerError(
            f"{path}, line {number}, is not JSON.",
            remedy='Write {"question": "a quiet mouse under 40"} on each line.',
        ) from None
    if isinstance(row, str):
        row = {"question": row}
    if not isinstance(row, dict):
        raise CallerError(f"{path}, line {number}, is not an object.", remedy="Write {...}.")
    said = _said(next((row[key] for key in HISTORY_KEYS if row.get(key)), ()), path, number)
    text = _message(row)
    if not text and said:
        # A whole conversation: its last message of the shopper is the question.
        *said, text = said
    if not text:
        raise CallerError(f"{path}, line {number}, has no question.", remedy='Name it "question".')
    return Question(
        id=str(row.get("id", number)),
        text=text,
        language=_language(row.get("language") or row.get("lang")),
        history=tuple(said),
    )


def _message(row: Mapping[str, object]) -> str:
    found = (row[key] for key in MESSAGE_KEYS if isinstance(row.get(key), str))
    return next((str(text).strip() for text in found if str(text).strip()), "")


def _said(history: object, path: Path, number: int) -> list[str]:
    """The shopper's messages of a history."""
    if isinstance(history, str):
        return [history]
    if not isinstance(history, list | tuple):
        raise CallerError(f"{path}, line {number}: the history is no list.", remedy="Write [...].")
    said = [m for m in history if isinstance(m, str)]
    said += [
        _message(m)
        for m in history
        if isinstance(m, dict)
        and str(m.get("role") or m.get("speaker") or "user").lower() in _SHOPPERS
    ]
    return [text for text in said if text.strip()]


def _language(code: object) -> Language | None:
    """The language of a code as "zh-CN" or "English"; None for one that is not spoken here."""
    if not isinstance(code, str):
        return None
    short = {"en": Language.ENGLISH, "zh": Language.CHINESE, "cn": Language.CHINESE}
    named = {"chinese": "zh", "english": "en", "中文": "zh"}
    lowered = code.lower().strip()
    return short.get(named.get(lowered, lowered[:2]))
