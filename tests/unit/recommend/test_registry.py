"""Trained models are promoted only when they are no worse, and can be rolled back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retrieval.errors import CallerError
from retrieval.train.registry import HeldOut, TrainedManifest, TrainedModels

START = datetime(2025, 1, 1, tzinfo=UTC)


def add(models: TrainedModels, version: str, value: float, data: str = "d1") -> None:
    manifest = TrainedManifest(
        kind="sequence",
        version=version,
        created_at=START + timedelta(hours=len(models.versions())),
        code="0",
        data=data,
        span={"users": 1},
        held_out=HeldOut(measure="ndcg@10", value=value, data=data),
    )
    models.add(manifest, lambda folder: folder.mkdir(parents=True))


def test_a_better_model_is_promoted_and_rolled_back(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path, "sequence")
    add(models, "one", 0.05)
    add(models, "two", 0.06)
    assert models.promoted() is None
    models.promote("one")
    models.promote("two")
    assert models.promoted() == "two"
    assert models.rollback() == "one"
    assert models.rollback() is None
    with pytest.raises(CallerError, match="No sequence model was promoted"):
        models.rollback()


def test_a_worse_model_is_refused(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path, "sequence")
    add(models, "one", 0.05)
    add(models, "two", 0.0499)
    models.promote("one")
    with pytest.raises(CallerError, match="two is worse on the held-out items than one"):
        models.promote("two")
    assert models.promoted() == "one"


def test_measures_of_other_data_do_not_compare(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path, "sequence")
    add(models, "one", 0.05)
    add(models, "two", 0.09, data="d2")
    models.promote("one")
    with pytest.raises(CallerError, match="measured on other data"):
        models.promote("two")
    values = {"one": 0.1, "two": 0.08}

    def remeasure(folder: Path) -> HeldOut:
        return HeldOut(measure="ndcg@10", value=values[folder.name], data="d3")

    with pytest.raises(CallerError, match="worse"):
        models.promote("two", remeasure)
    values["two"] = 0.1
    models.promote("two", remeasure)
    assert models.promoted() == "two"


@pytest.mark.parametrize("version", ["nothing", "../x", ""])
def test_an_unknown_version_is_one_clear_line(tmp_path: Path, version: str) -> None:
    with pytest.raises(CallerError, match="version"):
        TrainedModels(tmp_path, "sequence").promote(version)


def test_versions_of_one_second_have_names_of_their_own(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path, "sequence")
    names = []
    for _ in range(3):
        names.append(models.new_version("abcdef012", START))
        add(models, names[-1], 0.1)
    assert len(set(names)) == 3
