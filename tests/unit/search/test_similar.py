"""Products like one: of its kind, without itself, and as asked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from support.index_products import HashingEncoder
from support.pictures import BLUE, GREEN, RED, GridEncoder, draw, put_picture, store_images

from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index
from retrieval.search import HybridSearcher
from retrieval.similar import price_closeness
from retrieval.types import (
    Attribute,
    AttributeFilter,
    Filters,
    Product,
    Range,
    SearchRequest,
    SimilarKind,
    SimilarReason,
    SimilarResult,
    Sort,
)

CHAIRS, DINING = ("Home", "Office Chairs"), ("Home", "Dining Chairs")


def product(
    id: str, title: str, price: str | None, category: tuple[str, ...], color: str, **more: object
) -> Product:
    return Product.model_validate(
        {
            "id": id,
            "title": title,
            "price": None if price is None else Decimal(price),
            "currency": "EUR",
            "category": category,
            "attributes": (
                Attribute(name="color", value=color),
                Attribute(name="armrests", value=True),
            ),
            "image_url": f"media/{id}.png",
            **more,
        }
    )


VIND = product("vind-w", "Vind mesh office chair White", "100", CHAIRS, "white", brand="Oak")
VIND_BLACK = product("vind-b", "Vind mesh office chair Black", "105", CHAIRS, "black", brand="Oak")
PERCH = product("perch", "Perch mesh office chair Black", "110", CHAIRS, "black", brand="Elm")
LUMBAR = product("lumbar", "Lumbar office chair White", "80", CHAIRS, "white", brand="Oak")
LUMBAR_2 = product("lumbar-2", "Lumbar office chair Red", "80", CHAIRS, "red", brand="Oak")
THRONE = product("throne", "Throne mesh office chair White", "900", CHAIRS, "white")
CUSHION = product("cushion", "Vind mesh office chair cushion", "15", ("Home", "Cushions"), "white")
BISTRO = product("bistro", "Bistro wooden chair", "60", DINING, "white")
UNPRICED = product("stool", "Stool for the office", None, CHAIRS, "grey")
PRODUCTS = (VIND, VIND_BLACK, PERCH, LUMBAR, LUMBAR_2, THRONE, CUSHION, BISTRO, UNPRICED)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridSearcher]:
    root = tmp_path_factory.mktemp("store")
    for p, colour in ((VIND, RED), (PERCH, RED), (LUMBAR, BLUE), (BISTRO, GREEN)):
        put_picture(root, f"{p.id}.png", draw(colour))
    text, grid = HashingEncoder(), GridEncoder()
    index = open_embedded_index(root / "index", index_schema(text, text, grid))
    Indexer(index, text, text, store_images(root)).index(PRODUCTS)
    yield HybridSearcher(index, text, text, build_vocabulary(PRODUCTS))
    index.close()


def ask(searcher: HybridSearcher, id: str, **request: object) -> SimilarResult:
    found = searcher.similar(id, SearchRequest.model_validate({"text": "", **request}))
    assert found is not None
    return found


def ids(found: SimilarResult) -> list[str]:
    return [hit.product.id for hit in found.result.hits]


def test_similar_is_of_the_kind_and_of_another_family(searcher: HybridSearcher) -> None:
    found = ids(ask(searcher, VIND.id))
    assert found[0] == PERCH.id, "the nearest in words, looks and price"
    assert {VIND.id, VIND_BLACK.id} & set(found) == set(), "neither itself nor its versions"
    assert CUSHION.id not in found, "an accessory is not similar"
    assert THRONE.id not in found, "nor what costs nine times as much"
    assert len({LUMBAR.id, LUMBAR_2.id} & set(found)) == 1, "versions share a card"


def test_categories_of_the_same_kind_fill_up(searcher: HybridSearcher) -> None:
    found = ids(ask(searcher, VIND.id))
    assert found[-1] == BISTRO.id
    assert BISTRO.id not in ids(ask(searcher, VIND.id, limit=2))
    assert ids(ask(searcher, CUSHION.id)) == []


def test_like_this_but_black_may_be_its_own_version(searcher: HybridSearcher) -> None:
    black = Filters(attributes=(AttributeFilter(name="color", values=("black",)),))
    found = ids(ask(searcher, VIND.id, filters=black))
    assert found == [VIND_BLACK.id, PERCH.id]


def test_words_on_top_count(searcher: HybridSearcher) -> None:
    assert ids(ask(searcher, VIND.id, text="lumbar"))[0] in {LUMBAR.id, LUMBAR_2.id}


def test_filters_and_sorts_are_kept(searcher: HybridSearcher) -> None:
    cheap = Filters(price=Range(maximum=Decimal(90)))
    assert set(ids(ask(searcher, VIND.id, filters=cheap))) <= {LUMBAR.id, LUMBAR_2.id, BISTRO.id}
    dear = ask(searcher, VIND.id, sort=Sort.PRICE_DESCENDING)
    prices = [hit.product.price for hit in dear.result.hits if hit.product.price is not None]
    assert prices == sorted(prices, reverse=True)
    other = Filters(categories=(("Home", "Cushions"),))
    assert ids(ask(searcher, VIND.id, filters=other)) == [CUSHION.id]


def test_pages_follow_each_other(searcher: HybridSearcher) -> None:
    whole = ids(ask(searcher, VIND.id))
    first, second = (ask(searcher, VIND.id, limit=2, offset=n) for n in (0, 2))
    assert ids(first) + ids(second) == whole[:4]
    assert first.result.more


def test_reasons_are_true_of_both(searcher: HybridSearcher) -> None:
    found = ask(searcher, VIND.id)
    perch = found.reasons[PERCH.id]
    assert SimilarReason(kind=SimilarKind.LOOKS) in perch
    assert SimilarReason(kind=SimilarKind.PRICE) in perch
    assert SimilarReason(kind=SimilarKind.ATTRIBUTE, name="armrests", value="true") in perch
    lumbar = found.reasons[next(i for i in ids(found) if i.startswith("lumbar"))]
    assert SimilarReason(kind=SimilarKind.BRAND, value="Oak") in lumbar
    assert SimilarReason(kind=SimilarKind.CHEAPER, value="20") in lumbar
    assert SimilarReason(kind=SimilarKind.LOOKS) not in lumbar


def test_what_has_no_price_or_picture_still_has_neighbours(searcher: HybridSearcher) -> None:
    found = ask(searcher, UNPRICED.id)
    assert {PERCH.id, THRONE.id} <= set(ids(found))
    assert all(r.kind is not SimilarKind.CHEAPER for why in found.reasons.values() for r in why)


def test_an_unknown_product_has_none(searcher: HybridSearcher) -> None:
    assert searcher.similar("no such", SearchRequest(text="")) is None


def test_price_closeness_falls_both_ways_alike() -> None:
    assert price_closeness(10, 10) == 1
    assert price_closeness(10, 20) == pytest.approx(price_closeness(20, 10))
    assert 0 < price_closeness(10, 30) < price_closeness(10, 20) < 1
    assert price_closeness(10, 100) == price_closeness(0, 10) == 0
