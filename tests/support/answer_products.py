"""Eight hand-written products in two languages, and the vocabulary of their little store."""

from __future__ import annotations

from decimal import Decimal

from retrieval.types import (
    Attribute,
    AttributeKind,
    AttributeProfile,
    CategoryProfile,
    Language,
    Policy,
    Product,
    Review,
    StoreInfo,
    Translation,
    Vocabulary,
)

EN, ZH = Language.ENGLISH, Language.CHINESE

LABELS = {
    "weight": "重量",
    "noise": "噪音值",
    "connectivity": "连接方式",
    "battery_life": "续航时间",
    "color": "颜色",
    "silent": "静音",
    "left_handed": "左手使用",
    "bluetooth": "蓝牙",
    "waterproof": "防水",
    "screen_size": "屏幕尺寸",
    "hdmi_ports": "HDMI接口数",
    "storage": "存储容量",
    "memory": "内存",
    "touchscreen": "触摸屏",
    "material": "材质",
    "buttons": "按键数",
    "black": "黑色",
    "white": "白色",
    "red": "红色",
    "green": "绿色",
    "leather": "皮革",
    "nylon": "尼龙",
    "cotton": "棉质",
    "Bluetooth": "蓝牙",
    "2.4 GHz receiver": "2.4 GHz接收器",
    "USB cable": "USB线",
    "Mice": "鼠标",
    "Laptops": "笔记本电脑",
    "Bags": "包袋",
}


def number(name: str, value: str, unit: str | None = None) -> Attribute:
    return Attribute(name=name, value=Decimal(value), unit=unit)


def word(name: str, value: str | bool) -> Attribute:
    return Attribute(name=name, value=value)


def mouse(
    id: str,
    titles: tuple[str, str],
    brand: str,
    price: str,
    rating: str,
    count: int,
    weight: str,
    noise: str,
    battery: str,
    link: str,
    color: str,
    silent: bool,
    left: bool,
    list_price: str | None = None,
    stock: int | None = 40,
) -> Product:
    return Product(
        id=id,
        title=titles[0],
        translations={ZH: Translation(title=titles[1])},
        brand=brand,
        price=Decimal(price),
        currency="USD",
        list_price=Decimal(list_price) if list_price else None,
        rating=Decimal(rating),
        rating_count=count,
        stock=stock,
        category=("Electronics", "Mice"),
        attributes=(
            number("weight", weight, "g"),
            number("noise", noise, "dB"),
            number("battery_life", battery, "h"),
            word("connectivity", link),
            word("color", color),
            word("silent", silent),
            word("left_handed", left),
            number("buttons", "3"),
        ),
    )


HUSH = mouse(
    "m1",
    ("Tavrik Hush Wireless Mouse, Bluetooth, 20 dB", "塔瑞克（Tavrik）Hush 无线鼠标 蓝牙 20分贝"),
    "Tavrik",
    "24.99",
    "4.6",
    128,
    "72",
    "20",
    "400",
    "Bluetooth",
    "black",
    True,
    True,
    list_price="29.99",
)
GLIDE = mouse(
    "m2",
    ("Quenlo Glide Wireless Mouse, 2.4 GHz receiver", "坤洛（Quenlo）Glide 无线鼠标 2.4GHz接收器"),
    "Quenlo",
    "19.99",
    "4.2",
    54,
    "85",
    "26",
    "250",
    "2.4 GHz receiver",
    "white",
    False,
    False,
)
MOSS = mouse(
    "m3",
    ("Pixmere Moss Mouse, USB cable", "派茉（Pixmere）Moss 鼠标 USB线"),
    "Pixmere",
    "34.50",
    "4.6",
    310,
    "64",
    "38",
    "300",
    "USB cable",
    "green",
    False,
    True,
    stock=3,
)
VANTA = Product(
    id="l1",
    title="Kestova Vanta 14 Laptop, 16 GB, 512 GB",
    translations={ZH: Translation(title="凯思拓（Kestova）Vanta 14 笔记本电脑 16GB 512GB")},
    description="An aluminium laptop for students. It has no touchscreen.",
    brand="Kestova",
    price=Decimal("649"),
    list_price=Decimal("799"),
    currency="USD",
    stock=12,
    rating=Decimal("4.4"),
    rating_count=87,
    category=("Electronics", "Laptops"),
    attributes=(
        number("weight", "1.24", "kg"),
        number("screen_size", "14", "inch"),
        number("memory", "16", "GB"),
        number("storage", "512", "GB"),
        number("hdmi_ports", "1"),
        number("battery_life", "11", "h"),
        word("touchscreen", False),
        word("bluetooth", True),
        word("color", "black"),
    ),
    reviews=(
        Review(id="r1", rating=5, text="The keyboard is lovely and the fan stays silent."),
        Review(id="r2", rating=4, text="键盘手感很好。", language=ZH),
    ),
)
ORBIT = Product(
    id="l2",
    title="Miravolt Orbit 15 Laptop, 8 GB, 1 TB",
    translations={ZH: Translation(title="米拉伏（Miravolt）Orbit 15 笔记本电脑 8GB 1TB")},
    brand="Miravolt",
    price=Decimal("779"),
    currency="USD",
    stock=0,
    rating=Decimal("4.7"),
    rating_count=203,
    category=("Electronics", "Laptops"),
    attributes=(
        number("weight", "1.9", "kg"),
        number("screen_size", "15.6", "inch"),
        number("memory", "8", "GB"),
        number("storage", "1", "TB"),
        number("hdmi_ports", "2"),
        number("battery_life", "8", "h"),
        word("touchscreen", True),
        word("bluetooth", True),
        word("color", "white"),
    ),
)
TREK = Product(
    id="b1",
    title="Hexalune Trek Backpack, nylon, 25 L",
    translations={ZH: Translation(title="海瑟伦（Hexalune）Trek 双肩包 尼龙 25升")},
    brand="Hexalune",
    price=Decimal("59"),
    currency="USD",
    stock=20,
    rating=Decimal("4.5"),
    rating_count=76,
    category=("Fashion", "Bags"),
    attributes=(
        number("weight", "820", "g"),
        number("capacity", "25", "L"),
        word("waterproof", True),
        word("material", "nylon"),
        word("color", "red"),
    ),
)
SATCHEL = Product(
    id="b2",
    title="Orbelo Marlow Satchel, leather, 12 L",
    translations={ZH: Translation(title="奥贝乐（Orbelo）Marlow 斜挎包 皮革 12升")},
    brand="Orbelo",
    price=Decimal("89"),
    currency="USD",
    list_price=Decimal("119"),
    stock=7,
    rating=Decimal("4.5"),
    rating_count=31,
    category=("Fashion", "Bags"),
    attributes=(
        number("weight", "950", "g"),
        number("capacity", "12", "L"),
        word("waterproof", False),
        word("material", "leather"),
        word("color", "black"),
    ),
)
PLAIN = Product(
    id="b3",
    title="Quenlo Canvas Tote, cotton",
    translations={ZH: Translation(title="坤洛（Quenlo）Canvas 托特包 棉质")},
    brand="Quenlo",
    price=Decimal("15"),
    currency="USD",
    category=("Fashion", "Bags"),
    attributes=(word("material", "cotton"), word("color", "white")),
)
MICE, LAPTOPS, BAGS = (HUSH, GLIDE, MOSS), (VANTA, ORBIT), (TREK, SATCHEL, PLAIN)
EVERYTHING = MICE + LAPTOPS + BAGS


def build_vocabulary() -> Vocabulary:
    profiles: dict[str, AttributeProfile] = {}
    for product in EVERYTHING:
        for a in product.attributes:
            kind = (
                AttributeKind.FLAG
                if isinstance(a.value, bool)
                else AttributeKind.NUMBER
                if isinstance(a.value, Decimal)
                else AttributeKind.TEXT
            )
            old = profiles.get(a.name)
            values = dict(old.values) if old else {}
            if kind is AttributeKind.TEXT:
                values[str(a.value)] = values.get(str(a.value), 0) + 1
            surfaces = {LABELS[a.name]: a.name} if a.name in LABELS else {}
            surfaces |= {LABELS[v]: v for v in values if v in LABELS}
            profiles[a.name] = AttributeProfile(
                name=a.name,
                kind=kind,
                products=(old.products if old else 0) + 1,
                unit=a.unit,
                values=values,
                surfaces=surfaces,
            )
    categories = {p.category for p in EVERYTHING}
    return Vocabulary(
        brands={p.brand: 1 for p in EVERYTHING if p.brand},
        attributes=profiles,
        categories=tuple(
            CategoryProfile(
                path=path, products=3, labels={EN: path[-1], ZH: LABELS.get(path[-1], path[-1])}
            )
            for path in sorted(categories)
        ),
        labels={ZH: LABELS},
    )


VOCABULARY = build_vocabulary()
STORE = StoreInfo(
    name="little",
    title="Little Store",
    currency="USD",
    languages=(EN, ZH),
    policies=(
        Policy(
            id="shipping",
            titles={EN: "Shipping", ZH: "配送"},
            texts={
                EN: "Orders over $50 ship free within 3 days.",
                ZH: "订单满50美元免运费，3天内送达。",
            },
        ),
        Policy(
            id="returns",
            titles={EN: "Returns", ZH: "退货"},
            texts={EN: "You can return items within 30 days.", ZH: "30天内可以退货。"},
        ),
    ),
)
