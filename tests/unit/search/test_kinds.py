"""Accessories do not stand for the thing that a query asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np
import pytest
from qdrant_client import QdrantClient
from support.index_products import HashingEncoder

from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.index.indexer import Indexer
from retrieval.index.qdrant_collections import ServerStorage
from retrieval.index.schema import index_schema
from retrieval.rank.kinds import KindReader, demote
from retrieval.search import HybridSearcher
from retrieval.types import Language, Product, SearchRequest, Sort, Vectors

# What each stands for; words of one number are one thing to the encoder.
MEANINGS = {"laptop": 0, "notebook": 0, "projector": 1, "mouse": 2, "bag": 3, "lamp": 4, "case": 5}
LABELS = {Language.CHINESE: {"Mice": "鼠标", "Mouse pads": "鼠标垫"}}


class MeaningEncoder(HashingEncoder):
    """Gives words of one meaning one vector, and texts the sum of their words'."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().replace("mice", "mouse").split():
                stem = word.removesuffix("s")
                row[MEANINGS.get(stem, 8 + sum(map(ord, stem)) % (self.dimensions - 8))] += 1
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return rows


def product(id: str, title: str, *category: str) -> Product:
    return Product(id=id, title=title, price=Decimal(9), currency="EUR", category=category)


PRODUCTS = (
    product("n1", "HP EliteBook notebook", "Notebooks"),
    product("n2", "Asus Zen slim", "Notebooks"),
    product("c1", "Kensington laptop bag", "Notebook cases"),
    product("c2", "Targus laptop sleeve", "Notebook cases"),
    product("b1", "Urban laptop backpack", "Bags"),
    product("p1", "NEC data projector", "Data projectors"),
    product("l1", "Sony projector lamp projector", "Projector lamps"),
    product("m1", "HP optical mouse", "Mice"),
    product("d1", "Gel mouse pad for a mouse", "Mouse pads"),
    product("s1", "Three lamps for a desk", "Lamp sets"),
    product("s2", "Shade for a lamp", "Lamp shades"),
    product("t1", "Epson black toner black", "Toners"),
)


@pytest.fixture
def encoder() -> MeaningEncoder:
    return MeaningEncoder("meaning", dimensions=64)


@pytest.fixture
def reader(encoder: MeaningEncoder) -> KindReader:
    return KindReader(build_vocabulary(PRODUCTS, LABELS), encoder)


@pytest.fixture
def search(encoder: MeaningEncoder, reader: KindReader) -> Iterator[HybridSearcher]:
    schema = index_schema(encoder, encoder)
    index = ServerStorage(QdrantClient(":memory:"), "test").open(schema).index
    Indexer(index, encoder, encoder).index(PRODUCTS)
    yield HybridSearcher(index, encoder, encoder, kinds=reader)
    index.close()


def found(search: HybridSearcher, text: str) -> list[str]:
    return [hit.product.id for hit in search.search(SearchRequest(text=text, limit=20)).hits]


@pytest.mark.parametrize(
    ("text", "wanted", "accessories"),
    [
        ("projector", {"data projectors"}, {"projector lamps"}),
        ("a mouse", {"mice"}, {"mouse pads"}),
        ("mouse pad", {"mouse pads"}, set()),
        ("laptop", {"notebooks"}, {"notebook cases"}),
        ("lamp", {"projector lamps"}, {"lamp shades"}),
        # So much of something is a property, unless it is all that was asked for.
        ("laptop with 8 GB of lamp", {"notebooks"}, {"notebook cases"}),
        ("8 GB lamp", {"projector lamps"}, {"lamp shades"}),
        ("鼠标", {"mice"}, {"mouse pads"}),
        # Who says the longer word wants nothing that is called by a part of it.
        ("鼠标垫", {"mouse pads"}, {"mice"}),
    ],
)
def test_the_last_word_of_a_category_says_what_it_holds(
    reader: KindReader, text: str, wanted: set[str], accessories: set[str]
) -> None:
    kinds = reader.read(text)
    assert kinds is not None
    assert set(kinds.wanted) == wanted
    assert set(kinds.accessories) == accessories


def test_a_query_without_a_kind_is_left_alone(reader: KindReader) -> None:
    assert reader.read("garmin") is None
    assert reader.read("") is None


def test_the_thing_comes_before_what_is_made_for_it(search: HybridSearcher) -> None:
    assert found(search, "projector")[0] == "p1"
    assert found(search, "mouse")[0] == "m1"


@pytest.mark.parametrize("sort", [Sort.PRICE_ASCENDING, Sort.PRICE_DESCENDING])
def test_in_every_order_the_thing_comes_before_what_is_made_for_it(
    search: HybridSearcher, sort: Sort
) -> None:
    request = SearchRequest(text="laptop", limit=20, sort=sort, relevant=True)
    ids = [hit.product.id for hit in search.search(request).hits]
    assert {"n1", "n2"} == set(ids[:2])
    assert len(ids) == len(set(ids))


def test_what_only_shares_a_property_comes_behind_the_thing(
    search: HybridSearcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(search, "black projector").index("p1") < found(search, "black projector").index(
        "t1"
    )
    monkeypatch.setattr("retrieval.search.OTHER_SHARE", 1.0)
    assert found(search, "black projector").index("t1") < found(search, "black projector").index(
        "p1"
    )


def test_a_rewrite_that_lost_the_thing_is_none(search: HybridSearcher) -> None:
    def first(*rewrites: str) -> list[tuple[str, float]]:
        request = SearchRequest(text="laptop bag", rewrites=rewrites, limit=3, relevant=True)
        result = search.search(request)
        assert result.request == request
        return [(hit.product.id, round(hit.score, 4)) for hit in result.hits]

    assert first("projector lamp") == first()
    assert first("urban backpack bag") != first()


def test_another_name_of_the_thing_finds_it(search: HybridSearcher) -> None:
    with_kinds = found(search, "laptop")
    search._kinds = None
    without = found(search, "laptop")
    assert with_kinds.index("n1") < without.index("n1")
    assert max(map(with_kinds.index, ("n1", "n2"))) < with_kinds.index("b1")
    assert without.index("b1") < max(map(without.index, ("n1", "n2")))


def test_who_asks_for_an_accessory_gets_it(search: HybridSearcher) -> None:
    assert found(search, "projector lamp")[0] == "l1"
    assert found(search, "laptop bag")[0] in {"b1", "c1"}


def test_accessories_fall_behind_and_stay() -> None:
    assert list(demote({"a": 1.0, "b": 0.9, "c": 0.2}, ["a"])) == ["b", "a", "c"]
