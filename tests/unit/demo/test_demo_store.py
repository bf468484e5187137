"""The demo store as a whole: deterministic, complete, plausible."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from statistics import mean

import pytest

from retrieval.catalog.demo import DemoStore, generate_demo
from retrieval.catalog.demo.eventlog import Event
from retrieval.types import Language, Product

DIGEST = """
import hashlib
from retrieval.catalog.demo import generate_demo
store = generate_demo()
digest = hashlib.sha256(store.info.model_dump_json().encode())
for product in store.products:
    digest.update(product.model_dump_json().encode())
    digest.update(store.picture(product).encode())
for event in store.events:
    digest.update(repr(event).encode())
digest.update(repr(sorted(store.tastes.items())).encode())
print(digest.hexdigest())
"""


def test_same_seed_gives_same_bytes_in_another_process(
    demo: DemoStore, events: list[Event]
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    digest = hashlib.sha256(demo.info.model_dump_json().encode())
    for product in demo.products:
        digest.update(product.model_dump_json().encode())
        digest.update(demo.picture(product).encode())
    for event in events:
        digest.update(repr(event).encode())
    digest.update(repr(sorted(demo.tastes.items())).encode())
    assert ran.stdout.strip() == digest.hexdigest()


def test_another_seed_gives_another_store(demo: DemoStore) -> None:
    other = generate_demo(seed=7)
    assert [p.id for p in other.products] == [p.id for p in demo.products]
    assert [p.title for p in other.products] != [p.title for p in demo.products]


def test_size_of_the_store(demo: DemoStore) -> None:
    assert 1400 <= len(demo.products) <= 1600
    assert demo.info.products == len(demo.products)
    counts = Counter(p.category for p in demo.products)
    assert len(counts) >= 40
    assert min(counts.values()) >= 10


def test_sources_stay_small() -> None:
    import retrieval.catalog.demo as package

    folder = Path(str(package.__file__)).parent
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in {".toml", ".py"})
    assert size < 1_500_000


def test_ids_titles_and_descriptions_are_unique(demo: DemoStore) -> None:
    for key in (
        lambda p: p.id,
        lambda p: p.title,
        lambda p: p.title_in(Language.CHINESE),
        lambda p: p.description,
        lambda p: p.identifiers["gtin"],
    ):
        repeated = [value for value, n in Counter(map(key, demo.products)).items() if n > 1]
        assert repeated == []


def test_prices_are_plausible(demo: DemoStore) -> None:
    bounds = {"laptop": (300, 2500), "phone": (80, 1400), "pen": (3, 100), "tshirt": (6, 55)}
    for product in demo.products:
        assert product.price is not None
        assert product.price == product.price.quantize(Decimal("0.01"))
        assert product.currency == "USD"
        low, high = bounds.get(product.id.rpartition("-")[0], (2, 2500))
        assert low <= product.price <= high, product.id
        if product.list_price is not None:
            discount = 1 - product.price / product.list_price
            assert Decimal("0.02") < discount < Decimal("0.45"), product.id
    discounted = sum(p.list_price is not None for p in demo.products) / len(demo.products)
    assert 0.25 < discounted < 0.45


def test_better_products_cost_more(demo: DemoStore) -> None:
    laptops = [p for p in demo.products if "Ultralight Laptop" in p.title]
    ranked = sorted(laptops, key=lambda p: p.price or 0)
    half = len(ranked) // 2

    def battery(products: list[Product]) -> float:
        found = [p.attribute("battery_life") for p in products]
        return mean(float(str(a.value)) for a in found if a)

    assert battery(ranked[half:]) > battery(ranked[:half])


def test_stock_has_gaps_and_follows_the_variants(demo: DemoStore) -> None:
    sold_out = [p for p in demo.products if p.stock == 0]
    low = [p for p in demo.products if p.stock is not None and 0 < p.stock < 5]
    assert sold_out and low
    for product in demo.products:
        if product.variants:
            assert product.stock == sum(v.stock or 0 for v in product.variants)
            assert product.price == min(v.price or Decimal(0) for v in product.variants)
            options = [tuple(sorted(v.options.items())) for v in product.variants]
            assert len(options) == len(set(options)) > 1


def test_every_word_has_a_chinese_label(demo: DemoStore) -> None:
    labels = demo.labels[Language.CHINESE]
    code = re.compile(r"^[A-Z0-9.,\- ]+$|^\d+(p|K|\.\dK)?$|^(Wi-Fi|W\d+.*)$")
    missing = set()
    for product in demo.products:
        missing |= {name for name in product.category if name not in labels}
        missing |= {a.name for a in product.attributes if a.name not in labels}
        missing |= {
            str(a.value)
            for a in product.attributes
            if isinstance(a.value, str) and a.value not in labels and not code.match(a.value)
        }
        missing |= {c for v in product.variants for c in v.options if c not in labels}
        assert product.brand in labels
    assert missing - {"Single, Double, King"} == set()


def test_guides_cover_every_category_in_both_languages(demo: DemoStore) -> None:
    guides = demo.info.guides
    assert len(guides) == 60
    assert len({g.id for g in guides}) == 60
    for path in {p.category for p in demo.products}:
        assert any(path[: len(g.category)] == g.category for g in guides), path
    for guide in guides:
        assert 120 <= len(guide.texts[Language.ENGLISH].split()) <= 250, guide.id
        assert 120 <= len(guide.texts[Language.CHINESE]) <= 400, guide.id
        assert re.search(r"[\u4e00-\u9fff]", guide.titles[Language.CHINESE])
        assert re.search(r"\d", guide.texts[Language.ENGLISH]), "advice is concrete"


def test_policies_say_the_same_numbers_in_both_languages(demo: DemoStore) -> None:
    policies = demo.info.policies
    assert {p.id for p in policies} == {"shipping", "returns", "warranty", "payment", "privacy"}
    for policy in policies:
        english, chinese = (
            sorted(re.findall(r"\d+(?:[.:]\d+)?", policy.texts[language]))
            for language in (Language.ENGLISH, Language.CHINESE)
        )
        assert english == chinese, policy.id
        assert english


def test_no_product_undercuts_the_warranty_policy(demo: DemoStore) -> None:
    stated = [p.attribute("warranty") for p in demo.products]
    assert min(Decimal(str(a.value)) for a in stated if a) >= 2


def test_campaigns_are_of_one_brand_and_its_category(demo: DemoStore) -> None:
    products = {p.id: p for p in demo.products}
    assert 6 <= len(demo.info.campaigns) <= 10
    for campaign in demo.info.campaigns:
        assert campaign.product_ids
        assert campaign.starts < campaign.ends
        assert campaign.bid < campaign.daily_budget
        for product_id in campaign.product_ids:
            assert products[product_id].brand == campaign.sponsor
            assert products[product_id].category == campaign.category


def test_exchange_rates_are_fixed(demo: DemoStore) -> None:
    assert demo.info.exchange_rates == {"CNY": Decimal("7.2"), "EUR": Decimal("0.92")}
    assert demo.info.languages == (Language.ENGLISH, Language.CHINESE)


@pytest.mark.parametrize("language", list(Language))
def test_a_store_can_be_stored_and_read_back(demo: DemoStore, language: Language) -> None:
    text = demo.info.model_dump_json()
    assert type(demo.info).model_validate_json(text) == demo.info
    assert demo.info.guides[0].titles[language]
