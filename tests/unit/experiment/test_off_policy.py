from __future__ import annotations

import numpy as np
import pytest
from support.policy_world import World, by_position, explore

from retrieval.errors import InvalidRequestError
from retrieval.experiment.off_policy import (
    LoggedDecisions,
    estimate_all,
    estimate_doubly_robust,
    estimate_ips,
    estimate_snips,
)

# 40 runs of a 95% interval: fewer than 34 inside has a chance below 0.5%.
RUNS, LEAST, LISTS = 40, 34, 800


def coverage(method: str, make: object) -> tuple[int, float]:
    inside, errors = 0, []
    for seed in range(RUNS):
        decisions, truth = make(World.make(seed), LISTS, seed)  # type: ignore[operator]
        found = next(e for e in estimate_all(decisions) if e.method == method)
        inside += found.low <= truth <= found.high
        errors.append(found.value - truth)
    return inside, float(np.mean(errors) / (np.std(errors) / RUNS**0.5))


@pytest.mark.parametrize("method", ["ips", "snips", "doubly_robust"])
def test_the_interval_holds_the_truth_of_an_exploring_log(method: str) -> None:
    inside, bias = coverage(method, explore)
    assert inside >= LEAST
    assert abs(bias) < 3.5


def test_the_interval_holds_the_truth_of_another_order_of_the_same_products() -> None:
    inside, bias = coverage("ips", by_position)
    assert inside >= LEAST
    assert abs(bias) < 3.5


def test_the_log_s_own_mean_is_not_the_truth() -> None:
    decisions, truth = explore(World(np.array([0.6, 0.5, 0.4, 0.1, 0.1, 0.05])), 3_000, 1)
    naive = decisions.reward.sum() / (decisions.cluster.max() + 1)
    ips = estimate_ips(decisions)
    assert not ips.low <= naive <= ips.high
    assert ips.low <= truth <= ips.high


def test_the_reward_model_narrows_and_propensities_correct_it() -> None:
    decisions, truth = explore(World.make(1), 3_000, 1)
    robust, ips = estimate_doubly_robust(decisions), estimate_ips(decisions)
    assert robust.high - robust.low < ips.high - ips.low
    wrong = LoggedDecisions(
        decisions.reward,
        decisions.propensity,
        decisions.target,
        decisions.cluster,
        np.full_like(decisions.reward, 0.2),
        np.full_like(decisions.reward, 0.2),
    )
    found = estimate_doubly_robust(wrong)
    assert found.low <= truth <= found.high


def test_the_policy_that_served_is_worth_what_it_earned() -> None:
    decisions, _ = explore(World.make(2), 400, 2)
    same = LoggedDecisions(
        decisions.reward, decisions.propensity, decisions.propensity, decisions.cluster
    )
    earned = decisions.reward.sum() / 400
    assert estimate_ips(same).value == pytest.approx(earned)
    assert estimate_snips(same).value == pytest.approx(earned)
    assert estimate_ips(same).effective == pytest.approx(400)


def test_a_log_without_support_says_so() -> None:
    nothing = np.zeros(3)
    one = np.ones(3)
    with pytest.raises(InvalidRequestError, match="nothing that was logged"):
        estimate_snips(LoggedDecisions(one, one, nothing, np.arange(3)))
    with pytest.raises(InvalidRequestError, match="propensity"):
        LoggedDecisions(one, nothing, one, np.arange(3))
