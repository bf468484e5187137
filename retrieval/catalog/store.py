"""The files of an imported store: where they lie, how they are listed and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from retrieval.catalog.vocabulary import load_vocabulary
from retrieval.errors import StoreNotFoundError, TerminalError
from retrieval.types import StoreInfo, Vocabulary


@dataclass(frozen=True, slots=True)
class StorePaths:
    """Where the parts of the store in folder `root` lie."""

    root: Path

    @property
    def index(self) -> Path:
        """The embedded vector index."""
        return self.root / "index"

    @property
    def info(self) -> Path:
        """StoreInfo as JSON; a store exists when this file does."""
        return self.root / "store.json"

    @property
    def vocabulary(self) -> Path:
        """The words of the catalogue."""
        return self.root / "vocabulary.json"

    @property
    def categories(self) -> Path:
        """What was learned to derive categories; kept so that they stay as they are."""
        return self.root / "categories.npz"

    @property
    def rankers(self) -> Path:
        """Rankers that experiments may name, `NAME.json` each."""
        return self.root / "rankers"

    @property
    def ranker(self) -> Path:
        """Ranking weights trained for this store; without it the shipped ones serve."""
        return self.root / "ranker.json"

    @property
    def report(self) -> Path:
        """Rows and fields of the last import that were left out, one JSON object a line."""
        return self.root / "report.jsonl"

    @property
    def manifest(self) -> Path:
        """What the last import read and did."""
        return self.root / "manifest.json"

    @property
    def events(self) -> Path:
        """A log of behaviour that came with the store, as JSON lines; most have none."""
        return self.root / "events.jsonl"

    @property
    def media(self) -> Path:
        """Pictures that belong to the store."""
        return self.root / "media"


@dataclass(frozen=True, slots=True)
class Store:
    """An imported store as the assistant needs it; the index is opened elsewhere."""

    paths: StorePaths
    info: StoreInfo
    vocabulary: Vocabulary


def load_store(root: Path) -> Store:
    """The store in folder `root`; raises StoreNotFoundError, TerminalError when damaged."""
    paths = StorePaths(root)
    return Store(paths, load_info(root), load_vocabulary(paths.vocabulary))


def load_info(root: Path) -> StoreInfo:
    """What is true of the whole store in folder `root`; raises StoreNotFoundError."""
    path = StorePaths(root).info
    try:
        return StoreInfo.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        others = ", ".join(list_stores(root.parent)) or "none"
        raise StoreNotFoundError(
            f"There is no store {root.name!r} (stores: {others}).",
            remedy=f"Import one with aisle import FEED --store {root.name}.",
        ) from None
    except ValidationError:
        raise TerminalError(
            f"{path} is damaged or of another version.", remedy="Import the store again."
        ) from None


def list_stores(folder: Path) -> Mapping[str, StoreInfo]:
    """The readable stores below `folder` (``AISLE_HOME/stores``) by name."""
    found: dict[str, StoreInfo] = {}
    for path in sorted(folder.glob("*/store.json")):
        try:
            found[path.parent.name] = StoreInfo.model_validate_json(path.read_bytes())
        except (ValidationError, OSError):
            # A damaged store is told of when it is opened; a list should not fail for it.
            continue
    return found
