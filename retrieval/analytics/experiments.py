"""The experiments of the period, each with what may be said of it now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from retrieval.analytics.types import ExperimentReport, ExperimentRow, Lift, Period, Verdict
from retrieval.experiment.analyse import FEWEST, Comparison, Report, analyse
from retrieval.experiment.measures import Measure, read_log
from retrieval.experiment.sequential import MISMATCH, Interval
from retrieval.experiment.types import Experiment
from retrieval.profile.events import SqlEventStore

# Of these less is better; of the others more. A conversation of more turns is neither.
_LESS = {Measure.ZERO_RESULTS, Measure.HANDOFFS, Measure.LATENCY, Measure.TOKENS}
_NEITHER = {Measure.TURNS}
# The sign test of an interleaving is for one look, as is this bound.
_ALPHA = 0.05


def report_experiments(
    store: SqlEventStore, experiments: Sequence[Experiment], period: Period, now: datetime
) -> ExperimentReport:
    """Those that run in the period; an experiment is analysed over all of its own time."""
    rows = [
        _row(experiment, analyse(experiment, read_log(store, experiment)), now)
        for experiment in experiments
        if _touches(experiment, period)
    ]
    return ExperimentReport(period=period, rows=tuple(rows))


def _touches(experiment: Experiment, period: Period) -> bool:
    before = experiment.end is not None and experiment.end <= period.since
    after = experiment.start is not None and experiment.start >= period.until
    return not before and not after


def _row(experiment: Experiment, report: Report, now: datetime) -> ExperimentRow:
    lifts = tuple(_lift(arm.name, each) for arm in report.arms for each in arm.against_control)
    teams = report.teams
    units = {arm.name: arm.units for arm in report.arms}
    if teams:
        units = dict(zip(teams.teams, teams.units, strict=True))
    return ExperimentRow(
        name=experiment.name,
        state=_state(experiment, now),
        unit=report.unit,
        start=experiment.start,
        end=experiment.end,
        interleaved=experiment.interleave,
        verdict=_verdict(report, lifts),
        units=units,
        planned={name: arm.share for name, arm in experiment.arms.items()},
        split_p_value=report.split_p_value,
        lifts=lifts,
        warnings=report.warnings,
        detail=report.as_json(),
    )


def _state(experiment: Experiment, now: datetime) -> str:
    if experiment.runs(now):
        return "running"
    return "ended" if experiment.end and experiment.end <= now else "planned"


def _verdict(report: Report, lifts: Sequence[Lift]) -> Verdict:
    """The most that is honest to say; a wrong split forbids everything else."""
    if teams := report.teams:
        if not sum(teams.lists) + teams.ties:
            return Verdict.NOTHING
        if sum(teams.units) < FEWEST:
            return Verdict.TOO_FEW
        return Verdict.DECIDED if teams.p_value < _ALPHA else Verdict.UNDECIDED
    if not any(arm.units for arm in report.arms):
        return Verdict.NOTHING
    if report.split_p_value < MISMATCH:
        return Verdict.MISMATCH
    if min(arm.units for arm in report.arms) < FEWEST:
        return Verdict.TOO_FEW
    return Verdict.DECIDED if any(lift.decided for lift in lifts) else Verdict.UNDECIDED


def _lift(arm: str, found: Comparison) -> Lift:
    """The comparison relative to the control's value, which is taken as it was measured."""
    measure, decided = found.measure, found.interval.excludes_zero
    good = None
    if decided and measure not in _NEITHER:
        good = (found.interval.estimate > 0) != (measure in _LESS)
    return Lift(
        measure=measure.value,
        arm=arm,
        control=found.control,
        value=found.arm,
        lift=found.relative,
        always=_relative(found.interval, found.control),
        fixed=_relative(found.fixed, found.control),
        p_value=found.interval.p_value,
        decided=decided,
        good=good,
    )


def _relative(interval: Interval, control: float) -> tuple[float | None, float | None]:
    if not control or not math.isfinite(interval.high - interval.low):
        return None, None
    return interval.low / control, interval.high / control
