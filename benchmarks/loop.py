"""Does the loop pay: clicks of the demo store's simulated shoppers, static against learning.

A click model is trained on the demo store's log and promoted. Then shoppers of that log and new
ones browse through the real pipeline in this process, without the language model: half get the
order of relevance (and popular products on the home page), half what learning makes of it,
the online layer included. Aisle's own assignment deals them; an A/A question runs beside it in a
layer of its own. What shoppers like is known to the simulator alone; it looks at places with
probability place ** -0.8, and products of another kind than was asked for are not wanted.

    python -m benchmarks.loop [--shoppers 300] [--json OUT]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from assistant import build
from assistant.assistant import Assistant
from assistant.learn_clicks import promote_clicks, train_clicks
from assistant.settings import Settings, load_settings
from retrieval.catalog.demo.behaviour import (
    PAGE,
    Behaviour,
    Shopper,
    Taste,
    Wish,
    click_chance,
    draw_cart,
    draw_click,
)
from retrieval.catalog.demo.generate import REFERENCE_DATE, generate_demo
from retrieval.experiment.analyse import analyse
from retrieval.experiment.assign import Experiments
from retrieval.experiment.measures import Measure
from retrieval.experiment.types import Arm, Experiment, ExperimentsFile, Treatment
from retrieval.profile.types import StoredEvent, Visitor
from retrieval.recommend.types import Kind, RecommendationRequest
from retrieval.train.clicks import ClickTraining
from retrieval.types import Product

DAYS = 28
# Sessions of a shopper in these days, gamma distributed as in the log.
SHAPE, SCALE = 1.5, 5.0
# What is not of the kind, or not of the colour, that was asked for; in logits.
OFF_KIND, OFF_COLOR = -3.0, -1.0
# The home page shows what was not asked for: categories the shopper does not care for.
NO_INTEREST = -2.0
NOISE = 0.3
# Pages after which the learner takes a step; serving does so every half minute.
STEP_EVERY = 40

LOOP, AA = "loop", "aa"
EXPERIMENTS_FILE = "experiments.yaml"
EXPERIMENTS = ExperimentsFile(
    salt="benchmarks.loop",
    experiments=(
        Experiment(
            name=LOOP,
            layer="ranking",
            arms={
                "control": Arm(share=0.5, treatment=Treatment(personal=False)),
                "learning": Arm(share=0.5),
            },
        ),
        Experiment(
            name=AA,
            layer="nothing",
            arms={"control": Arm(share=0.5), "same": Arm(share=0.5)},
        ),
    ),
)


@dataclass
class SimulatedClock:
    """The time of the simulation."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Visit:
    """One page a shopper opens."""

    moment: datetime
    visitor: Visitor
    shopper: Shopper
    taste: Taste
    number: str
    seed: str
    known: bool


@dataclass(frozen=True)
class Shown:
    """What the pipeline put on a page."""

    products: Sequence[Product]
    propensities: Sequence[float]
    model: str
    surface: str


@dataclass
class Counts:
    """Impressions and clicks of one shopper, and the clicks that chance would give."""

    impressions: int = 0
    clicks: int = 0
    expected: float = 0.0
    carts: int = 0


@dataclass
class Outcome:
    """Counts by shopper, and by (surface, known before or new)."""

    shoppers: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    parts: dict[tuple[str, str, str], Counts] = field(default_factory=lambda: defaultdict(Counts))


@contextmanager
def own_home(settings: Settings) -> Iterator[Settings]:
    """A home with a database and trained models of its own, over the real store and encoders."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").mkdir()
        (home / "stores").mkdir()
        for model in settings.models_path.iterdir():
            if model.name != "trained":
                (home / "models" / model.name).symlink_to(model.resolve())
        (home / "stores" / settings.store).symlink_to(settings.store_path.resolve())
        yield settings.model_copy(update={"home": home, "database_url": ""})


def draw_visits(behaviour: Behaviour, shoppers: int, start: datetime, seed: int) -> list[Visit]:
    """Every page of every shopper in the order of time; half of the shoppers are new."""
    known = {s.id: (s, behaviour.tastes[s.id]) for s in behaviour.shoppers[: shoppers // 2]}
    new = behaviour.draw_shoppers(shoppers - len(known), f"new{seed}")
    visits = []
    for name, (shopper, taste) in {**known, **new}.items():
        random = Random(f"{seed}:visits:{name}")
        for session in range(1 + int(random.gammavariate(SHAPE, SCALE))):
            moment = start + timedelta(seconds=random.random() * DAYS * 86_400)
            visitor = Visitor(name, f"{name}-loop{session}", name)
            for page in range(1 + int(random.random() < 0.45) + int(random.random() < 0.15)):
                moment += timedelta(seconds=random.randint(40, 240))
                number = f"{name}-loop{session}-{page}"
                visits.append(
                    Visit(
                        moment, visitor, shopper, taste, number, f"{seed}:{number}", name in known
                    )
                )
    return sorted(visits, key=lambda visit: (visit.moment, visit.number))


class Simulation:
    """Shoppers on one side, the assistant on the other."""

    def __init__(self, assistant: Assistant, behaviour: Behaviour, clock: SimulatedClock) -> None:
        assert assistant.learning is not None
        self._assistant, self._learning = assistant, assistant.learning
        self._behaviour, self._clock = behaviour, clock
        self._experiments = Experiments(EXPERIMENTS)
        self.outcome = Outcome()
        self.milliseconds: dict[str, list[float]] = defaultdict(list)

    async def run(self, visits: Sequence[Visit], console: Console) -> None:
        """Let every visit happen, learning in between."""
        for number, visit in enumerate(visits, start=1):
            self._clock.moment = visit.moment
            await self._visit(visit)
            if number % STEP_EVERY == 0:
                while self._learning.learn_now():
                    pass
            if number % 1000 == 0:
                status = self._learning.learning_status()
                console.print(f"{number} of {len(visits)} pages; {status}", style="dim")

    async def _visit(self, visit: Visit) -> None:
        random = Random(visit.seed)
        wish = self._behaviour.draw_wish(visit.taste, visit.shopper.language, random)
        arms = dict(self._experiments.assign(visit.visitor).variants)
        started = time.perf_counter()
        shown = await self._show(visit, wish, static=arms[LOOP] == "control")
        self.milliseconds[arms[LOOP]].append((time.perf_counter() - started) * 1000)
        rows = self._react(visit, wish, shown, arms, random)
        receipt = self._learning.receive(rows, visit.visitor, vouched=True)
        assert not receipt.rejected, receipt.rejected[0]

    async def _show(self, visit: Visit, wish: Wish, *, static: bool) -> Shown:
        if wish.query is None:
            request = RecommendationRequest(
                kind=Kind.FOR_YOU,
                shopper="" if static else visit.visitor.name,
                language=visit.shopper.language,
                limit=PAGE,
            )
            found = await asyncio.to_thread(self._learning.recommend, request)
            return Shown(
                [each.product for each in found.products],
                [each.propensity for each in found.products],
                found.model_version,
                "for_you",
            )
        _, result = await self._assistant.search(
            wish.query, language=visit.shopper.language, limit=PAGE, visitor=visit.visitor
        )
        hits = result.hits
        return Shown(
            [hit.product for hit in hits],
            [hit.propensity for hit in hits],
            result.model_version,
            "search",
        )

    def _react(
        self, visit: Visit, wish: Wish, shown: Shown, arms: dict[str, str], random: Random
    ) -> list[dict[str, Any]]:
        """The events of a page, and what they count for."""
        moment = visit.moment
        rows: list[dict[str, Any]] = []
        side = arms[LOOP]
        part = (side, shown.surface, "known" if visit.known else "new")
        counts = (self.outcome.shoppers[visit.visitor.name], self.outcome.parts[part])

        def log(action: str, **fields: Any) -> None:
            rows.append(
                {
                    "event_id": f"{visit.number}-{len(rows)}",
                    "action_name": action,
                    "timestamp": moment.isoformat(),
                    "query_id": visit.number,
                    "user_query": wish.query or None,
                    "surface": shown.surface,
                    "model_version": shown.model,
                    "experiments": arms,
                    **fields,
                }
            )

        pairs = zip(shown.products, shown.propensities, strict=True)
        for place, (product, propensity) in enumerate(pairs, start=1):
            about = {"object_id": product.id, "ordinal": place}
            log("impression", propensity=propensity, **about)
            liking = self._liking(visit.taste, wish, product) + random.gauss(0, NOISE)
            clicked = draw_click(liking, place, random)
            carted = clicked and bool(product.stock) and draw_cart(liking, random)
            for each in counts:
                each.impressions += 1
                each.clicks += clicked
                each.carts += carted
                each.expected += click_chance(liking, place)
            if clicked:
                moment += timedelta(seconds=random.randint(3, 20))
                log("click", **about)
            if carted:
                moment += timedelta(seconds=random.randint(5, 20))
                log("add_to_cart", **about)
        return rows

    def _liking(self, taste: Taste, wish: Wish, product: Product) -> float:
        liking = self._behaviour.utility(taste, product)
        if wish.query is None:
            return liking + (0.0 if product.category in taste.categories else NO_INTEREST)
        color = product.attribute("color")
        if wish.color and (color is None or color.value != wish.color):
            liking += OFF_COLOR
        return liking + (0.0 if product.category == wish.path else OFF_KIND)


# ------------------------------------------------------------------------ analysis


def compare(log: Sequence[StoredEvent], experiment: Experiment) -> dict[str, Any]:
    """What Aisle's experiment engine says of clicks an impression: the interval of a test of
    planned size, p from it, and the interval that holds at every look."""
    report = analyse(experiment, log)
    arm = next((arm for arm in report.arms if arm.against_control), None)
    if arm is None:
        raise SystemExit(f"{' '.join(report.warnings)} Ask for more --shoppers.")
    found = next(c for c in arm.against_control if c.measure is Measure.CTR)
    control = next(each for each in report.arms if each.name == experiment.control)
    return {
        "control": found.control,
        "treatment": found.arm,
        "lift": found.arm / found.control - 1,
        "low": found.fixed.low / found.control,
        "high": found.fixed.high / found.control,
        "always_low": found.interval.low / found.control,
        "always_high": found.interval.high / found.control,
        "p": found.fixed.p_value,
        "shoppers": (control.units, arm.units),
        "split_p": report.split_p_value,
        "warnings": list(report.warnings),
    }


def measure(settings: Settings, shoppers: int, seed: int, console: Console) -> dict[str, Any]:
    """Train, promote, let shoppers browse, compare."""
    with own_home(settings) as own:
        (own.home / EXPERIMENTS_FILE).write_text(EXPERIMENTS.model_dump_json(exclude_none=True))

        def quiet(done: int, total: int, note: str = "") -> None:
            return None

        manifest = train_clicks(own, ClickTraining(), quiet)
        promote_clicks(own, manifest.version, quiet)
        demo = generate_demo()
        behaviour = Behaviour(demo.products, demo.sources, demo.seed, REFERENCE_DATE)
        start = datetime.now(UTC)
        clock = SimulatedClock(start)
        visits = draw_visits(behaviour, shoppers, start + timedelta(minutes=5), seed)
        with build.open_service(own, now=clock) as service:
            learning = service.assistant.learning
            assert learning is not None
            learning.settle()
            learning.learn_now()
            simulation = Simulation(service.assistant, behaviour, clock)
            asyncio.run(simulation.run(visits, console))
            status = learning.learning_status()
            log = list(learning.events.scan())
    outcome = simulation.outcome
    parts = {
        " ".join(name): {
            "impressions": c.impressions,
            "ctr": round(c.clicks / c.impressions, 5),
            "expected_ctr": round(c.expected / c.impressions, 5),
            "carts": c.carts,
        }
        for name, c in sorted(outcome.parts.items())
    }
    return {
        **{each.name: compare(log, each) for each in EXPERIMENTS.experiments},
        "parts": parts,
        "pages": len(visits),
        "online": status.model_dump(mode="json"),
        "page_ms_median": {
            k: round(float(np.median(v)), 1) for k, v in simulation.milliseconds.items()
        },
        "training": manifest.report,
    }


def print_table(found: dict[str, Any], console: Console) -> None:
    """CTR of each arm and their difference, the A/A beside it."""
    table = Table(
        "", "control", "treatment", "difference", "95% interval", "at every look", "p", "shoppers"
    )
    for name, label in ((LOOP, "static / learning"), (AA, "A/A")):
        c = found[name]
        table.add_row(
            label,
            f"{c['control']:.4f}",
            f"{c['treatment']:.4f}",
            f"{c['lift']:+.1%}",
            f"{c['low']:+.1%} to {c['high']:+.1%}",
            f"{c['always_low']:+.1%} to {c['always_high']:+.1%}",
            f"{c['p']:.2g}",
            f"{c['shoppers'][0]} / {c['shoppers'][1]}",
        )
    console.print(table)
    parts = Table("arm, surface, shoppers", "impressions", "CTR", "expected CTR", "carts")
    for name, c in found["parts"].items():
        parts.add_row(
            name,
            str(c["impressions"]),
            f"{c['ctr']:.4f}",
            f"{c['expected_ctr']:.4f}",
            str(c["carts"]),
        )
    console.print(parts)
    console.print(
        f"{found['pages']} pages; online learning: {found['online']}; "
        f"page, median ms: {found['page_ms_median']}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shoppers", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--influence", type=float)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    console = Console()
    changes = {} if chosen.influence is None else {"click_influence": chosen.influence}
    settings = load_settings(
        llm="off", store="demo", consent="on", online_every_s=3600, held_out=0.0, **changes
    )
    found = measure(settings, chosen.shoppers, chosen.seed, console)
    print_table(found, console)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
