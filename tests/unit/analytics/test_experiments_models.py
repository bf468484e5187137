"""Experiments with what may be said of them, and models by their manifests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.merchant_log import NOW, PERIOD, MerchantLog

from retrieval.analytics.experiments import report_experiments
from retrieval.analytics.models import report_models
from retrieval.analytics.types import ExperimentRow, PartInForce, Verdict
from retrieval.experiment.types import Arm, Experiment
from retrieval.profile.types import Action
from retrieval.train.registry import HeldOut, TrainedManifest, TrainedModels

ARMS = {"control": Arm(share=0.5), "new": Arm(share=0.5)}
AB = Experiment(name="ab", arms=ARMS, plan_units=1000)
TEAMS = Experiment(name="teams", arms=ARMS, interleave=True)


def expose(log: MerchantLog, arm: str, units: int, clicking: float, results: float = 0.0) -> None:
    """`units` shoppers of an arm, a share of whom clicks (finds nothing)."""
    for number in range(units):
        shopper, tags = f"{arm}{number}", {"experiments": {"ab": arm}, "query_id": f"q{number}"}
        place = {**tags, "object_id": "p1", "surface": "search", "ordinal": 1}
        log.add(Action.IMPRESSION, shopper, **place)
        found = 0 if number < units * results else 9
        log.add(Action.SEARCH, shopper, user_query="x", detail={"results": found}, **tags)
        if number < units * clicking:
            log.add(Action.CLICK, shopper, minute=1, **place)


def row_of(log: MerchantLog, experiment: Experiment) -> ExperimentRow:
    log.read()
    (row,) = report_experiments(log.events, [experiment], PERIOD, NOW).rows
    return row


def test_a_plain_difference_is_decided_and_says_for_whom(log: MerchantLog) -> None:
    expose(log, "control", 400, 0.1, results=0.4)
    expose(log, "new", 400, 0.4, results=0.05)
    row = row_of(log, AB)
    assert (row.verdict, row.state, row.units) == (
        Verdict.DECIDED,
        "running",
        {"control": 400, "new": 400},
    )
    lifts = {lift.measure: lift for lift in row.lifts}
    ctr, empty = lifts["ctr"], lifts["zero_result_rate"]
    assert ctr.lift == pytest.approx(3.0) and ctr.decided and ctr.good is True
    assert None not in (*ctr.always, *ctr.fixed)
    assert ctr.always[0] < ctr.fixed[0] < 3 < ctr.fixed[1] < ctr.always[1]  # type: ignore[operator]
    assert empty.lift is not None and empty.lift < 0 and empty.good is True


def test_no_difference_is_undecided_and_few_units_say_nothing(log: MerchantLog) -> None:
    expose(log, "control", 120, 0.1)
    expose(log, "new", 120, 0.1)
    assert row_of(log, AB).verdict is Verdict.UNDECIDED
    assert not any(lift.decided or lift.good is not None for lift in row_of(log, AB).lifts)


def test_few_units_and_a_wrong_split_forbid_a_verdict(log: MerchantLog) -> None:
    assert row_of(log, AB).verdict is Verdict.NOTHING
    expose(log, "control", 40, 0.1)
    expose(log, "new", 40, 0.9)
    row = row_of(log, AB)
    assert (row.verdict, row.lifts) == (Verdict.TOO_FEW, ())
    expose(log, "new", 400, 0.9)
    assert row_of(log, AB).verdict is Verdict.MISMATCH


def test_an_interleaving_is_told_by_teams(log: MerchantLog) -> None:
    for number in range(150):
        team = "new" if number % 5 else "control"
        log.add(
            Action.CLICK, f"u{number}", query_id=f"q{number}", object_id="p1",
            experiments={"teams": "interleaved"}, detail={"team": team},
        )  # fmt: skip
    row = row_of(log, TEAMS)
    assert (row.verdict, row.units) == (Verdict.DECIDED, {"control": 30, "new": 120})
    assert row.interleaved and row.detail["teams"]["p_value"] < 0.001


def test_only_experiments_of_the_period_are_told(log: MerchantLog) -> None:
    over = AB.model_copy(update={"name": "over", "end": PERIOD.since})
    later = AB.model_copy(update={"name": "later", "start": PERIOD.until})
    soon = AB.model_copy(update={"name": "soon", "start": NOW - timedelta(hours=1)})
    rows = report_experiments(log.events, [over, later, soon], PERIOD, NOW).rows
    assert [row.name for row in rows] == ["soon"]


def test_models_come_with_what_their_manifests_say(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path, "clicks-shop")
    for number, version in enumerate(("v1", "v2", "v3")):
        manifest = TrainedManifest(
            kind="clicks-shop",
            version=version,
            created_at=datetime(2026, 5, 1 + number, tzinfo=UTC),
            code="1.2",
            data="abc",
            span={"first": "2026-04-01"},
            held_out=HeldOut(measure="auc", value=0.6 + number / 100, data="abc"),
        )
        models.add(manifest, lambda folder: folder.mkdir(parents=True))
    before = datetime.now(UTC)
    models.promote("v1")
    models.promote("v2")
    part = PartInForce(part="ranking", model="shipped", trained_here=False)
    report = report_models(PERIOD, [models], [part])
    assert [row.version for row in report.rows] == ["v3", "v2", "v1"]
    assert [row.in_force for row in report.rows] == [False, True, False]
    third, second, _ = report.rows
    assert third.promoted is None and (third.measure, third.value) == ("auc", 0.62)
    assert second.promoted is not None and before <= second.promoted <= datetime.now(UTC)
    assert report.parts == (part,)
    models.rollback()
    assert report_models(PERIOD, [models], []).rows[2].in_force


def test_promotions_written_before_times_were_kept_still_hold(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path, "sequence")
    models.root.mkdir(parents=True)
    (models.root / "promoted.json").write_text('{"versions": ["old"]}')
    assert models.promoted() == "old" and models.promoted_at("old") is None
