"""A small catalogue's vocabulary and products for the tests of understanding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assistant.types import Act, Conversation, Turn, Understanding
from assistant.understand.quick import RuleReader
from retrieval.types import (
    AttributeKind,
    AttributeProfile,
    CategoryProfile,
    Filters,
    Language,
    Product,
    StoreInfo,
    Vocabulary,
)

ZH = Language.CHINESE
EN = Language.ENGLISH


def text_attribute(name: str, zh: str, values: dict[str, str]) -> AttributeProfile:
    surfaces = {name.replace("_", " "): name, zh: name}
    for value, label in values.items():
        surfaces |= {value.lower(): value, label: value}
    return AttributeProfile(
        name=name,
        kind=AttributeKind.TEXT,
        products=100,
        values=dict.fromkeys(values, 10),
        surfaces=surfaces,
    )


def number_attribute(name: str, unit: str, *surfaces: str) -> AttributeProfile:
    return AttributeProfile(
        name=name,
        kind=AttributeKind.NUMBER,
        products=50,
        unit=unit,
        surfaces=dict.fromkeys((name.replace("_", " "), *surfaces), name),
    )


def flag_attribute(name: str, *surfaces: str) -> AttributeProfile:
    return AttributeProfile(
        name=name,
        kind=AttributeKind.FLAG,
        products=50,
        surfaces=dict.fromkeys((name.replace("_", " "), *surfaces), name),
    )


def category(name: str, zh: str, brands: str, *more: str) -> CategoryProfile:
    return CategoryProfile(
        path=("Shop", name),
        products=40,
        brands=dict.fromkeys(brands.split(), 5),
        surfaces=(name.lower(), f"{name.lower()}s", zh, *more),
        labels={ZH: zh},
    )


BRANDS = {
    "HP": "惠普", "Apple": "苹果", "Samsung": "三星", "Canon": "佳能", "Epson": "爱普生",
    "Lenovo": "联想", "Logitech": "罗技", "Xerox": "施乐", "Brother": "兄弟", "Sony": "索尼",
    "Dell": "戴尔", "Huawei": "华为", "Philips": "飞利浦", "TP-LINK": "普联", "Nike": "耐克",
    "Xiaomi": "小米", "be quiet!": "德商必酷",
}  # fmt: skip

COLOURS = {
    "Black": "黑色", "White": "白色", "Red": "红色", "Blue": "蓝色", "Pink": "粉色",
    "Silver": "银色", "Grey": "灰色", "Green": "绿色",
}  # fmt: skip
MATERIALS = {"Leather": "皮革", "Plastic": "塑料", "Metal": "金属", "Cotton": "纯棉"}
CONNECTIONS = {"Wireless": "无线", "Wired": "有线", "Bluetooth": "蓝牙"}


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary(
        brands=dict.fromkeys(BRANDS, 20),
        brand_surfaces={b.lower(): b for b in BRANDS} | {zh: b for b, zh in BRANDS.items()},
        categories=(
            category("Printer", "打印机", "HP Canon Epson Brother Samsung", "激光打印机"),
            category("Toner", "碳粉", "HP Xerox Brother", "toner cartridge", "硒鼓"),
            category("Laptop", "笔记本电脑", "HP Lenovo Dell Apple", "notebook", "笔记本"),
            category("Laptop Bag", "电脑包", "Dell HP"),
            category("Monitor", "显示器", "HP Samsung Dell Philips"),
            category("Phone", "手机", "Apple Samsung Huawei Xiaomi", "smartphone"),
            category("Phone Case", "手机壳", "Apple Samsung"),
            category("Headphones", "耳机", "Sony Philips", "headphone", "earphones"),
            category("Keyboard", "键盘", "Logitech Apple"),
            category("Mouse", "鼠标", "Logitech HP Apple", "mice"),
            category("Shoe", "鞋子", "Nike", "running shoe", "跑鞋", "鞋"),
            category("Backpack", "背包", "Nike", "书包"),
            category("Lamp", "台灯", "Philips Xiaomi", "desk lamp", "灯"),
            category("Hair Dryer", "吹风机", "Philips"),
        ),
        attributes={
            a.name: a
            for a in (
                text_attribute("colour", "颜色", COLOURS),
                text_attribute("material", "材质", MATERIALS),
                text_attribute("connectivity", "连接方式", CONNECTIONS),
                number_attribute("internal_memory", "GB", "ram", "memory", "内存"),
                number_attribute("storage_capacity", "GB", "storage", "ssd", "存储", "硬盘"),
                number_attribute("display_diagonal", "inch", "screen", "screen size", "屏幕"),
                number_attribute("weight", "g", "重量"),
                number_attribute("battery_capacity", "mAh", "battery", "电池容量"),
                flag_attribute("touchscreen", "touch screen", "触摸屏"),
                flag_attribute("backlight", "背光"),
            )
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def store() -> StoreInfo:
    return StoreInfo(
        name="test",
        title="Test",
        currency="USD",
        languages=(EN, ZH),
        exchange_rates={"CNY": Decimal("7"), "EUR": Decimal("0.9")},
    )


@pytest.fixture(scope="session")
def reader(vocabulary: Vocabulary, store: StoreInfo) -> RuleReader:
    return RuleReader(vocabulary, store)


def product(number: int, title: str, price: str, brand: str, rating: str | None) -> Product:
    return Product(
        id=f"p{number}",
        title=title,
        price=Decimal(price),
        currency="USD",
        brand=brand,
        rating=Decimal(rating) if rating else None,
    )


@pytest.fixture(scope="session")
def shown() -> tuple[Product, ...]:
    """Five mice on screen: p1 to p5."""
    return (
        product(1, "Logitech M185 Wireless Mouse Black", "25.00", "Logitech", "4.2"),
        product(2, "HP X500 Wired Mouse White", "15.00", "HP", "4.8"),
        product(3, "Apple Magic Mouse Silver", "79.00", "Apple", "3.9"),
        product(4, "Logitech Lift Vertical Mouse Pink", "59.00", "Logitech", "4.5"),
        product(5, "Dell MS116 Mouse Grey", "9.90", "Dell", None),
    )


def make_conversation(
    query: str,
    shown: Sequence[Product],
    *,
    filters: Filters | None = None,
    language: Language = EN,
    references: tuple[str, ...] = (),
    act: Act = Act.SEARCH,
) -> Conversation:
    understanding = Understanding(
        act=act,
        language=language,
        query=query,
        filters=filters or Filters(),
        references=references,
    )
    turn = Turn(
        id="t1",
        message=query,
        understanding=understanding,
        shown=tuple(p.id for p in shown),
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Conversation(id="c", turns=(turn,))


@pytest.fixture(scope="session")
def talk() -> Callable[..., Conversation]:
    """Builds a conversation of one earlier turn."""
    return make_conversation
