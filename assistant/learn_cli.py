"""Commands that train, measure, promote and roll back next-item models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from assistant.encoder_cli import (
    StoreOption,
    compress,
    promote_encoder,
    roll_back_encoder,
    store_settings,
    train_encoder,
)
from assistant.encoders import read_role, trained_encoders
from assistant.errors import CallerError
from assistant.learning import click_models, sequence_models
from assistant.progress import show_progress
from assistant.settings import load_settings
from retrieval.rank.clicks import CLICKS
from retrieval.train.registry import SEQUENCE, TrainedModels

console = Console()

LogOption = Annotated[
    Path | None,
    typer.Option(
        "--sequences",
        help='Lines "user item item ...", oldest item first; left out, the store\'s log.',
    ),
]
SequencesOption = Annotated[
    Path, typer.Option(help='Lines "user item item ...", oldest item first.')
]
ItemsOption = Annotated[
    Path | None, typer.Option(help="TSV whose first line names the columns: item, title, ...")
]
LimitOption = Annotated[int | None, typer.Option(help="Only the first users.", min=1)]
EpochsOption = Annotated[
    int | None, typer.Option(help="At most so many; 0: by the size of the data.")
]
KindArgument = Annotated[
    str, typer.Argument(help="sequence, clicks, encoder-english or encoder-multilingual.")
]
SeedOption = Annotated[int | None, typer.Option(help="Seed of everything random.")]


def add_learning_commands(train: typer.Typer, evaluate: typer.Typer, models: typer.Typer) -> None:
    """Put the commands of this file under `aisle train`, `aisle eval` and `aisle models`."""
    train.command("sequence")(train_sequence)
    train.command("encoder")(train_encoder)
    train.command("compress")(compress)
    train.command("clicks")(train_clicks)
    evaluate.command("recommend")(evaluate_recommend)
    evaluate.command("for-you")(evaluate_for_you)
    models.command("trained")(list_trained)
    models.command("promote")(promote)
    models.command("rollback")(rollback)


def train_sequence(
    sequences: LogOption = None,
    items: ItemsOption = None,
    store: StoreOption = None,
    limit: LimitOption = None,
    epochs: EpochsOption = None,
    patience: Annotated[
        int | None, typer.Option(help="Epochs without a better validation.")
    ] = None,
    dimensions: Annotated[int | None, typer.Option(help="Length of item vectors.")] = None,
    blocks: Annotated[int | None, typer.Option(help="Transformer blocks.")] = None,
    heads: Annotated[int | None, typer.Option(help="Attention heads.")] = None,
    length: Annotated[int | None, typer.Option(help="Items of a history that are read.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout inside the blocks.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of AdamW.")] = None,
    batch_tokens: Annotated[int | None, typer.Option(help="Inputs a step.")] = None,
    negatives: Annotated[
        int | None, typer.Option(help="Sampled softmax; 0: full up to 50,000 items.")
    ] = None,
    seed: SeedOption = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0: all.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Where to keep it; left out, below AISLE_HOME.")
    ] = None,
) -> None:
    """Train a next-item model; a killed run goes on when started again.

    With --sequences it runs under torchrun as well; without, the store must not be served
    meanwhile, unless its index is a cluster's.
    """
    from assistant.learn import Source, train_sequence  # torch takes seconds to import
    from assistant.learn_sequence import train_on_store

    if sequences is None and (items or limit):
        raise CallerError(
            "--items and --limit belong to --sequences; a store's log comes with its catalogue.",
            remedy="Leave them out, or give --sequences FILE.",
        )
    training = _training(
        epochs=epochs,
        patience=patience,
        dimensions=dimensions,
        blocks=blocks,
        heads=heads,
        length=length,
        dropout=dropout,
        learning_rate=learning_rate,
        batch_tokens=batch_tokens,
        negatives=negatives,
        seed=seed,
        threads=threads,
    )
    with show_progress(console) as listener:
        settings = store_settings(store)
        if sequences is None:
            manifest = train_on_store(settings, training, listener, checkpoint=checkpoint)
        else:
            source = Source(sequences, items, limit)
            manifest = train_sequence(settings, source, training, listener, checkpoint=checkpoint)
    if manifest:
        typer.echo(manifest.model_dump_json(indent=2))
        typer.echo(f"To serve it: aisle models promote {manifest.kind} {manifest.version}")


def train_clicks(
    store: StoreOption = None,
    most_lists: Annotated[int | None, typer.Option(help="Only the newest lists.")] = None,
    seed: SeedOption = None,
) -> None:
    """Train a click model on the store's log of behaviour; a killed run goes on when started
    again. The store must not be served meanwhile, unless its index is a cluster's."""
    from assistant.learn_clicks import train_clicks
    from retrieval.train.clicks import ClickTraining

    given = {"most_lists": most_lists, "seed": seed}
    training = _checked(ClickTraining, **given)
    with show_progress(console) as listener:
        manifest = train_clicks(store_settings(store), training, listener)
    typer.echo(manifest.model_dump_json(indent=2))
    typer.echo(f"To serve it: aisle models promote clicks {manifest.version}")


def evaluate_recommend(
    sequences: SequencesOption,
    items: ItemsOption = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
    limit: LimitOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
) -> None:
    """Train on the file and measure HR@10 and NDCG@10 on each user's last item."""
    from assistant.learn import Source, evaluate_recommend

    training = _training(epochs=epochs, seed=seed)
    with show_progress(console) as listener:
        measures = evaluate_recommend(
            load_settings(), Source(sequences, items, limit), training, listener
        )
    text = json.dumps(measures, indent=2)
    typer.echo(text)
    if json_path:
        json_path.write_text(text + "\n", "utf-8")


def evaluate_for_you(
    version: Annotated[
        str | None, typer.Option(help="Left out, the one that serves, else the newest.")
    ] = None,
    store: StoreOption = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
) -> None:
    """Measure "for you" lists of the store's log with a trained next-item model, by its weight:
    each shopper's last product held out, and the one before it."""
    from assistant.learn_sequence import evaluate_for_you

    with show_progress(console) as listener:
        measured, rows = evaluate_for_you(store_settings(store), version, listener)
    table = Table(
        *("weight", "hit@10", "ndcg@10", "gained", "lost", "shoppers", "before: hit@10", "ndcg@10"),
        title=f"for you with {measured}",
    )
    for row in rows:
        table.add_row(*(f"{value:g}" for value in row.model_dump().values()))
    console.print(table)
    if json_path:
        made = {"version": measured, "rows": [row.model_dump() for row in rows]}
        json_path.write_text(json.dumps(made, indent=2) + "\n", "utf-8")


def list_trained(
    kind: KindArgument = "sequence",
    store: StoreOption = None,
) -> None:
    """List trained models, how well each does and which one serves."""
    models = _models(kind, store)
    serving = models.promoted()
    # A version that is cut off cannot be copied.
    table = Table(Column("version", no_wrap=True), "trained", "measure", "value", "serves")
    for manifest in models.versions():
        held = manifest.held_out
        mark = "yes" if manifest.version == serving else ""
        when = f"{manifest.created_at:%Y-%m-%d %H:%M}"
        table.add_row(manifest.version, when, held.measure, f"{held.value:.4f}", mark)
    console.print(table)


def promote(
    kind: KindArgument,
    version: Annotated[str, typer.Argument(help="See: aisle models trained.")],
    sequences: Annotated[
        Path | None, typer.Option(help="Measure both on this file's last items.")
    ] = None,
    store: StoreOption = None,
    loss: Annotated[
        float, typer.Option(help="How much nDCG@10 a smaller encoder may cost.", min=0, max=1)
    ] = 0.0,
) -> None:
    """Let a trained model serve; refused when it is worse on what was held out.

    An encoder's index is built beside the one in use; no query waits or fails.
    """
    if role := read_role(kind):
        promote_encoder(store_settings(store), role, version, loss)
        return
    if kind == CLICKS:
        from assistant.learn_clicks import promote_clicks

        with show_progress(console) as listener:
            manifest = promote_clicks(store_settings(store), version, listener)
    elif kind == SEQUENCE:
        from assistant.learn_sequence import promote_sequence

        manifest = promote_sequence(store_settings(store), version, sequences)
    else:
        from assistant.learn import promote_model

        manifest = promote_model(load_settings(), kind, version, sequences)
    console.print(f"{kind}: {manifest.version} serves.")


def rollback(kind: KindArgument, store: StoreOption = None) -> None:
    """Let the model serve that did before the last promotion."""
    if role := read_role(kind):
        roll_back_encoder(store_settings(store), role)
        return
    version = _models(kind, store).rollback()
    console.print(f"{kind}: {version or 'no trained model'} serves.")


def _models(kind: str, store: str | None) -> TrainedModels:
    """The trained models of a kind; each store has those of its own and says what serves it."""
    settings = store_settings(store)
    if role := read_role(kind):
        return trained_encoders(settings, role)
    makers = {CLICKS: click_models, SEQUENCE: sequence_models}
    make = makers.get(kind, lambda known: TrainedModels(known.models_path, kind))
    return make(settings)


def _training(**given: Any) -> Any:
    from retrieval.train.sequence.settings import TrainingSettings

    return _checked(TrainingSettings, **given)


def _checked(made: Callable[..., Any], **given: Any) -> Any:
    try:
        return made(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-")
        raise CallerError(f"{option}: {first['msg']}.", remedy="See --help.") from None
