"""Several things at once under one budget: the best set that the budget pays for.

A multiple-choice knapsack over the candidates of each thing, solved exactly by keeping the sets
no other set beats in both price and fit (Nemhauser and Ullmann 1969).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.answer.facts import build_facts, write_reasons
from assistant.answer.money import format_money
from assistant.jobs.cart import short_name
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import BundleItem, BundleJob
from assistant.jobs.wording import say
from assistant.turn import Catalog
from assistant.types import (
    Act,
    Bundle,
    BundlePart,
    Conversation,
    Sentence,
    ShownProduct,
    Understanding,
)
from assistant.understand.context import merge_filters
from assistant.understand.goods import find_goods
from assistant.understand.lexicon import Kind, Lexicon
from retrieval.index.analysis import terms
from retrieval.types import Filters, Hit, Product, Sort

# Candidates of each thing: the best, and the cheapest so that what is possible is found.
BEST, CHEAPEST = 20, 10
# Products whose categories tell what a thing is that no category is called by.
LEADING = 3
# A category no product has: what the store does not sell is not replaced by what comes near.
NOWHERE = ("\x00",)
# Cards of each thing: the chosen one and others that the budget pays for in its place.
SHOWN = 3


@dataclass(frozen=True)
class Candidate:
    """One product for one thing: price of all its pieces, and how well it fits in thousandths.

    Whole numbers, so that sets that fit alike are alike and the cheaper one is chosen.
    """

    hit: Hit
    cost: Decimal
    fit: int


@dataclass(frozen=True)
class Plan:
    """One candidate for each thing so far."""

    chosen: tuple[Candidate, ...] = ()
    cost: Decimal = Decimal(0)
    fit: int = 0

    def plus(self, candidate: Candidate) -> Plan:
        """The plan with one thing more."""
        return Plan((*self.chosen, candidate), self.cost + candidate.cost, self.fit + candidate.fit)


def plan_bundle(choices: Sequence[Sequence[Candidate]], budget: Decimal | None) -> Plan | None:
    """The set of the best sum of fits that costs no more than `budget`; None if there is none.

    Of equally good sets the cheaper one. Exact: only sets that another one beats are dropped.
    """
    plans = [Plan()]
    for candidates in choices:
        grown = (plan.plus(c) for plan in plans for c in candidates)
        plans = _undominated(p for p in grown if budget is None or p.cost <= budget)
    return plans[-1] if plans else None


def _is_called(query: str, product: Product) -> bool:
    """Whether the product is called what `query` ends with: a sleeping bag is no camping stove."""
    goods = find_goods(query)
    names = [query, *(goods.names if goods else ())]
    titles = (product.title, *(t.title for t in product.translations.values()))
    called = {term.text for title in (*titles, *product.category) for term in terms(title)}
    heads = [[term.text for term in terms(name)][-1:] for name in names]
    return bool(product.category) and any(called.issuperset(head) for head in heads if head)


def _undominated(plans: Iterable[Plan]) -> list[Plan]:
    """Plans by rising cost, each better than all cheaper ones."""
    kept: list[Plan] = []
    for plan in sorted(plans, key=lambda p: (p.cost, -p.fit)):
        if not kept or plan.fit > kept[-1].fit:
            kept.append(plan)
    return kept


class BundleJobs:
    """Plans sets from one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lexicon = Lexicon(catalog.vocabulary)

    def run(self, job: BundleJob, context: JobContext) -> JobResult:
        """The best set, or the cheapest one where the budget does not pay for any."""
        read = [self._read(item, job, context) for item in job.items]
        choices = [self._candidates(r, i) for r, i in zip(read, job.items, strict=True)]
        missing = [i.text for i, c in zip(job.items, choices, strict=True) if not c]
        if missing:
            joint = "、" if context.language == "zh" else ", "
            text = say("bundle_missing", context.language, what=joint.join(missing))
            return JobResult(sentences=(Sentence(text=text, evidence=("search",)),), failed=True)
        plan = plan_bundle(choices, job.budget)
        if plan is None:
            cheapest = [min(c, key=lambda x: x.cost) for c in choices]
            plan = plan_bundle([[c] for c in cheapest], None)
        assert plan is not None
        return self._tell(job, plan, choices, read, context)

    # ------------------------------------------------------------- finding

    def _read(self, item: BundleItem, job: BundleJob, context: JobContext) -> Understanding:
        """One thing as a request of its own."""
        empty = Conversation(id="bundle")
        read = self._catalog.reader.read(item.text, empty, (), context.language)
        return read.model_copy(
            update={"act": Act.SEARCH, "query": read.query or item.text, "job": None}
        )

    def _candidates(self, read: Understanding, item: BundleItem) -> list[Candidate]:
        """The best and the cheapest products about `read` that can be bought."""
        kinds = self._kinds(read)
        filters = merge_filters(read.filters, Filters(in_stock=True, categories=kinds))
        best = self._search(read, filters, Sort.RELEVANCE, BEST)
        cheap = self._search(read, filters, Sort.PRICE_ASCENDING, CHEAPEST)
        top = max((hit.score for hit in best), default=0.0) or 1.0
        # What was found by its price alone is about the thing, but no more than the last of these.
        least = min((hit.score for hit in best), default=0.0) / top
        found: dict[str, Candidate] = {}
        for hit, fit in [*((h, h.score / top) for h in best), *((h, least) for h in cheap)]:
            price = hit.product.price
            if price is not None and hit.product.id not in found:
                cost = price * item.quantity
                found[hit.product.id] = Candidate(hit, cost, round(1000 * fit))
        return list(found.values())

    def _kinds(self, read: Understanding) -> tuple[tuple[str, ...], ...]:
        """The categories of the thing: those it names, else those of the best products.

        The cheapest product about "laptop" is a hub for one.
        """
        named = [
            meaning.path
            for mention in self._lexicon.mentions(read.query.lower())
            for meaning in mention.of(Kind.CATEGORY)
        ]
        if not named:
            best = self._search(read, read.filters, Sort.RELEVANCE, LEADING)
            named = [hit.product.category for hit in best if _is_called(read.query, hit.product)]
            named = named or [NOWHERE]
        return tuple(dict.fromkeys(named))

    def _search(
        self, read: Understanding, filters: Filters, sort: Sort, limit: int
    ) -> Sequence[Hit]:
        request = read.model_copy(update={"filters": filters, "sort": sort}).search_request(limit)
        request = request.model_copy(update={"relevant": True, "cards": 0})
        return self._catalog.searcher.search(request).hits

    # ------------------------------------------------------------- telling

    def _tell(
        self,
        job: BundleJob,
        plan: Plan,
        choices: Sequence[Sequence[Candidate]],
        read: Sequence[Understanding],
        context: JobContext,
    ) -> JobResult:
        parts: list[BundlePart] = []
        place = len(plan.chosen)
        for number, (item, chosen) in enumerate(zip(job.items, plan.chosen, strict=True)):
            room = None if job.budget is None else job.budget - plan.cost + chosen.cost
            others = [
                c
                for c in choices[number]
                if c.hit.product.id != chosen.hit.product.id and (room is None or c.cost <= room)
            ][: SHOWN - 1]
            places = (number + 1, *range(place + 1, place + 1 + len(others)))
            place += len(others)
            cards = self._cards(read[number], [chosen, *others], places)
            parts.append(BundlePart(name=item.text, quantity=item.quantity, products=cards))
        currency = plan.chosen[0].hit.product.currency
        bundle = Bundle(items=tuple(parts), total=plan.cost, currency=currency, budget=job.budget)
        every = [card for part in parts for card in part.products]
        every.sort(key=lambda card: card.position)
        shown = tuple(card.hit.product.id for card in every)
        return JobResult(
            sentences=self._sentences(job, plan, bundle, context),
            bundle=bundle,
            shown=shown,
            references=tuple(c.hit.product.id for c in plan.chosen),
        )

    def _cards(
        self, read: Understanding, candidates: Sequence[Candidate], places: Sequence[int]
    ) -> tuple[ShownProduct, ...]:
        products = [c.hit.product for c in candidates]
        facts = build_facts(read, products, self._catalog.vocabulary, self._catalog.store)
        return tuple(
            ShownProduct(hit=c.hit, position=place, reasons=write_reasons(about))
            for c, about, place in zip(candidates, facts, places, strict=True)
        )

    def _sentences(
        self, job: BundleJob, plan: Plan, bundle: Bundle, context: JobContext
    ) -> tuple[Sentence, ...]:
        language = context.language

        def money(amount: Decimal) -> str:
            return format_money(amount, bundle.currency, language)

        ids = tuple(c.hit.product.id for c in plan.chosen)
        values: dict[str, object] = {"count": len(ids), "total": money(plan.cost)}
        key = "bundle_total"
        if job.budget is not None:
            over = plan.cost > job.budget
            key = "bundle_over" if over else "bundle_within"
            values |= {
                "difference": money(abs(job.budget - plan.cost)),
                "budget": money(job.budget),
            }
            if plan.cost == job.budget:
                key = "bundle_exact"
        head = Sentence(
            text=say(key, language, **values), product_ids=ids, evidence=("price", "search")
        )
        items = [
            Sentence(
                text=say(
                    "bundle_item" if item.quantity == 1 else "bundle_items",
                    language,
                    place=number,
                    quantity=item.quantity,
                    name=short_name(c.hit.product, language),
                    price=money(c.cost),
                ),
                product_ids=(c.hit.product.id,),
                evidence=("title", "price"),
            )
            for number, (item, c) in enumerate(zip(job.items, plan.chosen, strict=True), start=1)
        ]
        return (head, *items)
