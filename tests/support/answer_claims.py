"""True sentences about products, and false ones made from each by one change.

The wordings are the test's own, written without looking at how answers are composed. Each
case says of which kind its change is; whether a changed sentence is false is decided here
from the products, never by the verifier.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from retrieval.types import Attribute, Language, Product, Vocabulary
from retrieval.units import find_unit

EN, ZH = Language.ENGLISH, Language.CHINESE
UNKNOWN_NAMES = {EN: ("Zorblax Q9", "Velmora Prime"), ZH: ("佐布拉Q9", "维莫拉星辰")}
ZH_UNITS = {
    "g": "克",
    "kg": "公斤",
    "db": "分贝",
    "h": "小时",
    "inch": "英寸",
    "cm": "厘米",
    "mm": "毫米",
    "w": "瓦",
    "l": "升",
    "ml": "毫升",
    "m": "米",
}
CONVERSIONS = {"g": ("kg", 1000), "kg": ("g", Decimal("0.001")), "cm": ("mm", Decimal("0.1"))}
SPOKEN = {
    EN: {"weight": "lighter|heavier", "noise": "quieter|louder"},
    ZH: {"weight": "轻|重", "noise": "安静|吵"},
}
NOT_LABELLED = ("weight_kg", "capacity_ml")


@dataclass
class Case:
    """One true sentence and the false ones made from it: (kind of change, sentence)."""

    form: str
    language: Language
    true: str
    false: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Shelf:
    """The shown products with the names a writer would use, and the shopper's limit."""

    products: Sequence[Product]
    names: dict[Language, dict[str, str]]
    vocabulary: Vocabulary
    budget: Decimal
    rng: random.Random

    def label(self, attribute: Attribute, language: Language) -> str:
        return self.vocabulary.label(attribute.name, language)


def money(amount: Decimal, language: Language) -> str:
    text = f"{amount:,.2f}".removesuffix(".00")
    return f"${text}" if language is EN else f"{text}美元"


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def measure(value: Decimal, unit: str | None, language: Language) -> str:
    if not unit:
        return plain(value)
    known = find_unit(unit)
    if language is ZH:
        return plain(value) + (ZH_UNITS.get(known.symbol, unit) if known else unit)
    return f"{plain(value)}{unit}" if unit == "%" else f"{plain(value)} {unit}"


def nudge(value: Decimal, rng: random.Random) -> Decimal:
    """Another value of the same look."""
    step = Decimal(1).scaleb(int(value.as_tuple().exponent))
    other = value + step * rng.choice((1, 2, 3, 7, 10, 30, 100))
    return other if rng.random() < 0.6 or value <= 3 * step else value - step * 2


def generate(shelf: Shelf) -> Iterator[Case]:
    """Cases of every form in both languages."""
    for language in (EN, ZH):
        for form in FORMS:
            yield from form(shelf, language)


def others(shelf: Shelf, product: Product) -> list[Product]:
    return [p for p in shelf.products if p.id != product.id]


def case(shelf: Shelf, form: str, language: Language, text: str, **slots: str) -> Case:
    made = Case(form, language, text.format(**slots))
    if "n" in slots:
        for unknown in UNKNOWN_NAMES[language][:1]:
            made.false.append(("name", text.format(**{**slots, "n": unknown})))
    return made


def pick(shelf: Shelf, texts: dict[Language, Sequence[str]], language: Language) -> str:
    return shelf.rng.choice(list(texts[language]))


# ------------------------------------------------------------------------- forms

PRICE = {
    EN: (
        "The {n} sells for {v}.",
        "You can buy the {n} for {v}.",
        "At {v}, the {n} is one option.",
        "The price of the {n} is {v}.",
    ),
    ZH: ("{n}的售价是{v}。", "购买{n}需要{v}。", "{n}标价{v}。", "{n}的价格为{v}。"),
}


def price(shelf: Shelf, language: Language) -> Iterator[Case]:
    for product in shelf.products:
        text, n = pick(shelf, PRICE, language), shelf.names[language][product.id]
        assert product.price is not None
        made = case(shelf, "price", language, text, n=n, v=money(product.price, language))
        wrong = nudge(product.price, shelf.rng)
        made.false.append(("number", text.format(n=n, v=money(wrong, language))))
        for other in others(shelf, product):
            if other.price != product.price:
                name = shelf.names[language][other.id]
                made.false.append(("name", text.format(n=name, v=money(product.price, language))))
        no = {EN: "The {n} does not cost {v}.", ZH: "{n}的价格不是{v}。"}[language]
        made.false.append(("negation", no.format(n=n, v=money(product.price, language))))
        yield made


BELOW = {
    EN: (
        "The {n} is {v} below your budget.",
        "The {n} leaves {v} of your budget.",
        "With the {n} you stay {v} under your budget of {b}.",
    ),
    ZH: (
        "{n}比您的预算便宜{v}。",
        "{n}低于预算{v}。",
        "选{n}，预算还剩{v}。",
        "{n}比{b}的预算少{v}。",
    ),
}
ABOVE = {
    EN: ("The {n} is {v} above your budget.", "The {n} exceeds your budget by {v}."),
    ZH: ("{n}超出预算{v}。", "{n}比您的预算贵{v}。"),
}
INSIDE = {
    EN: ("The {n} is within your budget.", "The {n} fits your budget of {b}."),
    ZH: ("{n}在您的预算之内。", "{n}没有超出{b}的预算。"),
}
OUTSIDE = {
    EN: ("The {n} is over your budget.", "The {n} is not within your budget."),
    ZH: ("{n}超出了您的预算。", "{n}不在预算内。"),
}


def budget(shelf: Shelf, language: Language) -> Iterator[Case]:
    b = money(shelf.budget, language)
    for product in shelf.products:
        assert product.price is not None
        n = shelf.names[language][product.id]
        difference = shelf.budget - product.price
        if not difference:
            continue
        good, bad = (BELOW, ABOVE) if difference > 0 else (ABOVE, BELOW)
        v = money(abs(difference), language)
        text = pick(shelf, good, language)
        made = case(shelf, "budget", language, text, n=n, v=v, b=b)
        made.false.append(("comparison", pick(shelf, bad, language).format(n=n, v=v, b=b)))
        wrong = money(nudge(abs(difference), shelf.rng), language)
        made.false.append(("number", text.format(n=n, v=wrong, b=b)))
        if "{b}" in text:
            off = money(shelf.budget + 50, language)
            made.false.append(("number", text.format(n=n, v=v, b=off)))
        yield made
        good, bad = (INSIDE, OUTSIDE) if difference > 0 else (OUTSIDE, INSIDE)
        made = case(shelf, "budget", language, pick(shelf, good, language), n=n, b=b)
        made.false.append(("negation", pick(shelf, bad, language).format(n=n, b=b)))
        yield made


OFF = {
    EN: ("The {n} is down from {l}.", "You save {s} on the {n}.", "The {n} is {p}% off."),
    ZH: ("{n}原价{l}。", "{n}立减{s}。", "{n}比原价便宜{s}。"),
}


def discount(shelf: Shelf, language: Language) -> Iterator[Case]:
    for product in shelf.products:
        n = shelf.names[language][product.id]
        if product.price is None or product.list_price is None:
            sale = {EN: ("The {n} is on sale.", "The {n} is discounted."), ZH: ("{n}正在打折。",)}
            fake = pick(shelf, sale, language).format(n=n)
            made = Case("discount", language, "")
            made.false.append(("attribute", fake))
            yield made
            continue
        saved = product.list_price - product.price
        percent = int(saved * 100 / product.list_price + Decimal("0.5"))
        text = pick(shelf, OFF, language)
        slots = {
            "l": money(product.list_price, language),
            "s": money(saved, language),
            "p": str(percent),
        }
        made = case(shelf, "discount", language, text, n=n, **slots)
        wrong = {
            "l": money(nudge(product.list_price, shelf.rng), language),
            "s": money(nudge(saved, shelf.rng), language),
            "p": str(percent + shelf.rng.choice((2, 5, 11))),
        }
        made.false.append(("number", text.format(n=n, **wrong)))
        yield made


RATED = {
    EN: (
        "Shoppers rate the {n} {r} out of 5.",
        "The {n} scores {r} stars.",
        "The {n} has a rating of {r} from {c} reviews.",
        "The {n} has {c} ratings.",
    ),
    ZH: ("{n}的评分为{r}分。", "{n}评分{r}，共有{c}条评价。", "{n}有{c}位用户评价。"),
}


def rating(shelf: Shelf, language: Language) -> Iterator[Case]:
    for product in shelf.products:
        if product.rating is None:
            continue
        n, text = shelf.names[language][product.id], pick(shelf, RATED, language)
        r, c = plain(product.rating), str(product.rating_count)
        if language is EN and text.startswith("Shoppers"):
            made = Case("rating", language, text.format(n=n, r=r, c=c))
        else:
            made = case(shelf, "rating", language, text, n=n, r=r, c=c)
        wrong = plain(product.rating - Decimal("0.3"))
        more = str(product.rating_count + shelf.rng.choice((1, 10, 200)))
        made.false.append(("number", text.format(n=n, r=wrong, c=more)))
        yield made


TOP = {
    "price": {
        EN: (
            "The {n} is the least expensive of the {k}.",
            "The {n} has the lowest price.",
            "The cheapest option is the {n}.",
            "Of these, the {n} is the most affordable.",
        ),
        ZH: ("{k}款中{n}最便宜。", "{n}的价格最低。", "最便宜的是{n}。"),
    },
    "-price": {
        EN: ("The {n} is the most expensive one.", "The {n} has the highest price."),
        ZH: ("{n}是最贵的。", "{n}的售价最高。"),
    },
    "rating": {
        EN: ("The {n} is the highest rated of the {k}.", "The {n} has the best rating."),
        ZH: ("{n}的评分最高。", "{k}款里{n}评分最高。"),
    },
    "-weight": {
        EN: ("The {n} is the heaviest of the {k}.", "The {n} has the highest weight."),
        ZH: ("{n}最重。", "{k}款中{n}最重。"),
    },
    "weight": {
        EN: ("The {n} is the lightest of the {k}.", "The lightest is the {n}."),
        ZH: ("{n}是{k}款中最轻的。", "最轻的是{n}。"),
    },
}
WORDS = {EN: {2: "two", 3: "three", 4: "four"}, ZH: {2: "两", 3: "三", 4: "四"}}


def value_of(product: Product, metric: str) -> Decimal | None:
    if metric == "price":
        return product.price
    if metric == "rating":
        return product.rating
    attribute = product.attribute(metric) or product.attribute(f"{metric}_kg")
    if attribute is None or not isinstance(attribute.value, Decimal):
        return None
    unit = find_unit(attribute.unit)
    return attribute.value * (unit.factor if unit else 1)


def superlative(shelf: Shelf, language: Language) -> Iterator[Case]:
    for key, texts in TOP.items():
        metric = key.lstrip("-")
        values = [value_of(p, metric) for p in shelf.products]
        known = [v for v in values if v is not None]
        text = pick(shelf, texts, language)
        k = WORDS[language][len(shelf.products)]
        if len(known) < len(values):
            for product in shelf.products:
                made = Case("superlative", language, "")
                n = shelf.names[language][product.id]
                made.false.append(("comparison", text.format(n=n, k=k)))
                yield made
            continue
        highest = (metric == "rating") != key.startswith("-")
        best = max(known) if highest else min(known)
        winners = [p for p, v in zip(shelf.products, known, strict=True) if v == best]
        losers = [p for p in shelf.products if p not in winners]
        true = ""
        if len(winners) == 1:
            true = text.format(n=shelf.names[language][winners[0].id], k=k)
        made = Case("superlative", language, true)
        for loser in losers if len(winners) == 1 else shelf.products:
            n = shelf.names[language][loser.id]
            made.false.append(("comparison", text.format(n=n, k=k)))
        if true:
            wrong = WORDS[language][2 if len(shelf.products) != 2 else 4]
            changed = text.format(n=shelf.names[language][winners[0].id], k=wrong)
            if changed != true:
                made.false.append(("number", changed))
        yield made


THAN = {
    "price": {
        EN: (
            "The {a} is cheaper than the {b}.",
            "The {a} costs {d} less than the {b}.",
            "Compared with the {b}, the {a} is {d} cheaper.",
            "The {a} is less expensive than the {b}.",
        ),
        ZH: (
            "{a}比{b}便宜。",
            "{a}比{b}便宜{d}。",
            "与{b}相比，{a}更便宜。",
            "{a}的价格比{b}低{d}。",
        ),
    },
    "rating": {
        EN: ("The {a} is rated lower than the {b}.", "The {b} has a higher rating than the {a}."),
        ZH: ("{a}的评分比{b}低。", "{b}的评分比{a}高。"),
    },
    "weight": {
        EN: (
            "The {a} is lighter than the {b}.",
            "The {b} is heavier than the {a}.",
            "The {a} is {d} lighter than the {b}.",
            "The {a} weighs less than the {b}.",
        ),
        ZH: ("{a}比{b}轻。", "{b}比{a}重{d}。", "{a}的重量比{b}轻。"),
    },
}


def comparison(shelf: Shelf, language: Language) -> Iterator[Case]:
    for metric, texts in THAN.items():
        for low in shelf.products:
            for high in others(shelf, low):
                a, b = value_of(low, metric), value_of(high, metric)
                if a is None or b is None or a >= b:
                    continue
                if metric == "rating" and not (low.rating_count and high.rating_count):
                    continue
                yield _compared(shelf, language, metric, pick(shelf, texts, language), low, high)


def _compared(
    shelf: Shelf, language: Language, metric: str, text: str, low: Product, high: Product
) -> Case:
    names = shelf.names[language]
    a, b = value_of(low, metric), value_of(high, metric)
    assert a is not None and b is not None

    def amount(value: Decimal) -> str:
        if metric == "price":
            return money(value, language)
        return measure(value, "g", language)

    slots = {"a": names[low.id], "b": names[high.id], "d": amount(b - a)}
    made = Case("comparison", language, text.format(**slots))
    swapped = {**slots, "a": slots["b"], "b": slots["a"]}
    made.false.append(("comparison", text.format(**swapped)))
    made.false.append(("name", text.format(**{**slots, "b": UNKNOWN_NAMES[language][1]})))
    if "{d}" in text:
        wrong = amount(nudge(b - a, shelf.rng))
        made.false.append(("number", text.format(**{**slots, "d": wrong})))
    return made


HAS = {
    EN: ("The {l} of the {n} is {v}.", "The {n} has a {l} of {v}."),
    ZH: ("{n}的{l}是{v}。", "{n}的{l}为{v}。"),
}


def numbers(shelf: Shelf, language: Language) -> Iterator[Case]:
    for product in shelf.products:
        numeric = [a for a in product.attributes if isinstance(a.value, Decimal)]
        numeric = [a for a in numeric if a.name not in NOT_LABELLED]
        for attribute in shelf.rng.sample(numeric, min(3, len(numeric))):
            yield _numeric(shelf, language, product, attribute, numeric)


def _numeric(
    shelf: Shelf,
    language: Language,
    product: Product,
    attribute: Attribute,
    numeric: Sequence[Attribute],
) -> Case:
    n, text = shelf.names[language][product.id], pick(shelf, HAS, language)
    assert isinstance(attribute.value, Decimal)
    value, unit = attribute.value, attribute.unit
    known = find_unit(unit)
    if known and known.symbol in CONVERSIONS and shelf.rng.random() < 0.4:
        other, factor = CONVERSIONS[known.symbol]
        value, unit = value / factor, other
    slots = {"n": n, "l": shelf.label(attribute, language)}
    if unit and known is None:
        unit = shelf.vocabulary.label(unit, language)
    made = case(shelf, "attribute", language, text, v=measure(value, unit, language), **slots)
    wrong = measure(nudge(value, shelf.rng), unit, language)
    made.false.append(("number", text.format(v=wrong, **slots)))
    for swap in numeric:
        if (swap.value, swap.unit) != (attribute.value, attribute.unit):
            moved = {**slots, "l": shelf.label(swap, language)}
            made.false.append(("attribute", text.format(v=measure(value, unit, language), **moved)))
            break
    if unit and known and known.symbol in ("g", "kg", "cm", "mm", "h", "l", "ml"):
        strange = {"g": "kg", "kg": "g", "cm": "m", "mm": "cm", "h": "min", "l": "ml", "ml": "l"}
        symbol = find_unit(unit)
        assert symbol is not None
        off = measure(value, strange[symbol.symbol], language)
        made.false.append(("attribute", text.format(v=off, **slots)))
    return made


TEXT = {
    "color": {
        EN: ("The {n} is {v}.", "The {n} comes in {v}."),
        ZH: ("{n}是{v}的。", "{n}的颜色是{v}。"),
    },
    "material": {EN: ("The {n} is made of {v}.",), ZH: ("{n}的材质是{v}。", "{n}采用{v}。")},
}


def texts(shelf: Shelf, language: Language) -> Iterator[Case]:
    for product in shelf.products:
        for name, forms in TEXT.items():
            attribute = product.attribute(name)
            if attribute is None or not isinstance(attribute.value, str):
                continue
            n, text = shelf.names[language][product.id], pick(shelf, forms, language)
            v = shelf.vocabulary.label(attribute.value, language)
            made = case(shelf, "attribute", language, text, n=n, v=v)
            everything = product.model_dump_json().lower()
            values = shelf.vocabulary.attributes[name].values
            wrong = [
                w
                for w in values
                if w.lower() not in everything and shelf.vocabulary.label(w, ZH) not in everything
            ]
            for value in shelf.rng.sample(wrong, min(2, len(wrong))):
                other = shelf.vocabulary.label(value, language)
                made.false.append(("attribute", text.format(n=n, v=other)))
            no = {EN: "The {n} is not {v}.", ZH: "{n}不是{v}的。"}[language]
            made.false.append(("negation", no.format(n=n, v=v)))
            yield made


def flags(shelf: Shelf, language: Language) -> Iterator[Case]:
    yes = {EN: ("The {n} is {v}.",), ZH: ("{n}支持{v}。", "{n}{v}。")}
    no = {EN: ("The {n} is not {v}.",), ZH: ("{n}不支持{v}。", "{n}不{v}。")}
    for product in shelf.products:
        for attribute in product.attributes:
            if not isinstance(attribute.value, bool):
                continue
            n = shelf.names[language][product.id]
            v = shelf.label(attribute, language)
            right, wrong = (yes, no) if attribute.value else (no, yes)
            made = case(shelf, "flag", language, pick(shelf, right, language), n=n, v=v)
            if not attribute.value:
                made.false = []
            made.false.append(("negation", pick(shelf, wrong, language).format(n=n, v=v)))
            yield made
        n = shelf.names[language][product.id]
        invented = {
            EN: ("dishwasher-safe", "solar-powered", "award-winning", "voice-controlled"),
            ZH: ("太阳能供电", "语音控制", "获奖", "指纹解锁"),
        }
        made = Case("flag", language, "")
        everything = product.model_dump_json().lower().replace("_", "-")
        for word in (w for w in invented[language] if w not in everything):
            made.false.append(("attribute", pick(shelf, yes, language).format(n=n, v=word)))
        yield made


def stock(shelf: Shelf, language: Language) -> Iterator[Case]:
    here = {
        EN: ("The {n} is in stock.", "The {n} is available."),
        ZH: ("{n}有现货。", "{n}目前有货。"),
    }
    gone = {
        EN: ("The {n} is sold out.", "The {n} is out of stock."),
        ZH: ("{n}已经售罄。", "{n}缺货。"),
    }
    for product in shelf.products:
        n = shelf.names[language][product.id]
        right, wrong = (here, gone) if product.stock else (gone, here)
        if product.stock is None:
            made = Case("stock", language, "")
            wrong = here
        else:
            made = case(shelf, "stock", language, pick(shelf, right, language), n=n)
        made.false.append(("negation", pick(shelf, wrong, language).format(n=n)))
        if product.stock:
            left = {EN: "Only {c} of the {n} are left.", ZH: "{n}仅剩{c}件。"}
            more = str(product.stock + 2)
            if language is ZH:
                made.false.append(("number", left[language].format(n=n, c=more)))
            made.false.append(
                (
                    "number",
                    {EN: f"The {n} has only {more} left.", ZH: f"{n}只剩{more}件。"}[language],
                )
            )
        yield made


def pairs(shelf: Shelf, language: Language) -> Iterator[Case]:
    """Two products in one sentence: both, while, and."""
    for first in shelf.products:
        for second in others(shelf, first):
            if first.price is None or second.price is None or first.price == second.price:
                continue
            names = shelf.names[language]
            text = {
                EN: (
                    "The {a} costs {x}, while the {b} costs {y}.",
                    "The {a} is {x} and the {b} is {y}.",
                ),
                ZH: ("{a}售价{x}，而{b}售价{y}。", "{a}的价格是{x}，{b}的价格是{y}。"),
            }
            form = pick(shelf, text, language)
            slots = {
                "a": names[first.id],
                "b": names[second.id],
                "x": money(first.price, language),
                "y": money(second.price, language),
            }
            made = Case("pair", language, form.format(**slots))
            made.false.append(("name", form.format(**{**slots, "a": slots["b"], "b": slots["a"]})))
            made.false.append(("number", form.format(**{**slots, "y": slots["x"]})))
            yield made


def both(shelf: Shelf, language: Language) -> Iterator[Case]:
    for first in shelf.products:
        for second in others(shelf, first):
            for attribute in first.attributes:
                twin = second.attribute(attribute.name)
                if attribute.value is not True or twin is None or twin.value is True:
                    continue
                names = shelf.names[language]
                text = {EN: "Both the {a} and the {b} are {v}.", ZH: "{a}和{b}都支持{v}。"}[
                    language
                ]
                made = Case("both", language, "")
                made.false.append(
                    (
                        "attribute",
                        text.format(
                            a=names[first.id],
                            b=names[second.id],
                            v=shelf.label(attribute, language),
                        ),
                    )
                )
                yield made


def ordinals(shelf: Shelf, language: Language) -> Iterator[Case]:
    words = {EN: ("first", "second", "third", "fourth"), ZH: ("一", "二", "三", "四")}[language]
    text = {EN: "The {o} one costs {v}.", ZH: "第{o}款的价格是{v}。"}[language]
    for i, product in enumerate(shelf.products[:4]):
        assert product.price is not None
        made = Case("ordinal", language, text.format(o=words[i], v=money(product.price, language)))
        for j, other in enumerate(shelf.products[:4]):
            if other.price != product.price:
                wrong = text.format(o=words[j], v=money(product.price, language))
                made.false.append(("name", wrong))
        yield made


def silence(shelf: Shelf, language: Language) -> Iterator[Case]:
    text = {
        EN: ("The catalogue doesn't say whether the {n} is {v}.",),
        ZH: ("目录里没有说明{n}是否{v}。",),
    }
    for product in shelf.products:
        n = shelf.names[language][product.id]
        word = {EN: "dishwasher-safe", ZH: "可用洗碗机"}[language]
        everything = product.model_dump_json().lower()
        if word in everything or "dishwasher" in everything or "洗碗机" in everything:
            continue
        form = pick(shelf, text, language)
        made = Case("silence", language, form.format(n=n, v=word))
        for attribute in product.attributes:
            if isinstance(attribute.value, bool):
                v = shelf.label(attribute, language)
                made.false.append(("negation", form.format(n=n, v=v)))
        made.false.append(("attribute", {EN: f"The {n} is {word}.", ZH: f"{n}{word}。"}[language]))
        yield made


def praise(shelf: Shelf, language: Language) -> Iterator[Case]:
    texts = {
        EN: (
            "The {n} offers unbeatable quality.",
            "The {n} is the perfect choice.",
            "The {n} is the best product on the market.",
            "You will love the {n}.",
            "The {n} will be delivered tomorrow.",
            "We give you an extra discount on the {n}.",
            "The {n} comes with a lifetime guarantee.",
            "The {n} is more durable than the others.",
        ),
        ZH: (
            "{n}品质卓越。",
            "{n}是您的完美之选。",
            "{n}是市面上最好的产品。",
            "{n}性价比极高。",
            "{n}明天就能送到。",
            "{n}终身保修。",
            "{n}比其他款更耐用。",
            "现在下单{n}再送赠品。",
        ),
    }
    for product in shelf.products:
        made = Case("praise", language, "")
        n = shelf.names[language][product.id]
        made.false += [("praise", text.format(n=n)) for text in texts[language]]
        yield made


FORMS = (
    price,
    budget,
    discount,
    rating,
    superlative,
    comparison,
    numbers,
    texts,
    flags,
    stock,
    pairs,
    both,
    ordinals,
    silence,
    praise,
)
