"""Side by side: the attributes that differ and matter, and an honest verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from assistant.answer.compose import is_plural
from assistant.answer.degrees import End, find_ends, good_ends, name_measured
from assistant.answer.metrics import (
    PRICE,
    RATING,
    comparable,
    count_word,
    find_extreme,
    measure,
    measured_names,
)
from assistant.answer.money import format_money
from assistant.answer.names import name_products
from assistant.answer.quantity import format_number
from assistant.answer.record import read_record
from assistant.answer.telling import (
    Spoken,
    is_showable,
    is_spoken_of,
    show_label,
    show_value,
    telling_attributes,
)
from assistant.errors import InvalidRequestError
from assistant.types import Comparison, ComparisonRow, Sentence, Understanding
from assistant.understand.act import asks_how_much_more
from retrieval.index.analysis import fold
from retrieval.types import Language, Product, Vocabulary
from retrieval.units import find_unit, to_base

FEWEST, MOST = 2, 4
# A longer table is not read.
ROWS = 10
# (of two, of several), the lower end first.
_HIGHER = (("lower", "lowest"), ("higher", "highest"))
_MORE = (("fewer", "fewest"), ("more", "most"))
_LABELS = {
    Language.ENGLISH: {PRICE: "price", RATING: "rating", "stock": "stock", "none": "—"},
    Language.CHINESE: {PRICE: "价格", RATING: "评分", "stock": "库存", "none": "—"},
}


def compare_products(
    understanding: Understanding,
    products: Sequence[Product],
    vocabulary: Vocabulary,
    message: str = "",
) -> Comparison:
    """Verdict over the products and a table of up to four; InvalidRequestError for fewer than two.

    The verdict is about what the `message` asks for ("which is the lightest?"), where it does,
    and the table then begins with those that are first by it.
    """
    if len(products) < FEWEST:
        raise InvalidRequestError(
            f"{len(products)} products cannot be compared.", remedy=f"Choose {FEWEST} or more."
        )
    builder = _ComparisonBuilder(understanding, products, vocabulary, message)
    columns = builder.columns()
    return Comparison(
        product_ids=tuple(p.id for p in columns),
        names=tuple(builder.names[p.id] for p in columns),
        rows=tuple(builder.rows(columns)),
        verdict=tuple(builder.verdict()),
        settles=bool(builder.asked) or asks_how_much_more(fold(message)),
    )


class _ComparisonBuilder:
    def __init__(
        self,
        understanding: Understanding,
        products: Sequence[Product],
        vocabulary: Vocabulary,
        message: str,
    ) -> None:
        self._understanding = understanding
        self._request = Spoken.read(" ".join((understanding.query, *understanding.wishes)))
        self._asked = fold(message) or self._request.folded
        self._language = understanding.language
        self._products = tuple(products)
        self._vocabulary = vocabulary
        self._records = tuple(read_record(p, vocabulary) for p in products)
        self._labels = _LABELS[understanding.language]
        self.names = name_products(products, understanding.language)
        self._measured = measured_names(self._products)
        self._good = good_ends(self._measured, vocabulary)
        self.asked = find_ends(
            self._asked, self._request, self._records, self._measured, vocabulary
        )

    def columns(self) -> Sequence[Product]:
        """The products of the table: of many those that are first by what is asked for."""
        for metric, end in self.asked.items():
            if len(self._products) > MOST:
                best = find_extreme(self._products, metric, highest=end.highest)
                return (*best, *(p for p in self._products if p not in best))[:MOST]
        return self._products[:MOST]

    def rows(self, columns: Sequence[Product]) -> Iterator[ComparisonRow]:
        """Price and rating first, then what was asked, then what differs."""
        yield self._row(PRICE, self._labels[PRICE], [self._price(p) for p in columns])
        ratings = [self._rating(p) for p in columns]
        if any(ratings):
            yield self._row(RATING, self._labels[RATING], ratings)
        told = 2
        for name in telling_attributes(self._understanding, self._records, self._vocabulary):
            values = [self._value(p, name) for p in columns]
            asked = is_spoken_of(name, self._request, self._records, self._vocabulary)
            if told < ROWS and any(values) and (asked or len(set(values)) > 1):
                told += 1
                yield self._row(name, self._label(name), values)

    def _row(self, name: str, label: str, values: Sequence[str]) -> ComparisonRow:
        end = self._good.get(name)
        best: tuple[Product, ...] = ()
        if end:
            best = find_extreme(self._products, name, highest=end.highest)
        return ComparisonRow(
            name=name,
            label=label,
            values=tuple(v or self._labels["none"] for v in values),
            best=tuple(p.id for p in best),
        )

    def _label(self, name: str) -> str:
        attribute = next(a for p in self._products if (a := p.attribute(name)))
        return show_label(attribute, self._language, self._vocabulary)

    def _price(self, product: Product) -> str:
        if product.price is None:
            return ""
        return format_money(product.price, product.currency, self._language)

    def _rating(self, product: Product) -> str:
        if product.rating is None or not product.rating_count:
            return ""
        return f"{format_number(product.rating)} ({format_number(Decimal(product.rating_count))})"

    def _value(self, product: Product, name: str) -> str:
        attribute = product.attribute(name)
        if attribute is None or not is_showable(attribute):
            return ""
        return show_value(attribute, self._language, self._vocabulary)

    def verdict(self) -> Iterator[Sentence]:
        """One sentence for each end worth knowing; equal values are called equal.

        Who asks which is the lightest wants no word of prices: the table has those. Who asks
        how much cheaper one is wants the difference.
        """
        if len(self._products) == FEWEST and asks_how_much_more(self._asked):
            yield from self._gaps()
            return
        ends = self.asked or {m: e for m, e in self._good.items() if m in (PRICE, RATING)}
        for metric, end in ends.items():
            values = [measure(p, metric) for p in self._products]
            if any(v is None for v in values):
                continue
            best = find_extreme(self._products, metric, highest=end.highest)
            if not best:
                text, ids = self._equal(metric), tuple(self.names)
            else:
                text, ids = self._best(best, metric, end), tuple(p.id for p in best)
            if self.asked:
                text = self._with_value(text, (best or self._products)[0], metric)
            yield Sentence(text=text, product_ids=ids, evidence=(_evidence_of(metric),))

    def _gaps(self) -> Iterator[Sentence]:
        """How far the two are apart in what is asked for, else in price."""
        named = name_measured(self._asked, self._records, self._measured, self._vocabulary)
        for metric in tuple(self.asked) or tuple(named) or (PRICE,):
            values = [measure(p, metric) for p in self._products]
            if None in values or not comparable(self._products, metric):
                continue
            text = self._gap(metric) or self._equal(metric)
            ids = tuple(self.names)
            yield Sentence(text=text, product_ids=ids, evidence=(_evidence_of(metric),))

    def _gap(self, metric: str) -> str | None:
        """ "The A costs $12 less than the B.", A比B便宜12美元; None where they are equal."""
        ends = find_extreme(self._products, metric, highest=False)
        if not ends:
            return None
        low = ends[0]
        high = next(p for p in self._products if p is not low)
        apart = self._apart(low, high, metric)
        first, second = self.names[low.id], self.names[high.id]
        chinese = self._language is Language.CHINESE
        if metric == PRICE:
            if chinese:
                return f"{first}比{second}便宜{apart}。"
            verb = "cost" if is_plural(first, low) else "costs"
            return f"The {first} {verb} {apart} less than the {second}."
        label = self._labels.get(metric) or self._label(metric)
        counted = metric != RATING and self._is_counted(metric)
        if chinese:
            return f"{first}的{label}比{second}{'少' if counted else '低'}{apart}。"
        if counted:
            verb = "have" if is_plural(first, low) else "has"
            number = format_number(self._difference(low, high, metric))
            return f"The {first} {verb} {number} fewer {label} than the {second}."
        return f"The {label} of the {first} is {apart} below that of the {second}."

    @staticmethod
    def _difference(low: Product, high: Product, metric: str) -> Decimal:
        least, most = measure(low, metric), measure(high, metric)
        return (most or Decimal(0)) - (least or Decimal(0))

    def _apart(self, low: Product, high: Product, metric: str) -> str:
        """The difference as it is shown, in the unit of the lower value."""
        if metric == PRICE:
            least, most = low.price or Decimal(0), high.price or Decimal(0)
            return format_money(most - least, low.currency, self._language)
        difference = self._difference(low, high, metric)
        attribute = low.attribute(metric)
        if attribute is None:
            return format_number(difference)
        stated = difference / to_base(Decimal(1), attribute.unit)
        apart = attribute.model_copy(update={"value": stated})
        return show_value(apart, self._language, self._vocabulary)

    def _best(self, best: Sequence[Product], metric: str, end: End) -> str:
        number = count_word(len(self._products), self._language)
        names = [self.names[p.id] for p in best]
        if self._language is Language.CHINESE:
            tied = "并列" if len(best) > 1 else "是"
            return f"{'与'.join(names)}{tied}{number}款中{self._chinese_degree(metric, end)}的。"
        degree = self._english_degree(metric, end)
        joined = f"The {', the '.join(names[:-1])} and the {names[-1]}"
        if end.adjective is None:
            verb = "have" if is_plural(names[0], best[0]) else "has"
            said = f"{joined} share" if len(best) > 1 else f"The {names[0]} {verb}"
            return f"{said} the {degree} of the {number}."
        if len(best) > 1:
            return f"{joined} are tied for {degree} of the {number}."
        verb = "are" if is_plural(names[0], best[0]) else "is"
        return f"The {names[0]} {verb} the {degree} of the {number}."

    def _english_degree(self, metric: str, end: End) -> str:
        two = len(self._products) == FEWEST
        if end.adjective is not None:
            return end.adjective.comparative if two else end.adjective.superlative
        counts = self._is_counted(metric)
        words = (_MORE if counts else _HIGHER)[end.highest]
        return f"{words[0] if two else words[1]} {self._label(metric)}"

    def _chinese_degree(self, metric: str, end: End) -> str:
        if end.adjective is not None:
            return "最".join(end.adjective.chinese)
        word = ("少多" if self._is_counted(metric) else "低高")[end.highest]
        return f"{self._label(metric)}最{word}"

    def _is_counted(self, metric: str) -> bool:
        """Whether the attribute counts things: it is in no unit of measure."""
        attribute = next(a for p in self._products if (a := p.attribute(metric)))
        return find_unit(attribute.unit) is None

    def _with_value(self, text: str, best: Product, metric: str) -> str:
        """The verdict with what it rests on: "…, at 230 g"."""
        if metric == PRICE:
            value = self._price(best)
        elif metric == RATING and best.rating is not None:
            number = format_number(best.rating)
            chinese = self._language is Language.CHINESE
            value = f"评分{number}" if chinese else f"{number} of 5"
        else:
            value = self._value(best, metric)
        if not value:
            return text
        if self._language is Language.CHINESE:
            return f"{text.removesuffix('。')}，{value}。"
        return f"{text.removesuffix('.')}, at {value}."

    def _equal(self, metric: str) -> str:
        number = count_word(len(self._products), self._language)
        label = self._labels.get(metric) or self._vocabulary.label(metric, self._language)
        if self._language is Language.CHINESE:
            return f"{number}款{label}相同。"
        both = "Both" if len(self._products) == FEWEST else f"All {number}"
        return f"{both} have the same {label}."


def _evidence_of(metric: str) -> str:
    return metric if metric in (PRICE, RATING) else f"attribute:{metric}"


__all__ = ["compare_products"]
