"""A profile in words a shopper understands, with what each is concluded from."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from retrieval.profile.items import ItemReader
from retrieval.profile.profile import Facet, PriceTaste, Profile, Stage, Taste
from retrieval.types import Filters, Frozen, Language, Product

# A surplus over chance worth telling: half as often again.
TELLING = 0.4
# Clicks behind it, decayed: fewer are an accident.
TELLING_WEIGHT = 1.5
MOST_TOLD = 3
# Thirds of the price range in people's words.
LOW, HIGH = 0.35, 0.65

_WORDS = {
    Language.ENGLISH: {
        "likes": "Likes {what}",
        "avoids": "avoids {what}",
        "refuses": "wants no {what}",
        "low": "low-price",
        "middle": "mid-price",
        "high": "high-price",
        "because": "because of {titles}",
        "nothing": "Nothing is known yet.",
        "and": ", ",
        "end": "; ",
        "quote": "{title}",
    },
    Language.CHINESE: {
        "likes": "喜欢{what}",
        "avoids": "不太喜欢{what}",
        "refuses": "不要{what}",
        "low": "低价位",
        "middle": "中等价位",
        "high": "高价位",
        "because": "依据：{titles}",
        "nothing": "暂时还没有了解。",
        "and": "、",
        "end": "；",
        "quote": "《{title}》",
    },
}


class TasteView(Frozen):
    """One taste in words; `lift` is the log of its surplus over chance."""

    facet: Facet
    value: str
    label: str
    lift: float
    because: tuple[str, ...] = Field(description="Titles of the products that speak for it.")


class ProfileView(Frozen):
    """A shopper's profile as they may read it."""

    shopper: str
    stage: Stage
    summary: str = Field(description="One line, in the language asked for.")
    tastes: tuple[TasteView, ...]
    price: str = Field(description="Low, middle or high within a category; empty: not known.")
    refused: Filters = Field(description="What the shopper said they do not want.")
    liked: tuple[str, ...] = Field(description="Products they showed interest in, newest first.")
    dropped: dict[str, int] = Field(description="Events left out as bots', doubled or outliers.")


def view_profile(
    profile: Profile, products: Sequence[Product], items: ItemReader, language: Language
) -> ProfileView:
    """The profile in words; `products` are those that its tastes name."""
    titles = {product.id: product.title_in(language) for product in products}
    tastes = told_tastes(profile)
    views = tuple(
        TasteView(
            facet=taste.facet,
            value=taste.value,
            label=label_taste(taste, items, language),
            lift=round(taste.lift, 3),
            because=tuple(titles[i] for i in taste.because if i in titles),
        )
        for taste in tastes
    )
    price = price_band(profile.price)
    return ProfileView(
        shopper=profile.shopper_id,
        stage=profile.stage,
        summary=_summarise(views, price, name_refusals(profile.refused, items, language), language),
        tastes=views,
        price=price,
        refused=profile.refused,
        liked=profile.liked[:20],
        dropped={
            "bots": profile.dropped.bots,
            "duplicates": profile.dropped.duplicates,
            "outliers": profile.dropped.outliers,
        },
    )


def told_tastes(profile: Profile) -> list[Taste]:
    """The tastes worth telling: the strongest few of each facet, likes and dislikes."""
    told: list[Taste] = []
    for facet in (Facet.CATEGORY, Facet.BRAND, Facet.ATTRIBUTE):
        mine = [t for t in profile.tastes if t.facet is facet and _is_telling(t)]
        told += sorted(mine, key=lambda t: -t.lift * abs(t.weight))[:MOST_TOLD]
    return told


def _is_telling(taste: Taste) -> bool:
    liked = taste.lift >= TELLING and taste.weight >= TELLING_WEIGHT
    return liked or (taste.lift <= -TELLING and taste.weight < 0)


def named_products(profile: Profile) -> list[str]:
    """Ids of the products that the profile's words name."""
    ids = [i for taste in told_tastes(profile) for i in taste.because]
    return list(dict.fromkeys(ids))


def price_band(price: PriceTaste | None) -> str:
    """The third of the price range that is chosen most; empty while the evidence is thin."""
    if price is None or price.trust < 0.5:
        return ""
    return "low" if price.level < LOW else "high" if price.level > HIGH else "middle"


def label_taste(taste: Taste, items: ItemReader, language: Language) -> str:
    """The taste's value as a shopper reads it."""
    if taste.facet is Facet.CATEGORY:
        return items.category_label(taste.value, language)
    if taste.facet is Facet.BRAND:
        return items.brand_label(taste.value)
    return items.value_label(taste.value, language)


def _summarise(
    views: Sequence[TasteView], price: str, refused: Sequence[str], language: Language
) -> str:
    say = _WORDS[language]
    liked = [v for v in views if v.lift > 0]
    labels = list(dict.fromkeys(v.label for v in liked))
    if price:
        labels.append(say[price])
    parts = [say["likes"].format(what=say["and"].join(labels))] if labels else []
    avoided = list(dict.fromkeys(v.label for v in views if v.lift < 0))
    if avoided:
        parts.append(say["avoids"].format(what=say["and"].join(avoided)))
    if refused:
        parts.append(say["refuses"].format(what=say["and"].join(refused)))
    because = list(dict.fromkeys(title for v in liked for title in v.because))[:2]
    if because:
        quoted = [say["quote"].format(title=title) for title in because]
        parts.append(say["because"].format(titles=say["and"].join(quoted)))
    return say["end"].join(parts) if parts else say["nothing"]


def name_refusals(refused: Filters, items: ItemReader, language: Language) -> list[str]:
    """What is refused, a word or two each."""
    label = items.vocabulary.label
    return [
        *refused.excluded_terms,
        *refused.excluded_brands,
        *(path[-1] for path in refused.excluded_categories),
        *(
            label(value, language)
            for attribute in refused.attributes
            for value in (attribute.values or (attribute.name,))
        ),
    ]
