"""The online layer: it learns, it counts once, it explores with true odds, alarms stop it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from retrieval.rank.click_features import ClickFeature
from retrieval.rank.clicks import ClickModel, sigmoid
from retrieval.rank.explore import explore_page
from retrieval.rank.online import (
    LEAST_LISTS,
    REFERENCE,
    WINDOW,
    Alarm,
    Batch,
    OnlineState,
    begin,
    learn,
    stability_index,
    watch_clicks,
    watch_scores,
)


@pytest.fixture
def model() -> ClickModel:
    return ClickModel(
        features=(ClickFeature.BRAND, ClickFeature.RATING),
        means=(0.0, 0.0),
        spreads=(1.0, 1.0),
        weights=(0.0, 0.0),
        bias=-1.0,
        precision=tuple(tuple(20.0 * (i == j) for j in range(3)) for i in range(3)),
        examination=(1.0, 0.5),
    )


def draw(truth: list[float], size: int, seed: int) -> Batch:
    random = np.random.default_rng(seed)
    features = np.concatenate([random.normal(size=(size, 2)), np.ones((size, 1))], axis=1)
    examined = np.where(random.random(size) < 0.5, 1.0, 0.5)
    chance = examined * sigmoid(features @ np.array(truth))
    return Batch(features, examined, (random.random(size) < chance).astype(float))


def test_the_layer_moves_to_what_shoppers_do(model: ClickModel) -> None:
    truth = [0.8, -0.4, -1.0]
    state = begin(model, "v", 0)
    for number in range(60):
        state = learn(state, model, draw(truth, 200, number))
    assert state.alarm is None and state.impressions == 12_000
    assert state.layer == pytest.approx(truth, abs=0.1)
    assert OnlineState.model_validate_json(state.model_dump_json()) == state


def test_a_jump_is_refused_and_the_trained_layer_serves(model: ClickModel) -> None:
    state = begin(model, "v", 0)
    features = np.tile([5.0, 5.0, 1.0], (400, 1))
    after = learn(state, model, Batch(features, np.ones(400), np.ones(400)))
    assert after.alarm is Alarm.JUMP and after.layer == state.layer and after.ranks
    assert learn(after, model, draw([1, 1, 1], 200, 0)) == after


def test_clicks_below_control_stop_the_ranking(model: ClickModel) -> None:
    state = begin(model, "v", 0)
    random = np.random.default_rng(0)
    good, bad = random.binomial(12, 0.08, 4000) / 12, random.binomial(12, 0.04, 4000) / 12
    few = watch_clicks(state, model, bad[: LEAST_LISTS - 1], good[: LEAST_LISTS - 1])
    assert few.alarm is None
    assert watch_clicks(state, model, bad, good).alarm is Alarm.CTR
    assert not watch_clicks(state, model, bad, good).ranks
    assert watch_clicks(state, model, good, bad).alarm is None
    same = watch_clicks(state, model, good[:2000], good[2000:])
    assert same.alarm is None


def test_a_shift_of_scores_is_noticed(model: ClickModel) -> None:
    random = np.random.default_rng(0)
    state = watch_scores(begin(model, "v", 0), model, random.normal(size=REFERENCE).tolist())
    same = watch_scores(state, model, random.normal(size=WINDOW).tolist())
    assert same.alarm is None and same.shift < 0.05
    moved = watch_scores(state, model, random.normal(2.0, 1.0, WINDOW).tolist())
    assert moved.alarm is Alarm.SHIFT and "stability" in moved.detail
    assert stability_index([0.5, 0.5], [0.5, 0.5]) == 0


def test_propensities_are_the_odds_of_what_was_shown() -> None:
    relevance = [0.0] * 8
    doubts = np.array([1.0, 2.0, 3.0, 1.0, 5.0, 1.0, 1.0, 1.0])
    seen: Counter[tuple[int, int]] = Counter()
    said: dict[tuple[int, int], float] = {}
    rounds = 20_000
    changed = 0
    for number in range(rounds):
        shown, propensities = explore_page(
            range(8), relevance, doubts, page=4, rate=0.4, reach=0.1, seed=str(number)
        )
        changed += shown != list(range(8))
        assert shown[0] == 0
        for place, (product, propensity) in enumerate(zip(shown, propensities, strict=True)):
            seen[place, product] += 1
            assert said.setdefault((place, product), propensity) == propensity
    assert changed / rounds == pytest.approx(0.4, abs=0.02)
    for each, propensity in said.items():
        assert seen[each] / rounds == pytest.approx(propensity, abs=0.015)


def test_exploring_keeps_to_what_is_about_as_relevant() -> None:
    relevance = [1.0, 0.9, 0.5, 0.1]
    for number in range(200):
        shown, _ = explore_page(
            range(4), relevance, np.ones(4), page=4, rate=0.5, reach=0.1, seed=str(number)
        )
        assert shown == [0, 1, 2, 3]
