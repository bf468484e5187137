"""Against simulated shoppers of whom the truth is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from retrieval.experiment.analyse import Ratio, analyse, compare
from retrieval.experiment.interleave import draft_teams
from retrieval.experiment.measures import Measure, sum_measures
from retrieval.experiment.sequential import (
    MISMATCH,
    fixed_interval,
    sequential_interval,
    sequential_units_needed,
    sign_test,
    split_p_value,
    units_needed,
)
from retrieval.experiment.types import Experiment
from retrieval.profile.types import Action, Event, StoredEvent

ALPHA, PLAN = 0.05, 4_000
START = datetime(2026, 11, 1, tzinfo=UTC)
EXPERIMENT = Experiment.model_validate(
    {"name": "e", "plan_units": PLAN, "arms": {"control": {"share": 0.5}, "new": {"share": 0.5}}}
)


def draw(rng: np.random.Generator, units: int, ctr: float, lists: int = 8) -> Ratio:
    """Shoppers of unlike tastes and numbers of impressions, whose past tells of them."""
    taste = np.clip(rng.normal(1, 0.5, units), 0.1, 2)
    shown = rng.poisson(lists, units) + 1.0
    clicks = rng.binomial(shown.astype(int), np.clip(ctr * taste, 0, 1)).astype(float)
    before = rng.poisson(40 * 0.1 * taste).astype(float)
    return Ratio(clicks, shown, before)


def head(ratio: Ratio, count: int) -> Ratio:
    assert ratio.covariate is not None
    return Ratio(ratio.top[:count], ratio.bottom[:count], ratio.covariate[:count])


def test_peeking_at_an_a_a_test_is_safe_and_at_the_fixed_interval_is_not() -> None:
    looks = range(100, 2_001, 100)
    wrong = {"sequential": 0, "fixed": 0}
    runs = 200
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        arms = draw(rng, 2_000, 0.1), draw(rng, 2_000, 0.1)
        found = [
            compare(Measure.CTR, head(arms[0], n), head(arms[1], n), ALPHA, PLAN) for n in looks
        ]
        wrong["sequential"] += any(each.interval.excludes_zero for each in found)
        wrong["fixed"] += any(each.fixed.excludes_zero for each in found)
    assert wrong["sequential"] <= ALPHA * runs
    assert wrong["fixed"] > 2 * ALPHA * runs


def test_one_look_at_the_fixed_interval_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng(1_000 + seed)
        found = compare(Measure.CTR, draw(rng, 800, 0.1), draw(rng, 800, 0.1), ALPHA, PLAN)
        covered += not found.fixed.excludes_zero
    assert 368 <= covered <= 392  # 380 expected, standard deviation 4.4


def test_a_known_effect_is_found_with_its_size() -> None:
    rng = np.random.default_rng(5)
    found = compare(Measure.CTR, draw(rng, 4_000, 0.1), draw(rng, 4_000, 0.12), ALPHA, PLAN)
    assert found.interval.low > 0
    assert found.interval.p_value < ALPHA
    assert found.interval.low < 0.02 < found.interval.high
    assert found.relative == pytest.approx(0.2, abs=0.06)


def test_cuped_narrows_and_stays_unbiased() -> None:
    plain, adjusted, kept = [], [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        arms = draw(rng, 500, 0.1, 40), draw(rng, 500, 0.11, 40)
        without = [Ratio(a.top, a.bottom) for a in arms]
        plain.append(compare(Measure.CTR, *without, ALPHA, PLAN).interval.estimate)
        with_past = compare(Measure.CTR, *arms, ALPHA, PLAN)
        adjusted.append(with_past.interval.estimate)
        kept.append(with_past.variance_kept)
    truth = draw(np.random.default_rng(9), 400_000, 0.11, 40).value
    truth -= draw(np.random.default_rng(8), 400_000, 0.1, 40).value
    assert np.mean(adjusted) == pytest.approx(truth, abs=3 * np.std(adjusted) / 300**0.5 + 2e-4)
    assert np.var(adjusted) < 0.9 * np.var(plain)
    assert np.mean(kept) == pytest.approx(np.var(adjusted) / np.var(plain), abs=0.15)


def test_the_interval_and_its_p_value_agree() -> None:
    for estimate in (0.5, 2.5, 3.2, 3.5, 5.0):
        found = sequential_interval(estimate, 1.0, 3_000, ALPHA, PLAN)
        assert (found.p_value < ALPHA) == found.excludes_zero
        assert found.high - found.low > 2 * fixed_interval(estimate, 1.0, ALPHA).high - 2 * estimate


def test_a_wrong_split_is_told_and_a_fair_one_is_not() -> None:
    assert split_p_value([5_000, 5_000], [0.5, 0.5]) == 1
    assert split_p_value([9_050, 950], [0.9, 0.1]) > 0.05
    assert split_p_value([5_200, 4_800], [0.5, 0.5]) < MISMATCH


def test_the_power_of_a_test_is_what_was_asked_for() -> None:
    units = units_needed(1.0, 2.0, 0.2, ALPHA, 0.8)
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        a, b = rng.normal(1, 2, units), rng.normal(1.2, 2, units)
        variance = (a.var(ddof=1) + b.var(ddof=1)) / units
        hits += fixed_interval(b.mean() - a.mean(), variance, ALPHA).excludes_zero
    assert 290 <= hits <= 350  # 320 expected
    assert units < sequential_units_needed(1.0, 2.0, 0.2, ALPHA, 0.8) < 3 * units


# ------------------------------------------------------------------ the log


def event(n: int, client: str, action: Action, day: float, **fields: object) -> StoredEvent:
    row = {
        "event_id": f"e{n}",
        "action_name": action,
        "timestamp": START + timedelta(days=day),
        "client_id": client,
        "session_id": f"{client}-s",
        **fields,
    }
    made = Event.model_validate(row)
    return StoredEvent(n, client, made)


def simulate(shoppers: int, lost: float = 0.0) -> list[StoredEvent]:
    """A log in which the new arm sells twice as often; of it a share is lost."""
    rng = np.random.default_rng(11)
    log: list[StoredEvent] = []

    def add(client: str, action: Action, day: float, **fields: object) -> None:
        log.append(event(len(log), client, action, day, **fields))

    for number in range(shoppers):
        arm, client = ("control", "new")[number % 2], f"c{number}"
        if arm == "new" and rng.random() < lost:
            continue
        tags = {"experiments": {"e": arm}, "query_id": f"q{number}", "surface": "search"}
        add(client, Action.ORDER, -1, price=500, object_id="p0")
        for place in range(1, 4):
            tags |= {"object_id": f"p{place}", "ordinal": place}
            add(client, Action.IMPRESSION, 1, **tags)
        if rng.random() < 0.3:
            add(client, Action.CLICK, 1.01, **tags)
        if rng.random() < (0.2 if arm == "new" else 0.1):
            add(client, Action.ORDER, 1.5, price=10, quantity=2, object_id="p1")
        add(
            client,
            Action.CHAT_TURN,
            1.6,
            detail={
                "conversation_id": client,
                "results": number % 4,
                "elapsed_ms": 100,
                "tokens": 30,
            },
        )
    return log


def test_a_log_gives_every_measure_from_the_first_exposure_on() -> None:
    report = analyse(EXPERIMENT, simulate(2_000))
    control, new = report.arms
    assert (control.units, new.units) == (1_000, 1_000)
    assert not report.warnings
    assert new.measures[Measure.CTR] == pytest.approx(0.1, abs=0.02)
    assert control.measures[Measure.REVENUE] == pytest.approx(2, abs=0.5)  # nothing of before
    assert control.measures[Measure.ZERO_RESULTS] == pytest.approx(0.5)
    assert control.measures[Measure.TURNS] == 1
    assert control.measures[Measure.TOKENS] == 30
    assert control.measures[Measure.LATENCY] == 100
    assert control.measures[Measure.HANDOFFS] == 0
    told = {c.measure: c for c in new.against_control}
    assert told[Measure.CONVERSION].interval.excludes_zero
    assert not told[Measure.CTR].interval.excludes_zero


def test_units_that_lose_their_log_are_noticed() -> None:
    report = analyse(EXPERIMENT, simulate(3_000, lost=0.2))
    assert report.split_p_value < MISMATCH
    assert "split" in report.warnings[0]


def test_a_guide_beside_a_list_counts_for_no_click_rate() -> None:
    shown = event(1, "c0", Action.IMPRESSION, 2, object_id="p1", query_id="l1").event
    guide = {"object_id": "guide-mouse", "query_id": "l1-guide", "surface": "content"}
    beside = [event(2, "c0", action, 2, **guide).event for action in Action]
    assert sum_measures([shown, *beside])[Measure.CTR] == (0.0, 1.0)


def test_few_units_give_no_interval() -> None:
    report = analyse(EXPERIMENT, simulate(60))
    assert report.warnings
    assert all(not arm.against_control for arm in report.arms)


def test_a_shopper_who_saw_both_arms_is_left_out() -> None:
    log = simulate(400)
    both = event(len(log), "c0", Action.IMPRESSION, 2, experiments={"e": "new"}, object_id="p9")
    report = analyse(EXPERIMENT, [*log, both])
    assert report.crossed == 1
    assert [arm.units for arm in report.arms] == [199, 200]


# ------------------------------------------------------------- interleaving


def test_drafted_rankings_take_turns_and_show_nothing_twice() -> None:
    first, second = [f"p{n}" for n in range(10)], [f"p{n}" for n in range(9, -1, -1)]
    order, teams = draft_teams(first, second, 8, "seed")
    assert len(set(order)) == 8
    assert teams.count(0) == 4
    assert order[0] == (first, second)[teams[0]][0]
    longer, _ = draft_teams(first, second, 10, "seed")
    assert longer[:8] == order


def test_each_team_picks_first_as_often() -> None:
    firsts = [draft_teams(["a"], ["b"], 2, "s", str(n))[1][0] for n in range(2_000)]
    assert 900 < sum(firsts) < 1_100


def test_a_ranking_that_ends_leaves_the_rest_to_the_other() -> None:
    assert set(draft_teams(["a"], ["b", "c", "d"], 10, "s")[0]) == set("abcd")
    assert draft_teams([], [], 10, "s") == ([], [])


def interleaved(better: bool) -> float:
    """The p-value of 400 shoppers who click by relevance; `better` is the second ranking's."""
    rng = np.random.default_rng(2)
    experiment = EXPERIMENT.model_copy(update={"interleave": True})
    good = [f"p{n}" for n in range(20)]
    log: list[StoredEvent] = []
    for number in range(400):
        noisy = list(rng.permutation(good))
        first, second = noisy, (good if better else list(rng.permutation(good)))
        order, teams = draft_teams(first, second, 10, "s", str(number))
        for place, (name, team) in enumerate(zip(order, teams, strict=True), 1):
            if rng.random() < 0.5 * 0.8 ** good.index(name) / place**0.5:
                log.append(
                    event(
                        len(log),
                        f"c{number}",
                        Action.CLICK,
                        1,
                        object_id=name,
                        query_id="q",
                        ordinal=place,
                        experiments={"e": "interleaved"},
                        detail={"team": ("control", "new")[team]},
                    )
                )
    report = analyse(experiment, log)
    assert report.teams
    return report.teams.p_value if report.teams.units[1] > report.teams.units[0] else 1.0


def test_clicks_tell_the_better_ranking_and_only_it() -> None:
    assert interleaved(better=True) < 0.001
    assert interleaved(better=False) > 0.01


def test_ties_do_not_vote() -> None:
    assert sign_test(0, 0) == 1
    assert sign_test(5, 5) == 1
    assert sign_test(30, 5) < 0.001
