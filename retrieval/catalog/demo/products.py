"""Products of one category: which lines, brands, values, prices, variants and stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from retrieval.catalog.demo.attributes import Value, as_attribute, draw_values, holds
from retrieval.catalog.demo.copywriting import list_words, write_description, write_title
from retrieval.catalog.demo.reviews import write_reviews
from retrieval.catalog.demo.sources import (
    Bilingual,
    BrandSource,
    CategorySource,
    Color,
    Line,
    Sources,
)
from retrieval.types import Language, Product, Translation, Variant

CURRENCY = "USD"
_DISCOUNTED_SHARE = 0.35
_SOLD_OUT_SHARE = 0.05
_LOW_STOCK_SHARE = 0.10
# From here on prices are whole dollars, as shops quote them.
_WHOLE_DOLLARS = Decimal(200)
_YEARS_ON_SALE = 3
_MOST_DRAFTS = 50


class ProductWriter:
    """Writes the products of one category with one random generator."""

    def __init__(
        self, category: CategorySource, sources: Sources, today: date, random: Random
    ) -> None:
        self._category = category
        self._sources = sources
        self._today = today
        self._random = random
        self._descriptions: set[str] = set()

    def write(self) -> Iterator[Product]:
        """The category's products, numbered from 1."""
        used: set[tuple[str, str]] = set()
        for number, line in enumerate(self._share_out(), start=1):
            brand, name = self._name(line, used)
            yield self._product(f"{self._category.key}-{number:03d}", line, brand, name)

    def _share_out(self) -> list[Line]:
        """As many of each line as its share says, the largest remainders rounded up."""
        lines = self._category.lines
        total = sum(line.share for line in lines)
        exact = [self._category.count * line.share / total for line in lines]
        counts = [int(share) for share in exact]
        rest = sorted(range(len(lines)), key=lambda i: counts[i] - exact[i])
        for place in rest[: self._category.count - sum(counts)]:
            counts[place] += 1
        return [line for line, n in zip(lines, counts, strict=True) for _ in range(n)]

    def _name(self, line: Line, used: set[tuple[str, str]]) -> tuple[BrandSource, str]:
        """A brand and a series name not yet taken in this category."""
        free = [
            (brand, name)
            for brand in line.brands
            for name in self._category.names
            if (brand, name) not in used
        ]
        pair = self._random.choice(free)
        used.add(pair)
        return self._sources.brands[pair[0]], pair[1]

    def _product(self, product_id: str, line: Line, brand: BrandSource, name: str) -> Product:
        random, words = self._random, self._sources.words
        quality = random.random()
        values = draw_values(line.attributes, quality, random)
        price = round_price(self._price(line, brand, quality))
        colors = self._colors(line)
        shown: dict[str, Value] = {**values, **({"color": colors[0].name} if colors else {})}
        if line.storages:
            shown["storage"] = values["storage"] = Decimal(line.storages[0][0])
        variants = self._variants(product_id, line, colors, price)
        titles = write_title(self._category, line, brand, name, shown, words, random)
        texts = self._describe(line, shown, colors)
        released = self._today - timedelta(days=random.randint(20, 365 * _YEARS_ON_SALE))
        rating = min(4.9, max(3.3, random.gauss(4.05 + 0.35 * quality, 0.28)))
        rating_rounded = Decimal(str(rating)).quantize(Decimal("0.1"))
        stock = sum(v.stock or 0 for v in variants) if variants else self._stock()
        return Product(
            id=product_id,
            title=titles[Language.ENGLISH],
            description=texts[Language.ENGLISH],
            translations={
                Language.CHINESE: Translation(
                    title=titles[Language.CHINESE], description=texts[Language.CHINESE]
                )
            },
            price=price,
            list_price=self._list_price(price),
            currency=CURRENCY,
            brand=brand.name,
            category=self._category.path,
            stock=stock,
            rating=rating_rounded,
            rating_count=int(random.lognormvariate(4.2, 1.1)) + 5,
            attributes=tuple(
                as_attribute(key, value, words)
                for key, value in {
                    **values,
                    **_color_values(colors),
                    **({"sizes": ", ".join(line.sizes)} if line.sizes else {}),
                }.items()
            ),
            variants=variants,
            reviews=write_reviews(
                product_id,
                self._category,
                shown,
                float(rating_rounded),
                self._sources.voices,
                words,
                released,
                self._today,
                random,
            ),
            identifiers=make_identifiers(brand, random),
            image_url=f"media/{product_id}.svg",
            released=released,
        )

    def _describe(
        self, line: Line, shown: dict[str, Value], colors: list[Color]
    ) -> dict[Language, str]:
        """A description no other product of the category has."""
        closing = self._closing(line, colors)
        suits = [piece for piece in self._sources.voices["suits"] if holds(piece, shown)]
        for _ in range(_MOST_DRAFTS):
            texts = write_description(
                self._category,
                line,
                shown,
                [*self._random.sample(suits, min(1, len(suits))), *closing],
                self._sources.words,
                self._random,
            )
            if texts[Language.ENGLISH] not in self._descriptions:
                break
        self._descriptions.add(texts[Language.ENGLISH])
        return texts

    def _price(self, line: Line, brand: BrandSource, quality: float) -> Decimal:
        low, high = line.price
        raw = low + (high - low) * quality**1.2
        raw *= brand.level**0.5 * self._random.uniform(0.95, 1.05)
        return Decimal(str(min(high * 1.1, max(low * 0.95, raw))))

    def _list_price(self, price: Decimal) -> Decimal | None:
        if self._random.random() > _DISCOUNTED_SHARE:
            return None
        return round_price(price / Decimal(str(self._random.uniform(0.68, 0.92))))

    def _colors(self, line: Line) -> list[Color]:
        """The product's own colour first, then those of its variants."""
        if not line.colors:
            return []
        wanted = self._random.randint(2, 4) if self._category.color_variants else 1
        names = self._random.sample(line.colors, min(wanted, len(line.colors)))
        return [self._sources.words.colors[name] for name in names]

    def _variants(
        self, product_id: str, line: Line, colors: list[Color], price: Decimal
    ) -> tuple[Variant, ...]:
        choices: list[tuple[dict[str, str], Decimal]] = [({}, price)]
        if line.storages:
            choices = [
                (
                    {"storage": f"{size} GB"},
                    round_price(price + Decimal(str(extra))) if extra else price,
                )
                for size, extra in line.storages
            ]
        if line.sizes:
            choices = [({"size": size}, price) for size in line.sizes]
        if len(colors) > 1 or line.sizes:
            choices = [
                ({**options, "color": color.name}, cost)
                for options, cost in choices
                for color in (colors or [])
            ] or choices
        if len(choices) == 1:
            return ()
        return tuple(
            Variant(id=f"{product_id}-v{n}", options=options, price=cost, stock=self._stock())
            for n, (options, cost) in enumerate(choices, start=1)
        )

    def _stock(self) -> int:
        chance = self._random.random()
        if chance < _SOLD_OUT_SHARE:
            return 0
        if chance < _SOLD_OUT_SHARE + _LOW_STOCK_SHARE:
            return self._random.randint(1, 4)
        return self._random.randint(8, 160)

    def _closing(self, line: Line, colors: list[Color]) -> list[Bilingual]:
        closing = []
        if len(colors) > 1:
            english = list_words([color.name for color in colors], Language.ENGLISH)
            chinese = list_words([color.zh for color in colors], Language.CHINESE)
            closing.append(Bilingual(f"Choose from {english}.", f"可选颜色：{chinese}。"))
        if line.sizes:
            low, high = line.sizes[0], line.sizes[-1]
            closing.append(Bilingual(f"Sizes {low} to {high}.", f"尺码{low}至{high}可选。"))
        if len(line.storages) > 1:
            english = list_words([f"{size} GB" for size, _ in line.storages], Language.ENGLISH)
            chinese = list_words([f"{size}GB" for size, _ in line.storages], Language.CHINESE)
            closing.append(Bilingual(f"Available with {english}.", f"可选容量：{chinese}。"))
        return closing


def round_price(raw: Decimal) -> Decimal:
    """A price as shops write it: 12.99 below 200, whole dollars ending in 9 above."""
    if raw < _WHOLE_DOLLARS:
        whole = raw.quantize(Decimal(1), ROUND_HALF_UP)
        return max(whole, Decimal(2)) - Decimal("0.01")
    tens = (raw / 10).quantize(Decimal(1), ROUND_HALF_UP) * 10
    return (tens - 1).quantize(Decimal("0.01"))


def make_identifiers(brand: BrandSource, random: Random) -> dict[str, str]:
    """A maker's part number, and a GTIN-13 of the range reserved for use inside a shop."""
    letters = "".join(c for c in brand.name.upper() if c.isalpha())[:2]
    digits = "20" + "".join(str(random.randint(0, 9)) for _ in range(10))
    weighted = sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(digits))
    mpn = f"{letters}-{random.choice('ABCDEFGHKLMNPRSTVX')}{random.randint(100, 999)}"
    return {"mpn": mpn, "gtin": digits + str(-weighted % 10)}


def _color_values(colors: list[Color]) -> dict[str, Value]:
    if not colors:
        return {}
    first = colors[0]
    shade = {"color_name": first.name} if first.name != first.family else {}
    return {"color": first.family, **shade}


__all__ = ["CURRENCY", "ProductWriter", "make_identifiers", "round_price"]
