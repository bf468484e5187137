"""Commands that train, promote and roll back the text encoders of a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from assistant.encoders import EncoderRole, trained_encoders
from assistant.errors import CallerError
from assistant.progress import show_progress
from assistant.settings import Settings, load_settings
from retrieval.types import ProgressListener

console = Console()

StoreOption = Annotated[str | None, typer.Option("--store", help="Name of the store.")]
RoleOption = Annotated[EncoderRole, typer.Option("--role", help="Which encoder of the store.")]
JudgmentsOption = Annotated[Path | None, typer.Option(help="CSV query, product_id, grade 0 to 3.")]
CatalogOption = Annotated[
    Path | None, typer.Option(help="Feed that the judgments are of; left out, the store.")
]


def store_settings(store: str | None) -> Settings:
    """The settings, with the store named on the command line if there is one."""
    return load_settings(**({"store": store} if store else {}))


def train_encoder(
    role: RoleOption = EncoderRole.ENGLISH,
    store: StoreOption = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="JSON lines {query, text or product_id, time}; else the store's log."),
    ] = None,
    judgments: JudgmentsOption = None,
    catalog: CatalogOption = None,
    epochs: Annotated[int | None, typer.Option(help="How often each pair is seen.")] = None,
    batch: Annotated[int | None, typer.Option(help="Pairs a step, of all processes.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of AdamW, at its highest.")] = None,
    tokens: Annotated[int | None, typer.Option(help="Longest text while training.")] = None,
    save_steps: Annotated[int | None, typer.Option(help="Steps between checkpoints.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0: all.")] = None,
) -> None:
    """Fine-tune a store's text encoder on what shoppers clicked and looked at together.

    A killed run goes on when started again. Runs under torchrun. Judgments keep general search
    from getting worse.
    """
    from assistant.learn_encoder import EncoderSource, train_encoder  # torch takes seconds

    training = _training(
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        tokens=tokens,
        save_steps=save_steps,
        seed=seed,
        threads=threads,
    )
    source = EncoderSource(pairs, judgments, catalog)
    with show_progress(console) as listener:
        manifest = train_encoder(store_settings(store), role, source, training, listener)
    if manifest:
        typer.echo(manifest.model_dump_json(indent=2))
        typer.echo(f"To serve it: aisle models promote {role.kind} {manifest.version}")


def compress(
    role: RoleOption = EncoderRole.ENGLISH,
    store: StoreOption = None,
    judgments: JudgmentsOption = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Where to write.")] = None,
    plot: Annotated[Path | None, typer.Option(help="HTML page of plots to write.")] = None,
    keep: Annotated[
        str | None, typer.Option(help="Keep an encoder of shorter vectors, e.g. pca-192.")
    ] = None,
) -> None:
    """Measure smaller encoders, shorter vectors and quantised indexes of a store.

    Rows of the index name the settings that make it so; `aisle reindex` takes them on.
    """
    from assistant.compress import keep_reduced, measure_compression, write_table
    from retrieval.train.compress.plot import plot_variants

    settings = store_settings(store)
    with show_progress(console) as listener:
        variants, measured = measure_compression(settings, role, judgments, listener)
        if json_path:
            write_table(variants, json_path)
        if plot:
            plot_variants(variants, plot)
        table = Table("part", "variant", "MiB", "p50 ms", "recall@100", "nDCG@10")
        for row in variants:
            told = [row.part, row.name, row.size_mib, row.p50_ms, row.recall, row.ndcg]
            table.add_row(*("–" if value is None else str(value) for value in told))
        console.print(table)
        if keep:
            manifest = keep_reduced(settings, role, measured, keep, listener)
            loss = "--loss 0.005"
            typer.echo(manifest.model_dump_json(indent=2))
            typer.echo(f"To serve it: aisle models promote {role.kind} {manifest.version} {loss}")


def promote_encoder(settings: Settings, role: EncoderRole, version: str, loss: float) -> None:
    """Let a version serve: compared, then embedded beside the index in use."""
    from assistant.promote_encoder import check_promotion

    with show_progress(console) as listener:
        name = check_promotion(settings, role, version, listener, loss=loss)
        console.print(_switch(settings, role, name, listener))
    trained_encoders(settings, role).mark_promoted(version)
    console.print(f"{role.kind}: {version} serves {settings.store}.")


def roll_back_encoder(settings: Settings, role: EncoderRole) -> None:
    """Let the encoder serve that did before, embedded beside the index in use."""
    from assistant.promote_encoder import name_before

    name = name_before(settings, role)
    with show_progress(console) as listener:
        console.print(_switch(settings, role, name, listener))
    trained_encoders(settings, role).rollback()
    console.print(f"{role.kind}: {name} serves {settings.store}.")


def _switch(settings: Settings, role: EncoderRole, name: str, listener: ProgressListener) -> str:
    from assistant.build import stored_encoders
    from assistant.catalog_access import rebuild_index

    if stored_encoders(settings).get(role.value) == name:
        return "The index is of this encoder already."
    return rebuild_index(settings, {f"encoder_{role.value}": name}, listener)


def _training(**given: Any) -> Any:
    from retrieval.train.encoder.fit import EncoderTraining

    try:
        return EncoderTraining(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-")
        raise CallerError(f"{option}: {first['msg']}.", remedy="See --help.") from None
