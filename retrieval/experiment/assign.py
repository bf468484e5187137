"""Stable assignment by hash: the same unit gets the same arm on every machine, unstored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from retrieval.errors import CallerError
from retrieval.experiment.types import (
    NOTHING,
    Arm,
    Assignment,
    Experiment,
    ExperimentsFile,
    Interleaving,
    Treatment,
    Unit,
)
from retrieval.profile.types import Visitor

# 52 bits fill a double's mantissa: more would be rounded.
_BITS = 52
_BOOL = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """Safe YAML whose on, off, yes and no are words, as YAML 1.2 has them."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, word) for tag, word in resolvers if tag != _BOOL or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class ExperimentsError(CallerError):
    """experiments.yaml cannot be used as it is; one line per fault."""


class Experiments:
    """All configured experiments; without one nothing is assigned."""

    def __init__(self, file: ExperimentsFile | None = None) -> None:
        self.file = file or ExperimentsFile()

    def __bool__(self) -> bool:
        return bool(self.file.experiments)

    def get(self, name: str) -> Experiment:
        """The experiment of this name; ExperimentsError names the others."""
        for experiment in self.file.experiments:
            if experiment.name == name:
                return experiment
        known = ", ".join(e.name for e in self.file.experiments) or "none"
        raise ExperimentsError(f"There is no experiment {name!r} (known: {known}).")

    def assign(self, visitor: Visitor | None, now: datetime | None = None) -> Assignment:
        """What this visitor's request gets at `now`; nothing for a visitor without a name.

        A layer is cut into slices, one an experiment; where a unit falls in a layer does not
        depend on which experiments run, so that one that ends moves nobody else.
        """
        if visitor is None or not self.file.experiments:
            return NOTHING
        moment = now or datetime.now(UTC)
        treatment, variants, parts = Treatment(), {}, {}
        interleaving: Interleaving | None = None
        for experiment, low in self._slices():
            unit = unit_of(experiment.unit, visitor)
            if not unit or not experiment.runs(moment):
                continue
            if not low <= self._point(f"layer:{experiment.layer}", unit) < low + experiment.traffic:
                continue
            parts[experiment.name] = experiment.parts
            if experiment.interleave:
                variants[experiment.name] = "interleaved"
                interleaving = interleave_arms(experiment)
                continue
            point = self._point(f"arm:{experiment.name}", unit)
            name, arm = pick_arm(experiment, point)
            variants[experiment.name] = name
            treatment = arm.treatment.over(treatment)
        return Assignment(treatment, variants, parts, interleaving)

    def _slices(self) -> Sequence[tuple[Experiment, float]]:
        """Every experiment with where its slice of its layer begins."""
        used: dict[str, float] = {}
        slices = []
        for experiment in self.file.experiments:
            low = used.get(experiment.layer, 0.0)
            slices.append((experiment, low))
            used[experiment.layer] = low + experiment.traffic
        return slices

    def _point(self, purpose: str, unit: str) -> float:
        return hash_point(self.file.salt, purpose, unit)


def hash_point(*words: str) -> float:
    """A number in [0, 1), uniform and independent for each sequence of words (SHA-256)."""
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return float((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / (1 << _BITS))


def unit_of(unit: Unit, visitor: Visitor) -> str:
    """The key that is hashed: the signed-in shopper, else the browser; or the session."""
    if unit is Unit.SESSION:
        return visitor.session_id or visitor.client_id
    return visitor.name


def pick_arm(experiment: Experiment, point: float) -> tuple[str, Arm]:
    """The arm whose share `point` in [0, 1) falls into."""
    high = 0.0
    for name, arm in experiment.arms.items():
        high += arm.share
        if point < high:
            return name, arm
    return name, arm  # the shares' sum is 1 but for rounding


def interleave_arms(experiment: Experiment) -> Interleaving:
    """The two rankings of an interleaving experiment, the control first."""
    other = next(name for name in experiment.arms if name != experiment.control)
    arms = (experiment.control, other)
    first, second = (experiment.arms[name].treatment.search for name in arms)
    return Interleaving(experiment.name, arms, (first, second))


def load_experiments(path: Path) -> Experiments:
    """The experiments of a YAML file, none where there is no file.

    Raises ExperimentsError with a line for every fault.
    """
    if not path.is_file():
        return Experiments()
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise ExperimentsError(
            f"{path}{line} is no YAML.", remedy="See docs/experiments.md."
        ) from None
    try:
        return Experiments(ExperimentsFile.model_validate(found or {}))
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise ExperimentsError(
            f"{path} has {len(faults)} fault{'s' * (len(faults) > 1)}:\n  " + "\n  ".join(faults),
        ) from None
