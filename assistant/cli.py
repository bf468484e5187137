"""The command `aisle`: thin commands over the parts; one clear line for every error."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant import build, cli_catalog
from assistant.assistant import Assistant
from assistant.catalog_access import running_catalog
from assistant.cli_ads import ads_app
from assistant.cli_analytics import analytics
from assistant.cli_learn import events_app, privacy_app
from assistant.console import print_reply, print_result
from assistant.errors import AisleError, CallerError
from assistant.evaluate.commands import add_understanding
from assistant.evaluate.measure import evaluate_catalog, evaluate_grounding, train_store_ranker
from assistant.evaluate.questions import read_questions
from assistant.evaluate.transcript import TranscriptFile
from assistant.experiment_cli import eval_policy, experiments_app
from assistant.importing import import_store
from assistant.learn_cli import add_learning_commands
from assistant.llm import weights
from assistant.progress import show_progress
from assistant.remote import RemoteAssistant, find_server
from assistant.settings import Settings, load_settings, without_llm
from assistant.types import Understanding
from retrieval.catalog.store import list_stores
from retrieval.errors import StoreInUseError
from retrieval.types import SearchResult

app = typer.Typer(
    help="Aisle: conversational search and recommendations for online stores.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
models_app = typer.Typer(help="Model weights: list, pull, verify.", no_args_is_help=True)
eval_app = typer.Typer(help="Measure quality on files of your own.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(eval_app, name="eval")
train_app = typer.Typer(help="Learn from data of your own.", no_args_is_help=True)
app.add_typer(train_app, name="train")
app.add_typer(cli_catalog.app, name="catalog")
app.command("reindex")(cli_catalog.reindex_store)
app.add_typer(privacy_app, name="privacy")
app.add_typer(events_app, name="events")
app.add_typer(experiments_app, name="experiments")
eval_app.command("policy")(eval_policy)
app.add_typer(ads_app, name="ads")
app.command("analytics")(analytics)
add_understanding(eval_app, train_app)

console = Console()

# A question on the command line waits for the model to load; conversing does not.
ENGINE_WAIT_S = 300

StoreOption = Annotated[str | None, typer.Option("--store", help="Name of the store.")]


def _settings(**given: Any) -> Settings:
    return load_settings(**{name: value for name, value in given.items() if value is not None})


# ----------------------------------------------------------------- serving


@app.command()
def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve chat, search and the widget's page over HTTP."""
    from ui.serve import serve_store  # the web stack takes a second to import

    serve_store(_settings(store=store, host=host, port=port), console)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What to look for, in plain words.")],
    store: StoreOption = None,
    limit: Annotated[int, typer.Option(help="How many products.", min=1, max=100)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Search a store from the terminal."""
    understanding, result = asyncio.run(_search(_settings(store=store), text, limit))
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        print_result(console, understanding, result)


async def _search(settings: Settings, text: str, limit: int) -> tuple[Understanding, SearchResult]:
    try:
        with build.open_assistant(without_llm(settings)) as assistant:
            return await assistant.search(text, limit=limit)
    except StoreInUseError:
        return await _running_server(settings).search(text, limit=limit)


@app.command()
def chat(
    message: Annotated[str | None, typer.Argument(help="One message; none to converse.")] = None,
    store: StoreOption = None,
) -> None:
    """Talk to a store in the terminal."""
    asyncio.run(_chat(_settings(store=store), message))


async def _chat(settings: Settings, message: str | None) -> None:
    conversation_id = uuid.uuid4().hex
    try:
        with build.open_assistant(settings) as assistant:
            if message:
                await asyncio.to_thread(assistant.engine.wait, ENGINE_WAIT_S)
            await _converse(assistant, message, conversation_id)
    except StoreInUseError:
        await _converse(_running_server(settings), message, conversation_id)


async def _converse(
    assistant: Assistant | RemoteAssistant, message: str | None, conversation_id: str
) -> None:
    """Answer one message, or every line typed until the end of input."""
    if message:
        await print_reply(console, assistant.reply(message, conversation_id))
        return
    console.print("[dim]Say what you are looking for; Ctrl-D ends.[/dim]")
    while True:
        try:
            line = await asyncio.to_thread(console.input, "[bold]you[/bold] › ")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip():
            try:
                await print_reply(console, assistant.reply(line, conversation_id))
            except CallerError as error:
                console.print(f"[red]{error}[/red]")


def _running_server(settings: Settings) -> RemoteAssistant:
    server = find_server(settings)
    if server is None:
        raise CallerError(
            f"The store {settings.store!r} is in use by another Aisle process.",
            remedy="Stop that process, or wait until it is done.",
        )
    return RemoteAssistant(server.url)


# --------------------------------------------------------------- catalogue


@app.command("import")
def import_catalogue(
    feed: Annotated[str, typer.Argument(help="A feed file, or 'demo' for the demo store.")],
    store: StoreOption = None,
    feed_format: Annotated[
        str | None, typer.Option("--format", help="Feed format; detected when left out.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217 code of prices that carry none.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Text encoding of the file; detected when left out.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help="field=Column for plain CSV or JSON lines; repeatable."),
    ] = None,
    keep_missing: Annotated[
        bool, typer.Option("--keep-missing", help="Keep products the feed no longer has.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even when most of the store would go.")
    ] = False,
) -> None:
    """Import a catalogue; again at any time, only what changed is done."""
    settings = _settings(store=store or (feed if feed == "demo" else None))
    mapped = _column_map(column or [])
    options: dict[str, Any] = {
        "currency": currency,
        "encoding": encoding,
        "keep_missing": keep_missing,
        "force": force,
    }
    with show_progress(console) as listener:
        try:
            report = import_store(
                settings, feed, listener, feed_format=feed_format, column_map=mapped, **options
            )
            summary = report.summary()
        except StoreInUseError:
            if feed == build.DEMO:
                raise
            pairs = [f"{name}={value}" for name, value in mapped.items()]
            options |= {"format": feed_format, "column": pairs}
            given = {name: value for name, value in options.items() if value}
            summary = running_catalog(settings).import_feed(Path(feed), given, listener)
    console.print(summary)


def _column_map(pairs: list[str]) -> dict[str, str]:
    mapped: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (name and equals and column):
            raise CallerError(
                f"--map {pair!r} is not of the form field=Column.", remedy="E.g. --map title=Name."
            )
        mapped[name.strip()] = column.strip()
    return mapped


@app.command()
def stores() -> None:
    """List the imported stores."""
    table = Table("store", "title", "products", "currency", "imported")
    for name, info in list_stores(_settings().home / "stores").items():
        when = f"{info.imported_at:%Y-%m-%d %H:%M}" if info.imported_at else "-"
        table.add_row(name, info.title, str(info.products), info.currency, when)
    console.print(table)


@app.command()
def reset(
    store: StoreOption = None,
    models: Annotated[bool, typer.Option("--models", help="Also the built models.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="All of AISLE_HOME: stores, models, engine, database.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Remove a store (or everything) from AISLE_HOME; says first what goes."""
    settings = _settings(store=store)
    doomed = [settings.home] if everything else [settings.store_path]
    if models and not everything:
        doomed.append(settings.models_path)
    doomed = [path for path in doomed if path.exists()]
    if find_server(settings):
        raise CallerError(
            f"The store {settings.store!r} is being served.", remedy="Stop `aisle serve` first."
        )
    remote = f"the collections of {settings.store!r} at {settings.qdrant_url}"
    names = [*([remote] if settings.qdrant_url else []), *map(str, doomed)]
    if not names:
        console.print("Nothing to remove.")
        return
    console.print("This removes: " + ", ".join(names))
    if not yes and not typer.confirm("Go on?"):
        raise typer.Exit(1)
    if settings.store_path.exists() or settings.qdrant_url:
        # First the index: while another process holds it, nothing is removed.
        with build.open_storage(settings) as storage:
            storage.destroy()
    for path in doomed:
        shutil.rmtree(path)
    console.print("Removed.")


# ------------------------------------------------------------------ models


@models_app.command("list")
def list_models() -> None:
    """Every packaged model, its size and whether it is ready."""
    table = Table("model", "for", "state", "size", "licence")
    for model in weights.list_models(_settings().models_path):
        size = f"{model.size / 1e6:,.0f} MB"
        table.add_row(model.name, model.task, model.state.value, size, model.licence)
    console.print(table)


@models_app.command("pull")
def pull_models(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; the needed ones if none.")
    ] = None,
) -> None:
    """Fetch, check and build models; resumes where it was interrupted."""
    settings = _settings()
    with show_progress(console) as listener:
        for name in names or weights.needed_models(settings):
            path = weights.pull_model(name, settings.models_path, listener)
            console.print(f"{name}: ready at {path}")


@models_app.command("verify")
def verify_models(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; all ready ones if none.")
    ] = None,
) -> None:
    """Read built models again and compare every file with its digest."""
    settings = _settings()
    with show_progress(console) as listener:
        for name in names or weights.ready_models(settings.models_path):
            count = weights.verify_model(name, settings.models_path, listener)
            console.print(f"{name}: {count} files match their digests")


# -------------------------------------------------------------------- eval


@eval_app.command("retrieval")
def eval_retrieval(
    catalog: Annotated[Path, typer.Option(help="A feed file of any format `aisle import` reads.")],
    judgments: Annotated[Path, typer.Option(help="CSV: query,product_id,grade (0 to 3).")],
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
    currency: Annotated[str | None, typer.Option(help="For feeds without one.")] = None,
) -> None:
    """nDCG@10, recall@100 and latency of search on a catalogue and its judgments."""
    with show_progress(console) as listener:
        measures = evaluate_catalog(_settings(), catalog, judgments, listener, currency=currency)
    text = json.dumps(measures, indent=2)
    typer.echo(text)
    if json_path:
        json_path.write_text(text + "\n")


@eval_app.command("grounding")
def eval_grounding(
    questions: Annotated[Path, typer.Option(help="JSON lines with a question each.")],
    catalog: Annotated[
        str, typer.Option(help="A feed file of any format `aisle import` reads, or 'demo'.")
    ],
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
    limit: Annotated[int | None, typer.Option(help="Ask so many only.", min=1)] = None,
    skip: Annotated[int, typer.Option(help="Leave out the first so many.", min=0)] = 0,
    transcript: Annotated[
        Path | None, typer.Option(help="Keeps every turn; a run cut short goes on from it.")
    ] = None,
    parallel: Annotated[
        int, typer.Option(help="Conversations at once; the engine batches them.", min=1)
    ] = 4,
    currency: Annotated[str | None, typer.Option(help="For feeds without one.")] = None,
) -> None:
    """False claims among the sentences shown, found by an independent auditor."""
    asked = read_questions(questions, limit, skip)
    with show_progress(console) as listener:
        report = asyncio.run(
            evaluate_grounding(
                _settings(),
                asked,
                catalog,
                listener,
                currency=currency,
                parallel=parallel,
                transcript=TranscriptFile(transcript) if transcript else None,
            )
        )
    text = report.model_dump_json(indent=2)
    typer.echo(text)
    if json_path:
        json_path.write_text(text + "\n", encoding="utf-8")


# ------------------------------------------------------------------- train


@train_app.command("ranker")
def train_ranker(
    judgments: Annotated[Path, typer.Option(help="CSV: query,product_id,grade (0 to 3).")],
    catalog: Annotated[
        Path | None, typer.Option(help="The judged feed; left out, the active store.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write; left out, into the store that uses it.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Learn the ranking weights from graded queries; prints them and how well they do."""
    with show_progress(console) as listener:
        ranker = train_store_ranker(
            _settings(store=store), judgments, listener, catalog=catalog, out=out
        )
    typer.echo(ranker.model_dump_json(indent=2))


add_learning_commands(train_app, eval_app, models_app)


def main() -> None:
    """Entry point; no traceback reaches a user unless AISLE_LOG_LEVEL=debug."""
    try:
        app()
    except AisleError as error:
        if load_log_level() == "debug":
            raise
        sys.stderr.write(f"aisle: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def load_log_level() -> str:
    """The configured level, even when another setting is what is wrong."""
    try:
        return load_settings().log_level
    except AisleError:
        return "info"


if __name__ == "__main__":
    main()
