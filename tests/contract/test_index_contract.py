"""What every product index must do; runs on Qdrant Edge and on the client's local mode."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from support.index_products import (
    DRIVE,
    HEADPHONES,
    MONITOR,
    OTHER_TONER,
    PRODUCTS,
    SMALL_MONITOR,
    TONER,
    UNPRICED,
    HashingEncoder,
)

from retrieval.index.document import multilingual_text
from retrieval.index.filters import build_condition
from retrieval.index.indexer import Indexer
from retrieval.index.types import (
    Group,
    HasId,
    ProductIndex,
    RecommendQuery,
    VectorName,
    VectorQuery,
    point_id,
)
from retrieval.search import HybridSearcher
from retrieval.types import (
    AttributeFilter,
    Filters,
    Language,
    Range,
    SearchRequest,
    Sort,
)

ENCODER = HashingEncoder()


def found(searcher: HybridSearcher, **filters: object) -> set[str]:
    """Ids that pass the filters, by listing and by each kind of vector search alike."""
    wanted = Filters(**filters)  # type: ignore[arg-type]
    listed = searcher.search(SearchRequest(text="", filters=wanted, limit=50))
    ids = {hit.product.id for hit in listed.hits}
    assert listed.total == len(ids)
    searched = searcher.search(SearchRequest(text="monitor", filters=wanted, limit=50))
    assert {hit.product.id for hit in searched.hits} == ids
    return ids


def everything_but(*products: object) -> set[str]:
    return {p.id for p in PRODUCTS} - {p.id for p in products}  # type: ignore[attr-defined]


# ---------------------------------------------------------------------- products


def test_products_come_back_as_they_went_in(searcher: HybridSearcher) -> None:
    ids = [HEADPHONES.id, "unknown", MONITOR.id]
    assert searcher.get(ids) == (HEADPHONES, MONITOR)


def test_indexing_again_replaces(index: ProductIndex, searcher: HybridSearcher) -> None:
    renamed = MONITOR.model_copy(update={"title": "ViewMax ultra panel"})
    Indexer(index, ENCODER, ENCODER).index([renamed])
    assert searcher.get([MONITOR.id]) == (renamed,)
    assert index.count(Group()) == len(PRODUCTS)


def test_update_changes_price_and_keeps_vectors(
    index: ProductIndex, searcher: HybridSearcher
) -> None:
    cheaper = TONER.model_copy(update={"price": Decimal("9.99"), "stock": 0})
    Indexer(index, ENCODER, ENCODER).update([cheaper])
    hits = searcher.search(SearchRequest(text=TONER.title)).hits
    assert hits[0].product == cheaper
    assert found(searcher, price=Range(maximum=Decimal(10))) == {TONER.id}
    assert TONER.id not in found(searcher, in_stock=True)


def test_delete_removes_and_ignores_unknown(index: ProductIndex, searcher: HybridSearcher) -> None:
    Indexer(index, ENCODER, ENCODER).delete([TONER.id, "unknown"])
    assert found(searcher) == everything_but(TONER)


def test_fingerprints_tell_texts_from_prices(index: ProductIndex) -> None:
    indexer = Indexer(index, ENCODER, ENCODER)
    before = indexer.fingerprints()
    assert set(before) == {p.id for p in PRODUCTS}
    indexer.update([TONER.model_copy(update={"price": Decimal(1)})])
    after = indexer.fingerprints()
    assert after[TONER.id].text == before[TONER.id].text
    assert after[TONER.id].payload != before[TONER.id].payload
    assert after[MONITOR.id] == before[MONITOR.id]


# ----------------------------------------------------------------------- filters


def test_price_bounds(searcher: HybridSearcher) -> None:
    low, high = Decimal("49"), Decimal("119")
    assert found(searcher, price=Range(minimum=low, maximum=high)) == {
        TONER.id,
        OTHER_TONER.id,
        DRIVE.id,
        SMALL_MONITOR.id,
    }
    strict = Range(minimum=low, maximum=high, exclusive_minimum=True, exclusive_maximum=True)
    assert found(searcher, price=strict) == {OTHER_TONER.id, DRIVE.id}
    assert found(searcher, price=Range(minimum=Decimal("299.9"))) == {MONITOR.id}


def test_brands(searcher: HybridSearcher) -> None:
    assert found(searcher, brands=("brother", "SONORA")) == {
        TONER.id,
        OTHER_TONER.id,
        HEADPHONES.id,
        UNPRICED.id,
    }
    assert found(searcher, excluded_brands=("Brother",)) == everything_but(TONER, OTHER_TONER)


def test_categories_match_by_prefix_of_the_path(searcher: HybridSearcher) -> None:
    assert found(searcher, categories=(("Displays",),)) == {MONITOR.id, SMALL_MONITOR.id}
    assert found(searcher, categories=(("printing", "toner"), ("Storage",))) == {
        TONER.id,
        OTHER_TONER.id,
        DRIVE.id,
    }
    assert found(searcher, categories=(("Monitors",),)) == set()
    assert found(searcher, excluded_categories=(("Printing",),)) == everything_but(
        TONER, OTHER_TONER
    )


def attribute(name: str, *values: str, **rest: object) -> dict[str, object]:
    return {"attributes": (AttributeFilter(name=name, values=values, **rest),)}  # type: ignore[arg-type]


def test_attribute_values(searcher: HybridSearcher) -> None:
    assert found(searcher, **attribute("colour", "silver")) == {MONITOR.id}
    assert found(searcher, **attribute("colour", "White", "black")) == {
        MONITOR.id,
        SMALL_MONITOR.id,
    }
    assert found(searcher, **attribute("touchscreen", "true")) == {SMALL_MONITOR.id}
    assert found(searcher, **attribute("touchscreen", "no")) == {MONITOR.id}
    assert found(searcher, **attribute("display_diagonal", "27", unit="inch")) == {MONITOR.id}
    assert found(searcher, **attribute("display_diagonal", '22"')) == {SMALL_MONITOR.id}
    assert found(searcher, **attribute("battery_life")) == {HEADPHONES.id}


def test_attribute_ranges_convert_units(searcher: HybridSearcher) -> None:
    at_least = Range(minimum=Decimal("60"))
    assert found(searcher, **attribute("display_diagonal", range=at_least, unit="cm")) == {
        MONITOR.id
    }
    gigabytes = Range(minimum=Decimal(2000))
    assert found(searcher, **attribute("capacity", range=gigabytes, unit="GB")) == {DRIVE.id}
    above = Range(minimum=Decimal(2000), exclusive_minimum=True)
    assert found(searcher, **attribute("capacity", range=above, unit="gb")) == set()
    minutes = Range(maximum=Decimal(1800))
    assert found(searcher, **attribute("battery_life", range=minutes, unit="min")) == {
        HEADPHONES.id
    }
    grams = Range(minimum=Decimal(5199), maximum=Decimal(5201))
    assert found(searcher, **attribute("weight", range=grams, unit="g")) == {MONITOR.id}


def test_excluded_attribute_keeps_products_without_it(searcher: HybridSearcher) -> None:
    assert found(searcher, **attribute("colour", "black", exclude=True)) == everything_but(MONITOR)
    big = Range(minimum=Decimal(25))
    wanted = attribute("display_diagonal", range=big, unit="inch", exclude=True)
    assert found(searcher, **wanted) == everything_but(MONITOR)


@pytest.mark.parametrize(
    ("term", "dropped"),
    [
        ("leather", HEADPHONES),
        ("Toners", None),
        ("usb c", UNPRICED),
        ("TN2110", TONER),
        ("藍牙", HEADPHONES),
        ("office monitors", SMALL_MONITOR),
    ],
)
def test_excluded_terms_match_in_any_spelling(
    searcher: HybridSearcher, term: str, dropped: object
) -> None:
    gone = (TONER, OTHER_TONER) if dropped is None else (dropped,)
    assert found(searcher, excluded_terms=(term,)) == everything_but(*gone)


def test_stock_counts_unknown_as_available(searcher: HybridSearcher) -> None:
    assert found(searcher, in_stock=True) == everything_but(SMALL_MONITOR)


def test_rating_and_ids(searcher: HybridSearcher) -> None:
    assert found(searcher, minimum_rating=Decimal("4.5")) == {MONITOR.id, OTHER_TONER.id}
    assert found(searcher, ids=(TONER.id, "unknown")) == {TONER.id}
    assert found(searcher, ids=()) == set()
    assert found(searcher, excluded_ids=(TONER.id,)) == everything_but(TONER)


def test_filters_combine(searcher: HybridSearcher) -> None:
    assert found(
        searcher,
        brands=("Brother",),
        price=Range(maximum=Decimal(60)),
        excluded_terms=("3170",),
    ) == {TONER.id}


# ---------------------------------------------------------------------- searches


def test_each_vector_finds_its_own(index: ProductIndex) -> None:
    from retrieval.index.lexical import encode_query

    vector = ENCODER.encode_queries(["leather headphones"])[0]
    dense = [VectorQuery(n, vector, 3) for n in (VectorName.ENGLISH, VectorName.MULTILINGUAL)]
    lexical = VectorQuery(VectorName.LEXICAL, encode_query("leather headphones"), 3)
    answers = index.search([*dense, lexical])
    assert [answer[0].id for answer in answers] == [point_id(HEADPHONES.id)] * 3
    assert len(answers[0]) == 3
    assert len(answers[2]) == 1, "the lexical vector answers with products that share a word"
    for answer in answers:
        assert [s.score for s in answer] == sorted((s.score for s in answer), reverse=True)


def test_rare_words_weigh_more_than_common_ones(index: ProductIndex) -> None:
    from retrieval.index.lexical import encode_query

    answer = index.search([VectorQuery(VectorName.LEXICAL, encode_query("toner 3170"), 5)])[0]
    assert answer[0].id == point_id(OTHER_TONER.id)
    assert answer[0].score > answer[1].score


@pytest.mark.parametrize("query", ["TN-2110", "tn2110", "tn 2110", "ＴＮ２１１０", "toner tn2110"])
def test_model_numbers_are_met_in_any_spelling(searcher: HybridSearcher, query: str) -> None:
    hits = searcher.search(SearchRequest(text=query)).hits
    assert hits[0].product == TONER


@pytest.mark.parametrize("query", ["無線藍牙耳機", "无线蓝牙耳机", "蓝牙耳机"])
def test_chinese_scripts_meet(searcher: HybridSearcher, query: str) -> None:
    request = SearchRequest(text=query, language=Language.CHINESE)
    assert searcher.search(request).hits[0].product == HEADPHONES


def test_rewrites_help(searcher: HybridSearcher) -> None:
    request = SearchRequest(text="显示器", language=Language.CHINESE, rewrites=("office monitor",))
    assert searcher.search(request).hits[0].product == SMALL_MONITOR


@pytest.mark.parametrize(
    "text",
    ["😀🎧", "!!! ???", "the", "的", "\x00\x07", "a" * 10_000, "混合 mixed テスト", "' OR 1=1 --"],
)
def test_any_text_is_answered(searcher: HybridSearcher, text: str) -> None:
    result = searcher.search(SearchRequest(text=text))
    assert result.total == len(PRODUCTS)
    assert len({h.product.id for h in result.hits}) == len(result.hits)


def test_order_does_not_depend_on_how_far_a_page_reaches(
    searcher: HybridSearcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.search.DEPTH", 2)
    lists = [
        [h.product.id for h in searcher.search(SearchRequest(text="black monitor", limit=n)).hits]
        for n in (2, 7)
    ]
    assert lists[1][:2] == lists[0]
    assert len(set(lists[1])) == len(PRODUCTS)


def test_pages_do_not_overlap(searcher: HybridSearcher) -> None:
    whole = searcher.search(SearchRequest(text="monitor toner", limit=6)).hits
    first = searcher.search(SearchRequest(text="monitor toner", limit=3)).hits
    second = searcher.search(SearchRequest(text="monitor toner", limit=3, offset=3)).hits
    assert [h.product.id for h in (*first, *second)] == [h.product.id for h in whole]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.PRICE_ASCENDING, [TONER, OTHER_TONER, DRIVE, SMALL_MONITOR, HEADPHONES, MONITOR]),
        (Sort.PRICE_DESCENDING, [MONITOR, HEADPHONES, SMALL_MONITOR, DRIVE, OTHER_TONER, TONER]),
        (Sort.RATING, [OTHER_TONER, MONITOR, SMALL_MONITOR]),
        (Sort.NEWEST, [HEADPHONES, MONITOR, SMALL_MONITOR]),
    ],
)
def test_listing_sorts_and_puts_the_unknown_last(
    searcher: HybridSearcher, sort: Sort, expected: list[object]
) -> None:
    hits = searcher.search(SearchRequest(text="", sort=sort, limit=50)).hits
    assert [h.product for h in hits][: len(expected)] == expected
    assert len(hits) == len(PRODUCTS)
    paged = [
        searcher.search(SearchRequest(text="", sort=sort, limit=1, offset=n)).hits[0].product
        for n in range(len(PRODUCTS))
    ]
    assert {p.id for p in paged} == {p.id for p in PRODUCTS}


def test_sorting_a_search_keeps_to_what_is_relevant(searcher: HybridSearcher) -> None:
    request = SearchRequest(text="toner cartridge", sort=Sort.PRICE_DESCENDING)
    hits = searcher.search(request).hits
    assert [h.product for h in hits] == [OTHER_TONER, TONER]


def test_facets_count_exactly(index: ProductIndex) -> None:
    condition = build_condition(Filters(price=Range(maximum=Decimal(120))))
    assert index.facet("brand", condition, 10) == {"brother": 2, "brightly": 1}


def test_reads_beside_writes(index: ProductIndex, searcher: HybridSearcher) -> None:
    errors: list[BaseException] = []

    def search() -> None:
        try:
            for _ in range(30):
                assert searcher.search(SearchRequest(text="monitor")).hits
        except BaseException as error:  # handed to the main thread
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    indexer = Indexer(index, ENCODER, ENCODER)
    for price in range(20):
        indexer.update([MONITOR.model_copy(update={"price": Decimal(price)})])
    for thread in threads:
        thread.join()
    assert errors == []


def test_vectors_come_back_as_they_were_encoded(index: ProductIndex) -> None:
    found = index.vectors(VectorName.MULTILINGUAL, [point_id(MONITOR.id), point_id("unknown")])
    assert list(found) == [point_id(MONITOR.id)]
    expected = ENCODER.encode_passages([multilingual_text(MONITOR)])[0]
    assert found[point_id(MONITOR.id)] == pytest.approx(expected, abs=1e-4)


# ---------------------------------------------------------------- recommendation


def recommend(index: ProductIndex, query: RecommendQuery) -> list[str]:
    scored = index.search([query])[0]
    assert [s.score for s in scored] == sorted((s.score for s in scored), reverse=True)
    return [s.id for s in scored]


def test_recommendations_lie_near_what_is_liked_and_away_from_what_is_not(
    index: ProductIndex,
) -> None:
    keys = {name: point_id(p.id) for name, p in (("big", MONITOR), ("ink", TONER))}
    known = index.vectors(VectorName.ENGLISH, list(keys.values()))
    monitor, toner = known[keys["big"]], known[keys["ink"]]
    one = RecommendQuery(VectorName.ENGLISH, (monitor, toner), (), limit=4)
    assert set(recommend(index, one)) == {
        point_id(p.id) for p in (MONITOR, SMALL_MONITOR, TONER, OTHER_TONER)
    }
    against = RecommendQuery(VectorName.ENGLISH, (monitor,), (toner,), limit=len(PRODUCTS))
    order = recommend(index, against)
    assert order[0] == keys["big"]
    assert {point_id(p.id) for p in (TONER, OTHER_TONER)} == set(order[-2:])


def test_recommendations_keep_to_the_condition_and_go_with_other_queries(
    index: ProductIndex,
) -> None:
    key = point_id(MONITOR.id)
    vector = index.vectors(VectorName.ENGLISH, [key])[key]
    others = Group(must_not=(HasId((key,)),))
    recommended, nearest = index.search(
        [
            RecommendQuery(VectorName.ENGLISH, (vector,), (), 1, others),
            VectorQuery(VectorName.ENGLISH, vector, 1),
        ]
    )
    assert [s.id for s in recommended] == [point_id(SMALL_MONITOR.id)]
    assert [s.id for s in nearest] == [key]
