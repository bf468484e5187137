"""`aisle analytics`: the merchant's reports in the terminal, also while the store is served."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant.analytics import MOST_ROWS, USUAL_ROWS, open_analytics
from assistant.build import open_storage
from assistant.errors import CallerError
from assistant.settings import load_settings
from retrieval.analytics.period import read_period
from retrieval.analytics.types import Report, ReportName
from retrieval.types import Frozen, Language

console = Console()

# Fields too long for a column: they are in the JSON.
_NOT_SHOWN = frozenset({"detail", "lifts", "span", "data", "code", "warnings", "planned"})
# Rows printed of a report; the JSON has all.
_PRINTED = 40


def analytics(
    report: Annotated[
        str, typer.Argument(help=f"One of: {', '.join(ReportName)}.")
    ] = ReportName.FUNNEL.value,
    store: Annotated[str | None, typer.Option("--store", help="Name of the store.")] = None,
    days: Annotated[int | None, typer.Option(help="How many days back (30).")] = None,
    since: Annotated[str, typer.Option(help="From this day or moment (UTC) on.")] = "",
    until: Annotated[str, typer.Option(help="Up to this day (included) or moment.")] = "",
    rows: Annotated[
        int, typer.Option(help="Queries listed at most.", min=1, max=MOST_ROWS)
    ] = USUAL_ROWS,
    language: Annotated[Language, typer.Option(help="Of the labels: en or zh.")] = Language.ENGLISH,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What shoppers did, asked for and did not find; what runs and serves (docs/analytics.md)."""
    name = read_report_name(report)
    period = read_period(datetime.now(UTC), days=days, since=since, until=until)
    settings = load_settings(**({"store": store} if store else {}))
    with open_storage(settings) as storage, open_analytics(settings, storage) as made:
        found = made.report(name, period, rows=rows, language=language)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        _print(name, settings.store, found)


def read_report_name(text: str) -> ReportName:
    """The report of a name; raises CallerError with those there are."""
    try:
        return ReportName(text)
    except ValueError:
        known = ", ".join(ReportName)
        raise CallerError(
            f"There is no report {text[:40]!r}.", remedy=f"Take one of {known}."
        ) from None


def _print(name: ReportName, store: str, report: Report) -> None:
    span = f"{report.period.since:%Y-%m-%d} – {report.period.until:%Y-%m-%d}"
    parts = {key: value for key, value in report if key not in ("period", "notes")}
    tables = {key: value for key, value in parts.items() if isinstance(value, tuple)}
    for key, found in tables.items():
        title = f"{name.value} of {store}, {span}" if key == "rows" else key
        console.print(_table(title, found) if found else f"{title}: nothing is logged.")
    for line in (*_sums(parts), *report.notes):
        console.print(line)


def _table(title: str, rows: Sequence[Frozen]) -> Table:
    names = [name for name in type(rows[0]).model_fields if name not in _NOT_SHOWN]
    table = Table(*names, title=title)
    # Rows by day end with today; the others begin with what matters most.
    for row in rows[-_PRINTED:] if "day" in names else rows[:_PRINTED]:
        table.add_row(*(_say(getattr(row, name)) for name in names))
    if len(rows) > _PRINTED:
        table.caption = f"{_PRINTED} of {len(rows)} rows; --json has all"
    return table


def _sums(parts: dict[str, Any]) -> Iterator[str]:
    """The numbers over all rows, in a line each."""
    plain = {key: value for key, value in parts.items() if isinstance(value, int | str)}
    if plain:
        yield ", ".join(f"{key} {value}" for key, value in plain.items())
    for key, value in parts.items():
        pairs = (
            value.items() if isinstance(value, dict) else value if isinstance(value, Frozen) else ()
        )
        if told := ", ".join(f"{name} {number}" for name, number in pairs):
            yield f"{key}: {told}"


def _say(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return str(value)
