"""How long a turn takes and what it costs the model: p50 and p95 over the twelve conversations.

Run it as `python -m benchmarks.conversing`, on a quiet machine; with AISLE_LLM_URL it asks that
engine, else one of its own. Counts turns for which the model was asked. Tokens and the share of
prompt tokens found in the prefix cache come from vLLM's own /metrics, so nobody else may be
asking that engine meanwhile; `--json` keeps the numbers, `--only NAME` plays one of the twelve.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from assistant import build
from assistant.importing import import_store
from assistant.progress import show_progress
from assistant.settings import load_settings
from assistant.types import DoneEvent, ProductsEvent, TextEvent
from benchmarks.own_engine import OwnEngine, start_own_engine
from benchmarks.scripts import SCRIPTS, Exchange, Script, Stage, play, script

FIRST_SENTENCE_GOAL_S, TURN_GOAL_S = 3.0, 12.0
_COUNTERS = {
    "prompt": "vllm:prompt_tokens_total",
    "completion": "vllm:generation_tokens_total",
    "asked": "vllm:prefix_cache_queries_total",
    "cached": "vllm:prefix_cache_hits_total",
}


@dataclass(frozen=True)
class Counters:
    """What vLLM has counted since it started, in tokens."""

    prompt: float
    completion: float
    asked: float
    cached: float

    def since(self, earlier: Counters) -> Counters:
        """What came in between."""
        mine, theirs = asdict(self), asdict(earlier)
        return Counters(**{name: mine[name] - theirs[name] for name in mine})


@dataclass(frozen=True)
class TurnCost:
    """One turn: seconds of its first sentence after the products, and whole; tokens."""

    script: str
    message: str
    first_sentence_s: float | None
    turn_s: float
    counted: Counters


def read_counters(base_url: str) -> Counters:
    """The engine's counters, summed over its parts; raises httpx.HTTPError."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        page = client.get(base_url.removesuffix("/v1") + "/metrics")
    page.raise_for_status()
    return Counters(**{short: _sum(page.text, name) for short, name in _COUNTERS.items()})


def _sum(text: str, name: str) -> float:
    found = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
    return sum(float(value) for value in found)


def cost_of(script: Script, exchange: Exchange, counted: Counters) -> TurnCost | None:
    """The cost of a turn; None where an agent spoke."""
    whole = exchange.second_of(DoneEvent)
    if whole is None:
        return None
    products = [s for s, event in exchange.timed if isinstance(event, ProductsEvent)]
    spoken = [s for s, event in exchange.timed if isinstance(event, TextEvent) and products]
    first = max(spoken[0] - products[0], 0.0) if spoken else None
    return TurnCost(script.name, exchange.said, first, whole, counted)


async def measure(
    stage: Stage, read: Callable[[], Counters], scripts: Sequence[Script] = SCRIPTS
) -> list[TurnCost]:
    """Every conversation that leaves the engine alive, turn by turn."""
    costs = []
    for one in scripts:
        if one.kills:
            continue
        before = read()

        def note(exchange: Exchange, script: Script = one) -> None:
            nonlocal before
            now = read()
            cost = cost_of(script, exchange, now.since(before))
            before = now
            if cost and cost.counted.prompt:
                costs.append(cost)

        await play(Stage(stage.assistant), one, note)
    return costs


def summarise(costs: Sequence[TurnCost]) -> dict[str, float]:
    """Percentiles of seconds and tokens, and the share of prompt tokens found in the cache."""
    spread = {
        "first_sentence_s": [c.first_sentence_s for c in costs if c.first_sentence_s is not None],
        "turn_s": [c.turn_s for c in costs],
        "prompt_tokens": [c.counted.prompt for c in costs],
        "completion_tokens": [c.counted.completion for c in costs],
    }
    numbers: dict[str, float] = {"turns": len(costs)}
    for name, values in spread.items():
        for share in (50, 95):
            numbers[f"{name}_p{share}"] = round(float(np.percentile(values, share)), 2)
    asked = sum(c.counted.asked for c in costs)
    numbers["cache_hit_rate"] = round(sum(c.counted.cached for c in costs) / asked, 4)
    return numbers


def show(console: Console, numbers: dict[str, float]) -> None:
    table = Table(
        "what", "p50", "p95", "goal (p50)", title=f"{numbers['turns']:g} turns with model"
    )
    goals = {"first_sentence_s": FIRST_SENTENCE_GOAL_S, "turn_s": TURN_GOAL_S}
    for name in ("first_sentence_s", "turn_s", "prompt_tokens", "completion_tokens"):
        goal = f"<= {goals[name]:g}" if name in goals else ""
        table.add_row(name, f"{numbers[f'{name}_p50']:g}", f"{numbers[f'{name}_p95']:g}", goal)
    table.add_row("cache_hit_rate", f"{numbers['cache_hit_rate']:.1%}", "", "")
    console.print(table)


def run(own: OwnEngine, scripts: Sequence[Script] = SCRIPTS) -> list[TurnCost]:
    """The costs on an engine nobody else asks."""
    with build.open_assistant(own.settings) as assistant:
        assistant.engine.wait()
        url = own.settings.llm_url
        return asyncio.run(measure(Stage(assistant), lambda: read_counters(url), scripts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the numbers, turn by turn")
    names = [one.name for one in SCRIPTS]
    parser.add_argument("--only", choices=names, action="append", default=[])
    arguments, console = parser.parse_args(), Console()
    settings = load_settings(store="demo", desk_password="measured")
    with show_progress(console) as listener:
        import_store(settings, build.DEMO, listener)
    with start_own_engine(settings) as own:
        costs = run(own, [script(name) for name in arguments.only] or SCRIPTS)
    numbers = summarise(costs)
    show(console, numbers)
    if arguments.json:
        report = {"summary": numbers, "turns": [asdict(cost) for cost in costs]}
        arguments.json.write_text(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
