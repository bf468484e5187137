"""How often experiments and off-policy estimates are right, on shoppers whose truth is known.

Prints two tables: peeking at A/A tests, power and CUPED; and the coverage of the off-policy
intervals in 100 runs. `--json` keeps the numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retrieval.experiment.analyse import Ratio, compare
from retrieval.experiment.measures import Measure
from retrieval.experiment.off_policy import estimate_all

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.policy_world import World, by_position, explore

RUNS, LISTS = 100, 1_000
TESTS, UNITS, LOOK, ALPHA, PLAN = 1_000, 2_000, 50, 0.05, 4_000


def draw(rng: np.random.Generator, units: int, ctr: float) -> Ratio:
    taste = np.clip(rng.normal(1, 0.5, units), 0.1, 2)
    shown = rng.poisson(40, units) + 1.0
    clicks = rng.binomial(shown.astype(int), np.clip(ctr * taste, 0, 1)).astype(float)
    return Ratio(clicks, shown, rng.poisson(4 * taste).astype(float))


def head(ratio: Ratio, count: int) -> Ratio:
    assert ratio.covariate is not None
    return Ratio(ratio.top[:count], ratio.bottom[:count], ratio.covariate[:count])


def look_daily(effect: float, tests: int) -> dict[str, float]:
    """Share of tests that were stopped for significance at any look, and what CUPED leaves."""
    stopped = {"sequential": 0, "fixed": 0}
    kept = 0.0
    for seed in range(tests):
        rng = np.random.default_rng(seed)
        arms = draw(rng, UNITS, 0.1), draw(rng, UNITS, 0.1 * (1 + effect))
        found = [
            compare(Measure.CTR, head(arms[0], n), head(arms[1], n), ALPHA, PLAN)
            for n in range(100, UNITS + 1, LOOK)
        ]
        stopped["sequential"] += any(each.interval.excludes_zero for each in found)
        stopped["fixed"] += any(each.fixed.excludes_zero for each in found)
        kept += found[-1].variance_kept
    return {**{k: v / tests for k, v in stopped.items()}, "variance_kept": kept / tests}


def cover(runs: int) -> dict[str, float]:
    """Of `runs` simulated logs, how many intervals hold the truth, by estimator."""
    inside: dict[str, float] = {}
    for log, make in (("exploring", explore), ("by position", by_position)):
        for seed in range(runs):
            decisions, truth = make(World.make(seed), LISTS, seed)
            # A self-normalised mean over shown products is no target of the position model.
            names = None if log == "exploring" else {"ips"}
            for each in estimate_all(decisions):
                if names is None or each.method in names:
                    key = f"{log}: {each.method}"
                    inside[key] = inside.get(key, 0) + (each.low <= truth <= each.high)
    return inside


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to keep the numbers")
    parser.add_argument("--tests", type=int, default=TESTS)
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    console = Console()
    looks = {effect: look_daily(effect, given.tests) for effect in (0.0, 0.05, 0.1)}
    table = Table(
        "effect on CTR", "stopped: always-valid", "stopped: fixed", "variance CUPED keeps"
    )
    for effect, found in looks.items():
        shares = [f"{found[k]:.1%}" for k in ("sequential", "fixed", "variance_kept")]
        table.add_row("none (A/A)" if not effect else f"{effect:+.0%}", *shares)
    console.print(table)
    covered = cover(given.runs)
    table = Table("log and estimate", f"intervals that hold the truth, of {given.runs}")
    for name, count in covered.items():
        table.add_row(name, f"{count:.0f}")
    console.print(table)
    if given.json:
        result = {"looks": {str(k): v for k, v in looks.items()}, "coverage": covered}
        given.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
