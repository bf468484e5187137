from __future__ import annotations

from pathlib import Path

import pytest

from assistant.llm import engine_command
from assistant.llm.engine_command import build_command, choose_device, find_preload
from assistant.settings import Settings


def settings(tmp_path: Path, **values: object) -> Settings:
    return Settings(home=tmp_path, **values)  # type: ignore[arg-type]


def after(arguments: tuple[str, ...], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def test_cpu_command_starts_the_api_server_module_on_loopback(tmp_path: Path) -> None:
    given = settings(tmp_path, engine_context=2048, engine_streams=3, engine_kv_gib=5)
    model = tmp_path / "weights"
    model.mkdir()
    command = build_command(
        given, "cpu", tmp_path / "venv", str(model), 8123, cpus=[2, 3], inherited={"PATH": "/bin"}
    )
    python, *rest = command.arguments
    assert python == str(tmp_path / "venv" / "bin" / "python")
    assert rest[:2] == ["-m", "vllm.entrypoints.openai.api_server"]
    assert after(command.arguments, "--model") == str(model)
    assert after(command.arguments, "--served-model-name") == given.engine_cpu_model
    assert after(command.arguments, "--host") == "127.0.0.1"
    assert after(command.arguments, "--port") == "8123"
    assert after(command.arguments, "--max-model-len") == "2048"
    assert after(command.arguments, "--max-num-seqs") == "3"
    assert "--enforce-eager" in command.arguments
    assert command.environment["VLLM_TARGET_DEVICE"] == "cpu"
    assert command.environment["VLLM_CPU_OMP_THREADS_BIND"] == "2,3"
    assert command.environment["VLLM_CPU_KVCACHE_SPACE"] == "5"
    assert command.environment["HF_HUB_OFFLINE"] == "1"
    assert command.environment["PATH"] == "/bin"
    assert "LD_PRELOAD" not in command.environment


def test_gpu_command_is_vllm_serve_and_may_reach_the_hub(tmp_path: Path) -> None:
    given = settings(tmp_path, engine_gpu_model="org/model-8b")
    command = build_command(
        given, "gpu", tmp_path / "venv", "org/model-8b", 9, cpus=[0], inherited={}
    )
    assert command.arguments[:3] == (
        str(tmp_path / "venv" / "bin" / "vllm"),
        "serve",
        "org/model-8b",
    )
    assert after(command.arguments, "--served-model-name") == "org/model-8b"
    assert "--enforce-eager" not in command.arguments
    assert "HF_HUB_OFFLINE" not in command.environment
    assert "VLLM_TARGET_DEVICE" not in command.environment
    assert command.environment["VLLM_NO_USAGE_STATS"] == "1"


def test_own_arguments_come_last_so_that_they_win(tmp_path: Path) -> None:
    given = settings(tmp_path, engine_arguments=("--max-num-seqs", "64"))
    command = build_command(given, "cpu", tmp_path, "m", 1, cpus=[0], inherited={})
    assert command.arguments[-2:] == ("--max-num-seqs", "64")


def test_the_child_sees_nothing_of_this_environment_s_python_and_secrets(tmp_path: Path) -> None:
    inherited = {"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "AISLE_LLM_API_KEY": "s", "HOME": "/h"}
    command = build_command(
        settings(tmp_path), "cpu", tmp_path, "m", 1, cpus=[0], inherited=inherited
    )
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "AISLE_LLM_API_KEY"} & set(command.environment)
    assert command.environment["HOME"] == "/h"


def test_vllm_places_its_threads_itself_on_larger_machines(tmp_path: Path) -> None:
    command = build_command(
        settings(tmp_path), "cpu", tmp_path, "m", 1, cpus=range(16), inherited={}
    )
    assert "VLLM_CPU_OMP_THREADS_BIND" not in command.environment


def test_preload_takes_the_environment_s_openmp_when_it_is_there(tmp_path: Path) -> None:
    assert not any("libiomp5" in path.name for path in find_preload(tmp_path))
    library = tmp_path / "lib" / "libiomp5.so"
    library.parent.mkdir()
    library.touch()
    preload = find_preload(tmp_path)
    assert preload[-1] == library
    command = build_command(
        settings(tmp_path), "cpu", tmp_path, "m", 1, cpus=[0], preload=preload, inherited={}
    )
    assert command.environment["LD_PRELOAD"].split(":")[-1] == str(library)


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_the_setting_chooses_the_device(tmp_path: Path, device: str) -> None:
    assert choose_device(settings(tmp_path, engine_device=device)) == device


def test_auto_takes_the_gpu_only_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(engine_command, "NVIDIA_DEVICE", tmp_path / "nvidia0")
    assert choose_device(settings(tmp_path)) == "cpu"
    (tmp_path / "nvidia0").touch()
    assert choose_device(settings(tmp_path)) == "gpu"
