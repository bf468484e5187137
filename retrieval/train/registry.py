"""Trained models by kind and version: which one serves, which served before, and the rule.

<models>/trained/<kind>/<version>/manifest.json   what it was learned from, how well it does
<models>/trained/<kind>/promoted.json             the versions promoted so far, newest last
<models>/trained/<kind>/promoted.<store>.json     the same where each store chooses its own
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from retrieval.catalog.files import write_atomically
from retrieval.errors import CallerError, TerminalError
from retrieval.types import Frozen

MANIFEST = "manifest.json"
PROMOTED = "promoted.json"
# The kind of the next-item models.
SEQUENCE = "sequence"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}")


class HeldOut(Frozen):
    """The measure a promotion is decided by, and the digest of the data it was taken on."""

    measure: str
    value: float
    data: str


class TrainedManifest(Frozen):
    """What a trained model is: data and its span, code, settings, measures.

    `store` names the store whose log it was learned from, where the kind is no store's own.
    """

    kind: str
    version: str
    created_at: datetime
    code: str
    data: str
    span: dict[str, int | str]
    held_out: HeldOut
    store: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    report: dict[str, Any] = Field(default_factory=dict)


class _Promotions(Frozen):
    """`at` says when a version was promoted last; files of before it was kept have none."""

    versions: tuple[str, ...] = ()
    at: dict[str, datetime] = Field(default_factory=dict)


Remeasure = Callable[[Path], HeldOut]
"""Measures the model in a folder on data of the caller's choice."""


class TrainedModels:
    """The trained models of one kind below a models folder."""

    def __init__(self, models_path: Path, kind: str, store: str = "") -> None:
        """With `store` the kind is shared: that store has promotions of its own, and versions
        learned from other stores' logs are none of it."""
        if not _NAME.fullmatch(kind):
            raise CallerError(f"{kind!r} is no kind of model.", remedy="E.g. sequence.")
        self.kind = kind
        self.root = models_path / "trained" / kind
        self._store = store
        self._promoted = f"promoted.{store}.json" if store else PROMOTED

    def versions(self) -> list[TrainedManifest]:
        """Every whole model, oldest first."""
        read = [self._read(p.parent.name) for p in self.root.glob(f"*/{MANIFEST}")]
        found = [manifest for manifest in read if self._is_ours(manifest)]
        return sorted(found, key=lambda manifest: manifest.created_at)

    def manifest(self, version: str) -> TrainedManifest:
        """The manifest of one version; raises CallerError when there is none or it is another
        store's."""
        found = self._read(version)
        if not self._is_ours(found):
            raise CallerError(
                f"{version} was learned from the log of the store {found.store}, not "
                f"{self._store}.",
                remedy=f"Name that store with --store {found.store}.",
            )
        return found

    def _is_ours(self, manifest: TrainedManifest) -> bool:
        return not self._store or manifest.store in ("", self._store)

    def _read(self, version: str) -> TrainedManifest:
        if not _NAME.fullmatch(version):
            raise CallerError(f"{version!r} is no version.", remedy="See: aisle models trained")
        path = self.root / version / MANIFEST
        try:
            return TrainedManifest.model_validate_json(path.read_bytes())
        except OSError:
            raise CallerError(
                f"No trained {self.kind} model has the version {version}.",
                remedy="See: aisle models trained",
            ) from None
        except ValidationError:
            raise TerminalError(
                f"{path} is damaged.", remedy="Remove that folder and train again."
            ) from None

    def new_version(self, data: str, now: datetime | None = None) -> str:
        """A name no version has: the time and the head of the data's digest."""
        stem = f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{data[:6]}"
        taken = {path.name for path in self.root.glob(f"{stem}*")}
        names = [stem, *(f"{stem}.{number}" for number in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)

    def add(self, manifest: TrainedManifest, save: Callable[[Path], None]) -> Path:
        """Write a model and then its manifest, which makes it whole; nothing is promoted."""
        folder = self.root / manifest.version
        save(folder)
        write_atomically(folder / MANIFEST, manifest.model_dump_json(indent=1) + "\n")
        return folder

    def promoted(self) -> str | None:
        """The version that serves, or None."""
        versions = self._promotions().versions
        return versions[-1] if versions else None

    def promoted_at(self, version: str) -> datetime | None:
        """When `version` was promoted last; None where it never was or that is not known."""
        return self._promotions().at.get(version)

    def before(self) -> str | None:
        """The version that `rollback` would let serve; None: no trained model would."""
        versions = self._promotions().versions
        if not versions:
            raise CallerError(
                f"No {self.kind} model was promoted.", remedy="Nothing to go back from."
            )
        return versions[-2] if len(versions) > 1 else None

    def mark_promoted(self, version: str) -> None:
        """Note that `version` serves, where the caller has compared and switched by itself."""
        if self.promoted() != version:
            known = self._promotions()
            at = {**known.at, version: datetime.now(UTC)}
            self._write(_Promotions(versions=(*known.versions, version), at=at))

    def promote(self, version: str, remeasure: Remeasure | None = None) -> TrainedManifest:
        """Let `version` serve, unless it is worse than the one that does on the held-out items.

        Where the two were measured on other data, `remeasure` measures both on the same; without
        it that is refused. Raises CallerError.
        """
        candidate = self.manifest(version)
        current = self.promoted()
        if current == version:
            return candidate
        if current is not None:
            self._compare(candidate, self.manifest(current), remeasure)
        self.mark_promoted(version)
        return candidate

    def rollback(self) -> str | None:
        """Let the version before serve again and return it (None: no trained model serves)."""
        self.before()
        known = self._promotions()
        self._write(known.model_copy(update={"versions": known.versions[:-1]}))
        return self.promoted()

    def _compare(
        self, candidate: TrainedManifest, current: TrainedManifest, remeasure: Remeasure | None
    ) -> None:
        ours, theirs = candidate.held_out, current.held_out
        if remeasure:
            ours = remeasure(self.root / candidate.version)
            theirs = remeasure(self.root / current.version)
        if (ours.data, ours.measure) != (theirs.data, theirs.measure):
            raise CallerError(
                f"{candidate.version} and {current.version} were measured on other data.",
                remedy="Give the newer data with --sequences, and both are measured on it.",
            )
        if ours.value < theirs.value:
            raise CallerError(
                f"{candidate.version} is worse on the held-out items than {current.version}, "
                f"which serves: {ours.measure} {ours.value:.4f} against {theirs.value:.4f}.",
                remedy="Nothing was changed.",
            )

    def _promotions(self) -> _Promotions:
        path = self.root / self._promoted
        try:
            return _Promotions.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return _Promotions()
        except (OSError, ValidationError):
            raise TerminalError(
                f"{path} is damaged.", remedy="Remove it and promote a version again."
            ) from None

    def _write(self, promotions: _Promotions) -> None:
        text = promotions.model_dump_json() + "\n"
        write_atomically(self.root / self._promoted, text)
