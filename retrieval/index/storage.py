"""Where a store's index lives, and how a new one is built beside it and takes its place.

An index is one generation. Opening gives the generation in use; `begin` starts an empty one
beside it; `commit` makes it the one in use in a single step, so that whoever opens the store
finds the former index or the new one, whole, whatever is killed in between.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from retrieval.catalog.files import write_atomically
from retrieval.index.qdrant_embedded import create_shard, load_shard
from retrieval.index.schema import SCHEMA_VERSION, join_schemas, read_schema, schema_dict
from retrieval.index.tuning import IndexTuning
from retrieval.index.types import IndexSchema, ProductIndex

MANIFEST = "index.json"
# The folder of the first generation, and of indexes written before there were generations.
FIRST = "shard"
_GENERATION = re.compile(r"^shard(?:-(\d+))?$")


@dataclass(frozen=True)
class Generation:
    """One index of a store: where it lies and what it was written with."""

    name: str
    schema: IndexSchema
    index: ProductIndex


class IndexStorage(Protocol):
    """The generations of one store's index."""

    def stored(self) -> Mapping[str, Any] | None:
        """What the generation in use was written with (`schema_dict`, "tuning"), if any."""
        ...

    def current(self) -> str | None:
        """The name of the generation in use, if any."""
        ...

    def open(self, schema: IndexSchema) -> Generation:
        """The generation in use, created where there is none.

        One without room for pictures is given it. Raises StoreInUseError,
        IndexUnavailableError, and IndexIncompatibleError when it was written with another
        schema or encoder.
        """
        ...

    def begin(self, schema: IndexSchema) -> Generation:
        """An empty generation beside the one in use."""
        ...

    def commit(self, generation: Generation) -> None:
        """Make this generation the one in use."""
        ...

    def remove(self, name: str) -> None:
        """Remove a generation that is closed and not in use."""
        ...

    def destroy(self) -> None:
        """Remove every generation; raises StoreInUseError while a process holds one."""
        ...

    def close(self) -> None:
        """Let go of what the storage itself holds."""
        ...


class EmbeddedStorage:
    """Generations as shard folders below one folder; its manifest names the one in use."""

    def __init__(self, path: Path, tuning: IndexTuning | None = None) -> None:
        self._path = path
        self._tuning = tuning or IndexTuning()

    def stored(self) -> Mapping[str, Any] | None:
        """The manifest; None where there is no index, or a damaged one."""
        try:
            manifest = json.loads((self._path / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return manifest if isinstance(manifest, dict) else None

    def current(self) -> str | None:
        """The shard that the manifest names."""
        manifest = self.stored()
        return None if manifest is None else str(manifest.get("shard", FIRST))

    def open(self, schema: IndexSchema) -> Generation:
        """The shard in use; what a killed rebuild left beside it is removed."""
        manifest = self.stored()
        if manifest is None:
            generation = self._create(FIRST, schema)
            self.commit(generation)
            return generation
        joined = join_schemas(manifest, schema)
        missing = joined.dimensions.keys() - read_schema(manifest).dimensions.keys()
        name = str(manifest.get("shard", FIRST))
        index = load_shard(self._path / name, self._tuning, joined.dimensions, missing)
        if missing:
            write_atomically(self._path / MANIFEST, json.dumps({**manifest, **schema_dict(joined)}))
        generation = Generation(name, joined, index)
        for other in self._shards():
            if other != name:
                shutil.rmtree(self._path / other, ignore_errors=True)
        return generation

    def begin(self, schema: IndexSchema) -> Generation:
        """An empty shard in a folder of its own."""
        numbers = [int(match[1] or 1) for match in map(_GENERATION.match, self._shards()) if match]
        return self._create(f"shard-{max(numbers, default=1) + 1}", schema)

    def commit(self, generation: Generation) -> None:
        """Replace the manifest; the file system does so in one step."""
        manifest = {
            **schema_dict(generation.schema),
            "shard": generation.name,
            "tuning": self._tuning.built(),
        }
        write_atomically(self._path / MANIFEST, json.dumps(manifest))

    def remove(self, name: str) -> None:
        """Remove a shard's folder."""
        if _GENERATION.match(name):
            shutil.rmtree(self._path / name, ignore_errors=True)

    def destroy(self) -> None:
        """Remove every shard."""
        if manifest := self.stored():
            load_shard(self._path / str(manifest.get("shard", FIRST)), self._tuning).close()
            (self._path / MANIFEST).unlink()
        for name in self._shards():
            shutil.rmtree(self._path / name, ignore_errors=True)

    def close(self) -> None:
        """Nothing is held but by the generations themselves."""

    def _create(self, name: str, schema: IndexSchema) -> Generation:
        return Generation(name, schema, create_shard(self._path / name, schema, self._tuning))

    def _shards(self) -> list[str]:
        return [path.name for path in self._path.glob("shard*") if _GENERATION.match(path.name)]


def open_embedded_index(
    path: Path, schema: IndexSchema, tuning: IndexTuning | None = None
) -> ProductIndex:
    """The index in folder `path`, created where there is none; errors as `IndexStorage.open`."""
    return EmbeddedStorage(path, tuning).open(schema).index


def destroy_embedded_index(path: Path) -> None:
    """Remove the index in folder `path`; raises StoreInUseError while a process holds it."""
    EmbeddedStorage(path).destroy()


def stored_schema(storage: IndexStorage) -> IndexSchema:
    """The schema the index in use was written with; raises IndexIncompatibleError if none."""
    return read_schema(storage.stored() or {})


def is_outdated(storage: IndexStorage) -> bool:
    """Whether the index in use is one that this version cannot read."""
    stored = storage.stored()
    return stored is not None and stored.get("version") != SCHEMA_VERSION
