"""The reports on the command line and over HTTP, on a real log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from support.merchant_log import MerchantLog
from typer.testing import CliRunner

from assistant.admin import CatalogAdmin
from assistant.analytics import Analytics, Catalogue
from assistant.cli import app
from assistant.database import open_database
from assistant.errors import CallerError
from assistant.settings import load_settings
from retrieval.analytics.period import read_period
from retrieval.analytics.types import ReportName
from retrieval.catalog.store import StorePaths
from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.errors import InvalidRequestError
from retrieval.profile.types import Action
from retrieval.types import Language, StoreInfo
from ui.analytics_api import EXAMPLES, AnyReport, create_analytics_router
from ui.errors import install_handlers

TOKEN = "a-merchant's-long-token"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a store "shop" that has a log, and no index."""
    monkeypatch.setenv("AISLE_HOME", str(tmp_path))
    monkeypatch.setenv("AISLE_STORE", "shop")
    info = StoreInfo(
        name="shop", title="Shop", currency="EUR", languages=(Language.ENGLISH,), products=0
    )
    paths = StorePaths(tmp_path / "stores" / "shop")
    paths.root.mkdir(parents=True)
    paths.info.write_text(info.model_dump_json())
    paths.vocabulary.write_text(build_vocabulary([]).model_dump_json())
    log = MerchantLog.in_folder(tmp_path)
    for number in range(6):
        moment = datetime.now(UTC) - timedelta(hours=number)
        log.add(Action.SEARCH, f"c{number}", moment=moment, user_query="kettle", query_id="q")
    log.read()
    log.database.dispose()
    return tmp_path


@pytest.fixture
def http(home: Path) -> TestClient:
    settings = load_settings()

    class Service:
        analytics = Analytics(
            settings,
            open_database(settings.sql_url),
            experiments=(),
            catalogue=lambda: Catalogue("EUR"),
        )

    admin = CatalogAdmin.__new__(CatalogAdmin)
    admin._tokens = frozenset([TOKEN])
    api = FastAPI()
    install_handlers(api)
    api.include_router(create_analytics_router(Service(), admin))  # type: ignore[arg-type]
    return TestClient(api, headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("name", sorted(set(ReportName) - {ReportName.PROFILES}))
def test_every_report_is_printed_and_given_as_json(home: Path, name: ReportName) -> None:
    asked = ["analytics", name.value, "--days", "7"]
    printed = CliRunner().invoke(app, asked)
    assert printed.exit_code == 0 and printed.output.strip()
    given = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert given["period"]["since"] < given["period"]["until"]


def test_the_command_counts_the_period_alone(home: Path) -> None:
    def searches(*span: str) -> int:
        result = CliRunner().invoke(app, ["analytics", "queries", "--json", *span])
        return int(json.loads(result.output)["searches"])

    assert searches() == 6
    assert searches("--since", "2020-01-01", "--until", "2020-02-01") == 0


def test_bad_input_is_told_in_one_line(home: Path) -> None:
    def run(*arguments: str) -> None:
        CliRunner().invoke(app, ["analytics", *arguments], catch_exceptions=False)

    with pytest.raises(CallerError, match=r"no report 'sales'.*funnel, failing"):
        run("sales")
    with pytest.raises(CallerError, match="since is no date: 'yesterday'"):
        run("funnel", "--since", "yesterday")
    with pytest.raises(CallerError, match="Profiles need the catalogue"):
        run("profiles")


def test_over_http_only_the_merchant_reads_reports(http: TestClient) -> None:
    assert http.get("/v1/analytics/funnel", headers={"Authorization": ""}).status_code == 401
    for name in set(ReportName) - {ReportName.PROFILES}:
        answer = http.get(f"/v1/analytics/{name.value}")
        assert answer.status_code == 200, answer.text
    found = http.get("/v1/analytics/queries", params={"days": 3, "rows": 5}).json()
    assert [row["query"] for row in found["rows"]] == ["kettle"]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("sales", 404, "no report 'sales'"),
        ("funnel?since=soon", 400, "since is no date"),
        ("funnel?since=2026-02-02&until=2026-01-01", 400, "ends (2026-01-02"),
        ("funnel?days=7&since=2026-01-01", 400, "exclude each other"),
        ("funnel?days=0", 400, "0 days is no period"),
        ("funnel?days=many", 422, "days"),
        ("profiles", 400, "need the catalogue"),
    ],
)
def test_bad_requests_say_what_to_mend(
    http: TestClient, path: str, status: int, error: str
) -> None:
    answer = http.get(f"/v1/analytics/{path}")
    assert answer.status_code == status
    assert error in answer.json()["error"] and "\n" not in answer.text


def test_the_examples_of_the_interface_are_reports(http: TestClient) -> None:
    from pydantic import TypeAdapter

    for example in EXAMPLES.values():
        TypeAdapter(AnyReport).validate_python(example["value"])
    described = http.get("/openapi.json").json()["paths"]["/v1/analytics/{report}"]["get"]
    assert set(described["responses"]["200"]["content"]["application/json"]["examples"]) == set(
        EXAMPLES
    )


def test_a_period_means_whole_days_in_utc() -> None:
    usual = read_period(NOON)
    assert (usual.since, usual.until) == (NOON - timedelta(days=30), NOON)
    days = read_period(NOON, since="2026-11-01", until="2026-11-02")
    assert days.until - days.since == timedelta(days=2)
    zoned = read_period(NOON, since="2026-11-24T10:00+08:00")
    assert zoned.since == datetime(2026, 11, 24, 2, tzinfo=UTC)
    with pytest.raises(InvalidRequestError, match="before it begins"):
        read_period(NOON, since="2026-11-25")
    with pytest.raises(InvalidRequestError, match="no date"):
        read_period(NOON, until="9999-12-31")
