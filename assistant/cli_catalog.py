"""The commands that change a catalogue: here where the store is free, else by its server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from assistant import build
from assistant.catalog_access import rebuild_index, running_catalog
from assistant.errors import CallerError
from assistant.progress import show_progress
from assistant.remote import RemoteCatalog
from assistant.settings import Settings, load_settings
from retrieval.catalog.checked import check_product
from retrieval.catalog.live import LiveCatalog
from retrieval.errors import StoreInUseError

app = typer.Typer(help="Change single products; the next query sees it.", no_args_is_help=True)
console = Console()

StoreOption = Annotated[str | None, typer.Option("--store", help="Name of the store.")]


def active_settings(store: str | None) -> Settings:
    """The settings, with the store named on the command line if there is one."""
    return load_settings(**({"store": store} if store else {}))


@contextmanager
def open_catalog(settings: Settings) -> Iterator[LiveCatalog | RemoteCatalog]:
    """The catalogue to change: opened here, or that of the server that has it open."""
    try:
        live = build.open_live_catalog(settings)
    except StoreInUseError:
        yield running_catalog(settings)
        return
    try:
        yield live
        live.refresh()
    finally:
        live.close()


@app.command("put")
def put_products(
    file: Annotated[Path, typer.Argument(help="JSON lines, each a product as the API shows it.")],
    store: StoreOption = None,
) -> None:
    """Add products, or replace those with the same ids."""
    with open_catalog(active_settings(store)) as catalog:
        for number, fields in _read_lines(file):
            with _at_line(file, number):
                if isinstance(catalog, RemoteCatalog):
                    action = catalog.put(fields)
                else:
                    fields = {"currency": catalog.opened.store.info.currency, **fields}
                    action = catalog.put([check_product(fields)])[str(fields["id"])].value
            console.print(f"{fields['id']}: {action}")


@app.command("set")
def set_fields(
    product_id: Annotated[str, typer.Argument(help="The catalogue's id.")],
    price: Annotated[str | None, typer.Option(help="The new price.")] = None,
    list_price: Annotated[str | None, typer.Option(help="The price before a reduction.")] = None,
    stock: Annotated[int | None, typer.Option(help="Pieces in stock.")] = None,
    store: StoreOption = None,
) -> None:
    """Change a product's price or stock."""
    given = {"price": price, "list_price": list_price, "stock": stock}
    fields = {name: value for name, value in given.items() if value is not None}
    if not fields:
        raise CallerError("Nothing to set.", remedy="Give --price, --list-price or --stock.")
    with open_catalog(active_settings(store)) as catalog:
        product = catalog.change(product_id, fields)
    shown = ", ".join(f"{name} {getattr(product, name)}" for name in fields)
    console.print(f"{product.id}: {shown}")


@app.command("remove")
def remove_products(
    ids: Annotated[list[str], typer.Argument(help="The catalogue's ids.")],
    store: StoreOption = None,
) -> None:
    """Withdraw products."""
    with open_catalog(active_settings(store)) as catalog:
        if isinstance(catalog, RemoteCatalog):
            for product_id in ids:
                catalog.remove(product_id)
        else:
            catalog.remove(ids)
    console.print(f"Withdrawn: {', '.join(ids)}.")


def reindex_store(
    encoder_english: Annotated[
        str | None, typer.Option(help="Another encoder of English texts.")
    ] = None,
    encoder_multilingual: Annotated[
        str | None, typer.Option(help="Another encoder of all languages.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Build the index anew beside the one in use, which serves until it is replaced."""
    named = {"encoder_english": encoder_english, "encoder_multilingual": encoder_multilingual}
    given = {name: value for name, value in named.items() if value}
    with show_progress(console) as listener:
        console.print(rebuild_index(active_settings(store), given, listener))


def _read_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(f"{file} cannot be read: {error}.", remedy="Check the path.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError:
            fields = None
        if not isinstance(fields, dict) or "id" not in fields:
            raise CallerError(
                f"{file}, line {number} is not a JSON object with an id.",
                remedy="Write one product a line.",
            )
        yield number, {"price": None, **fields}


@contextmanager
def _at_line(file: Path, number: int) -> Iterator[None]:
    try:
        yield
    except CallerError as error:
        raise CallerError(f"{file}, line {number}: {error.message}", remedy=error.remedy) from None
