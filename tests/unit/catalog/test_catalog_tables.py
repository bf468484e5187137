from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from retrieval.catalog.feed import FileFeed, open_feed
from retrieval.catalog.types import FeedRow, RejectedRow
from retrieval.errors import FeedError
from retrieval.types import Language, Product


def feed(tmp_path: Path, text: str, **given: object) -> FileFeed:
    path = tmp_path / "feed"
    path.write_text(text, encoding="utf-8", newline="")
    return open_feed(path, **given)  # type: ignore[arg-type]


def products(tmp_path: Path, text: str, **given: object) -> list[Product]:
    return [r.product for r in feed(tmp_path, text, **given) if isinstance(r, FeedRow)]


def rejected(tmp_path: Path, text: str, **given: object) -> list[RejectedRow]:
    return [r for r in feed(tmp_path, text, **given) if isinstance(r, RejectedRow)]


def test_matches_common_column_names(tmp_path: Path) -> None:
    (product,) = products(
        tmp_path,
        "SKU,Product Name,Sale Price,Price,Brand,Category,Stock,Average Rating,Review Count,"
        "Image URL,EAN\n"
        "A1,Desk lamp,19.99,29.99,Lumo,Home > Lighting,7,4.5,12,http://x/a.png,4006381333931\n",
        currency="USD",
    )
    assert product.id == "A1" and product.title == "Desk lamp" and product.brand == "Lumo"
    assert (product.price, product.list_price) == (Decimal("19.99"), Decimal("29.99"))
    assert product.category == ("Home", "Lighting") and product.stock == 7
    assert (product.rating, product.rating_count) == (Decimal("4.5"), 12)
    assert product.identifiers == {"gtin": "4006381333931"}


@pytest.mark.parametrize(
    "header",
    ["商品编号,标题,价格,品牌,分类,库存,描述", "商品編號,標題,價格,品牌,分類,庫存,描述"],
)
def test_matches_chinese_columns_of_both_scripts(tmp_path: Path, header: str) -> None:
    (product,) = products(
        tmp_path, header + "\n1,无线耳机,¥1299,华为,数码>耳机,3,降噪\n", currency="CNY"
    )
    assert product.title == "无线耳机" and product.price == 1299
    assert product.category == ("数码", "耳机") and product.stock == 3
    assert product.description == "降噪"


def test_a_map_wins_over_the_automatic_match(tmp_path: Path) -> None:
    (product,) = products(
        tmp_path,
        "id;Name;Kurztext;Preis\n1;intern-4711;Tischlampe;12,50\n",
        currency="EUR",
        column_map={"title": "Kurztext"},
    )
    assert product.title == "Tischlampe" and product.price == Decimal("12.50")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tittle": "Name"}, "no field 'tittle'"),
        ({"title": "Nmae"}, "no column 'Nmae'"),
    ],
)
def test_a_wrong_map_is_named(tmp_path: Path, given: dict[str, str], message: str) -> None:
    with pytest.raises(FeedError, match=message):
        feed(tmp_path, "id,Name,price\n1,Mug,5\n", currency="EUR", column_map=given)


def test_a_table_without_id_or_title_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="--map id=COLUMN"):
        feed(tmp_path, "foo,bar\n1,2\n", currency="EUR")


def test_other_columns_become_attributes_with_their_units(tmp_path: Path) -> None:
    (product,) = products(
        tmp_path,
        "id,title,price,Weight (g),width_mm,Screen,Wireless,Material,Network,Code\n"
        "1,Tablet,99,480,250.0,10.5 inch,yes,Aluminium,5G,007\n",
        currency="EUR",
    )
    found = {a.name: (a.value, a.unit) for a in product.attributes}
    assert found == {
        "weight": (Decimal(480), "g"),
        "width": (Decimal(250), "mm"),
        "screen": (Decimal("10.5"), "inch"),
        "wireless": (True, None),
        "material": ("Aluminium", None),
        "network": ("5G", None),
        "code": ("007", None),
    }


def test_columns_in_a_second_language_become_translations(tmp_path: Path) -> None:
    (product,) = products(
        tmp_path,
        "id,title,title_zh,description,description_zh,price\n1,Mug,杯子,Holds tea.,喝茶用。,5\n",
        currency="CNY",
    )
    assert product.title_in(Language.CHINESE) == "杯子"
    assert product.description_in(Language.CHINESE) == "喝茶用。"
    assert product.title_in(Language.ENGLISH) == "Mug"


def test_the_price_column_may_name_the_currency(tmp_path: Path) -> None:
    (product,) = products(tmp_path, "id,title,Price (EUR)\n1,Mug,5.00\n")
    assert product.currency == "EUR"


def test_a_feed_that_names_no_currency_asks_for_it(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="--currency"):
        list(feed(tmp_path, "id,title,price\n1,Mug,5\n"))


def test_an_unknown_currency_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="ISO 4217"):
        feed(tmp_path, "id,title,price\n1,Mug,5\n", currency="EURO")


def test_a_table_without_prices_imports_products_without(tmp_path: Path) -> None:
    (product,) = products(tmp_path, "id,title\n1,Mug\n", currency="EUR")
    assert product.price is None


def test_quoted_line_breaks_keep_line_numbers_right(tmp_path: Path) -> None:
    rows = list(
        feed(
            tmp_path,
            'id,title,price,description\n1,Mug,5,"two\nlines"\n2,,5,x\n3,Cup,5,x\n',
            currency="EUR",
        )
    )
    assert [r.line for r in rows] == [2, 4, 5]
    assert isinstance(rows[0], FeedRow) and rows[0].product.description == "two\nlines"


def test_an_unclosed_quote_costs_some_rows_not_the_memory(tmp_path: Path) -> None:
    broken = '2,"Mug,5\n' + "".join(f"{i},Cup {i},5\n" for i in range(10, 20_000))
    rows = list(feed(tmp_path, "id,title,price\n1,Mug,5\n" + broken, currency="EUR"))
    bad = [r for r in rows if isinstance(r, RejectedRow)]
    assert bad[0].line == 3 and "quote" in bad[0].remedy
    assert any(isinstance(r, FeedRow) and r.product.id == "19999" for r in rows)


def test_a_row_with_too_many_cells_is_rejected(tmp_path: Path) -> None:
    (bad,) = rejected(tmp_path, "id,title,price\n1,Mug, large,5\n", currency="EUR")
    assert "4 cells" in bad.reason and bad.line == 2


def test_json_lines_take_nested_and_listed_values(tmp_path: Path) -> None:
    (product,) = products(
        tmp_path,
        '{"sku": 1001, "name": "Mug", "price": 5.0, "dimensions": {"height_mm": 95}, '
        '"colors": ["Red", "Blue"], "attributes": [{"name": "Material", "value": "Clay"}]}\n',
        currency="EUR",
    )
    assert product.id == "1001" and product.price == 5
    found = [(a.name, a.value, a.unit) for a in product.attributes]
    assert ("dimensions_height", Decimal(95), "mm") in found
    assert ("colors", "Red", None) in found and ("colors", "Blue", None) in found
    assert ("material", "Clay", None) in found


def test_bad_json_lines_are_rejected_one_by_one(tmp_path: Path) -> None:
    rows = list(
        feed(
            tmp_path,
            '{"id": "1", "title": "Mug", "price": 5}\n{"id": "2", "title": \n[1, 2]\n\n'
            + '{"a":' * 100_000
            + '\n{"id": "3", "title": "Cup", "price": NaN}\n'
            + '{"id": "4", "title": "Jug", "price": 6}\n',
            currency="EUR",
        )
    )
    assert [(r.line, isinstance(r, FeedRow)) for r in rows] == [
        (1, True),
        (2, False),
        (3, False),
        (5, False),
        (6, False),
        (7, True),
    ]


def test_a_json_array_is_read_object_by_object(tmp_path: Path) -> None:
    items = ",\n".join(
        f'{{"Id": {i}, "Name": "Boot {i}", "Brand": "B", "Type": "Shoes", "Price": {i}.5}}'
        for i in range(1, 3000)
    )
    rows = list(feed(tmp_path, f"[\n{items}\n]", currency="USD"))
    assert len(rows) == 2999
    last = rows[-1]
    assert isinstance(last, FeedRow) and last.line == 3000
    assert last.product.price == Decimal("2999.5") and last.product.category == ("Shoes",)


def test_a_json_array_that_ends_early_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="ends within"):
        list(feed(tmp_path, '[{"id": 1, "title": "Mug", "price": 5}, {"id": 2', currency="EUR"))
