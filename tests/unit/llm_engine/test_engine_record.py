from __future__ import annotations

from pathlib import Path

import pytest

from assistant.llm.engine_record import EngineRecord, SharedRecord
from assistant.types import EngineState


def test_what_the_owner_writes_the_others_read(tmp_path: Path) -> None:
    owner, other = SharedRecord(tmp_path / "engine"), SharedRecord(tmp_path / "engine")
    assert owner.acquire()
    assert not other.acquire()
    record = EngineRecord(EngineState.READY, "fine", "m", port=12, pid=34, started=5.5)
    owner.write(record)
    assert other.read() == record


def test_a_released_lock_goes_to_the_next(tmp_path: Path) -> None:
    owner, other = SharedRecord(tmp_path), SharedRecord(tmp_path)
    assert owner.acquire()
    owner.release()
    assert other.acquire()
    assert not owner.acquire()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "odd"}', '{"state": "ready", "x": 1}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "engine.json").write_text(text)
    assert SharedRecord(tmp_path).read() is None


def test_cleared_means_nothing_runs(tmp_path: Path) -> None:
    record = SharedRecord(tmp_path)
    assert record.acquire()
    record.write(EngineRecord(EngineState.STARTING))
    record.clear()
    assert record.read() is None
    record.clear()
