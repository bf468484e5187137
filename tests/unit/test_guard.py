from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InvalidRequestError
from assistant.guard import bound_conversation_id, bound_message


@pytest.mark.parametrize("message", ["", "   ", "\x00\x07", "\u200b\u200b", "\n\t"])
def test_a_message_without_anything_readable_is_refused(message: str) -> None:
    with pytest.raises(InvalidRequestError, match="empty"):
        bound_message(message, 100)


def test_a_long_message_is_refused_with_its_length_and_the_limit() -> None:
    with pytest.raises(InvalidRequestError, match=r"101 characters, the limit is 100"):
        bound_message("x" * 101, 100)


def test_control_characters_go_and_words_stay_apart() -> None:
    assert bound_message("quiet\x00mouse \u200b under\r\n30", 100) == "quiet mouse under 30"


def test_chinese_and_emoji_stay() -> None:
    assert bound_message("安静的鼠标 🐭", 100) == "安静的鼠标 🐭"


@given(st.text(max_size=200))
def test_whatever_passes_is_bounded_and_clean(message: str) -> None:
    try:
        cleaned = bound_message(message, 150)
    except InvalidRequestError:
        return
    assert 0 < len(cleaned) <= 150
    assert cleaned == bound_message(cleaned, 150)


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "../etc", "名"])
def test_conversation_ids_are_bounded(bad: str) -> None:
    with pytest.raises(InvalidRequestError):
        bound_conversation_id(bad)
