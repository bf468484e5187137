"""A run that was cut short goes on from what it kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import CallerError
from assistant.evaluate.questions import Question
from assistant.evaluate.transcript import ShownTurn, TranscriptFile
from retrieval.types import Language


def _turns(question: Question) -> list[ShownTurn]:
    said = (*question.history, question.text)
    return [
        ShownTurn(question=question.id, said=said[:n], language=Language.ENGLISH)
        for n in range(1, len(said) + 1)
    ]


SHORT = Question(id="a", text="a mouse")
LONG = Question(id="b", text="the first one?", history=("a mouse", "a white one"))


def test_whole_conversations_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    first = TranscriptFile(path)
    for question in (SHORT, LONG):
        first.add(_turns(question))
    again = TranscriptFile(path)
    assert [len(again.turns(q)) for q in (SHORT, LONG)] == [1, 3]
    assert len(path.read_text().splitlines()) == 4


def test_a_conversation_that_stopped_half_way_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    TranscriptFile(path).add(_turns(LONG)[:2])
    assert TranscriptFile(path).turns(LONG) == ()


def test_another_text_under_the_same_name_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    TranscriptFile(path).add(_turns(SHORT))
    assert TranscriptFile(path).turns(Question(id="a", text="a keyboard")) == ()


def test_a_line_cut_in_half_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    TranscriptFile(path).add(_turns(SHORT))
    with path.open("a") as file:
        file.write('{"question": "b", "sai')
    again = TranscriptFile(path)
    again.add(_turns(LONG))
    assert len(TranscriptFile(path).turns(LONG)) == 3


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\nof today\n")
    with pytest.raises(CallerError, match="line 1"):
        TranscriptFile(path)
    assert path.read_text() == "my notes\nof today\n"
