"""A small bilingual store of samples, for tests and for work on the pages."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from retrieval.types import (
    Attribute,
    AttributeKind,
    AttributeProfile,
    CategoryProfile,
    Guide,
    Language,
    Product,
    Review,
    StoreInfo,
    Translation,
    Variant,
    Vocabulary,
)
from ui.scripted import ScriptedService

CHINESE = Language.CHINESE


class Sample(NamedTuple):
    """What differs between the samples."""

    id: str
    title: str
    chinese: str
    brand: str
    price: str
    list_price: str | None
    stock: int
    rating: str | None
    colour: str


ATTACK = "<script>window.hacked=1</script><img src=x onerror=hacked=1> headphones"

SAMPLES = (
    Sample(
        "h1",
        "Quiet over-ear headphones",
        "静音头戴式耳机",
        "Lumen",
        "149",
        "199",
        14,
        "4.6",
        "black",
    ),
    Sample(
        "h2",
        "Wireless in-ear headphones",
        "无线入耳式耳机",
        "Acoustix",
        "79.90",
        None,
        3,
        "4.2",
        "white",
    ),
    Sample(
        "h3",
        "Studio headphones, open back",
        "开放式录音室耳机",
        "Lumen",
        "329",
        None,
        0,
        "4.8",
        "black",
    ),
    Sample(
        "h4",
        "Kids' headphones with volume limit",
        "限音量儿童耳机",
        "Pip",
        "29.90",
        "39.90",
        52,
        "4.4",
        "red",
    ),
    Sample(
        "k1",
        "Pour-over kettle, 0.9 l",
        "手冲咖啡壶 0.9 升",
        "Hearth",
        "59",
        None,
        8,
        "4.7",
        "green",
    ),
    Sample(
        "k2",
        "Cordless kettle, 1.7 l",
        "恒温电热水壶 1.7 升",
        "Hearth",
        "45",
        "52",
        20,
        "4.1",
        "white",
    ),
    Sample(
        "x1", ATTACK, "<b onmouseover=hacked=1>耳机</b>", 'Mal"ory<i>', "1", None, 1, None, "black"
    ),
)

COLOURS = {"black": "#3b3f46", "white": "#d9d6cf", "red": "#c4574a", "green": "#5b8a72"}


SAMPLE_GUIDE = Guide(
    id="guide-headphones",
    category=("Audio", "Headphones"),
    titles={
        Language.ENGLISH: "Headphones: fit first, sound second",
        CHINESE: "耳机怎么选：先看佩戴，再听声音",
    },
    texts={
        Language.ENGLISH: "Wear them for ten minutes before you listen. Closed ones keep noise "
        "out, open ones sound wider. <b onmouseover=hacked=1>Below 250 g</b> you forget them.",
        CHINESE: "先戴十分钟再听。封闭式隔音好，开放式声场宽。250克以下戴着不累。",
    },
)
"""Its English text tries to run scripts, as the last product's do."""


def sample_products() -> tuple[Product, ...]:
    """Seven products; the last one's texts try to run scripts."""
    return tuple(_product(sample) for sample in SAMPLES)


def _product(sample: Sample) -> Product:
    return Product(
        id=sample.id,
        title=sample.title,
        price=Decimal(sample.price),
        currency="USD",
        description=f"{sample.title}: made to be used every day.",
        brand=sample.brand,
        category=_category(sample.id),
        list_price=Decimal(sample.list_price) if sample.list_price else None,
        stock=sample.stock,
        rating=Decimal(sample.rating) if sample.rating else None,
        rating_count=128 if sample.rating else 0,
        attributes=(
            Attribute(name="color", value=sample.colour),
            Attribute(name="weight", value=Decimal("250.0"), unit="g"),
            Attribute(name="wireless", value=sample.id != "h3"),
        ),
        variants=(Variant(id=f"{sample.id}-s", options={"size": "S"}, stock=2),),
        reviews=(Review(id=f"{sample.id}-r", rating=4, text="Does what it says.", author="Ana"),),
        image_url=f"media/{sample.id}.svg",
        translations={
            CHINESE: Translation(
                title=sample.chinese, description=f"{sample.chinese}，每天都好用。"
            )
        },
    )


def _category(product_id: str) -> tuple[str, ...]:
    return ("Kitchen", "Kettles") if product_id.startswith("k") else ("Audio", "Headphones")


def sample_store() -> StoreInfo:
    """The samples' store, in US dollars."""
    return StoreInfo(
        name="samples",
        title="Sample & Sons",
        currency="USD",
        languages=(Language.ENGLISH, CHINESE),
        guides=(SAMPLE_GUIDE,),
        products=len(SAMPLES),
    )


def sample_vocabulary() -> Vocabulary:
    """What an import would have learned of the samples."""
    return Vocabulary(
        brands={"Lumen": 2, "Acoustix": 1, "Pip": 1, "Hearth": 2},
        brand_surfaces={"lumen": "Lumen", "hearth": "Hearth"},
        categories=(
            CategoryProfile(
                path=("Audio", "Headphones"),
                products=5,
                surfaces=("headphones", "耳机"),
                labels={Language.ENGLISH: "Headphones", CHINESE: "耳机"},
            ),
            CategoryProfile(
                path=("Kitchen", "Kettles"),
                products=2,
                surfaces=("kettle", "水壶"),
                labels={Language.ENGLISH: "Kettles", CHINESE: "水壶"},
            ),
        ),
        attributes={
            "color": AttributeProfile(
                name="color",
                kind=AttributeKind.TEXT,
                products=7,
                values={"black": 3, "white": 2},
                surfaces={"黑色": "black"},
            ),
            "weight": AttributeProfile(
                name="weight", kind=AttributeKind.NUMBER, products=7, unit="g"
            ),
        },
        labels={CHINESE: {"color": "颜色", "black": "黑色", "weight": "重量", "wireless": "无线"}},
    )


def write_pictures(media_path: Path) -> None:
    """A plain coloured picture for each sample."""
    media_path.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        (media_path / f"{sample.id}.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
            f'<rect width="200" height="200" fill="#f3f1ec"/>'
            f'<circle cx="100" cy="100" r="58" fill="{COLOURS[sample.colour]}"/></svg>',
            encoding="utf-8",
        )


def sample_service(media_path: Path) -> ScriptedService:
    """The samples behind a scripted assistant, pictures written to `media_path`."""
    write_pictures(media_path)
    return ScriptedService(
        sample_products(),
        store=sample_store(),
        vocabulary=sample_vocabulary(),
        media_path=media_path,
    )
