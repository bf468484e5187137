"""Commands about experiments and about policies that have not been live."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant import build
from assistant.database import open_database
from assistant.errors import CallerError
from assistant.experiments import open_experiments
from assistant.settings import Settings, load_settings, without_llm
from retrieval.catalog.store import StorePaths
from retrieval.experiment.analyse import ALPHA, Report, analyse
from retrieval.experiment.assign import Experiments
from retrieval.experiment.measures import read_log
from retrieval.experiment.off_policy import (
    PolicyEstimate,
    Shown,
    decide_by_position,
    decide_by_propensity,
    estimate_all,
    read_impressions,
)
from retrieval.experiment.sequential import Interval, sequential_units_needed, units_needed
from retrieval.experiment.types import Assignment, Treatment
from retrieval.profile.events import SqlEventStore
from retrieval.types import SearchTreatment

experiments_app = typer.Typer(help="A/B tests: what runs, what it came to.", no_args_is_help=True)
console = Console()

StoreOption = Annotated[str | None, typer.Option("--store", help="Name of the store.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Where to write.")]
# Places that a target ranking is asked for; what lies below was hardly seen.
REACH = 48
ETA = 1.0


def _settings(store: str | None) -> Settings:
    return load_settings(**({"store": store} if store else {}))


def _experiments(settings: Settings) -> Experiments:
    return open_experiments(settings.experiments_path, StorePaths(settings.store_path).rankers)


@experiments_app.command("list")
def list_experiments(store: StoreOption = None) -> None:
    """The experiments of experiments.yaml, checked."""
    settings = _settings(store)
    table = Table("experiment", "layer", "unit", "traffic", "arms", "from", "to")
    for each in _experiments(settings).file.experiments:
        arms = ", ".join(f"{name} {arm.share:.0%}" for name, arm in each.arms.items())
        arms += " (interleaved)" if each.interleave else ""
        span = [f"{m:%Y-%m-%d}" if m else "-" for m in (each.start, each.end)]
        table.add_row(each.name, each.layer, each.unit.value, f"{each.traffic:.0%}", arms, *span)
    console.print(table)
    console.print(f"from {settings.experiments_path}")


@experiments_app.command("analyse")
def analyse_experiment(
    name: Annotated[str, typer.Argument(help="The experiment.")],
    store: StoreOption = None,
    alpha: Annotated[float, typer.Option(help="Chance of a false alarm.", min=0.0001, max=0.5)] = (
        ALPHA
    ),
    json_path: JsonOption = None,
) -> None:
    """Every arm beside the control; look as often as you like, the intervals hold."""
    settings = _settings(store)
    experiment = _experiments(settings).get(name)
    events = SqlEventStore(open_database(settings.sql_url), settings.store)
    report = analyse(experiment, read_log(events, experiment), alpha)
    if json_path:
        json_path.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    print_report(report)


def print_report(report: Report) -> None:
    """The report as tables."""
    for warning in report.warnings:
        console.print(f"[yellow]{warning}[/yellow]")
    if teams := report.teams:
        for name, lists, units in zip(teams.teams, teams.lists, teams.units, strict=True):
            console.print(f"{name}: won {lists:,} lists, {units:,} {report.unit}s")
        console.print(f"{teams.ties:,} ties; sign test over {report.unit}s p = {teams.p_value:.3g}")
        return
    table = Table("measure", "arm", "units", "value", "difference", "always-valid interval", "p")
    for arm in report.arms:
        told = {c.measure: c for c in arm.against_control}
        for measure, value in arm.measures.items():
            found = told.get(measure)
            table.add_row(
                measure.value,
                arm.name,
                f"{arm.units:,}",
                f"{value:.4g}",
                f"{found.interval.estimate:+.4g}" if found else "",
                _say(found.interval) if found else "",
                f"{found.interval.p_value:.3g}" if found else "",
            )
    console.print(table)
    crossed = f"; {report.crossed:,} saw two arms and are left out" if report.crossed else ""
    console.print(f"split of units: p = {report.split_p_value:.3g}{crossed}")


def _say(interval: Interval) -> str:
    return f"{interval.low:+.4g} … {interval.high:+.4g}"


@experiments_app.command("power")
def power_of(
    mean: Annotated[float, typer.Option(help="The measure's mean now, e.g. 0.04.", min=1e-9)],
    effect: Annotated[float, typer.Option(help="The relative change to find, e.g. 0.1.", min=1e-6)],
    deviation: Annotated[
        float | None, typer.Option(help="Between units; left out, that of a rate.", min=1e-9)
    ] = None,
    power: Annotated[float, typer.Option(help="Chance to find it.", min=0.5, max=0.999)] = 0.8,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5)] = ALPHA,
) -> None:
    """How many units an arm needs, looked at once and looked at all along."""
    if deviation is None:
        if mean >= 1:
            raise CallerError("A mean of 1 or more is no rate.", remedy="Give --deviation.")
        deviation = (mean * (1 - mean)) ** 0.5
    once = units_needed(mean, deviation, effect, alpha, power)
    always = sequential_units_needed(mean, deviation, effect, alpha, power)
    console.print(f"{once:,} units an arm for one look at the end")
    console.print(f"{always:,} units an arm at most when looked at all along")


# ------------------------------------------------------------------ policies


def eval_policy(
    ranker: Annotated[
        str | None, typer.Option(help="A ranker of the store's rankers folder, off or shipped.")
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(help="JSON lines: query_id, object_id, ordinal and, where not 1, chance."),
    ] = None,
    surface: Annotated[str, typer.Option(help="Where the lists were shown.")] = "search",
    eta: Annotated[
        float, typer.Option(help="Places are looked at as 1/place^eta.", min=0, max=5)
    ] = ETA,
    store: StoreOption = None,
    json_path: JsonOption = None,
) -> None:
    """Clicks a list that another ranking would have had, from the log; nothing goes live."""
    if (ranker is None) == (targets is None):
        raise CallerError("Name the other policy.", remedy="Give --ranker or --targets.")
    settings = _settings(store)
    events = SqlEventStore(open_database(settings.sql_url), settings.store)
    shown = read_impressions(events.scan(), surface)
    if not shown:
        raise CallerError(f"The log has no impression of surface {surface!r} with a propensity.")
    if targets is not None:
        chances = read_targets(targets)
    else:
        chances = asyncio.run(_rank_anew(settings, shown, str(ranker)))
    explored = any(each.propensity < 1 for each in shown)
    if explored:
        decisions = decide_by_propensity(shown, chances)
    else:
        places = {(name, product): place for name, product, place in chances}
        decisions = decide_by_position(shown, places, eta)
    found = estimate_all(decisions)
    clicks = sum(each.clicked for each in shown) / found[0].clusters
    print_estimates(found, clicks, explored)
    if json_path:
        result = {"logged": clicks, "estimates": [asdict(each) for each in found]}
        json_path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def read_targets(path: Path) -> dict[tuple[str, str, int], float]:
    """(list, product, place) → chance of a file of targets; raises CallerError with the line."""
    chances: dict[tuple[str, str, int], float] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CallerError(f"{path} can't be read: {error.strerror}.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
            key = (str(row["query_id"]), str(row["object_id"]), int(row["ordinal"]))
            chances[key] = float(row.get("chance", 1))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CallerError(
                f"{path}, line {number} is no target.",
                remedy='E.g. {"query_id": "9f2c", "object_id": "mouse-001", "ordinal": 1}.',
            ) from None
    return chances


async def _rank_anew(
    settings: Settings, shown: list[Shown], ranker: str
) -> dict[tuple[str, str, int], float]:
    """Where the ranker would have put every product of the logged lists."""
    quiet = without_llm(settings)
    assignment = Assignment(Treatment(search=SearchTreatment(ranker=ranker), personal=False))
    chances: dict[tuple[str, str, int], float] = {}
    orders: dict[str, list[str]] = {}
    with build.open_assistant(quiet) as assistant:
        for name, query in dict.fromkeys((s.list_id, s.query) for s in shown if s.query):
            if query not in orders:
                _, result = await assistant.search(query, limit=REACH, assignment=assignment)
                orders[query] = [hit.product.id for hit in result.hits]
            for place, product in enumerate(orders[query], 1):
                chances[name, product, place] = 1.0
    return chances


def print_estimates(found: list[PolicyEstimate], clicks: float, explored: bool) -> None:
    """The estimates beside what the log earned."""
    way = "logged propensities" if explored else "the position-based model"
    table = Table("estimate", "clicks a list", "95% interval", "lists", "effective", "mean weight")
    for each in found:
        table.add_row(
            each.method,
            f"{each.value:.4f}",
            f"{each.low:.4f} … {each.high:.4f}",
            f"{each.clusters:,}",
            f"{each.effective:,.0f}",
            f"{each.mean_weight:.2f}",
        )
    console.print(table)
    console.print(f"the log earned {clicks:.4f} clicks a list; weights from {way}")
