from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from support.catalog_products import KINDS, make_product, make_products

from retrieval.catalog.categories import CategoryLearner, CategoryModel
from retrieval.catalog.category_store import load_categories, save_categories
from retrieval.types import Product


def learn(*products: Product) -> CategoryModel:
    learner = CategoryLearner()
    for product in products:
        learner.add(product)
    return learner.learn()


@pytest.fixture(scope="module")
def model() -> CategoryModel:
    return learn(*make_products(40, untitled=8))


def test_titles_that_name_their_kind_are_placed_there(model: CategoryModel) -> None:
    lamp = model.categorise(make_product("desk lamp", 30))
    assert lamp.category[-1] == "Desk lamps" and lamp.category_derived


def test_compounds_stand_below_their_head(model: CategoryModel) -> None:
    assert model.categorise(make_product("trail shoe", 30)).category == ("Shoes", "Trail shoes")
    assert model.categorise(make_product("running shoe", 30)).category == (
        "Shoes",
        "Running shoes",
    )


def test_a_bag_for_shoes_is_no_shoe(model: CategoryModel) -> None:
    assert "Shoes" not in model.categorise(make_product("shoe bag", 30)).category


@pytest.mark.parametrize("kind", list(KINDS))
def test_products_without_a_name_are_placed_by_their_attributes(
    model: CategoryModel, kind: str
) -> None:
    placed = [model.kind(make_product(kind, n, titled=False)) for n in range(8)]
    head = kind.split()[-1]
    assert sum(p in (kind, head) for p in placed) >= 5
    assert all(p is None or p.split()[-1] == head for p in placed)


def test_what_is_like_nothing_known_gets_no_category(model: CategoryModel) -> None:
    odd = Product(
        id="x",
        title="Zorp QX77",
        price=Decimal(1),
        currency="EUR",
        description="Quite unlike anything else here.",
    )
    assert model.categorise(odd) == odd


def test_what_a_product_is_for_is_not_what_it_is(model: CategoryModel) -> None:
    bag = make_product("shoe bag", 30)
    bag = bag.model_copy(update={"title": "Norda NO030 shoe bag for espresso machine"})
    assert model.kind(bag) == "shoe bag"


def test_the_same_products_give_the_same_model() -> None:
    one, other = (learn(*make_products(20)) for _ in range(2))
    products = list(make_products(25))
    assert [one.kind(p) for p in products] == [other.kind(p) for p in products]


def test_a_stored_model_places_alike(model: CategoryModel, tmp_path: Path) -> None:
    path = tmp_path / "categories.npz"
    save_categories(model, path)
    stored = load_categories(path)
    assert stored is not None and stored.aliases() == model.aliases()
    for product in make_products(30, untitled=8):
        assert stored.categorise(product) == model.categorise(product)


def test_a_damaged_model_is_learned_anew(tmp_path: Path) -> None:
    path = tmp_path / "categories.npz"
    assert load_categories(path) is None
    path.write_bytes(b"not a model")
    assert load_categories(path) is None


def test_a_catalogue_of_nothing_or_one_product_learns_nothing() -> None:
    product = make_product("desk lamp", 1)
    assert learn().categorise(product) == product
    assert learn(product).categorise(product) == product


def test_titles_without_attributes_suffice() -> None:
    bare = [p.model_copy(update={"attributes": ()}) for p in make_products(10)]
    model = learn(*bare)
    assert model.categorise(bare[0]).category[-1] == "Espresso machines"


def test_chinese_titles_are_headed_by_their_last_noun() -> None:
    makers = ("华为", "小米", "联想", "漫步者")
    products = [
        Product(
            id=f"{noun}{n}",
            title=f"{makers[n % 4]} A{n}0 {noun} {n}GB",
            price=Decimal(9),
            currency="CNY",
            brand=makers[n % 4],
        )
        for noun in ("无线耳机", "智能手表")
        for n in range(12)
    ]
    model = learn(*products)
    placed = {p.id[:4]: model.categorise(p).category for p in products}
    assert placed["无线耳机"] and placed["智能手表"]
    assert placed["无线耳机"] != placed["智能手表"]
