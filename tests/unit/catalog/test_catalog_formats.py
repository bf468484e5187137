from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from retrieval.catalog.feed import open_feed
from retrieval.catalog.types import FeedRow, RejectedRow
from retrieval.errors import FeedError
from retrieval.types import Product


def read(path: Path, **given: object) -> tuple[list[Product], list[RejectedRow]]:
    rows = list(open_feed(path, **given))  # type: ignore[arg-type]
    good = [r.product for r in rows if isinstance(r, FeedRow)]
    return good, [r for r in rows if isinstance(r, RejectedRow)]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "feed"
    path.write_text(text, encoding="utf-8")
    return path


# ------------------------------------------------------------------------ Icecat


def icecat(**changes: object) -> str:
    row = {
        "id": "1",
        "name": "X200",
        "title": 'Acme X200 Notebook 33.8 cm (13.3")',
        "ean": ["0884420588030", "0884420588031"],
        "short_description": "A notebook",
        "supplier": "Acme",
        "price": 4995,
        "date_released": "2008-12-19T00:00:00Z",
        "img_500x500": "http://images.example/500.jpg",
        "img_thumb": "http://images.example/thumb.jpg",
        "attr_t_product_colour": "Green,Grey",
        "attr_t_certification": "CE, FCC, REACH",
        "attr_t_thermal__tdp_": "Y",
        "attr_n_display_diagonal": 13.3,
        "attr_b_touchscreen": False,
    }
    return json.dumps(row | changes)


def test_icecat_prices_are_cents_of_a_euro(tmp_path: Path) -> None:
    (product,), _ = read(write(tmp_path, icecat()))
    assert (product.price, product.currency) == (Decimal("49.95"), "EUR")
    (other,), _ = read(write(tmp_path, icecat()), currency="USD")
    assert (other.price, other.currency) == (Decimal("49.95"), "USD")


def test_icecat_attributes_are_typed_and_lists_taken_apart(tmp_path: Path) -> None:
    (product,), _ = read(write(tmp_path, icecat()))
    found = [(a.name, a.value) for a in product.attributes]
    assert ("product_colour", "Green") in found and ("product_colour", "Grey") in found
    assert ("certification", "CE, FCC, REACH") in found
    assert ("thermal_tdp", True) in found and ("touchscreen", False) in found
    diagonal = product.attribute("display_diagonal")
    assert diagonal is not None and diagonal.value == Decimal("13.3") and diagonal.unit == "inch"
    assert product.identifiers == {
        "model": "X200",
        "gtin": "0884420588030",
        "gtin_2": "0884420588031",
    }
    assert product.image_url == "http://images.example/500.jpg"
    assert str(product.released) == "2008-12-19"


@pytest.mark.parametrize("price", [None, "", "free", -5, True])
def test_icecat_rows_without_a_usable_price_are_rejected(tmp_path: Path, price: object) -> None:
    good, (bad,) = read(write(tmp_path, icecat(price=price)))
    assert not good and bad.field == "price" and bad.line == 1 and bad.remedy


# ------------------------------------------------------------------ Google, XML

ITEM = """<item><g:id>{id}</g:id><title>{title}</title><g:price>{price}</g:price>
<g:availability>{availability}</g:availability><g:link>https://shop.example/{id}</g:link>
{more}</item>"""


def rss(*items: str, head: str = '<?xml version="1.0"?>') -> str:
    return (
        f'{head}<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>'
        f"<title>Shop</title><link>https://shop.example</link>{''.join(items)}</channel></rss>"
    )


def item(id: str, title: str = "Mug", more: str = "", **given: str) -> str:
    fields = {"price": "15.00 USD", "availability": "in_stock"} | given
    return ITEM.format(id=id, title=title, more=more, **fields)


def test_google_items_carry_sale_prices_categories_and_details(tmp_path: Path) -> None:
    more = """<g:sale_price>12.50 USD</g:sale_price><g:brand>Acme</g:brand>
    <g:product_type>Home &gt; Kitchen &gt; Mugs</g:product_type><g:gtin>4006381333931</g:gtin>
    <g:google_product_category>2169</g:google_product_category>
    <g:description>&lt;p&gt;Holds &lt;b&gt;tea&lt;/b&gt;&lt;/p&gt;</g:description>
    <g:product_detail><g:section_name>General</g:section_name>
    <g:attribute_name>Capacity</g:attribute_name><g:attribute_value>300 ml</g:attribute_value>
    </g:product_detail><g:shipping><g:price>4.90 USD</g:price></g:shipping>"""
    (product,), _ = read(write(tmp_path, rss(item("1", more=more))))
    assert (product.price, product.list_price) == (Decimal("12.50"), Decimal("15.00"))
    assert product.category == ("Home", "Kitchen", "Mugs") and product.description == "Holds tea"
    capacity = product.attribute("capacity")
    assert capacity is not None and (capacity.value, capacity.unit) == (Decimal(300), "ml")
    assert product.stock is None and product.url == "https://shop.example/1"


@pytest.mark.parametrize(
    ("availability", "stock"),
    [("in stock", None), ("out of stock", 0), ("out_of_stock", 0), ("preorder", 0)],
)
def test_google_availability_invents_no_quantity(
    tmp_path: Path, availability: str, stock: int | None
) -> None:
    (product,), _ = read(write(tmp_path, rss(item("1", availability=availability))))
    assert product.stock == stock


def test_google_groups_become_variants_wherever_their_items_stand(tmp_path: Path) -> None:
    def shirt(id: str, color: str, price: str) -> str:
        more = f"<g:item_group_id>tee</g:item_group_id><g:color>{color}</g:color>"
        return item(id, f"Cotton Tee - {color}", more, price=price)

    text = rss(shirt("a", "Red", "20 USD"), item("mug"), shirt("b", "Blue", "18 USD"))
    (mug, tee), bad = read(write(tmp_path, text))
    assert not bad and mug.id == "mug"
    assert (tee.id, tee.title, tee.price) == ("tee", "Cotton Tee", Decimal(18))
    assert [(v.id, v.options, v.price) for v in tee.variants] == [
        ("a", {"color": "Red"}, Decimal(20)),
        ("b", {"color": "Blue"}, Decimal(18)),
    ]
    assert {a.value for a in tee.attributes if a.name == "color"} == {"Red", "Blue"}


def test_google_atom_feeds_are_read_too(tmp_path: Path) -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
    <title>Shop</title><link rel="self" href="https://shop.example/feed"/>
    <entry><g:id>1</g:id><title>Mug</title><summary>Holds tea</summary>
    <link href="https://shop.example/1"/><g:price>5.00 EUR</g:price></entry></feed>"""
    (product,), _ = read(write(tmp_path, text))
    assert (product.title, product.description) == ("Mug", "Holds tea")
    assert product.url == "https://shop.example/1" and product.currency == "EUR"


def test_google_rejections_name_the_line_of_the_item(tmp_path: Path) -> None:
    text = rss(item("1"), "\n", item("2", price="abc"), "\n\n", item("3"))
    good, (bad,) = read(write(tmp_path, text))
    assert [p.id for p in good] == ["1", "3"]
    assert bad.field == "price" and bad.value == "abc"
    assert text.splitlines()[bad.line - 1].startswith("<item><g:id>2")


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
EXTERNAL = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [BOMB, EXTERNAL])
def test_entities_and_document_types_are_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(FeedError, match="not safe to read"):
        read(write(tmp_path, rss(item("1", "&x;" if head == EXTERNAL else "&b;"), head=head)))


def test_xml_in_a_declared_chinese_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    text = rss(item("1", "无线耳机"), head='<?xml version="1.0" encoding="GB2312"?>')
    path.write_bytes(text.encode("gb2312"))
    (product,), _ = read(path)
    assert product.title == "无线耳机"


@pytest.mark.parametrize("text", [rss(item("1"))[:-30], "<rss><channel></channel></rss>"])
def test_broken_or_empty_xml_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(FeedError):
        read(write(tmp_path, text))


def test_an_item_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = write(tmp_path, rss(item("1", more="<g:description>" + "x" * (9 << 20))))
    with pytest.raises(FeedError, match="more than 4 MB"):
        read(path)


# ----------------------------------------------------------------- Google, text


def test_google_tables_know_groups_and_details(tmp_path: Path) -> None:
    rows = [
        "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\titem_group_id\tsize\t"
        "product_detail",
        "1\tTee S\tSoft\thttps://s.example/1\thttps://s.example/1.jpg\tin_stock\t9 EUR\ttee\tS\t"
        "General:Fabric:Cotton, combed,Care:Wash:30 c",
        "2\tTee M\tSoft\thttps://s.example/2\thttps://s.example/2.jpg\tin_stock\t9 EUR\ttee\tM\t",
    ]
    (product,), bad = read(write(tmp_path, "\n".join(rows)))
    assert (
        not bad
        and product.id == "tee"
        and [v.options for v in product.variants]
        == [
            {"size": "S"},
            {"size": "M"},
        ]
    )
    fabric = product.attribute("fabric")
    assert fabric is not None and fabric.value == "Cotton, combed"


# ---------------------------------------------------------------------- Shopify

OLD = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
    "Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,"
    "Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,"
    "Variant Compare At Price,Image Src,Status,Fabric (product.metafields.custom.fabric)\n"
)
NEW = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,"
    "Status,SKU,Option1 name,Option1 value,Price,Compare-at price,Inventory tracker,"
    "Inventory quantity,Continue selling when out of stock,Weight value (grams),"
    "Product image URL\n"
)


def test_shopify_rows_of_a_handle_are_one_product(tmp_path: Path) -> None:
    text = OLD + (
        "tee,Cotton Tee,<p>Soft &amp; <em>light</em></p><script>x()</script>,Acme,Apparel > Tops,"
        'Tee,"summer, sale",TRUE,Size,S,Color,Red,T-S,180,shopify,3,deny,20.00,25.00,'
        "https://s.example/1.jpg,active,Cotton\n"
        "tee,,,,,,,,,M,,Red,T-M,180,shopify,0,deny,18.00,25.00,https://s.example/2.jpg,,\n"
        "tee,,,,,,,,,,,,,,,,,,,https://s.example/3.jpg,,\n"
        "mug,Mug,,Acme,,Mugs,,TRUE,Title,Default Title,,,M1,300,,0,deny,5.00,,,active,\n"
    )
    (tee, mug), bad = read(write(tmp_path, text), currency="USD")
    assert not bad and tee.description == "Soft & light"
    assert (tee.price, tee.list_price, tee.stock) == (Decimal(18), Decimal(25), 3)
    assert tee.category == ("Apparel", "Tops")
    assert [(v.id, v.options, v.stock) for v in tee.variants] == [
        ("T-S", {"Size": "S", "Color": "Red"}, 3),
        ("T-M", {"Size": "M", "Color": "Red"}, 0),
    ]
    found = {(a.name, a.value, a.unit) for a in tee.attributes}
    assert {("size", "S", None), ("size", "M", None), ("fabric", "Cotton", None)} <= found
    assert ("weight", Decimal(180), "g") in found and ("tag", "sale", None) in found
    assert tee.image_url == "https://s.example/1.jpg"
    assert not mug.variants and mug.category == ("Mugs",) and mug.stock is None


def test_shopify_knows_the_newer_column_names(tmp_path: Path) -> None:
    text = NEW + (
        "Mug,mug,Holds tea,Acme,,Mugs,,TRUE,Active,M1,,,5.00,8.00,shopify,4,FALSE,300,"
        "https://s.example/m.jpg\n"
    )
    (mug,), bad = read(write(tmp_path, text), currency="USD")
    assert not bad and (mug.id, mug.price, mug.list_price, mug.stock) == (
        "mug",
        Decimal(5),
        Decimal(8),
        4,
    )


def test_shopify_drafts_are_reported_not_sold(tmp_path: Path) -> None:
    text = OLD + "tee,Tee,,Acme,,,,TRUE,,,,,T,1,,1,deny,20.00,,,draft,\n"
    good, (bad,) = read(write(tmp_path, text), currency="USD")
    assert not good and (bad.field, bad.value) == ("Status", "draft")


def test_shopify_prices_need_a_currency(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="--currency"):
        read(write(tmp_path, OLD + "tee,Tee,,Acme,,,,TRUE,,,,,T,1,,1,deny,20.00,,,active,\n"))
