"""Result sets, facets, relaxations, families and diversity on a real embedded index."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.index_products import HashingEncoder, number, text

from retrieval.catalog.vocabulary import build_vocabulary
from retrieval.facets import without_own
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index
from retrieval.intervals import intervals
from retrieval.rank.diversity import count_eligible, diversify, measure_likeness
from retrieval.rank.families import family_key, fold_families, list_variants, tell_apart
from retrieval.search import HybridSearcher
from retrieval.types import (
    AttributeFilter,
    Facet,
    FilterKind,
    Filters,
    Product,
    Range,
    SearchRequest,
    SearchResult,
)

COLOURS = ("Black", "Red", "Blue")


def cable(brand: str, metres: int, colour: str, price: int) -> Product:
    return Product(
        id=f"{brand}-{metres}-{colour}",
        title=f"{brand} Flexo network cable {metres} m {colour}",
        price=Decimal(price),
        currency="USD",
        brand=brand,
        category=("Cables", "Network cables"),
        stock=metres % 3,
        rating=Decimal(metres % 5 + 1),
        attributes=(text("colour", colour), number("cable_length", str(metres), "m")),
    )


PRODUCTS = [
    cable(brand, metres, colour, 5 + metres * (2 if brand == "Acme" else 3))
    for brand in ("Acme", "Bolt", "Corda")
    for metres in (1, 2, 5, 10)
    for colour in COLOURS
] + [
    Product(
        id=f"lamp-{n}",
        title=f"Lumo desk lamp Mira {n} warm light",
        price=Decimal(40 + n),
        currency="USD",
        brand="Lumo",
        category=("Lighting", "Lamps"),
    )
    for n in range(6)
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HybridSearcher]:
    encoder = HashingEncoder()
    path: Path = tmp_path_factory.mktemp("page") / "index"
    index = open_embedded_index(path, index_schema(encoder, encoder))
    Indexer(index, encoder, encoder).index(PRODUCTS)
    yield HybridSearcher(index, encoder, encoder, build_vocabulary(PRODUCTS))
    index.close()


def find(
    searcher: HybridSearcher, query: str, filters: Filters | None = None, **more: object
) -> SearchResult:
    filters = filters or Filters()
    request = SearchRequest(text=query, filters=filters, limit=50, relevant=True)
    return searcher.search(request.model_copy(update=more))


def facet(result: SearchResult, name: str) -> Facet:
    return next(f for f in result.facets if f.name == name)


def apply(filters: Filters, shown: Facet, key: str, wanted: Range | None) -> Filters:
    """What choosing one value of a facet does."""
    rest = without_own(filters, shown.kind, shown.name)
    update: dict[str, object]
    match shown.kind:
        case FilterKind.BRAND:
            update = {"brands": (key,)}
        case FilterKind.CATEGORY:
            update = {"categories": (tuple(key.split(" > ")),)}
        case FilterKind.PRICE:
            update = {"price": wanted}
        case FilterKind.RATING:
            update = {"minimum_rating": Decimal(key)}
        case FilterKind.STOCK:
            update = {"in_stock": True}
        case _:
            alone = AttributeFilter(
                name=shown.name, values=() if wanted else (key,), range=wanted, unit=shown.unit
            )
            update = {"attributes": (*rest.attributes, alone)}
    return rest.model_copy(update=update)


@pytest.mark.parametrize("query", ["network cable", "red cable", ""])
@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(brands=("Acme",)),
        Filters(price=Range(maximum=Decimal(20)), in_stock=True),
        Filters(attributes=(AttributeFilter(name="colour", values=("Red", "Blue")),)),
    ],
)
def test_a_count_is_what_a_click_shows(
    searcher: HybridSearcher, query: str, filters: Filters
) -> None:
    result = find(searcher, query, filters, facets=True)
    assert {f.kind for f in result.facets} >= {FilterKind.BRAND, FilterKind.PRICE}
    for shown in result.facets:
        for value in shown.values:
            clicked = find(searcher, query, apply(filters, shown, value.key, value.range))
            assert clicked.total == value.count, (shown.name, value)


def test_a_facet_ignores_its_own_choice_and_heeds_the_others(searcher: HybridSearcher) -> None:
    chosen = find(searcher, "network cable", Filters(brands=("Acme",)), facets=True)
    assert {v.key: v.count for v in facet(chosen, "brand").values} == {
        "Acme": 12,
        "Bolt": 12,
        "Corda": 12,
    }
    assert {v.count for v in facet(chosen, "colour").values} == {4}
    assert [v.key for v in facet(chosen, "brand").values if v.selected] == ["Acme"]


def test_a_filter_never_changes_what_a_text_is_about(searcher: HybridSearcher) -> None:
    cables = find(searcher, "network cable")
    assert cables.total == 36
    assert find(searcher, "network cable", Filters(brands=("Lumo",))).total == 0


def test_relaxations_count_what_giving_up_a_condition_adds(searcher: HybridSearcher) -> None:
    filters = Filters(
        brands=("Acme",),
        price=Range(maximum=Decimal(6)),
        attributes=(AttributeFilter(name="colour", values=("Red",)),),
    )
    result = find(searcher, "network cable", filters, relax=True)
    assert result.total == 0
    assert {(r.kind, r.name): r.added for r in result.relaxations} == {(FilterKind.PRICE, ""): 4}
    for relaxation in result.relaxations:
        assert find(searcher, "network cable", relaxation.filters).total == relaxation.added
    prices = [h.product.price for h in result.relaxations[0].hits]
    assert prices == sorted(prices) and prices[0] == 7  # type: ignore[type-var]


def test_two_conditions_are_given_up_where_one_is_not_enough(searcher: HybridSearcher) -> None:
    filters = Filters(brands=("Lumo",), price=Range(maximum=Decimal(1)))
    result = find(searcher, "network cable", filters, relax=True)
    assert [r.also for r in result.relaxations] == [(FilterKind.BRAND, "", False)]
    assert result.relaxations[0].added == 36


def test_a_family_is_one_card_on_whatever_page(searcher: HybridSearcher) -> None:
    pages = [
        searcher.search(SearchRequest(text="network cable", limit=2, offset=o, diverse=True))
        for o in (0, 2, 4)
    ]
    families = [hit.family for page in pages for hit in page.hits]
    assert len(families) == len(set(families)) == 3
    assert [page.more for page in pages] == [True, False, False]
    for page in pages:
        for hit in page.hits:
            assert hit.variants[0].product_id == hit.product.id
            assert len({tuple(v.options.items()) for v in hit.variants}) == 12


def test_model_numbers_keep_products_apart() -> None:
    one = Product(id="1", title="OKI 43381707 printer drum", price=None, currency="EUR")
    other = one.model_copy(update={"id": "2", "title": "OKI 43381706 printer drum"})
    assert family_key(one) != family_key(other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sandisk Ultra USB stick 32GB", "Sandisk Ultra USB stick 64 GB", True),
        ("Router Nova 4G dual", "Router Nova 5G dual", False),
        ("Cable 10 m", "Cable 3 m", False),
        ("Charger Volt 30 W white", "Charger Volt 65 W white", False),
    ],
)
def test_only_sizes_and_capacities_are_set_aside(one: str, other: str, same: bool) -> None:
    keys = {family_key(Product(id=t, title=t, price=None, currency="EUR")) for t in (one, other)}
    assert (len(keys) == 1) is same


def test_versions_are_told_apart_by_words_with_their_unit() -> None:
    members = [
        Product(id=str(n), title=f"Sandberg Monitor Cable {n} m", price=None, currency="EUR")
        for n in (2, 5)
    ]
    assert tell_apart(members) == [{"version": "2 m"}, {"version": "5 m"}]
    assert list_variants(members[0], []) == ()


def test_folding_keeps_the_first_of_each_family() -> None:
    assert fold_families("abcd", {"a": "x", "b": "y", "c": "x"}) == ["a", "b", "d"]


def test_look_alikes_are_spread() -> None:
    terms = [["red", "shoe"], ["red", "shoe"], ["blue", "bag"], []]
    alike = measure_likeness(terms)
    assert alike(0).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert diversify([1.0, 0.99, 0.5, 0.0], alike, 4, share=0.6) == [0, 2, 1, 3]
    assert diversify([1.0, 0.99, 0.5, 0.0], alike, 1, share=0.6) == [0, 1, 2, 3]


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40).map(lambda s: sorted(s, reverse=True)),
    st.integers(1, 10),
    st.randoms(use_true_random=False),
)
def test_what_is_not_read_is_never_among_the_first(
    scores: list[float], count: int, random: Random
) -> None:
    count = min(count, len(scores))
    terms = [[random.choice("abcdef") for _ in range(3)] for _ in scores]
    near = count_eligible(scores, scores[count - 1])
    whole = diversify(scores, measure_likeness(terms), count)
    assert diversify(scores[:near], measure_likeness(terms[:near]), count)[:count] == whole[:count]


@given(st.lists(st.floats(0.01, 1e6), max_size=80).map(sorted))
def test_intervals_cover_every_number_in_order(numbers: list[float]) -> None:
    cuts = intervals(numbers)
    for low, high in pairwise(cuts):
        assert low.maximum == high.minimum
    for value in map(str, numbers):
        assert not cuts or any(cut.holds(Decimal(value)) for cut in cuts)
