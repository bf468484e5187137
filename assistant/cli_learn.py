"""The commands about shoppers' behaviour: their data, and logs of other systems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant.database import open_database
from assistant.errors import CallerError
from assistant.privacy import erase_shopper, export_shopper
from assistant.settings import load_settings
from retrieval.analytics.funnel import report_funnel
from retrieval.analytics.log import read_log
from retrieval.analytics.period import read_period
from retrieval.profile.events import SqlEventStore
from retrieval.profile.intake import read_events

privacy_app = typer.Typer(help="What is kept of a shopper: export, erase.", no_args_is_help=True)
events_app = typer.Typer(help="The log of behaviour.", no_args_is_help=True)

StoreOption = Annotated[str | None, typer.Option("--store", help="Name of the store.")]
Shopper = Annotated[str, typer.Argument(help="A user id, or the client id of a browser.")]

# Rows committed together; a log of a million takes a minute or two.
BATCH = 1_000
# Bad rows told one by one; the rest is a number.
TOLD = 20


@privacy_app.command("export")
def export(
    shopper: Shopper,
    store: StoreOption = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
) -> None:
    """All that is kept of a shopper, as JSON: events, consent, conversations."""
    settings = load_settings(**({"store": store} if store else {}))
    kept = export_shopper(open_database(settings.sql_url), settings.store, shopper)
    text = json.dumps(kept, indent=2, ensure_ascii=False)
    if json_path is None:
        typer.echo(text)
    else:
        json_path.write_text(text + "\n", encoding="utf-8")
        typer.echo(f"{len(kept['events'])} events written to {json_path}")


@privacy_app.command("erase")
def erase(
    shopper: Shopper,
    store: StoreOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Remove all that is kept of a shopper; also while the store is being served."""
    settings = load_settings(**({"store": store} if store else {}))
    if not yes and not typer.confirm(f"Remove everything kept of {shopper!r}?"):
        raise typer.Exit(1)
    erased = erase_shopper(open_database(settings.sql_url), settings.store, shopper)
    typer.echo(f"Removed {erased.events} events and {erased.conversations} conversations.")


@events_app.command("import")
def import_events(
    log: Annotated[Path, typer.Argument(help="JSON lines in the form of POST /v1/events.")],
    store: StoreOption = None,
) -> None:
    """Add a log of another system; again at any time, known events are left as they are."""
    settings = load_settings(**({"store": store} if store else {}))
    if not log.is_file():
        raise CallerError(f"There is no log at {log}.", remedy="Check the path.")
    events = SqlEventStore(open_database(settings.sql_url), settings.store)
    added = known = bad = line = 0
    rows = _read_rows(log)
    while batch := list(islice(rows, BATCH)):
        read, rejected = read_events(batch, datetime.now(UTC))
        appended = events.append(read)
        added += len(appended.new)
        known += appended.duplicates
        for row in rejected:
            bad += 1
            if bad <= TOLD:
                typer.echo(f"line {line + row.index + 1}: {row.error}", err=True)
        line += len(batch)
    if bad > TOLD:
        typer.echo(f"... and {bad - TOLD} more bad lines", err=True)
    typer.echo(f"{added} events added, {known} known already, {bad} bad.")


def _read_rows(log: Path) -> Iterator[Any]:
    with log.open(encoding="utf-8") as file:
        for text in file:
            try:
                yield json.loads(text)
            except ValueError:
                yield text


@events_app.command("funnel")
def show_funnel(
    store: StoreOption = None,
    days: Annotated[int, typer.Option(help="How many days back.", min=1)] = 30,
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
) -> None:
    """What was shown, opened, put in carts and ordered, by day and surface, without bots."""
    settings = load_settings(**({"store": store} if store else {}))
    events = SqlEventStore(open_database(settings.sql_url), settings.store)
    now = datetime.now(UTC)
    rows = report_funnel(read_log(events, read_period(now, days=days), now)).rows
    if json_path:
        json_path.write_text(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))
        typer.echo(f"{len(rows)} rows written to {json_path}")
        return
    if not rows:
        typer.echo(f"Nothing is logged of the last {days} days; see docs/events.md.")
        return
    names = ("day", "surface", "impressions", "opened", "carts", "orders", "shoppers")
    table = Table(*names, title=f"Funnel of {settings.store}")
    for row in rows:
        table.add_row(*(str(getattr(row, name)) for name in names))
    Console().print(table)
