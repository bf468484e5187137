"""`aisle ads`: sponsored campaigns; also while the store is being served."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Column, Table

from assistant.advertising import make_ads
from assistant.database import open_database
from assistant.errors import CallerError
from assistant.settings import Settings, load_settings
from retrieval.ads.server import AdServer
from retrieval.ads.types import AdReport
from retrieval.catalog.store import load_store
from retrieval.types import Campaign

ads_app = typer.Typer(help="Sponsored campaigns: list, put, remove, report.", no_args_is_help=True)
console = Console()

StoreOption = Annotated[str | None, typer.Option("--store", help="Name of the store.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_CAMPAIGNS = TypeAdapter(list[Campaign])


@ads_app.command("list")
def list_campaigns(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """All campaigns and where each is."""
    ads, _, _ = _open(store)
    views = ads.views()
    if as_json:
        typer.echo(json.dumps([view.model_dump(mode="json") for view in views], indent=2))
        return
    table = Table(Column("campaign", no_wrap=True), "sponsor", "state", "bid", "a day", "days")
    for view in views:
        each = view.campaign
        days = f"{each.starts} – {each.ends}"
        money = (str(each.bid), str(each.daily_budget))
        table.add_row(each.id, each.sponsor, view.state.value, *money, days)
    console.print(table)


@ads_app.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="JSON of a campaign or a list of them; - reads in.")],
    store: StoreOption = None,
) -> None:
    """Add campaigns or replace those of the same id; the next list knows them."""
    ads, _, _ = _open(store)
    for campaign in _read(file):
        ads.put(campaign)
        typer.echo(f"{campaign.id}: put")


@ads_app.command("remove")
def remove(
    campaign: Annotated[str, typer.Argument(help="See: aisle ads list.")],
    store: StoreOption = None,
) -> None:
    """End a campaign for good; its account stays."""
    ads, _, _ = _open(store)
    if not ads.remove(campaign):
        raise CallerError(f"There is no campaign {campaign!r}.", remedy="See: aisle ads list.")
    typer.echo(f"{campaign}: removed")


@ads_app.command("report")
def report(
    store: StoreOption = None,
    days: Annotated[int, typer.Option(help="How far back, today included.", min=1, max=366)] = 30,
    as_json: JsonOption = False,
) -> None:
    """Impressions, clicks, spending, CTR, average price of a click, pacing."""
    ads, name, currency = _open(store)
    made = ads.report(currency, name, days)
    if as_json:
        typer.echo(made.model_dump_json(indent=2))
    else:
        _print_report(made)


def _print_report(made: AdReport) -> None:
    names = ("impressions", "clicks", f"spend ({made.currency})", "CTR", "CPC", "today", "planned")
    table = Table(Column("campaign", no_wrap=True), "state", *names)
    for each in made.campaigns:
        table.add_row(
            each.campaign_id,
            each.state.value,
            str(each.impressions),
            str(each.clicks),
            str(each.spend),
            "–" if each.ctr is None else f"{each.ctr:.2%}",
            "–" if each.average_cpc is None else str(each.average_cpc),
            str(each.pacing.spent_today),
            str(each.pacing.planned),
        )
    console.print(table)


def _open(store: str | None) -> tuple[AdServer, str, str]:
    """The store's campaigns, its name and its currency."""
    settings: Settings = load_settings(**({"store": store} if store else {}))
    info = load_store(settings.store_path).info
    ads = make_ads(settings, info, "", open_database(settings.sql_url))
    return ads, info.name, info.currency


def _read(file: Path) -> list[Campaign]:
    if str(file) != "-" and not file.is_file():
        raise CallerError(f"There is no file {file}.", remedy="Check the path.")
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    try:
        raw = json.loads(text)
        return _CAMPAIGNS.validate_python(raw if isinstance(raw, list) else [raw])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        message = first["msg"].removeprefix("Value error, ")
        number = int(first["loc"][0]) + 1
        raise CallerError(
            f"Campaign {number}: {place + ': ' if place else ''}{message}.",
            remedy="docs/ads.md shows one.",
        ) from None
    except ValueError:
        raise CallerError(f"{file} is not JSON.", remedy="docs/ads.md shows a campaign.") from None
