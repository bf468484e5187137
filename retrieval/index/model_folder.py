"""Model folders: built once from packages, described by a manifest, checked on demand.

A model is built in ``<name>.partial`` and renamed when its manifest is written, so a folder
called by the model's name is always complete.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from retrieval.errors import WeightsError
from retrieval.index.packages import FreeSpace, disk_errors, free_space, require_space, sha256_of
from retrieval.types import Frozen, ProgressListener

MANIFEST = "manifest.json"
BUILD_STAMP = ".build.json"
LOCK_POLL_SECONDS = 1.0


class ModelState(StrEnum):
    """What is on the disk; outdated means built by an earlier converter."""

    MISSING = "missing"
    PARTIAL = "partial"
    OUTDATED = "outdated"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a builder works: its folder, the folder of shared sources, the free space."""

    folder: Path
    sources: Path
    free: FreeSpace


Builder = Callable[[Workplace, ProgressListener], None]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that can be built here.

    `size` is what the finished folder takes in bytes; `source` names the packages, `digest`
    is the SHA-256 of the published weights; `version` grows when the builder's output changes.
    """

    name: str
    task: str
    licence: str
    source: str
    digest: str
    size: int
    version: int
    build: Builder


class FileEntry(Frozen):
    """One file of a model folder: bytes and SHA-256."""

    size: int
    sha256: str


class Manifest(Frozen):
    """What a finished folder holds and what it was made from."""

    name: str
    task: str
    licence: str
    source: str
    digest: str
    version: int
    files: dict[str, FileEntry]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One line of ``aisle models list``."""

    name: str
    task: str
    state: ModelState
    size: int
    licence: str
    source: str
    path: Path


def model_status(spec: ModelSpec, models_path: Path) -> ModelStatus:
    """The state of a model by its manifest and file sizes; nothing is hashed."""
    folder = models_path / spec.name
    manifest = _read_manifest(folder)
    if manifest is None or not _sizes_hold(folder, manifest):
        started = folder.exists() or _partial(folder).exists()
        state = ModelState.PARTIAL if started else ModelState.MISSING
    elif (manifest.version, manifest.digest) != (spec.version, spec.digest):
        state = ModelState.OUTDATED
    else:
        state = ModelState.READY
    size = sum(entry.size for entry in manifest.files.values()) if manifest else spec.size
    return ModelStatus(spec.name, spec.task, state, size, spec.licence, spec.source, folder)


def build_model(
    spec: ModelSpec,
    models_path: Path,
    listener: ProgressListener,
    *,
    free: FreeSpace = free_space,
) -> Path:
    """Builds the model unless it is ready, and returns its folder.

    A second process waits for the first. Raises DiskFullError, RetryableError (no network) or
    WeightsError (wrong digest); what was complete is used by the next call.
    """
    folder = models_path / spec.name
    if model_status(spec, models_path).state is ModelState.READY:
        return folder
    with disk_errors(models_path):
        models_path.mkdir(parents=True, exist_ok=True)
        with _lock(models_path / f".{spec.name}.lock", spec.name, listener):
            if model_status(spec, models_path).state is ModelState.READY:
                return folder
            partial = _resume(spec, folder)
            require_space(models_path, spec.size - _folder_size(partial), free)
            spec.build(Workplace(partial, models_path / ".sources", free), listener)
            _write_manifest(spec, partial)
            if folder.exists():
                shutil.rmtree(folder)
            partial.replace(folder)
    return folder


def verify_folder(spec: ModelSpec, models_path: Path, listener: ProgressListener) -> int:
    """Hashes every file against the manifest and returns their number.

    Raises WeightsError with the first file that is missing or differs.
    """
    folder = models_path / spec.name
    remedy = f"Run: aisle models pull {spec.name}"
    manifest = _read_manifest(folder)
    if manifest is None:
        raise WeightsError(f"The model {spec.name} is not built.", remedy=remedy)
    total = sum(entry.size for entry in manifest.files.values())
    done = 0
    for name, entry in manifest.files.items():
        listener(done, total, name)
        path = folder / name
        if not path.is_file() or sha256_of(path) != entry.sha256:
            # Without its manifest the folder counts as unfinished and is built again.
            (folder / MANIFEST).unlink()
            raise WeightsError(
                f"{name} of the model {spec.name} is missing or damaged.", remedy=remedy
            )
        done += entry.size
    listener(total, total, "")
    return len(manifest.files)


@contextmanager
def _lock(path: Path, name: str, listener: ProgressListener) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        listener(0, None, f"another process is building {name}: waiting for it")
        lock.acquire(poll_interval=LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _partial(folder: Path) -> Path:
    return folder.with_name(folder.name + ".partial")


def _resume(spec: ModelSpec, folder: Path) -> Path:
    """The unfinished folder; emptied when it was begun by another builder version."""
    partial = _partial(folder)
    stamp = partial / BUILD_STAMP
    identity = json.dumps({"version": spec.version, "digest": spec.digest})
    if partial.exists() and not (stamp.is_file() and stamp.read_text() == identity):
        shutil.rmtree(partial)
    partial.mkdir(parents=True, exist_ok=True)
    stamp.write_text(identity)
    return partial


def _folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _read_manifest(folder: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def _sizes_hold(folder: Path, manifest: Manifest) -> bool:
    paths = {folder / name: entry.size for name, entry in manifest.files.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in paths.items())


def _write_manifest(spec: ModelSpec, folder: Path) -> None:
    (folder / BUILD_STAMP).unlink(missing_ok=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        # safetensors writes for its owner only, but a service may run as another user.
        path.chmod(0o644)
    manifest = Manifest(
        name=spec.name,
        task=spec.task,
        licence=spec.licence,
        source=spec.source,
        digest=spec.digest,
        version=spec.version,
        files={
            str(path.relative_to(folder)): FileEntry(
                size=path.stat().st_size, sha256=sha256_of(path)
            )
            for path in files
        },
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2), "utf-8")
