"""Writes docs/conversations.md: conversations as they happened, with their timings.

Run it as `python -m benchmarks.converse`; stores that are missing are imported first.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from assistant import build
from assistant.assistant import Assistant
from assistant.progress import show_progress
from assistant.settings import load_settings
from assistant.types import (
    ComparisonEvent,
    DoneEvent,
    ErrorEvent,
    ProductsEvent,
    QuestionEvent,
    ReplyEvent,
    TextEvent,
)

CHORUS = "../shared/data/chorus-icecat/products.jsonl.gz"
CARDS_TOLD = 4


@dataclass(frozen=True)
class Script:
    """What one shopper says, in which store."""

    title: str
    store: str
    feed: str
    messages: tuple[str, ...]


SCRIPTS = (
    Script(
        "English, 19,406 electronics and office products",
        "chorus",
        CHORUS,
        (
            "hi, I need a laptop with at least 4 GB of memory for university, under 150 euros",
            "something cheaper than the second one",
            "what is the difference between the first two?",
            "does the first one have bluetooth?",
            "toner for a xerox phaser 6600, not from a third party",
            "thanks a lot!",
        ),
    ),
    Script(
        "Chinese, the same catalogue",
        "chorus",
        CHORUS,
        (
            "你好，我想买一台27寸的显示器，两百欧元以内",
            "有没有便宜一点的",
            "前两款有什么区别？",
            "第一款有HDMI接口吗？",
            "谢谢",
        ),
    ),
    Script(
        "Both languages, the demo store",
        "demo",
        build.DEMO,
        (
            "a quiet mouse for a left-handed kid, under 30",
            "cheaper than the second one",
            "compare the first two",
            "is the first one wireless?",
            "想给爸爸买一双防水的登山鞋，四百元以内",
            "第二款有什么评价？",
        ),
    ),
)


def describe(events: list[tuple[float, ReplyEvent]]) -> list[str]:
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
                lines.append(f"- `{seconds:.2f} s` {sentence.text} *({sentence.by})*")
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


async def converse(assistant: Assistant, script: Script, console: Console) -> list[str]:
    """One conversation as Markdown."""
    conversation = uuid.uuid4().hex
    lines = [f"## {script.title}", ""]
    for message in script.messages:
        console.print(message)
        loop = asyncio.get_running_loop()
        start = loop.time()
        events = [
            (loop.time() - start, event) async for event in assistant.reply(message, conversation)
        ]
        lines += [f"**{message}**", "", *describe(events), ""]
    return lines


def main() -> None:
    console = Console()
    status = ""
    lines: list[str] = []
    for script in SCRIPTS:
        settings = load_settings(store=script.store)
        with show_progress(console) as listener:
            build.import_store(settings, script.feed, listener)
        with build.open_assistant(settings) as assistant:
            status = assistant.engine.wait().model
            lines += asyncio.run(converse(assistant, script, console))
    head = [
        "# Conversations as they happened",
        "",
        f"Written by `python -m benchmarks.converse` on {date.today()}, two cores, no GPU, model "
        f"`{status}`. Each line carries the second after the message at which it arrived, and "
        "sentences who wrote them: the model (`llm`, verified) or code.",
        "",
    ]
    Path("docs/conversations.md").write_text("\n".join([*head, *lines]))


if __name__ == "__main__":
    main()
