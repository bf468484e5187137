"""What may be said of each shown product: facts the catalogue backs, in the shopper's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from assistant.answer.metrics import (
    ADJECTIVES,
    PRICE,
    RATING,
    Adjective,
    count_word,
    find_adjective_metric,
    find_extreme,
    measured_names,
    saving,
    saving_percent,
)
from assistant.answer.money import format_money
from assistant.answer.names import name_products
from assistant.answer.phrases import PHRASES
from assistant.answer.quantity import format_number
from assistant.answer.quotable import is_quotable
from assistant.answer.record import Record, Verdict, read_record
from assistant.answer.telling import is_showable, show_attribute, telling_attributes
from assistant.answer.wishes import collect_wishes, judge_wish
from assistant.types import Fact, FactKind, ProductFacts, Understanding
from retrieval.types import Filters, Language, Product, StoreInfo, Vocabulary

# Fewer than this are worth telling: the shopper may come too late.
LOW_STOCK = 5
# Attributes told beside the wishes; more reads like a data sheet.
ATTRIBUTES = 3
# A quotation longer than this is not read on a card.
QUOTE_CHARACTERS = 140
# Ranks worth telling unasked; others only when the request is about them.
_ALWAYS_RANKED = (PRICE, RATING)
REASONS = 3
# A first place shared by more tells nothing.
TIED = 2
# How far down the telling attributes a rank is worth a fact.
RANKED_ATTRIBUTES = 4


def build_facts(
    understanding: Understanding,
    shown: Sequence[Product],
    vocabulary: Vocabulary,
    store: StoreInfo,
) -> tuple[ProductFacts, ...]:
    """The facts of each product of `shown`, in order of use; `shown` sets ranks and names."""
    builder = _FactBuilder(understanding, shown, vocabulary)
    return tuple(
        ProductFacts(product=product, position=position, facts=tuple(builder.facts_of(record)))
        for position, (product, record) in enumerate(
            zip(shown, builder.records, strict=True), start=1
        )
    )


def write_reasons(facts: ProductFacts) -> tuple[str, ...]:
    """One to three short reasons for the card, without any language model."""
    order = (
        FactKind.MATCH,
        FactKind.MISS,
        FactKind.BUDGET,
        FactKind.RANK,
        FactKind.DISCOUNT,
        FactKind.RATING,
        FactKind.ATTRIBUTE,
        FactKind.STOCK,
    )
    texts = [f.text for kind in order for f in _merged(facts, kind)]
    return tuple(dict.fromkeys(texts))[:REASONS]


def _merged(facts: ProductFacts, kind: FactKind) -> list[Fact]:
    """Facts of one kind; several matches or misses become one line."""
    found = [f for f in facts.facts if f.kind is kind]
    if kind not in (FactKind.MATCH, FactKind.MISS) or len(found) < 2:
        return found
    return merge_wishes(found)


def merge_wishes(facts: Sequence[Fact]) -> list[Fact]:
    """ "matches: quiet" and "matches: light" as "matches: quiet, light"; order kept."""
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        mark = "：" if "：" in fact.text else ": "
        groups.setdefault(fact.text.split(mark, 1)[0] + mark, []).append(fact)
    return [
        group[0].model_copy(
            update={
                "text": head
                + ("、" if head.endswith("：") else ", ").join(
                    # "Not grey" of four attributes that have a grey is said once.
                    dict.fromkeys(f.text.removeprefix(head) for f in group)
                ),
                "evidence": ", ".join(dict.fromkeys(f.evidence for f in group if f.evidence)),
            }
        )
        for head, group in groups.items()
    ]


class _FactBuilder:
    """Builds the facts of one list; holds what all products share."""

    def __init__(
        self, understanding: Understanding, shown: Sequence[Product], vocabulary: Vocabulary
    ) -> None:
        self._language = understanding.language
        self._filters = understanding.filters
        self._vocabulary = vocabulary
        self._shown = tuple(shown)
        self._say = PHRASES[understanding.language]
        self.records = tuple(read_record(p, vocabulary) for p in shown)
        self._wishes = collect_wishes(understanding, self.records, vocabulary)
        self._names = name_products(shown, understanding.language)
        self._telling = telling_attributes(understanding, self.records, vocabulary)
        self._ranks = tuple(self._rank_all(understanding))

    def facts_of(self, record: Record) -> Iterator[Fact]:
        product = record.product
        yield self._fact(product, FactKind.NAME, self._names[product.id], "title")
        yield from self._price_facts(product)
        wishes = tuple(self._wish_facts(record))
        yield from wishes
        yield from self._rank_facts(product)
        yield from self._rating_facts(product)
        yield from self._attribute_facts(record, frozenset(fact.evidence for fact in wishes))
        yield from self._stock_facts(product)
        yield from self._review_facts(product)

    def _fact(self, product: Product, kind: FactKind, text: str, evidence: str) -> Fact:
        return Fact(product_id=product.id, kind=kind, text=text, evidence=evidence)

    def _money(self, amount: Decimal, product: Product) -> str:
        return format_money(amount, product.currency, self._language)

    def _price_facts(self, product: Product) -> Iterator[Fact]:
        if product.price is None:
            yield self._fact(product, FactKind.PRICE, self._say["no_price"], "price")
            return
        text = self._say["price"].format(price=self._money(product.price, product))
        yield self._fact(product, FactKind.PRICE, text, "price")
        budget = budget_difference(product, self._filters)
        if budget is not None:
            yield self._fact(product, FactKind.BUDGET, self._budget_text(product, budget), "price")
        amount, percent = saving(product), saving_percent(product)
        if amount is not None and product.list_price is not None:
            text = self._say["discount"].format(
                saving=self._money(amount, product),
                percent=percent or "<1",
                list_price=self._money(product.list_price, product),
            )
            yield self._fact(product, FactKind.DISCOUNT, text, "list_price")

    def _budget_text(self, product: Product, difference: Decimal) -> str:
        limit = stated_budget(self._filters)
        assert limit is not None
        key = "at_budget" if not difference else "under_budget" if difference > 0 else "over_budget"
        return self._say[key].format(
            difference=self._money(abs(difference), product), budget=self._money(limit, product)
        )

    def _wish_facts(self, record: Record) -> Iterator[Fact]:
        unknown: list[Fact] = []
        missed: list[Fact] = []
        for wish in self._wishes:
            finding, text = judge_wish(wish, record, self._language, self._vocabulary)
            if finding.verdict is Verdict.UNKNOWN and finding.evidence:
                # The description touches on it: that is neither yes, no nor silence.
                continue
            key = {Verdict.YES: "match", Verdict.NO: "miss", Verdict.UNKNOWN: "unknown"}
            kind = FactKind.MATCH if finding.verdict is Verdict.YES else FactKind.MISS
            told = self._say[key[finding.verdict]].format(wish=text)
            fact = self._fact(record.product, kind, told, finding.evidence or "catalogue")
            if finding.verdict is Verdict.YES:
                yield fact
            else:
                (missed if finding.verdict is Verdict.NO else unknown).append(fact)
        yield from missed
        yield from unknown

    def _rank_all(
        self, understanding: Understanding
    ) -> Iterator[tuple[Adjective, str, tuple[Product, ...]]]:
        """The ends worth telling: price and rating always, others when they are asked for."""
        told: set[str] = set()
        measured = measured_names(self._shown)
        for adjective in ADJECTIVES:
            if not adjective.good:
                continue
            metric = find_adjective_metric(adjective, measured, self._vocabulary)
            if metric is None or metric in told:
                continue
            if metric not in _ALWAYS_RANKED and metric not in self._telling[:RANKED_ATTRIBUTES]:
                continue
            best = find_extreme(self._shown, metric, highest=adjective.highest)
            if best and len(best) <= TIED and len(best) < len(self._shown):
                told.add(metric)
                yield adjective, metric, best

    def _rank_facts(self, product: Product) -> Iterator[Fact]:
        for adjective, metric, best in self._ranks:
            if product in best:
                others = [self._names[p.id] for p in best if p.id != product.id]
                evidence = (
                    metric if metric in (PRICE, RATING, "released") else f"attribute:{metric}"
                )
                yield self._fact(
                    product, FactKind.RANK, self._rank_text(adjective, others), evidence
                )

    def _rank_text(self, adjective: Adjective, tied: Sequence[str]) -> str:
        count = len(self._shown)
        number = count_word(count, self._language)
        if self._language is Language.CHINESE:
            text = f"{number}款中{'最'.join(adjective.chinese)}"
            return f"与{'、'.join(tied)}并列{text}" if tied else text
        degree = adjective.comparative if count == 2 else adjective.superlative
        text = f"{degree} of the {number}"
        return f"tied with {' and '.join(tied)} for {text}" if tied else f"the {text}"

    def _rating_facts(self, product: Product) -> Iterator[Fact]:
        if product.rating is None or not product.rating_count:
            return
        key = "rating_one" if product.rating_count == 1 else "rating"
        text = self._say[key].format(
            rating=format_number(product.rating), count=format_number(Decimal(product.rating_count))
        )
        yield self._fact(product, FactKind.RATING, text, "rating")

    def _attribute_facts(self, record: Record, said: frozenset[str]) -> Iterator[Fact]:
        told = 0
        for name in self._telling:
            attribute = record.attributes.get(name)
            evidence = f"attribute:{name}"
            if attribute is None or told == ATTRIBUTES or evidence in said:
                continue
            if not is_showable(attribute):
                continue
            told += 1
            text = show_attribute(attribute, self._language, self._vocabulary)
            yield self._fact(record.product, FactKind.ATTRIBUTE, text, evidence)

    def _stock_facts(self, product: Product) -> Iterator[Fact]:
        if product.stock is None:
            return
        if product.stock == 0:
            text = self._say["sold_out"]
        elif product.stock < LOW_STOCK:
            text = self._say["few_left"].format(stock=product.stock)
        else:
            text = self._say["in_stock"]
        yield self._fact(product, FactKind.STOCK, text, "stock")

    def _review_facts(self, product: Product) -> Iterator[Fact]:
        usable = [
            r
            for r in product.reviews
            if r.language is self._language
            and r.text
            and len(r.text) <= QUOTE_CHARACTERS
            and is_quotable(r.text)
        ]
        if usable:
            review = max(usable, key=lambda r: (r.rating, r.id))
            text = self._say["review"].format(stars=review.rating, quote=review.text)
            yield self._fact(product, FactKind.REVIEW, text, f"review:{review.id}")


def budget_difference(product: Product, filters: Filters) -> Decimal | None:
    """Budget minus price (negative: over it), or None without a stated budget or a price."""
    limit = stated_budget(filters)
    return None if product.price is None or limit is None else limit - product.price


def stated_budget(filters: Filters) -> Decimal | None:
    """The most the shopper said to pay; a bound that was derived is nobody's budget."""
    price = filters.price
    return None if price is None or price.derived else price.maximum
