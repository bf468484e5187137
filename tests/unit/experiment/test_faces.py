"""Experiments on the command line and over HTTP, on a real log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from assistant.admin import CatalogAdmin
from assistant.cli import app
from assistant.database import open_database
from assistant.errors import AisleError
from retrieval.experiment.assign import load_experiments
from retrieval.profile.events import SqlEventStore
from retrieval.profile.types import Event
from ui.errors import install_handlers
from ui.experiments import create_experiments_router

TOKEN = "a-merchant's-long-token"
YAML = """
experiments:
  - name: fused
    arms:
      control: {share: 0.5}
      off: {share: 0.5, treatment: {search: {ranker: off}}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_HOME", str(tmp_path))
    (tmp_path / "experiments.yaml").write_text(YAML)
    database = open_database(f"sqlite:///{tmp_path}/aisle.db")
    log = []
    for number in range(400):
        arm = ("control", "off")[number % 2]
        for place in (1, 2):
            fields = {
                "timestamp": "2026-11-01T00:00:00Z",
                "client_id": f"c{number}",
                "session_id": "s",
                "query_id": f"q{number}",
                "object_id": f"p{place}",
                "ordinal": place,
                "surface": "search",
                "experiments": {"fused": arm},
                "propensity": 0.5,
            }
            log.append({**fields, "event_id": f"i{number}-{place}", "action_name": "impression"})
        if number % 2 and number % 3:
            log.append({**fields, "event_id": f"k{number}", "action_name": "click"})
    SqlEventStore(database, "demo").append([Event.model_validate(row) for row in log])
    database.dispose()
    return tmp_path


def test_the_commands_list_analyse_and_plan(home: Path) -> None:
    run = CliRunner().invoke
    assert "fused" in run(app, ["experiments", "list"]).stdout
    out = home / "report.json"
    assert run(app, ["experiments", "analyse", "fused", "--json", str(out)]).exit_code == 0
    report = json.loads(out.read_text())
    assert [arm["units"] for arm in report["arms"]] == [200, 200]
    assert report["arms"][1]["measures"]["ctr"] == 133 / 400
    power = run(app, ["experiments", "power", "--mean", "0.1", "--effect", "0.1"])
    assert "one look" in power.stdout
    with pytest.raises(AisleError, match="known: fused"):
        run(app, ["experiments", "analyse", "other"], catch_exceptions=False)


def test_a_ranker_that_is_not_there_is_told(home: Path) -> None:
    (home / "experiments.yaml").write_text(YAML.replace("ranker: off", "ranker: mine"))
    with pytest.raises(AisleError, match=r"fused\.arms\.off: there is no ranker 'mine'"):
        CliRunner().invoke(app, ["experiments", "list"], catch_exceptions=False)


def test_another_policy_is_estimated_from_targets(home: Path) -> None:
    targets, out = home / "targets.jsonl", home / "policy.json"
    rows = [{"query_id": f"q{n}", "object_id": "p2", "ordinal": 2} for n in range(400)]
    targets.write_text("\n".join(map(json.dumps, rows)))
    command = ["eval", "policy", "--targets", str(targets), "--json", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    found = json.loads(out.read_text())
    assert found["logged"] == 133 / 400
    assert found["estimates"][0]["value"] == pytest.approx(2 * 133 / 400)
    targets.write_text("{}\n")
    with pytest.raises(AisleError, match="line 1"):
        CliRunner().invoke(app, command, catch_exceptions=False)


class Service:
    """What the routes ask of the assistant."""

    def __init__(self, home: Path) -> None:
        self.experiments = load_experiments(home / "experiments.yaml")
        self.learning = self
        self.events = SqlEventStore(open_database(f"sqlite:///{home}/aisle.db"), "demo")


def test_over_http_only_the_merchant_reads_reports(home: Path) -> None:
    admin = CatalogAdmin.__new__(CatalogAdmin)
    admin._tokens = frozenset([TOKEN])
    api = FastAPI()
    install_handlers(api)
    api.include_router(create_experiments_router(Service(home), admin))  # type: ignore[arg-type]
    client = TestClient(api)
    assert client.get("/v1/experiments").status_code in (401, 403)
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    assert client.get("/v1/experiments").json()[0]["name"] == "fused"
    report = client.get("/v1/experiments/fused").json()
    assert report["arms"][1]["against_control"][0]["interval"]["low"] > 0
    assert client.get("/v1/experiments/none").status_code == 404
