"""Which column of a merchant's table holds which field of a product."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retrieval.errors import FeedError
from retrieval.types import Language
from retrieval.units import find_unit

# Field → column names that mean it, best first, as `fold_header` writes them. English,
# Chinese (both scripts), German, French and Spanish; what is not listed becomes an attribute.
_NAMES: dict[str, str] = {
    "id": "id productid itemid sku skuid articlenumber itemnumber itemcode productcode code handle "
    "asin 编号 編號 商品编号 商品編號 商品id 产品编号 产品id 产品id 货号 貨號 款号 artikelnummer "
    "artikelnr artnr produktnummer reference référence ref referencia gtin ean upc",
    "title": "title name productname producttitle itemname itemtitle displayname 标题 標題 "
    "商品标题 商品標題 名称 名稱 商品名称 商品名稱 产品名称 產品名稱 商品名 品名 titel bezeichnung "
    "artikelbezeichnung produktname artikelname titre nom nomduproduit titulo título nombre",
    "price": "price sellingprice currentprice unitprice amount priceamount 价格 價格 售价 售價 "
    "现价 現價 单价 單價 销售价 銷售價 preis verkaufspreis vkpreis prix precio priceeur priceusd "
    "pricegbp pricecny",
    "sale_price": "saleprice specialprice discountprice discountedprice promoprice 优惠价 優惠價 "
    "促销价 促銷價 活动价 活動價 折后价 aktionspreis angebotspreis sonderpreis",
    "list_price": "listprice regularprice compareatprice originalprice msrp rrp uvp wasprice "
    "retailprice 原价 原價 市场价 市場價 标价 標價 划线价 吊牌价 listenpreis streichpreis "
    "prixbarré precioanterior",
    "currency": "currency currencycode pricecurrency 币种 幣種 货币 貨幣 währung waehrung devise "
    "moneda",
    "brand": "brand brandname manufacturer vendor maker supplier 品牌 牌子 厂商 廠商 制造商 製造商 "
    "marke hersteller marque fabricant marca fabricante",
    "category": "category categories categorypath producttype producttypes productcategory type "
    "类目 類目 分类 分類 类别 類別 商品分类 商品分類 商品类目 品类 品類 kategorie warengruppe "
    "produktkategorie catégorie categoria categoría",
    "description": "description longdescription shortdescription productdescription desc body "
    "details summary 描述 商品描述 简介 簡介 介绍 介紹 商品介绍 详情 詳情 商品详情 说明 說明 "
    "beschreibung produktbeschreibung descripción descripcion",
    "stock": "stock quantity qty inventory inventoryquantity stockquantity stocklevel onhand 库存 "
    "庫存 库存数量 庫存數量 数量 bestand lagerbestand lager menge quantité existencias",
    "availability": "availability instock available stockstatus 是否有货 有货 verfügbarkeit "
    "disponibilité disponibilidad",
    "rating": "rating averagerating ratingvalue reviewrating stars score 评分 評分 星级 星級 "
    "bewertung note calificación",
    "rating_count": "ratingcount reviewcount reviews numreviews numberofreviews ratingscount "
    "评价数 評價數 评论数 評論數 评价数量 bewertungen anzahlbewertungen",
    "url": "url link producturl productlink permalink 链接 鏈接 連結 网址 網址 商品链接 产品链接",
    "image_url": "image imageurl imagelink picture pictureurl photo thumbnail imagesrc img 图片 "
    "圖片 主图 主圖 图片链接 圖片鏈接 商品图片 bild bildurl imagen",
    "released": "released releasedate datereleased launchdate availablefrom dateadded 上市日期 "
    "上架时间 上架日期 发布日期 erscheinungsdatum",
    "gtin": "gtin ean ean13 gtin13 gtin14 upc barcode isbn 条码 條碼 条形码 條形碼",
    "mpn": "mpn manufacturerpartnumber partnumber modelnumber model 型号 型號 herstellernummer",
}
FIELDS = tuple(_NAMES)
# Columns that hold a text in another language: title_zh, description (en), 标题_英文.
_LANGUAGES = {
    "zh": Language.CHINESE, "cn": Language.CHINESE, "zhcn": Language.CHINESE,
    "chinese": Language.CHINESE, "中文": Language.CHINESE,
    "en": Language.ENGLISH, "english": Language.ENGLISH, "英文": Language.ENGLISH,
}  # fmt: skip
_UNIT_SUFFIX = re.compile(
    r"^(?P<name>.+?)\s*(?:[\(\[（](?P<bracket>[^)\]）]+)[\)\]）]|_(?P<tail>[a-zA-Z]+))$"
)


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Where each field of a product is found; column names are the feed's own."""

    fields: Mapping[str, str]
    translations: Mapping[tuple[str, Language], str]
    attributes: Mapping[str, str | None]
    """Columns that become attributes, with the unit their name states."""


def fold_header(name: str) -> str:
    """A column's name for comparison: NFKC, lower case, letters and digits only."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", folded)


def plan_columns(columns: Iterable[str], given: Mapping[str, str]) -> ColumnPlan:
    """Match `columns` to fields; `given` (field → column) wins over the automatic match.

    Raises FeedError for a map that names unknown fields or columns, and for a table in which
    no column can be the id, the title.
    """
    names = list(dict.fromkeys(c for c in columns if c.strip()))
    fields = _given_fields(names, given)
    translations = _translations(names, fields)
    free = [n for n in names if n not in fields.values() and n not in translations.values()]
    for field in FIELDS:
        # A column may serve as id and as gtin at once; otherwise each serves one field.
        pool = names if field in ("gtin", "mpn") else free
        if field not in fields and (column := _best(pool, _NAMES[field])):
            fields[field] = column
            free = [n for n in free if n != column]
    if "price" not in fields and "sale_price" in fields:
        fields["price"] = fields.pop("sale_price")
    for field in ("id", "title"):
        if field not in fields:
            shown = ", ".join(names[:12])
            raise FeedError(
                f"No column of the feed looks like the product's {field} (columns: {shown}).",
                remedy=f"Name it with --map {field}=COLUMN.",
            )
    attributes = {n: column_unit(n) for n in free}
    return ColumnPlan(fields, translations, attributes)


def column_unit(name: str) -> str | None:
    """The unit a column's name states ("Weight (g)", "width_mm"), or None."""
    match = _UNIT_SUFFIX.match(name.strip())
    unit = find_unit(match["bracket"] or match["tail"]) if match else None
    return unit.symbol if unit else None


def attribute_name(name: str) -> str:
    """A column's name without its unit."""
    match = _UNIT_SUFFIX.match(name.strip())
    return match["name"] if match and column_unit(name) else name


def _given_fields(names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    folded = {fold_header(n): n for n in reversed(names)}
    fields: dict[str, str] = {}
    for field, column in given.items():
        key = field.strip().lower()
        if key not in FIELDS:
            raise FeedError(
                f"--map {field}=…: there is no field {field!r}.",
                remedy=f"Fields are {', '.join(FIELDS)}.",
            )
        found = column if column in names else folded.get(fold_header(column))
        if found is None:
            raise FeedError(
                f"--map {field}={column}: the feed has no column {column!r}.",
                remedy=f"Its columns are {', '.join(names[:20])}.",
            )
        fields[key] = found
    return fields


def _translations(names: list[str], fields: Mapping[str, str]) -> dict[tuple[str, Language], str]:
    """Columns for a second language, where the table also has one without a language."""
    found: dict[tuple[str, Language], str] = {}
    for name in names:
        head, _, tail = re.sub(r"[\s\-.（(\[]+", "_", name.strip(" )）]")).rpartition("_")
        language = _LANGUAGES.get(fold_header(tail))
        if not head or language is None or name in fields.values():
            continue
        for field in ("title", "description"):
            wordings = _NAMES[field].split()
            plain = any(fold_header(n) in wordings for n in names) or field in fields
            if fold_header(head) in wordings and plain:
                found.setdefault((field, language), name)
    return found


def _best(names: list[str], wordings: str) -> str | None:
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(fold_header(name), name)
    exact = next((folded[w] for w in wordings.split() if w in folded), None)
    if exact:
        return exact
    # "Price (EUR)" and "Preis in €": the unit or currency in the name is not part of it.
    for name in names:
        bare = fold_header(re.sub(r"[\(\[（].*$| in .*$", "", name))
        if bare != fold_header(name) and bare in wordings.split():
            return name
    return None
