"""Who the demo shoppers are and what they like: the ground truth behind the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from retrieval.types import Language, Product

COLOR_FAMILIES = (
    "black",
    "white",
    "grey",
    "blue",
    "green",
    "pink",
    "red",
    "brown",
    "yellow",
    "beige",
)
_CHINESE_SHARE = 0.4
# A small shape makes shoppers care for few categories, as real ones do.
_CATEGORY_SHAPE = 0.08
_CATEGORIES_KEPT = 8
_BRAND_SPREAD, _COLOR_SPREAD = 0.9, 0.6
_PRICE_WIDTH = 0.25
_PRICE_WEIGHT = 0.6
_NEED_MET, _NEED_FOREIGN = 1.5, -2.5
_NEED_SHARES = {"left-handed": 0.12, "kids": 0.3, "seniors": 0.12, "vegan": 0.1, "quiet": 0.2}


@dataclass(frozen=True, slots=True)
class Shopper:
    """A registered shopper as the shop knows them."""

    id: str
    language: Language


@dataclass(frozen=True, slots=True)
class Taste:
    """What a shopper likes; nothing that learns from the events may read it.

    `categories` sum to 1; `brands` and `colors` are logits; `price_level` is the favourite
    place in a category's price range, 0 to 1; `wears` is the clothing they buy.
    """

    categories: dict[tuple[str, ...], float]
    brands: dict[str, float]
    colors: dict[str, float]
    price_level: float
    wears: str
    needs: tuple[str, ...]

    def utility(self, product: Product, price_rank: float) -> float:
        """How much the product is liked, in logits."""
        values = {attribute.name: attribute.value for attribute in product.attributes}
        liking = self.brands.get(product.brand or "", 0.0)
        color = values.get("color")
        liking += _COLOR_SPREAD * (self.colors.get(str(color), 0.0) * len(self.colors) - 1)
        liking -= _PRICE_WEIGHT * ((price_rank - self.price_level) / _PRICE_WIDTH) ** 2 / 2
        liking += float(product.rating or 4) - 4.2
        return liking + self._fit(values)

    def _fit(self, values: Mapping[str, object]) -> float:
        """Needs met, and products made for somebody else."""
        fit = 0.0
        if values.get("gender") in {"men", "women"} and values["gender"] != self.wears:
            fit += _NEED_FOREIGN
        for need, present in (
            ("left-handed", values.get("hand_orientation") == "left-handed"),
            ("kids", values.get("age_group") == "kids"),
            ("seniors", values.get("age_group") == "seniors"),
        ):
            if present:
                fit += _NEED_MET if need in self.needs else _NEED_FOREIGN
        if "vegan" in self.needs and "vegan" in values:
            fit += _NEED_MET if values["vegan"] is True else _NEED_FOREIGN
        if "quiet" in self.needs and values.get("silent") is True:
            fit += _NEED_MET
        return fit


def draw_shoppers(count: int, random: Random) -> tuple[Shopper, ...]:
    """Shoppers u001 … in both languages."""
    return tuple(
        Shopper(
            f"u{number:03d}",
            Language.CHINESE if random.random() < _CHINESE_SHARE else Language.ENGLISH,
        )
        for number in range(1, count + 1)
    )


def draw_taste(brands: Mapping[tuple[str, ...], list[str]], random: Random) -> Taste:
    """One taste over the store's categories and brands."""
    weights = {path: random.gammavariate(_CATEGORY_SHAPE, 1) for path in brands}
    kept = sorted(weights, key=lambda path: -weights[path])[:_CATEGORIES_KEPT]
    total = sum(weights[path] for path in kept)
    colors = {color: random.gammavariate(0.8, 1) + 0.02 for color in COLOR_FAMILIES}
    shade_total = sum(colors.values())
    names = sorted({brand for found in brands.values() for brand in found})
    return Taste(
        categories={path: round(weights[path] / total, 6) for path in kept},
        brands={name: round(random.gauss(0, _BRAND_SPREAD), 4) for name in names},
        colors={color: round(weight / shade_total, 4) for color, weight in colors.items()},
        price_level=round(random.betavariate(1.6, 1.8), 4),
        wears=random.choice(("men", "women")),
        needs=tuple(need for need, share in _NEED_SHARES.items() if random.random() < share),
    )
