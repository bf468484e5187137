"""Why a product is recommended, in one line each, by code alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from retrieval.profile.items import Item, ItemReader
from retrieval.profile.profile import Facet, Profile
from retrieval.types import Language, Product

MOST_REASONS = 2
# A taste worth giving as a reason: a third more than chance.
TELLING = 0.3
# People of one week that are worth a line.
FEWEST_LOOKERS = 3
# Letters of a title within a reason; cards are narrow.
TITLE = 34

_TEXTS = {
    "looked_at": ("because you looked at {what}", "因为您看过{what}"),
    "bought": ("because you bought {what}", "因为您买过{what}"),
    "seen": ("you looked at it", "您看过这件"),
    "brand": ("you looked at {what}", "您看过{what}的商品"),
    "value": ("{what}, as you like it", "您喜欢的{what}"),
    "category": ("you look at {what}", "您常看{what}"),
    "price": ("in the price range you choose", "符合您常选的价位"),
    "also_viewed": ("looked at together with {what}", "看过{what}的人也看了"),
    "together": ("bought {count} times with {what}", "与{what}一起被购买 {count} 次"),
    "together_category": ("buyers of {what} also buy {other}", "买{what}的人也买{other}"),
    "next": ("suggested by what you looked at", "根据您看过的商品推荐"),
    "popular": ("popular with other shoppers", "很多人喜欢"),
    "popular_in": ("popular in {what}", "{what}中的热门"),
    "lookers": ("{count} shoppers looked at it this week", "本周有 {count} 人看过"),
    "rising": ("{times} times as many looks as usual", "关注度是平时的 {times} 倍"),
    "new": ("new since {day}", "{day}上新"),
    "bought_on": ("you bought it on {day}", "您在{day}买过"),
    "rated": ("rated {rating} by {count}", "{count} 人评分 {rating}"),
    "same_brand": ("also by {what}", "同为{what}品牌"),
    "same_value": ("also {what}", "同样是{what}"),
    "same_category": ("also in {what}", "同属{what}"),
    "cheaper": ("{percent}% cheaper", "便宜 {percent}%"),
    "dearer": ("{percent}% dearer", "贵 {percent}%"),
    "guide": ("because you look at {what}", "因为您常看{what}"),
    "guide_any": ("a guide many need", "实用选购指南"),
}


def say(key: str, language: Language, **values: object) -> str:
    """The line `key` in `language`."""
    english, chinese = _TEXTS[key]
    return (chinese if language is Language.CHINESE else english).format(**values)


def shorten(title: str) -> str:
    """A title that fits into a reason, cut between words where it has any."""
    if len(title) <= TITLE:
        return title
    head = title[:TITLE]
    return (head.rsplit(" ", 1)[0] if " " in head[TITLE // 2 :] else head).rstrip(" ,，、(") + "…"


def quote(product: Product, language: Language) -> str:
    """A product's name within a reason."""
    title = shorten(product.title_in(language))
    return f"《{title}》" if language is Language.CHINESE else title


def say_day(day: date | datetime, language: Language) -> str:
    """A day in words."""
    if language is Language.CHINESE:
        return f"{day.month} 月 {day.day} 日"
    return f"{day.day} {day:%B}"


def taste_reason(
    profile: Profile,
    item: Item,
    fit: Mapping[Facet, float],
    items: ItemReader,
    language: Language,
    *,
    category: bool = True,
) -> str:
    """The strongest taste that a product meets, in words; empty where none is telling."""
    for facet, lift in sorted(fit.items(), key=lambda pair: -pair[1]):
        if lift < TELLING:
            break
        if facet is Facet.BRAND:
            return say("brand", language, what=items.brand_label(item.brand))
        if facet is Facet.PRICE and profile.price and profile.price.trust >= 0.5:
            return say("price", language)
        if facet is Facet.CATEGORY and category:
            return say("category", language, what=items.category_label(item.category, language))
        if facet is Facet.ATTRIBUTE and (value := _liked_value(profile, item)):
            return say("value", language, what=items.value_label(value, language))
    return ""


def _liked_value(profile: Profile, item: Item) -> str:
    """The attribute value of an item that the shopper likes most; flags that say no are none."""
    values = profile.lifts.get(Facet.ATTRIBUTE, {})
    tastes = [
        values[value]
        for value in item.attributes
        if value in values and not value.endswith("=false")
    ]
    best = max(tastes, key=lambda taste: taste.lift, default=None)
    return best.value if best and best.lift >= TELLING else ""


def likeness_reasons(start: Item, other: Item, items: ItemReader, language: Language) -> list[str]:
    """What two products share, and which costs less."""
    found = []
    if start.brand and start.brand == other.brand:
        found.append(say("same_brand", language, what=items.brand_label(other.brand)))
    common = set(start.attributes) & set(other.attributes)
    telling = {v for v in common if not v.endswith(("=false", "=no"))}
    usual = items.shares_of_values(other.category)
    # The rarest thing in common says most.
    for value in sorted(telling, key=lambda v: (usual.get(v, 1.0), v))[:1]:
        found.append(say("same_value", language, what=items.value_label(value, language)))
    if not found and start.category and start.category == other.category:
        label = items.category_label(other.category, language)
        found.append(say("same_category", language, what=label))
    if start.price and other.price:
        percent = round(100 * (other.price - start.price) / start.price)
        if percent <= -5:
            found.append(say("cheaper", language, percent=-percent))
        elif percent >= 5:
            found.append(say("dearer", language, percent=percent))
    return found
