"""Sentences on several products or on single properties; see `support.answer_claims`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from support.answer_cases import (
    CONVERSIONS,
    EN,
    NOT_LABELLED,
    UNKNOWN_NAMES,
    ZH,
    Case,
    Shelf,
    case,
    measure,
    money,
    nudge,
    others,
    pick,
    value_of,
)

from retrieval.types import Attribute, Language, Product
from retrieval.units import find_unit

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
        # Of several values of one name (10, 100, 1000 Mbit/s) each is true.
        values = [(a.value, a.unit) for a in numeric if a.name == swap.name]
        if (attribute.value, attribute.unit) not in values:
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
            if language is ZH and v.isascii():
                # An English name is no Chinese sentence without a verb.
                right, wrong = ({ZH: form[ZH][:1]} for form in (right, wrong))
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
                # A text ("LINK" of its LED indicators) says that it has some.
                if attribute.value is not True or twin is None or twin.value is not False:
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
