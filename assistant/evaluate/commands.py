"""`aisle eval understand | rewrite` and `aisle train understanding | rewriting`."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from rich.console import Console

import prompts
from assistant import build
from assistant.evaluate.llm_alone import LLMDialogueReader, LLMInstructionRewriter, ask_all
from assistant.evaluate.understanding import (
    Measures,
    list_disagreements,
    list_query_disagreements,
    measure_queries,
    measure_turns,
    read_turns,
    read_turns_left_out,
    rewrite_all,
    rewrite_left_out,
)
from assistant.progress import show_progress
from assistant.settings import load_settings
from assistant.understand.learned.data import read_dialogues, read_instructions
from assistant.understand.learned.models import (
    FOLDER,
    REWRITE_FILE,
    DialogueModel,
    Manifest,
    RewriteModel,
    load_dialogue_model,
    load_rewrite_model,
)
from assistant.understand.learned.train import train_dialogue_model, train_rewrite_model
from retrieval.catalog.files import write_atomically
from retrieval.errors import CallerError
from retrieval.types import Language

# The model may have to load first.
ENGINE_WAIT_S = 300
FOLDS = 10


class System(StrEnum):
    """Who reads: the trained models, or the language model without any help."""

    AISLE = "aisle"
    LLM = "llm"


DialoguesOption = Annotated[Path, typer.Option(help="JSON: labelled dialogues, PSCon's format.")]
PairsOption = Annotated[Path, typer.Option(help="JSON: instructions and queries, WebShop's.")]
LanguageOption = Annotated[Language, typer.Option(help="Language of the dialogues.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Where to write.")]
LimitOption = Annotated[int | None, typer.Option(help="Measure only the first so many.", min=1)]
SampleOption = Annotated[int | None, typer.Option(help="Measure so many drawn by lot.", min=1)]
SystemOption = Annotated[System, typer.Option(help="The trained models, or the LLM alone.")]
ParallelOption = Annotated[int, typer.Option(help="Questions the LLM gets at once.", min=1)]
FoldsOption = Annotated[
    int | None,
    typer.Option(help="Learn from the file itself, reading what each fold left out.", min=2),
]
ApartOption = Annotated[
    bool, typer.Option("--apart", help="Dialogues that share a long message stay in one fold.")
]
DisagreementsOption = Annotated[
    int, typer.Option(help="Print so many differences from the labels.", min=0)
]
OutOption = Annotated[
    Path | None, typer.Option(help="Where to write; left out, where this machine uses it.")
]


def add_understanding(eval_app: typer.Typer, train_app: typer.Typer) -> None:
    """Add the four commands."""
    eval_app.command("understand")(eval_understand)
    eval_app.command("rewrite")(eval_rewrite)
    train_app.command("understanding")(train_understanding)
    train_app.command("rewriting")(train_rewriting)


# --------------------------------------------------------------------- eval


def eval_understand(
    dialogues: DialoguesOption,
    language: LanguageOption,
    json_path: JsonOption = None,
    limit: LimitOption = None,
    sample: SampleOption = None,
    system: SystemOption = System.AISLE,
    parallel: ParallelOption = 1,
    folds: FoldsOption = None,
    apart: ApartOption = False,
    disagreements: DisagreementsOption = 0,
) -> None:
    """Intent and next-action accuracy and keyword F1 on labelled dialogues."""
    _check_choice(system, folds)
    if apart and not folds:
        raise CallerError("--apart divides the folds.", remedy=f"Add --folds {FOLDS}.")
    everything = read_dialogues(dialogues)
    chosen = _choose([t.dialogue_id for t in everything], limit, sample)
    turns = [t for t in everything if t.dialogue_id in chosen]
    console = Console(stderr=True)
    with ExitStack() as stack:
        listener = stack.enter_context(show_progress(console))
        if folds:
            readings = read_turns_left_out(everything, language, folds, listener, apart=apart)
        elif system is System.LLM:
            model = stack.enter_context(build.open_language_model(load_settings(), ENGINE_WAIT_S))
            reader = LLMDialogueReader(model, prompts.load, language)
            said = [turn.dialogue for turn in turns]
            readings = asyncio.run(ask_all(reader.read, said, parallel, listener))
        else:
            trained = load_dialogue_model(language, load_settings().models_path)
            _warn_if_seen(console, trained.manifest, dialogues)
            readings = read_turns(trained, turns, listener)
    if folds:
        # The rest of the file taught; only the chosen are measured, as without folds.
        read = zip(everything, readings, strict=True)
        readings = [reading for turn, reading in read if turn.dialogue_id in chosen]
    _write(measure_turns(turns, readings, language), json_path)
    for shown in list_disagreements(turns, readings, language, disagreements):
        typer.echo(f"\n{shown}")


def eval_rewrite(
    pairs: PairsOption,
    json_path: JsonOption = None,
    limit: LimitOption = None,
    sample: SampleOption = None,
    system: SystemOption = System.AISLE,
    parallel: ParallelOption = 1,
    folds: FoldsOption = None,
    disagreements: DisagreementsOption = 0,
) -> None:
    """Token F1 of queries made from instructions, against the nearest that people typed."""
    _check_choice(system, folds)
    everything = read_instructions(pairs)
    chosen = _choose([pair.instruction for pair in everything], limit, sample)
    labelled = [pair for pair in everything if pair.instruction in chosen]
    console = Console(stderr=True)
    with ExitStack() as stack:
        listener = stack.enter_context(show_progress(console))
        if folds:
            queries = rewrite_left_out(everything, folds, listener)
        elif system is System.LLM:
            model = stack.enter_context(build.open_language_model(load_settings(), ENGINE_WAIT_S))
            rewriter = LLMInstructionRewriter(model, prompts.load)
            asked = [pair.instruction for pair in labelled]
            queries = asyncio.run(ask_all(rewriter.rewrite, asked, parallel, listener))
        else:
            trained = load_rewrite_model(load_settings().models_path)
            _warn_if_seen(console, trained.manifest, pairs)
            queries = rewrite_all(trained, labelled, listener)
    if folds:
        made = zip(everything, queries, strict=True)
        queries = [query for pair, query in made if pair.instruction in chosen]
    _write(measure_queries(labelled, queries), json_path)
    for shown in list_query_disagreements(labelled, queries, disagreements):
        typer.echo(f"\n{shown}")


def _choose(names: Sequence[str], limit: int | None, sample: int | None) -> set[str]:
    """The first `limit` names, and of those `sample` drawn by lot, always the same ones."""
    first = list(dict.fromkeys(names))[:limit]
    return set(first if sample is None else Random(0).sample(first, min(sample, len(first))))


def _check_choice(system: System, folds: int | None) -> None:
    if folds and system is System.LLM:
        raise CallerError("--folds trains models, the LLM alone has none.", remedy="Drop one.")


def _warn_if_seen(console: Console, manifest: Manifest, path: Path) -> None:
    """A model does better on the very text it was learned from: say so."""
    if manifest.get("sha256") == _digest(path):
        console.print(
            f"The models were learned from {path.name} itself: these figures flatter them. "
            f"--folds {FOLDS} gives honest ones."
        )


def _write(measures: Measures, path: Path | None) -> None:
    text = json.dumps({name: round(value, 4) for name, value in measures.items()}, indent=2)
    typer.echo(text)
    if path:
        path.write_text(text + "\n", "utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# -------------------------------------------------------------------- train


def train_understanding(
    dialogues: DialoguesOption, language: LanguageOption, out: OutOption = None
) -> None:
    """Learn intent, next action and keywords from labelled dialogues; prints how well."""
    turns = read_dialogues(dialogues)
    with show_progress(Console(stderr=True)) as listener:
        readings = read_turns_left_out(turns, language, FOLDS, listener)
    manifest = _manifest(dialogues, measure_turns(turns, readings, language))
    model = train_dialogue_model(turns, language).model_copy(update={"manifest": manifest})
    _save(model, f"{language.value}.json", out)


def train_rewriting(pairs: PairsOption, out: OutOption = None) -> None:
    """Learn to turn instructions into queries; prints how well."""
    labelled = read_instructions(pairs)
    with show_progress(Console(stderr=True)) as listener:
        queries = rewrite_left_out(labelled, FOLDS, listener)
    manifest = _manifest(pairs, measure_queries(labelled, queries))
    model = train_rewrite_model(labelled).model_copy(update={"manifest": manifest})
    _save(model, REWRITE_FILE, out)


def _manifest(source: Path, measures: Measures) -> Manifest:
    """What a model was learned from, and how it did on what each of the folds left out."""
    return {
        "source": source.name,
        "sha256": _digest(source),
        "code": version("aisle"),
        "folds": FOLDS,
        "cross_validated": {name: round(value, 4) for name, value in measures.items()},
    }


def _save(model: DialogueModel | RewriteModel, name: str, out: Path | None) -> None:
    target = out or load_settings().models_path / FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, model.model_dump_json() + "\n")
    typer.echo(json.dumps(model.manifest, indent=2))
    typer.echo(f"Written to {target}.")
