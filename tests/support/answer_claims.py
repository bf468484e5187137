"""True sentences about products, and false ones made from each by one change.

The wordings are the test's own, written without looking at how answers are composed. Each
case says of which kind its change is; whether a changed sentence is false is decided here
from the products, never by the verifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from support.answer_cases import (
    EN,
    WORDS,
    ZH,
    Case,
    Shelf,
    case,
    money,
    nudge,
    others,
    pick,
    plain,
    value_of,
)
from support.answer_relations import (
    both,
    comparison,
    flags,
    numbers,
    ordinals,
    pairs,
    praise,
    silence,
    stock,
    texts,
)

from retrieval.types import Language


def generate(shelf: Shelf) -> Iterator[Case]:
    """Cases of every form in both languages."""
    for language in (EN, ZH):
        for form in FORMS:
            yield from form(shelf, language)


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


def superlative(shelf: Shelf, language: Language) -> Iterator[Case]:
    for key, wordings in TOP.items():
        metric = key.lstrip("-")
        values = [value_of(p, metric) for p in shelf.products]
        known = [v for v in values if v is not None]
        text = pick(shelf, wordings, language)
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
