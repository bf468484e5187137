from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scipy.stats import chisquare

from retrieval.experiment.assign import Experiments, ExperimentsError, load_experiments
from retrieval.experiment.types import Experiment, ExperimentsFile, Part, Treatment
from retrieval.profile.types import Visitor

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OFF = {"share": 0.5, "treatment": {"search": {"ranker": "off"}}}


def make(*rows: dict[str, object], salt: str = "s") -> Experiments:
    return Experiments(ExperimentsFile.model_validate({"salt": salt, "experiments": rows}))


def row(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "arms": {"control": {"share": 0.5}, "off": OFF}, **fields}


def arms(experiments: Experiments, count: int, name: str) -> list[str | None]:
    shoppers = [Visitor(f"c{n}", f"s{n}") for n in range(count)]
    return [experiments.assign(v, NOW).variants.get(name) for v in shoppers]


def test_the_same_shopper_keeps_the_arm_and_arms_are_even() -> None:
    experiments = make(row("ranker"))
    first = arms(experiments, 20_000, "ranker")
    assert first == arms(make(row("ranker")), 20_000, "ranker")
    counts = [first.count("control"), first.count("off")]
    assert sum(counts) == 20_000
    assert chisquare(counts).pvalue > 0.001


def test_another_salt_deals_anew_and_experiments_are_independent() -> None:
    first = arms(make(row("a")), 8_000, "a")
    again = arms(make(row("a"), salt="t"), 8_000, "a")
    other = arms(make(row("b")), 8_000, "b")
    for second in (again, other):
        same = sum(x == y for x, y in zip(first, second, strict=True))
        assert 3_700 < same < 4_300


def test_experiments_of_one_layer_exclude_each_other() -> None:
    experiments = make(row("a", traffic=0.4), row("b", traffic=0.5), row("c", layer="other"))
    seen = {"a": 0, "b": 0, "c": 0}
    for n in range(10_000):
        variants = experiments.assign(Visitor(f"c{n}"), NOW).variants
        assert not {"a", "b"} <= set(variants)
        for name in variants:
            seen[name] += 1
    assert abs(seen["a"] - 4_000) < 200
    assert abs(seen["b"] - 5_000) < 200
    assert seen["c"] == 10_000


def test_an_experiment_that_is_over_moves_nobody_of_its_layer() -> None:
    before = arms(make(row("a", traffic=0.5), row("b", traffic=0.5)), 2_000, "b")
    ended = make(row("a", traffic=0.5, end=NOW - timedelta(days=1)), row("b", traffic=0.5))
    assert arms(ended, 2_000, "b") == before
    assert set(arms(ended, 2_000, "a")) == {None}


def test_sessions_of_one_shopper_are_units_of_their_own() -> None:
    experiments = make(row("a", unit="session"))
    found = {experiments.assign(Visitor("c", f"s{n}"), NOW).variants["a"] for n in range(50)}
    assert found == {"control", "off"}


def test_exposure_is_only_where_the_treatment_acts() -> None:
    clarify = {"share": 0.5, "treatment": {"chat": {"clarify": False}}}
    experiments = make(
        row("rank"), {**row("ask", layer="x"), "arms": {"control": {"share": 0.5}, "no": clarify}}
    )
    assignment = experiments.assign(Visitor("c"), NOW)
    assert set(assignment.exposed([Part.RANKING, Part.TASTE])) == {"rank"}
    assert set(assignment.exposed([Part.CHAT])) == {"ask"}
    assert not assignment.exposed([])


def test_treatments_of_several_layers_join() -> None:
    off = Treatment.model_validate({"search": {"ranker": "off"}})
    quiet = Treatment.model_validate({"chat": {"clarify": False}, "personal": False})
    joined = off.over(quiet)
    assert joined.search.ranker == "off"
    assert joined.chat.clarify is False
    assert joined.personal is False
    assert off.over(Treatment.model_validate({"search": {"ranker": "x"}})).search.ranker == "off"


def test_nobody_is_assigned_nothing() -> None:
    assert not make(row("a")).assign(None, NOW).variants


def test_the_interleaving_names_both_rankings_the_control_first() -> None:
    experiments = make({**row("teams"), "interleave": True})
    found = experiments.assign(Visitor("c"), NOW).interleaving
    assert found
    assert found.teams == ("control", "off")
    assert found.treatments[1].ranker == "off"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("experiments: [", "is no YAML"),
        ("experiments: [{name: a, arms: {control: {share: 0.5}}}]", "add up to 0.5"),
        ("experiments: [{name: a, arms: {control: {share: 1}}}]", "two arms"),
        ("experiment: []", "experiment: Extra inputs"),
        (
            "experiments: [{name: a, arms: {x: {share: 0.5}, y: {share: 0.5}}}]",
            "control 'control' is none",
        ),
    ],
)
def test_every_fault_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "experiments.yaml"
    path.write_text(text)
    with pytest.raises(ExperimentsError, match=told):
        load_experiments(path)


def test_several_faults_are_all_told(tmp_path: Path) -> None:
    path = tmp_path / "experiments.yaml"
    path.write_text(
        "experiments: [{name: A b, arms: {control: {share: 2}, x: {share: 1, tretment: {}}}}]"
    )
    with pytest.raises(ExperimentsError) as caught:
        load_experiments(path)
    assert len(str(caught.value).splitlines()) == 4


def test_layers_do_not_take_more_than_all() -> None:
    with pytest.raises(ValueError, match="120%"):
        make(row("a", traffic=0.6), row("b", traffic=0.6))


def test_no_file_is_no_experiment(tmp_path: Path) -> None:
    assert not load_experiments(tmp_path / "experiments.yaml")


def test_an_a_a_test_is_exposed_wherever_anything_is_shown() -> None:
    plain = {"control": {"share": 0.5}, "same": {"share": 0.5}}
    assert Experiment.model_validate({"name": "aa", "arms": plain}).parts == frozenset(Part)
