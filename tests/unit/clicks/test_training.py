"""The click model on logs whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from support.click_world import BIAS, make_log
from support.events import NOW, event
from support.learning_store import LearningStore

from retrieval.errors import CallerError
from retrieval.profile.types import Action, StoredEvent
from retrieval.rank.click_features import ClickFeature
from retrieval.rank.clicks import reorder_block, sigmoid
from retrieval.train.click_log import join_lists
from retrieval.train.clicks import ClickTraining, calibration_error, train_click_model
from retrieval.train.examination import (
    Shown,
    fit_logistic,
    fit_regression_em,
    fit_weighted,
    harvest_examination,
)

START = NOW - timedelta(days=30)


def quiet(done: int, total: int, note: str = "") -> None:
    return None


@pytest.fixture(scope="module")
def shop() -> Iterator[LearningStore]:
    opened = LearningStore()
    yield opened
    opened.index.close()


@pytest.fixture(scope="module")
def stored() -> list[StoredEvent]:
    events = sorted(make_log(START), key=lambda e: e.timestamp)
    return [StoredEvent(n, e.client_id, e) for n, e in enumerate(events, start=1)]


def biased(size: int, seed: int = 0) -> tuple[Shown, np.ndarray]:
    """Clicks under a known bias where the old ranking put what is wanted first."""
    random = np.random.default_rng(seed)
    wanted = random.normal(size=(size, 10))
    order = np.argsort(-(wanted + random.normal(scale=1.5, size=wanted.shape)), axis=1)
    value = np.take_along_axis(wanted, order, axis=1).ravel()
    places = np.tile(np.arange(1, 11), size)
    clicks = random.random(value.size) < places**-BIAS * sigmoid(value - 1)
    names = [f"q\x1f{int(p)}" for p in random.integers(0, 40, value.size)]
    features = np.stack([value, np.ones(value.size)], axis=1)
    return Shown(features, places, clicks.astype(float), names), value


def test_examination_and_weights_are_found_behind_a_biased_ranking() -> None:
    shown, _ = biased(4_000)
    theta, layer = fit_regression_em(shown)
    truth = np.arange(1, 11) ** -BIAS
    assert np.abs(theta - truth).max() < 0.06
    assert layer == pytest.approx([1.0, -1.0], abs=0.15)
    weighted = fit_weighted(shown, truth)
    plain = fit_logistic(shown.features, shown.clicks)
    # Clicks taken at their word overstate what the old ranking put first.
    assert abs(weighted[0] - 1) < abs(plain[0] - 1)


def test_harvesting_agrees_where_products_change_places() -> None:
    random = np.random.default_rng(1)
    size = 6_000
    liked = random.random(30)
    items = random.permuted(np.tile(np.arange(30), (size, 1)), axis=1)[:, :6]
    places = np.tile(np.arange(1, 7), (size, 1))
    clicks = random.random(items.shape) < places**-BIAS * liked[items]
    names = [f"q\x1f{n}" for n in items.ravel()]
    shown = Shown(np.ones((items.size, 1)), places.ravel(), clicks.ravel().astype(float), names)
    assert harvest_examination(shown, 6) == pytest.approx(np.arange(1, 7) ** -BIAS, abs=0.05)


def test_a_click_counts_once_and_scripts_not_at_all(stored: list[StoredEvent]) -> None:
    once = join_lists(stored)
    assert [each.clicks for each in join_lists([*stored, *stored])] == [e.clicks for e in once]
    scripted = [
        StoredEvent(s.seq, s.shopper_id, s.event.model_copy(update={"automated": True}))
        for s in stored
    ]
    assert join_lists(scripted) == []


def test_training_beats_places_and_uncorrected_clicks_and_repeats_itself(
    shop: LearningStore, stored: list[StoredEvent], tmp_path: Path
) -> None:
    model, report, log = train_click_model(
        stored, shop.items, ClickTraining(), tmp_path / "one", quiet
    )
    measures = report.held_out
    ours = measures[report.chosen]
    assert ours.log_loss < measures["position_only"].log_loss
    assert ours.log_loss < measures["uncorrected"].log_loss
    assert ours.ordered > 0.6 and report.gain > 0
    assert report.weights["brand"] == max(report.weights.values())
    assert log.span["lists"] == 480
    again, _, _ = train_click_model(stored, shop.items, ClickTraining(), tmp_path / "two", quiet)
    assert again == model


def test_a_killed_training_goes_on_to_the_same_model(
    shop: LearningStore,
    stored: list[StoredEvent],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("retrieval.train.click_log.PART", 100)
    whole, _, _ = train_click_model(stored, shop.items, ClickTraining(), tmp_path / "whole", quiet)

    def kill(done: int, total: int, note: str = "") -> None:
        if done >= 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_click_model(stored, shop.items, ClickTraining(), tmp_path / "cut", kill)
    kept = sorted((tmp_path / "cut").rglob("*.npz"))
    times = {path: path.stat().st_mtime_ns for path in kept}
    assert len(kept) == 3
    resumed, _, _ = train_click_model(stored, shop.items, ClickTraining(), tmp_path / "cut", quiet)
    assert resumed == whole
    assert {path: path.stat().st_mtime_ns for path in kept} == times


def test_features_know_nothing_of_the_list_they_are_for(
    shop: LearningStore, stored: list[StoredEvent], tmp_path: Path
) -> None:
    """The first list of a shopper has no personal feature, whatever they clicked on it."""
    first = join_lists(stored)[0]
    mine = [s for s in stored if s.event.query_id == first.id]
    from retrieval.train.click_log import History, build_table

    acts = [s for s in mine if s.event.action_name is not Action.IMPRESSION]
    history = History(acts, shop.items, np.ones(12), 0.1)
    table = build_table([first], history, tmp_path, quiet)
    columns = list(ClickFeature)
    for feature in (ClickFeature.BRAND, ClickFeature.SEEN, ClickFeature.ITEM_RECORD):
        assert not table.features[:, columns.index(feature)].any()


def test_too_few_clicks_are_refused(shop: LearningStore, tmp_path: Path) -> None:
    few = [
        StoredEvent(n, e.client_id, e)
        for n, e in enumerate(make_log(START, shoppers=3, lists=3), start=1)
    ]
    with pytest.raises(CallerError, match="clicks"):
        train_click_model(few, shop.items, ClickTraining(), tmp_path, quiet)


def test_calibration_error_is_the_gap_between_said_and_seen() -> None:
    clicks = np.array([0.0, 1.0] * 50)
    assert calibration_error(np.full(100, 0.5), clicks) == pytest.approx(0.0)
    assert calibration_error(np.full(100, 0.8), clicks) == pytest.approx(0.3)


def test_clicks_move_a_product_no_further_than_their_influence() -> None:
    relevance = [1.0, 0.99, 0.98, 0.5]
    logits = np.array([0.0, 0.0, 3.0, 9.0])
    assert reorder_block(relevance, logits, 0.1) == [2, 0, 1, 3]
    assert reorder_block(relevance, logits, 0.0) == [0, 1, 2, 3]
    assert reorder_block([0.0] * 4, logits, 0.1)[0] == 3


def test_a_guide_beside_a_list_is_none_of_its_products() -> None:
    shown = {"query_id": "l1", "ordinal": 1}
    events = [
        event(Action.IMPRESSION, "m1", surface="chat", **shown),
        event(Action.IMPRESSION, "guide-mouse", surface="content", **shown),
        event(Action.CLICK, "guide-mouse", surface="content", query_id="l1"),
    ]
    (one,) = join_lists(StoredEvent(n, "c1", e) for n, e in enumerate(events))
    assert (one.products, one.clicks) == (("m1",), (False,))
