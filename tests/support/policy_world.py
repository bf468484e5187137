"""A simulated shop of which the value of any policy is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retrieval.experiment.off_policy import (
    LoggedDecisions,
    Shown,
    decide_by_position,
    decide_by_propensity,
    examination,
)

PLACES, PRODUCTS, ETA = 4, 6, 1.0


@dataclass(frozen=True)
class World:
    """Products of known appeal; a click needs a look at the place and the product's appeal."""

    appeal: np.ndarray

    @staticmethod
    def make(seed: int) -> World:
        return World(np.random.default_rng(seed).uniform(0.05, 0.6, PRODUCTS))

    def clicks(self, order: list[int], rng: np.random.Generator) -> list[bool]:
        looks = examination(range(1, len(order) + 1), ETA)
        return [bool(rng.random() < looks[k] * self.appeal[p]) for k, p in enumerate(order)]

    def value(self, order: list[int]) -> float:
        looks = examination(range(1, len(order) + 1), ETA)
        return float(sum(looks[k] * self.appeal[p] for k, p in enumerate(order)))


def explore(world: World, lists: int, seed: int) -> tuple[LoggedDecisions, float]:
    """A log that shows a rotation of the products drawn unevenly, against two rotations mixed."""
    rng = np.random.default_rng(seed)
    rotations = [[(first + k) % PRODUCTS for k in range(PLACES)] for first in range(PRODUCTS)]
    logged = np.array([0.4, 0.2, 0.15, 0.1, 0.1, 0.05])
    target = np.array([0.0, 0.0, 0.0, 0.6, 0.4, 0.0])
    shown: list[Shown] = []
    chances: dict[tuple[str, str, int], float] = {}
    for number in range(lists):
        order = rotations[rng.choice(PRODUCTS, p=logged)]
        clicks = world.clicks(order, rng)
        for place, (product, clicked) in enumerate(zip(order, clicks, strict=True), 1):
            # A product stands at this place in exactly one rotation.
            chance = float(logged[(product - place + 1) % PRODUCTS])
            shown.append(Shown(f"l{number}", f"p{product}", place, chance, clicked))
        for first in np.flatnonzero(target):
            for k, product in enumerate(rotations[first]):
                chances[f"l{number}", f"p{product}", k + 1] = float(target[first])
    truth = sum(target[first] * world.value(rotations[first]) for first in range(PRODUCTS))
    return decide_by_propensity(shown, chances), float(truth)


def by_position(world: World, lists: int, seed: int) -> tuple[LoggedDecisions, float]:
    """A log that always shows one order, against the reverse order."""
    rng = np.random.default_rng(seed)
    order = list(range(PLACES))
    places = {}
    shown = []
    for number in range(lists):
        for place, clicked in enumerate(world.clicks(order, rng), 1):
            shown.append(Shown(f"l{number}", f"p{order[place - 1]}", place, 1.0, clicked))
            places[f"l{number}", f"p{order[place - 1]}"] = PLACES + 1 - place
    return decide_by_position(shown, places, ETA), world.value(order[::-1])
