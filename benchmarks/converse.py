"""Writes docs/conversations.md: conversations as they happened, with their timings.

Run it as `python -m benchmarks.converse`; stores that are missing are imported first. It plays
the twelve of `benchmarks.scripts` on the demo store, `--only NAME` one of them, and two on the
store `chorus` where its feed (`--catalog`) is there; without `--write` it prints.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console

from assistant import build
from assistant.importing import import_store
from assistant.progress import show_progress
from assistant.settings import Settings, load_settings
from assistant.types import (
    BundleEvent,
    CartEvent,
    ComparisonEvent,
    DoneEvent,
    ErrorEvent,
    GuideEvent,
    HandoffEvent,
    PreferencesEvent,
    ProductsEvent,
    QuestionEvent,
    ReplyEvent,
    TextEvent,
)
from benchmarks.own_engine import start_own_engine
from benchmarks.scripts import CATALOG_SCRIPTS, SCRIPTS, Exchange, Script, Stage, play, script

CARDS_TOLD = 4
PAGE = Path("docs/conversations.md")
CATALOG = Path("../shared/data/chorus-icecat/products.jsonl.gz")


def describe(events: Sequence[tuple[float, ReplyEvent]]) -> list[str]:
    """One reply as Markdown lines, each part with the second it arrived."""
    lines: list[str] = []
    for seconds, event in events:
        match event:
            case ProductsEvent(products=products) if products:
                language = event.understanding.language
                lines.append(f"- `{seconds:.2f} s` **{event.stage} list**, {event.total} products")
                lines += [
                    f"    {card.position}. {card.hit.product.title_in(language)}: "
                    f"{card.hit.product.price} {card.hit.product.currency} "
                    f"({'; '.join(card.reasons)})"
                    for card in products[:CARDS_TOLD]
                ]
            case TextEvent(sentence=sentence):
                source = f" ← {', '.join(sentence.evidence)}" if sentence.evidence else ""
                lines.append(f"- `{seconds:.2f} s` {sentence.text} *({sentence.by}{source})*")
            case BundleEvent(bundle=bundle):
                lines.append(
                    f"- `{seconds:.2f} s` **set**, {bundle.total} {bundle.currency} of "
                    f"{bundle.budget}"
                )
                lines += [
                    f"    {number}. {part.quantity} × {part.name}: "
                    f"{part.products[0].hit.product.title_in(event.language)}, "
                    f"{part.products[0].hit.product.price}"
                    for number, part in enumerate(bundle.items, 1)
                ]
            case CartEvent(cart=cart):
                held = "; ".join(f"{line.quantity} × {line.title}" for line in cart.lines)
                lines.append(f"- `{seconds:.2f} s` **cart** {held or 'empty'}, {cart.total}")
            case HandoffEvent():
                lines.append(f"- `{seconds:.2f} s` **hand-off** {event.state} {event.agent}")
            case PreferencesEvent(preferences=kept):
                told = "; ".join(one.text for one in kept)
                lines.append(f"- `{seconds:.2f} s` **kept in mind** {told or 'nothing'}")
            case GuideEvent(guide=guide):
                lines.append(f"- `{seconds:.2f} s` **guide** {guide.title}: {guide.sentence}")
            case ComparisonEvent(comparison=comparison):
                rows = ", ".join(f"{r.label}: {' / '.join(r.values)}" for r in comparison.rows)
                lines.append(f"- `{seconds:.2f} s` **table** {rows}")
            case QuestionEvent():
                lines.append(f"- `{seconds:.2f} s` **{event.text}** [{' | '.join(event.options)}]")
            case ErrorEvent():
                lines.append(f"- `{seconds:.2f} s` error: {event.message} {event.remedy}")
            case DoneEvent(trace=trace):
                lines += describe_trace(seconds, trace)
            case _:
                pass
    return lines


def describe_trace(seconds: float, trace: dict[str, object]) -> list[str]:
    """How the turn ended, and what the verifier kept from the shopper."""
    answer = trace.get("answer")
    if not isinstance(answer, dict):
        return [f"- `{seconds:.2f} s` done"]
    rejected = [f"    - not shown: “{one['text']}” ({one['reason']})" for one in answer["rejected"]]
    return [f"- `{seconds:.2f} s` done, answer {answer['ended']}", *rejected]


def write_down(script: Script, exchanges: Sequence[Exchange]) -> list[str]:
    """One conversation as Markdown."""
    lines = [f"## {script.title} ({script.language})", ""]
    for exchange in exchanges:
        speaker = "" if exchange.speaker == "shopper" else f"{exchange.speaker}: "
        lines += [f"**{speaker}{exchange.said}**", "", *describe(exchange.timed), ""]
    return lines


@contextmanager
def set_stage(settings: Settings, script: Script) -> Iterator[tuple[Stage, str]]:
    """An assistant on the settings' store with its engine ready, and the name of the model.

    A script that kills its engine gets one of its own.
    """
    if script.kills:
        with start_own_engine(settings) as own, build.open_assistant(own.settings) as assistant:
            yield Stage(assistant, own.kill), assistant.engine.wait().model
        return
    with build.open_assistant(settings) as assistant:
        yield Stage(assistant), assistant.engine.wait().model


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[s.name for s in SCRIPTS], action="append", default=[])
    parser.add_argument("--catalog", type=Path, default=CATALOG, help="feed of another store")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE} instead of printing")
    return parser.parse_args()


def main() -> None:
    arguments, console = parse_arguments(), Console()
    # Without a password there is no desk to hand a conversation to.
    settings = load_settings(store="demo", desk_password=secrets.token_urlsafe())
    with show_progress(console) as listener:
        import_store(settings, build.DEMO, listener)
    played: list[tuple[Settings, Script]] = [
        (settings, one) for one in [script(name) for name in arguments.only] or SCRIPTS
    ]
    if arguments.catalog.is_file() and not arguments.only:
        other = settings.model_copy(update={"store": "chorus"})
        with show_progress(console) as listener:
            import_store(other, arguments.catalog, listener)
        played += [(other, one) for one in CATALOG_SCRIPTS]
    lines: list[str] = []
    for own, one in played:
        with set_stage(own, one) as (stage, model):
            told = write_down(one, asyncio.run(play(stage, one)))
        console.print("\n".join(told), markup=False, highlight=False, soft_wrap=True)
        lines += told
    if arguments.write:
        PAGE.write_text("\n".join([*introduce(model), *lines]), encoding="utf-8")


def introduce(model: str) -> list[str]:
    """The head of the page."""
    return [
        "# Conversations as they happened",
        "",
        f"Written by `python -m benchmarks.converse --write` on {date.today()}, demo store "
        f"unless it says otherwise, no GPU, model `{model}`. Each line carries the second after "
        "the message at which it arrived, and sentences who wrote them: the model (`llm`, "
        "verified) or code, and the evidence of what they claim. What the verifier kept from the "
        "shopper is shown too.",
        "",
    ]


if __name__ == "__main__":
    main()
