"""Model folders: complete or absent, never half."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from retrieval.errors import DiskFullError, WeightsError
from retrieval.index.model_folder import (
    ModelSpec,
    ModelState,
    Workplace,
    build_model,
    model_status,
    verify_folder,
)
from retrieval.types import ProgressListener


def silent(done: int, total: int | None, note: str = "") -> None:
    """No listener."""


class Builder:
    """Writes two shards; stops before the second as often as told."""

    def __init__(self, stops: int = 0) -> None:
        self.stops = stops
        self.written: list[str] = []

    def __call__(self, place: Workplace, listener: ProgressListener) -> None:
        for name in ("shard-1", "deep/shard-2"):
            path = place.folder / name
            if path.exists():
                continue
            if name == "deep/shard-2" and self.stops:
                self.stops -= 1
                raise KeyboardInterrupt
            path.parent.mkdir(exist_ok=True)
            path.write_text(name)
            self.written.append(name)


def spec(builder: Builder, version: int = 1) -> ModelSpec:
    return ModelSpec("tiny", "llm", "MIT", "tiny==1.0", "abc", 100, version, builder)


def test_built_folder_is_ready_and_verifies(tmp_path: Path) -> None:
    model = spec(Builder())
    assert model_status(model, tmp_path).state is ModelState.MISSING
    folder = build_model(model, tmp_path, silent)
    status = model_status(model, tmp_path)
    assert (status.state, status.path, status.licence) == (ModelState.READY, folder, "MIT")
    assert status.size == len("shard-1" + "deep/shard-2")
    assert verify_folder(model, tmp_path, silent) == 2


def test_second_call_builds_nothing(tmp_path: Path) -> None:
    builder = Builder()
    build_model(spec(builder), tmp_path, silent)
    build_model(spec(builder), tmp_path, silent)
    assert builder.written == ["shard-1", "deep/shard-2"]


def test_interrupted_build_is_partial_and_resumes(tmp_path: Path) -> None:
    builder = Builder(stops=1)
    with pytest.raises(KeyboardInterrupt):
        build_model(spec(builder), tmp_path, silent)
    assert model_status(spec(builder), tmp_path).state is ModelState.PARTIAL
    assert not (tmp_path / "tiny").exists()
    build_model(spec(builder), tmp_path, silent)
    assert builder.written == ["shard-1", "deep/shard-2"]
    assert model_status(spec(builder), tmp_path).state is ModelState.READY


def test_unfinished_work_of_another_converter_is_not_reused(tmp_path: Path) -> None:
    builder = Builder(stops=1)
    with pytest.raises(KeyboardInterrupt):
        build_model(spec(builder), tmp_path, silent)
    build_model(spec(builder, version=2), tmp_path, silent)
    assert builder.written == ["shard-1", "shard-1", "deep/shard-2"]


def test_model_of_an_earlier_converter_is_outdated_and_built_again(tmp_path: Path) -> None:
    builder = Builder()
    build_model(spec(builder), tmp_path, silent)
    newer = spec(builder, version=2)
    assert model_status(newer, tmp_path).state is ModelState.OUTDATED
    build_model(newer, tmp_path, silent)
    assert model_status(newer, tmp_path).state is ModelState.READY


def test_cut_file_is_seen_without_hashing(tmp_path: Path) -> None:
    model = spec(Builder())
    folder = build_model(model, tmp_path, silent)
    (folder / "shard-1").write_text("short")
    assert model_status(model, tmp_path).state is ModelState.PARTIAL


def test_verify_names_the_changed_file_and_lets_it_be_built_again(tmp_path: Path) -> None:
    model = spec(Builder())
    folder = build_model(model, tmp_path, silent)
    (folder / "shard-1").write_text("shard-X")
    with pytest.raises(WeightsError, match="shard-1 of the model tiny") as caught:
        verify_folder(model, tmp_path, silent)
    assert caught.value.remedy == "Run: aisle models pull tiny"
    assert (build_model(model, tmp_path, silent) / "shard-1").read_text() == "shard-1"


def test_verify_of_a_missing_model_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not built"):
        verify_folder(spec(Builder()), tmp_path, silent)


def test_full_disk_stops_before_building(tmp_path: Path) -> None:
    builder = Builder()
    with pytest.raises(DiskFullError):
        build_model(spec(builder), tmp_path, silent, free=lambda path: 50)
    assert builder.written == []


def test_second_builder_waits_for_the_first(tmp_path: Path) -> None:
    builder = Builder()
    waits = threading.Event()
    first = FileLock(tmp_path / ".tiny.lock")
    first.acquire()

    def listener(done: int, total: int | None, note: str = "") -> None:
        if "another process is building tiny" in note:
            waits.set()

    second = threading.Thread(target=build_model, args=(spec(builder), tmp_path, listener))
    second.start()
    assert waits.wait(5)
    assert builder.written == []
    first.release()
    second.join(10)
    assert model_status(spec(builder), tmp_path).state is ModelState.READY


def test_status_shows_the_expected_size_of_a_missing_model(tmp_path: Path) -> None:
    model = replace(spec(Builder()), size=123)
    assert model_status(model, tmp_path).size == 123
