"""What is true of the whole store: its policies, guides, campaigns and exchange rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from retrieval.catalog.demo.products import CURRENCY
from retrieval.catalog.demo.sources import Sources, read_toml
from retrieval.types import Campaign, Guide, Language, Policy, Product, StoreInfo

# The store's own fixed rates (units for one dollar), not a market quotation.
EXCHANGE_RATES = {"CNY": Decimal("7.2"), "EUR": Decimal("0.92")}
GUIDE_FILES = ("guides_tech", "guides_home", "guides_wear", "guides_life")
_CAMPAIGN_STARTED = timedelta(days=31)
_CAMPAIGN_RUNS = timedelta(days=730)
_MOST_SPONSORED = 5


def describe_store(products: Sequence[Product], sources: Sources, today: date) -> StoreInfo:
    """The store's record for the given products."""
    raw = read_toml("shop")
    paths = {category.key: category.path for category in sources.categories}
    return StoreInfo(
        name="demo",
        title="Aisle & Co.",
        currency=CURRENCY,
        languages=(Language.ENGLISH, Language.CHINESE),
        exchange_rates=EXCHANGE_RATES,
        policies=tuple(
            Policy(id=key, titles=_both(entry, "title"), texts=_both(entry, "text"))
            for key, entry in raw["policies"].items()
        ),
        guides=read_guides(paths),
        campaigns=tuple(
            _make_campaign(key, entry, products, paths[entry["category"]], today)
            for key, entry in raw["campaigns"].items()
        ),
        products=len(products),
    )


def read_guides(paths: dict[str, tuple[str, ...]]) -> tuple[Guide, ...]:
    """All buying guides; `paths` maps a category's key to its path.

    A guide with `levels` speaks of the category's ancestor at that depth.
    """
    return tuple(
        Guide(
            id=f"guide-{key}",
            category=paths[entry["category"]][: entry.get("levels")],
            titles=_both(entry, "title"),
            texts=_both(entry, "text"),
        )
        for name in GUIDE_FILES
        for key, entry in read_toml(name).items()
    )


def _both(entry: dict[str, Any], field: str) -> dict[Language, str]:
    return {
        language: " ".join(str(entry[f"{field}_{language}"]).split())
        for language in (Language.ENGLISH, Language.CHINESE)
    }


def _make_campaign(
    key: str,
    entry: dict[str, Any],
    products: Sequence[Product],
    path: tuple[str, ...],
    today: date,
) -> Campaign:
    """A campaign of the brand with most products in the category (ties: first by name)."""
    found = [product for product in products if product.category == path and product.brand]
    counts = Counter(str(product.brand) for product in found)
    sponsor = min(counts, key=lambda brand: (-counts[brand], brand))
    ids = [p.id for p in found if p.brand == sponsor and p.stock][:_MOST_SPONSORED]
    return Campaign(
        id=f"campaign-{key}",
        sponsor=sponsor,
        product_ids=tuple(ids),
        category=path,
        bid=Decimal(entry["bid"]),
        daily_budget=Decimal(entry["daily_budget"]),
        starts=today - _CAMPAIGN_STARTED,
        ends=today + _CAMPAIGN_RUNS,
    )
