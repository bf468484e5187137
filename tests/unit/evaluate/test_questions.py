"""Questions are read from whatever people write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import CallerError
from assistant.evaluate.questions import read_questions
from retrieval.types import Language


def _write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize("key", ["question", "text", "message", "query"])
def test_the_message_may_be_called_by_any_of_its_names(tmp_path: Path, key: str) -> None:
    (question,) = read_questions(_write(tmp_path / "q.jsonl", {key: " a mouse "}))
    assert (question.text, question.id, question.language) == ("a mouse", "1", None)


def test_a_history_keeps_what_the_shopper_said(tmp_path: Path) -> None:
    rows = (
        {
            "id": "a",
            "question": "哪款最轻？",
            "language": "zh-CN",
            "conversation": [
                {"role": "user", "content": "鼠标"},
                {"role": "assistant", "content": "有六款。"},
                {"role": "user", "text": "要静音的"},
            ],
        },
        {"messages": [], "history": ["a mouse", "the first one?"]},
        "a bare string",
    )
    first, second, third = read_questions(_write(tmp_path / "q.jsonl", *rows))
    assert first.history == ("鼠标", "要静音的")
    assert first.language is Language.CHINESE
    assert (second.history, second.text) == (("a mouse",), "the first one?")
    assert third.text == "a bare string"


def test_a_part_of_the_file_may_be_asked(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", *({"question": str(n)} for n in range(5)))
    assert [q.text for q in read_questions(path, limit=2, skip=1)] == ["1", "2"]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"question": ""}', '{"text": 3}'])
def test_a_line_that_asks_nothing_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "a mouse"}\n' + line + "\n")
    with pytest.raises(CallerError, match="line 2"):
        read_questions(path)


def test_our_own_questions_are_half_chinese() -> None:
    for name in ("demo", "electronics"):
        questions = read_questions(Path(f"benchmarks/questions.{name}.jsonl"))
        assert len(questions) >= 60
        chinese = sum(q.language is Language.CHINESE for q in questions)
        assert 2 * chinese >= len(questions) - 1
