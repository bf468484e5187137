"""Why this, why not that, what if: exact, by asking the search that made the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.answer.compose import Composer
from assistant.answer.facts import build_facts
from assistant.answer.money import format_money
from assistant.answer.telling import show_label, show_value
from assistant.answer.wishes import filter_text
from assistant.jobs.cart import short_name
from assistant.jobs.match import best_matches
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import WhyAction, WhyJob
from assistant.jobs.wording import say
from assistant.turn import Catalog
from assistant.types import Sentence, Understanding
from assistant.understand.context import last_topic
from retrieval.relax import drop_conditions
from retrieval.types import FilterKind, Filters, Product, SearchRequest

# As deep as a place in the list is told; beyond it "further down" is all that matters.
DEEPEST = 200
# Conditions told in one answer: who misses more of them was no near miss.
TOLD = 3
# Products looked at for one that is named.
NAMED = 5

Condition = tuple[FilterKind, str, bool, Filters]


class WhyJobs:
    """Explains lists of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def run(self, job: WhyJob, context: JobContext) -> JobResult:
        """Answer about the standing request; without one there is nothing to explain."""
        topic = last_topic(context.conversation)
        if topic is None:
            return _only("why_nothing", context)
        topic = topic.model_copy(update={"language": context.language, "job": None})
        if job.action is WhyAction.IF:
            return self._what_if(job, topic, context)
        if job.action is WhyAction.THIS:
            return self._why_this(job, topic, context)
        return self._why_not(job, topic, context)

    # ------------------------------------------------------------- why this

    def _why_this(self, job: WhyJob, topic: Understanding, context: JobContext) -> JobResult:
        shown = context.find(context.conversation.shown)
        ids = job.product_ids or context.conversation.shown[:1]
        facts = build_facts(topic, shown, self._catalog.vocabulary, self._catalog.store)
        about = [f for f in facts if f.product.id in ids]
        if not about:
            return _only("why_nothing", context)
        said = []
        for fact in about[:TOLD]:
            place = self._place(fact.product.id, topic)
            total = self._count(topic, topic.filters)
            if place:
                name = short_name(fact.product, context.language)
                values = {"name": name, "place": place, "total": total, "query": topic.query}
                said.append(_sentence("why_place", context, fact.product.id, ("search",), **values))
            said += list(Composer(topic, [fact]).answer())
        return JobResult(sentences=tuple(said), references=tuple(ids))

    # ------------------------------------------------------------- why not

    def _why_not(self, job: WhyJob, topic: Understanding, context: JobContext) -> JobResult:
        product = self._meant(job, topic, context)
        if product is None:
            text = say("why_unknown", context.language, what=job.words)
            return JobResult(sentences=(Sentence(text=text, evidence=("catalogue",)),))
        name = short_name(product, context.language)
        shown = context.conversation.shown
        if product.id in shown:
            place = shown.index(product.id) + 1
            said = _sentence("why_shown", context, product.id, ("search",), name=name, place=place)
            return JobResult(sentences=(said,), references=(product.id,))
        failed = [c for c in self._conditions(topic.filters) if not self._passes(product, c[3])]
        if failed:
            told = [s for c in failed[:TOLD] for s in self._explain(product, c, topic, context)]
            return JobResult(sentences=tuple(told), references=(product.id,))
        place = self._place(product.id, topic)
        key = "why_place" if place else "why_beside"
        total = self._count(topic, topic.filters)
        values = {"name": name, "place": place, "total": total, "query": topic.query}
        said = _sentence(key, context, product.id, ("search",), **values)
        return JobResult(sentences=(said,), references=(product.id,))

    def _meant(self, job: WhyJob, topic: Understanding, context: JobContext) -> Product | None:
        """The product asked about: pointed at, named, or the nearest of a brand that is named."""
        if job.product_ids:
            return context.product(job.product_ids[0])
        if not job.words:
            return None
        brand = self._catalog.vocabulary.brand_surfaces.get(job.words.lower().strip())
        if brand:
            near = self._search(topic.query, Filters(brands=(brand,)), topic, limit=1)
            return near[0] if near else None
        found = self._search(job.words, Filters(), topic, limit=NAMED)
        titles = [" ".join((p.title, *(t.title for t in p.translations.values()))) for p in found]
        matches = best_matches(job.words, titles)
        return found[matches[0]] if matches else None

    def _conditions(self, filters: Filters) -> Iterator[Condition]:
        """Each condition alone: what is left of `filters` when all others are dropped."""
        for kind, name, excluded, rest in drop_conditions(filters):
            yield kind, name, excluded, _difference(filters, rest)

    def _passes(self, product: Product, condition: Filters) -> bool:
        """Whether the index itself lets the product through this one condition."""
        own = condition.model_copy(update={"ids": (product.id,)})
        return bool(
            self._catalog.searcher.search(SearchRequest(text="", filters=own, limit=1)).hits
        )

    def _explain(
        self, product: Product, condition: Condition, topic: Understanding, context: JobContext
    ) -> Iterator[Sentence]:
        key, evidence, values = self._reason(product, condition, context)
        name = short_name(product, context.language)
        yield _sentence(key, context, product.id, evidence, name=name, **values)
        rest = _without(topic.filters, condition[3])
        added = self._count(topic, rest) - self._count(topic, topic.filters)
        if added > 0:
            key = "why_one_more" if added == 1 else "why_more"
            yield _sentence(key, context, "", ("search",), added=added)

    def _reason(
        self, product: Product, condition: Condition, context: JobContext
    ) -> tuple[str, tuple[str, ...], dict[str, object]]:
        """Wording, evidence and values of why the product fails the condition."""
        kind, name, excluded, filters = condition
        language, vocabulary = context.language, self._catalog.vocabulary
        if kind is FilterKind.PRICE and filters.price:
            return self._price_reason(product, filters, context)
        if kind is FilterKind.ATTRIBUTE:
            wanted = filters.attributes[0]
            asked = filter_text(wanted, language, vocabulary)
            found = product.attribute(wanted.name)
            if found is None:
                label = vocabulary.label(wanted.name, language)
                return "why_silent", ("catalogue",), {"label": label, "asked": asked}
            label = show_label(found, language, vocabulary)
            value = show_value(found, language, vocabulary)
            values: dict[str, object] = {"label": label, "value": value, "asked": asked}
            return "why_attribute", (f"attribute:{wanted.name}",), values
        if kind is FilterKind.BRAND:
            key = "why_brand_not" if excluded else "why_brand"
            return key, ("brand",), {"brand": product.brand, "asked": ", ".join(filters.brands)}
        if kind is FilterKind.RATING:
            if product.rating is None:
                return "why_unrated", ("rating",), {"asked": filters.minimum_rating}
            values = {"rating": product.rating, "asked": filters.minimum_rating}
            return "why_rating", ("rating",), values
        if kind is FilterKind.STOCK:
            return "why_stock", ("stock",), {}
        if kind is FilterKind.TERM:
            return "why_term", ("title", "description"), {"term": name}
        path = product.category[-1] if product.category else "?"
        return "why_category", ("category",), {"category": path}

    def _price_reason(
        self, product: Product, filters: Filters, context: JobContext
    ) -> tuple[str, tuple[str, ...], dict[str, object]]:
        assert filters.price is not None
        low, high = filters.price.minimum, filters.price.maximum
        if product.price is None:
            return "why_no_price", ("price",), {}

        def money(amount: object) -> str:
            return format_money(amount, product.currency, context.language)  # type: ignore[arg-type]

        price = money(product.price)
        if high is not None and product.price >= high:
            difference = product.price - high
            if difference == 0:
                return "why_at_limit", ("price",), {"price": price, "limit": money(high)}
            values: dict[str, object] = {"difference": money(difference), "limit": money(high)}
            return "why_over", ("price",), {"price": price, **values}
        assert low is not None
        values = {"price": price, "difference": money(low - product.price), "limit": money(low)}
        return "why_under", ("price",), values

    # ------------------------------------------------------------- what if

    def _what_if(self, job: WhyJob, topic: Understanding, context: JobContext) -> JobResult:
        """Counts of the request as it stands and as it would be; nothing is changed yet."""
        shown = context.find(context.conversation.shown)
        read = self._catalog.reader.read(job.words, context.conversation, shown, context.language)
        if read.job is not None or read.filters == topic.filters:
            return JobResult(sentences=(_sentence("if_nothing", context, "", ()),))
        now = self._count(topic, topic.filters)
        # The query stays: another wording would be another list, not another condition.
        then = self._count(topic, read.filters)
        key = "if_same" if then == now else "if_more" if then > now else "if_fewer"
        values = {"then": then, "now": now, "difference": abs(then - now)}
        said = _sentence(key, context, "", ("search",), **values)
        question = say("if_ask", context.language) if then else ""
        return JobResult(sentences=(said,), question=question, options=(job.words,))

    # ------------------------------------------------------------- the search

    def _count(self, topic: Understanding, filters: Filters) -> int:
        request = topic.model_copy(update={"filters": filters}).search_request(1)
        request = request.model_copy(update={"relevant": True, "cards": 0})
        return self._catalog.searcher.search(request).total

    def _place(self, product_id: str, topic: Understanding) -> int:
        """Where the product stands in the list of the request, 0 when not among the first."""
        request = topic.search_request(DEEPEST).model_copy(update={"relevant": True, "cards": 0})
        ids = [hit.product.id for hit in self._catalog.searcher.search(request).hits]
        return ids.index(product_id) + 1 if product_id in ids else 0

    def _search(
        self, text: str, filters: Filters, topic: Understanding, limit: int
    ) -> Sequence[Product]:
        request = SearchRequest(text=text, language=topic.language, filters=filters, limit=limit)
        return [hit.product for hit in self._catalog.searcher.search(request).hits]


def _difference(filters: Filters, rest: Filters) -> Filters:
    """What `filters` holds beyond `rest`."""
    kept: dict[str, object] = {}
    for name in Filters.model_fields:
        own, other = getattr(filters, name), getattr(rest, name)
        if own == other:
            continue
        kept[name] = tuple(x for x in own if x not in other) if isinstance(own, tuple) else own
    return Filters.model_validate(kept)


def _without(filters: Filters, condition: Filters) -> Filters:
    """`filters` with the one `condition` dropped."""
    return next(
        rest
        for _, _, _, rest in drop_conditions(filters)
        if _difference(filters, rest) == condition
    )


def _sentence(
    key: str, context: JobContext, product_id: str, evidence: tuple[str, ...], **values: object
) -> Sentence:
    ids = (product_id,) if product_id else ()
    text = say(key, context.language, **values)
    return Sentence(text=text, product_ids=ids, evidence=evidence)


def _only(key: str, context: JobContext) -> JobResult:
    return JobResult(sentences=(_sentence(key, context, "", ()),))
