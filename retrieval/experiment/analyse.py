"""What an experiment came to: every arm beside the control, with how sure that is.

Ratios of sums are compared by the delta method with the randomisation unit as the unit (Deng,
Knoblich and Lu, KDD 2018); what units did before adjusts for how they differed anyway (CUPED:
Deng, Xu, Kohavi and Walker, WSDM 2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.experiment.measures import (
    Measure,
    UnitRow,
    gather_clicks,
    gather_units,
)
from retrieval.experiment.sequential import (
    MISMATCH,
    Interval,
    fixed_interval,
    sequential_interval,
    sign_test,
    split_p_value,
)
from retrieval.experiment.types import Experiment
from retrieval.profile.types import StoredEvent

ALPHA = 0.05
# The intervals are asymptotic: with fewer units in an arm nothing is said.
FEWEST = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums over the units of one arm, with what adjusts it."""

    top: Floats
    bottom: Floats
    covariate: Floats | None = None

    @property
    def value(self) -> float:
        """Sum over sum; 0 where there is nothing to divide by."""
        total = float(self.bottom.sum())
        return float(self.top.sum()) / total if total else 0.0

    @property
    def scores(self) -> Floats:
        """Each unit's influence on `value` times the number of units (delta method)."""
        mean = float(self.bottom.mean()) if len(self.bottom) else 0.0
        return (self.top - self.value * self.bottom) / mean if mean else np.zeros_like(self.top)


@dataclass(frozen=True)
class Comparison:
    """An arm against the control in one measure.

    `interval` holds at every look; `fixed` only at the end of a test of planned size.
    `variance_kept` is the share of the variance that CUPED leaves.
    """

    measure: Measure
    control: float
    arm: float
    relative: float | None
    interval: Interval
    fixed: Interval
    variance_kept: float


@dataclass(frozen=True)
class ArmReport:
    """One arm: its units, its measures, and how they compare with the control's."""

    name: str
    units: int
    measures: Mapping[Measure, float]
    against_control: tuple[Comparison, ...]


@dataclass(frozen=True)
class TeamReport:
    """Interleaving: lists that each team won, units likewise, and how likely that is by chance.

    The test is over units: one eager shopper is one vote.
    """

    teams: tuple[str, str]
    lists: tuple[int, int]
    units: tuple[int, int]
    ties: int
    p_value: float


@dataclass(frozen=True)
class Report:
    """The whole answer; `warnings` say when it is not to be believed."""

    experiment: str
    unit: str
    alpha: float
    split_p_value: float
    crossed: int
    arms: tuple[ArmReport, ...]
    teams: TeamReport | None
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data; an interval without end is null."""
        return _plain(asdict(self))  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def analyse(experiment: Experiment, log: Sequence[StoredEvent], alpha: float = ALPHA) -> Report:
    """The report of an experiment over a log; units that saw two arms are left out, counted."""
    if experiment.interleave:
        return _analyse_teams(experiment, log, alpha)
    rows = gather_units(experiment, log)
    crossed = sum(len(row.arms) > 1 for row in rows.values())
    arms = {name: [row for row in rows.values() if row.arms == {name}] for name in experiment.arms}
    counts = [len(found) for found in arms.values()]
    p_value = split_p_value(counts, [arm.share for arm in experiment.arms.values()])
    warnings = []
    if p_value < MISMATCH:
        warnings.append(
            f"The split of units is not the planned one (p = {p_value:.2g}): something loses "
            "units of one arm, so the comparison says nothing until that is found."
        )
    if min(counts) < FEWEST:
        warnings.append(f"An arm has fewer than {FEWEST} units: too few for an interval.")
    control = arms[experiment.control]
    reports = tuple(_report_arm(experiment, name, arms[name], control, alpha) for name in arms)
    unit = experiment.unit.value
    return Report(experiment.name, unit, alpha, p_value, crossed, reports, None, tuple(warnings))


def _report_arm(
    experiment: Experiment,
    name: str,
    rows: Sequence[UnitRow],
    control: Sequence[UnitRow],
    alpha: float,
) -> ArmReport:
    measured = {m: ratio_of(rows, m) for m in Measure}
    values = {m: ratio.value for m, ratio in measured.items() if ratio.bottom.sum()}
    compared = []
    if name != experiment.control and min(len(rows), len(control)) >= FEWEST:
        for measure in values:
            other = ratio_of(control, measure)
            if other.bottom.sum():
                found = compare(measure, other, measured[measure], alpha, experiment.plan_units)
                compared.append(found)
    return ArmReport(name, len(rows), values, tuple(compared))


def ratio_of(rows: Sequence[UnitRow], measure: Measure) -> Ratio:
    """One measure of an arm; the covariate is the same measure before, scored likewise later."""
    during = np.array([row.during.get(measure, (0.0, 0.0)) for row in rows]).reshape(-1, 2)
    before = np.array([row.before.get(measure, (0.0, 0.0)) for row in rows]).reshape(-1, 2)
    return Ratio(during[:, 0], during[:, 1], before[:, 0])


def compare(
    measure: Measure, control: Ratio, arm: Ratio, alpha: float, plan_units: int
) -> Comparison:
    """The difference of two ratios, adjusted by CUPED where both have a covariate."""
    scores = (control.scores, arm.scores)
    plain = _mean_variance(scores[0]) + _mean_variance(scores[1])
    difference, variance = arm.value - control.value, plain
    if control.covariate is not None and arm.covariate is not None:
        theta = _theta(scores, (control.covariate, arm.covariate))
        gap = float(arm.covariate.mean() - control.covariate.mean())
        adjusted = [
            s - theta * (x - x.mean())
            for s, x in zip(scores, (control.covariate, arm.covariate), strict=True)
        ]
        difference -= theta * gap
        variance = sum(_mean_variance(each) for each in adjusted)
    units = len(control.top) + len(arm.top)
    return Comparison(
        measure=measure,
        control=control.value,
        arm=arm.value,
        relative=difference / control.value if control.value else None,
        interval=sequential_interval(difference, variance, units, alpha, plan_units),
        fixed=fixed_interval(difference, variance, alpha),
        variance_kept=variance / plain if plain else 1.0,
    )


def _mean_variance(scores: Floats) -> float:
    return float(scores.var(ddof=1)) / len(scores) if len(scores) > 1 else 0.0


def _theta(scores: Sequence[Floats], covariates: Sequence[Floats]) -> float:
    """The slope of scores on covariates within arms, pooled."""
    joint = sum(float(((x - x.mean()) * s).sum()) for s, x in zip(scores, covariates, strict=True))
    spread = sum(float(((x - x.mean()) ** 2).sum()) for x in covariates)
    return joint / spread if spread else 0.0


def _analyse_teams(experiment: Experiment, log: Sequence[StoredEvent], alpha: float) -> Report:
    first = experiment.control
    second = next(name for name in experiment.arms if name != first)
    lists, ties, balance = [0, 0], 0, dict[str, int]()
    for click in gather_clicks(experiment, log):
        lead = click.teams.count(second) - click.teams.count(first)
        balance[click.unit] = balance.get(click.unit, 0) + int(np.sign(lead))
        if lead:
            lists[int(lead > 0)] += 1
        else:
            ties += 1
    wins = [sum(b < 0 for b in balance.values()), sum(b > 0 for b in balance.values())]
    teams = TeamReport(
        teams=(first, second),
        lists=(lists[0], lists[1]),
        units=(wins[0], wins[1]),
        ties=ties,
        p_value=sign_test(wins[1], wins[0]),
    )
    warnings = ("The sign test is for one look at a number of units fixed beforehand.",)
    unit = experiment.unit.value
    return Report(experiment.name, unit, alpha, 1.0, 0, (), teams, warnings)
