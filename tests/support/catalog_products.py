"""A made-up trade with titles as merchants write them, to learn categories from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from retrieval.types import Attribute, Product

MAKERS = ("Norda", "Velo", "Kiru", "Sant", "Obex", "Mirel")
# kind → (attributes its members have, words of their descriptions)
KINDS = {
    "espresso machine": (("pump_pressure", "boiler_volume", "milk_frother"), "brews coffee"),
    "coffee grinder": (("burr_diameter", "grind_settings", "hopper_volume"), "grinds beans"),
    "trail shoe": (("sole", "drop", "waterproof"), "runs on trails"),
    "running shoe": (("sole", "drop", "cushioning"), "runs on roads"),
    "shoe bag": (("volume", "compartments", "closure"), "carries things"),
    "desk lamp": (("luminous_flux", "socket", "arm_length"), "lights the desk"),
}
COLOURS = ("Black", "White", "Red", "Green")


def make_product(kind: str, number: int, *, titled: bool = True) -> Product:
    """A product of `kind`; without `titled` its title holds a maker and a model only."""
    dice = random.Random(f"{kind}{number}")
    maker = dice.choice(MAKERS)
    colour = dice.choice(COLOURS)
    names, words = KINDS[kind]
    model = f"{maker[:2].upper()}{number:03d}"
    named = f"{maker} {model} {kind} {colour} {dice.randint(1, 9)} kg"
    attributes = [Attribute(name=n, value=Decimal(dice.randint(1, 99))) for n in names]
    attributes.append(Attribute(name="colour", value=colour))
    return Product(
        id=f"{kind}-{number}",
        title=named if titled else f"{maker} {model} {colour}",
        price=Decimal(dice.randint(5, 500)),
        currency="EUR",
        brand=maker,
        description=f"The {kind} that {words}. More {kind}s for you.",
        attributes=tuple(attributes),
    )


def make_products(each: int, *, untitled: int = 0) -> Iterator[Product]:
    for kind in KINDS:
        for number in range(each):
            yield make_product(kind, number, titled=number >= untitled)
