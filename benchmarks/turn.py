"""One turn against a plain chain: how soon the first product, how soon the whole answer.

Both answer the same messages over the same catalogue with the same model, in one run.
Prints a table with ratios; `--json` keeps the numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from rich.console import Console
from rich.table import Table

from assistant import build
from assistant.assistant import Assistant
from assistant.importing import import_store
from assistant.llm.client import build_chat_model
from assistant.llm.engine_record import SharedRecord
from assistant.progress import show_progress
from assistant.settings import Settings, load_settings
from assistant.types import DoneEvent, ProductsEvent
from benchmarks.plain_chain import ChainTimes, PlainChain
from retrieval.catalog.feed import open_feed
from retrieval.catalog.types import FeedRow
from retrieval.types import Product

MESSAGES = (
    "bluetooth speaker under 100",
    "a laptop with 8 GB of memory for a student",
    "toner cartridge for a xerox printer, black",
    "wireless mouse, not black, below 40 euros",
    "两千元以内的笔记本电脑",
    "27 inch monitor with hdmi",
    "想要一个便宜的网络摄像头",
    "usb c docking station",
)
# Cards are cheap to ask for: enough samples that a 95th percentile means something.
CARD_ROUNDS = 10


@dataclass(frozen=True)
class TurnTimes:
    """Seconds to the first card and to the end of the turn."""

    first_product_s: float
    answer_s: float


async def time_turn(assistant: Assistant, message: str, *, cards_only: bool) -> TurnTimes:
    """One message in a conversation of its own; `cards_only` leaves after the cards."""
    start = time.perf_counter()
    first = 0.0
    reply = assistant.reply(message, uuid.uuid4().hex)
    async for event in reply:
        if isinstance(event, ProductsEvent) and not first:
            first = time.perf_counter() - start
            if cards_only:
                await reply.aclose()
                break
        if isinstance(event, DoneEvent):
            break
    return TurnTimes(first, time.perf_counter() - start)


async def time_cards(assistant: Assistant, rounds: int) -> list[float]:
    """Milliseconds to the first card, message after message."""
    times = [
        (await time_turn(assistant, message, cards_only=True)).first_product_s * 1000
        for _ in range(rounds)
        for message in MESSAGES
    ]
    return sorted(times)


async def time_cards_while_writing(assistant: Assistant, rounds: int) -> list[float]:
    """The same while another shopper's turn keeps the model writing."""
    stop = asyncio.Event()

    async def keep_writing() -> None:
        while not stop.is_set():
            await time_turn(assistant, MESSAGES[0], cards_only=False)

    writer = asyncio.create_task(keep_writing())
    await asyncio.sleep(3)
    times = await time_cards(assistant, rounds)
    stop.set()
    await writer
    return times


def percentile(ordered: list[float], share: float) -> float:
    """The nearest-rank percentile of sorted values."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def chat_model(settings: Settings) -> BaseChatModel:
    """The same model as Aisle's, as a chain would use it."""
    if settings.llm_url:
        return build_chat_model(settings.llm_url, settings.llm_model, settings.llm_api_key)
    record = SharedRecord(settings.engine_path).read()
    assert record is not None, "the engine is ready, so it is on record"
    return build_chat_model(f"http://127.0.0.1:{record.port}/v1", record.model)


async def measure(
    settings: Settings, products: list[Product], chain_messages: int, rounds: int
) -> dict[str, float]:
    """Every number of the table."""
    with build.open_assistant(settings) as assistant:
        await asyncio.to_thread(assistant.engine.wait)
        await time_turn(assistant, MESSAGES[0], cards_only=False)
        idle = await time_cards(assistant, rounds)
        busy = await time_cards_while_writing(assistant, max(1, rounds // 3))
        chain = PlainChain(chat_model(settings), build.load_encoders(settings)[0], products)
        ours: list[TurnTimes] = []
        theirs: list[ChainTimes] = []
        for message in MESSAGES[:chain_messages]:
            theirs.append(await chain.answer(message))
            ours.append(await time_turn(assistant, message, cards_only=False))
    return {
        "first_product_idle_p50_ms": statistics.median(idle),
        "first_product_idle_p95_ms": percentile(idle, 0.95),
        "first_product_writing_p50_ms": statistics.median(busy),
        "first_product_writing_p95_ms": percentile(busy, 0.95),
        "chain_first_product_p50_s": statistics.median(t.first_product_s for t in theirs),
        "aisle_first_product_p50_s": statistics.median(t.first_product_s for t in ours),
        "chain_answer_p50_s": statistics.median(t.answer_s for t in theirs),
        "aisle_answer_p50_s": statistics.median(t.answer_s for t in ours),
    }


def print_table(measured: dict[str, float]) -> None:
    """What was measured, goals and ratios beside it."""
    table = Table("what", "plain chain", "Aisle", "ratio", "goal", title="One turn")
    table.add_row(
        "first product, model idle, p95",
        "",
        f"{measured['first_product_idle_p95_ms']:.0f} ms",
        "",
        "< 300 ms",
    )
    table.add_row(
        "first product, model writing, p95",
        "",
        f"{measured['first_product_writing_p95_ms']:.0f} ms",
        "",
        "< 600 ms",
    )
    for what, name, goal in (
        ("first product, p50", "first_product", "20 times sooner"),
        ("whole answer, p50", "answer", "no later"),
    ):
        theirs, ours = measured[f"chain_{name}_p50_s"], measured[f"aisle_{name}_p50_s"]
        table.add_row(what, f"{theirs:.2f} s", f"{ours:.3f} s", f"{theirs / ours:.1f}×", goal)
    Console(width=110).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feed", default="../shared/data/chorus-icecat/products.jsonl.gz")
    parser.add_argument("--messages", type=int, default=len(MESSAGES))
    parser.add_argument("--rounds", type=int, default=CARD_ROUNDS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    # The same few messages come round: every list is searched anew.
    settings = load_settings(store="chorus", search_cache_mb=0)
    with show_progress(Console()) as listener:
        import_store(settings, arguments.feed, listener)
    products = [row.product for row in open_feed(arguments.feed) if isinstance(row, FeedRow)]
    measured = asyncio.run(measure(settings, products, arguments.messages, arguments.rounds))
    print_table(measured)
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
