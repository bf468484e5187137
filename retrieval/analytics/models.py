"""The models in force and every trained version, from their manifests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from retrieval.analytics.types import ModelReport, ModelRow, PartInForce, Period
from retrieval.train.registry import TrainedManifest, TrainedModels


def report_models(
    period: Period, trained: Iterable[TrainedModels], parts: Sequence[PartInForce]
) -> ModelReport:
    """Every version of the kinds in `trained`; `parts` say what serves now."""
    rows = [
        _row(models, manifest) for models in trained for manifest in reversed(models.versions())
    ]
    return ModelReport(period=period, parts=tuple(parts), rows=tuple(rows))


def _row(models: TrainedModels, manifest: TrainedManifest) -> ModelRow:
    return ModelRow(
        kind=models.kind,
        version=manifest.version,
        in_force=manifest.version == models.promoted(),
        trained=manifest.created_at,
        promoted=models.promoted_at(manifest.version),
        measure=manifest.held_out.measure,
        value=manifest.held_out.value,
        code=manifest.code,
        data=manifest.data,
        span=manifest.span,
    )
