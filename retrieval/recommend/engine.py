"""One method a kind of recommendation; candidates from vectors and counts, ranked by taste."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from retrieval.errors import InvalidRequestError
from retrieval.index.document import read_product
from retrieval.index.filters import build_condition
from retrieval.index.rows import RowCache
from retrieval.index.types import Equals, Group, HasId, ProductIndex, point_id
from retrieval.profile.explain import name_refusals
from retrieval.profile.items import Item, ItemReader
from retrieval.profile.profile import Facet, Profile, Stage, read_affinity
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.recall import RecallingVectors
from retrieval.recommend import reasons
from retrieval.recommend.candidates import (
    Pool,
    Signal,
    add_companions,
    add_near_products,
    add_nearest,
    add_next,
    add_popular,
    weigh,
)
from retrieval.recommend.next_items import NextItems
from retrieval.recommend.types import (
    Kind,
    RecommendationRequest,
    Recommendations,
    Recommended,
    RecommendedGuide,
)
from retrieval.search import attribute_units
from retrieval.types import Filters, Guide, Language, Product

MODEL_VERSION = "recommend.v1"
# What each source counts; `benchmarks/learn_serving.py --quality` prints what they are worth.
FOR_YOU_WEIGHTS = {
    Signal.SESSION: 1.0,
    Signal.LONG: 0.4,
    Signal.VIEWED_WITH: 1.0,
    Signal.BOUGHT_WITH: 0.5,
    Signal.POPULAR: 0.5,
    # Half: `aisle eval for-you`; at one, more of the last products leave the list than come.
    Signal.NEXT: 0.5,
}
SIMILAR_WEIGHTS = {Signal.NEARNESS: 1.0, Signal.VIEWED_WITH: 1.0}
# What a logit of taste counts beside them, by facet.
TASTE_WEIGHTS = {
    Facet.CATEGORY: 0.35,
    Facet.BRAND: 0.35,
    Facet.ATTRIBUTE: 0.35,
    Facet.PRICE: 0.25,
}
# Places that are ranked by taste as well: the best of all sources.
RANKED = 100
# Of one category on a "for you" list: a person is more than their last click.
CATEGORY_SHARE = 0.5
# The same where nothing is known of the shopper: a shop window, not three towels in a row.
WINDOW_SHARE = 0.2
# A list that starts from a product shows others of its kind first.
SAME_CATEGORY = 0.3
# Products kept as they are shown: popular ones are on every list. 8 KB each.
KEPT_PRODUCTS = 8_192
# Products that are looked at to find those that pass a shopper's conditions.
DEEPEST = 2_000
NO_FILTERS = Filters()


class Recommender:
    """Recommends from one store's index, its guides and everybody's behaviour."""

    def __init__(
        self,
        index: ProductIndex,
        items: ItemReader,
        statistics: BehaviourStatistics,
        guides: Sequence[Guide] = (),
        next_items: NextItems | None = None,
        weights: Mapping[Signal, float] = FOR_YOU_WEIGHTS,
    ) -> None:
        """`next_items` is one more source of "for you" while a model is promoted; `weights` say
        what each source of that list counts."""
        self._next = next_items
        self._weights = weights
        self._index = index
        self._items = items
        self._statistics = statistics
        self._guides = guides
        self._units = attribute_units(items.vocabulary)
        self._products = RowCache(
            index, ("product",), lambda key, payload: read_product(payload), most=KEPT_PRODUCTS
        )
        self._near = RecallingVectors(index)
        self._makers: dict[Kind, Callable[[RecommendationRequest, Profile], list[_Ranked]]] = {
            Kind.FOR_YOU: self._for_you,
            Kind.SIMILAR: self._similar,
            Kind.BOUGHT_TOGETHER: self._bought_together,
            Kind.BUY_AGAIN: self._buy_again,
            Kind.TRENDING: self._trending,
            Kind.NEW: self._new,
        }

    def recommend(self, request: RecommendationRequest, profile: Profile) -> Recommendations:
        """The list that `request` asks for, for the shopper of `profile`.

        Raises InvalidRequestError where a kind that starts from a product got none, and
        IndexUnavailableError.
        """
        started = time.perf_counter()
        if request.kind in (Kind.SIMILAR, Kind.BOUGHT_TOGETHER) and not request.items:
            raise InvalidRequestError(
                f"{request.kind.value} needs a product to start from.",
                remedy="Give its id as item=ID.",
            )
        products: tuple[Recommended, ...] = ()
        guides: tuple[RecommendedGuide, ...] = ()
        if request.kind is Kind.CONTENT:
            guides = self._content(request, profile)
        else:
            ranked = self._makers[request.kind](request, profile)
            products = self._read(ranked, request)
        return Recommendations(
            list_id=uuid.uuid4().hex,
            kind=request.kind,
            stage=profile.stage,
            products=products,
            guides=guides,
            left_out=tuple(name_refusals(profile.refused, self._items, request.language)),
            model_version=self._version_of(products),
            elapsed_ms=round((time.perf_counter() - started) * 1000, 2),
        )

    def _version_of(self, products: Sequence[Recommended]) -> str:
        """What made a list: the sources here, and the next-item model where it had a say."""
        asked = self._next and any(Signal.NEXT.value in each.signals for each in products)
        serving = self._next.serving() if self._next and asked else None
        return f"{MODEL_VERSION}+{serving.label}" if serving else MODEL_VERSION

    # ---------------------------------------------------------------- the kinds

    def _for_you(self, request: RecommendationRequest, profile: Profile) -> list[_Ranked]:
        """Near the session's and the long-term vector, with what others took along, what
        everybody takes, and ordered by taste."""
        pool = Pool()
        segment = (profile.language or request.language).value
        add_popular(pool, self._statistics, segment)
        add_nearest(pool, self._near, self._items, profile)
        add_companions(pool, self._statistics, profile.liked, bought=False)
        add_companions(pool, self._statistics, list(profile.bought), bought=True)
        serving = self._next.serving() if self._next and self._weights.get(Signal.NEXT) else None
        if self._next and serving:
            add_next(pool, self._next, serving, profile)
        seen = {*profile.session, *profile.bought, *profile.dismissed}
        ranked = self._rank(pool, self._weights, request, profile, without=seen)
        if len(ranked) < request.limit:
            ranked += self._fill(request, profile, {r.item.key for r in ranked}, seen)
        unknown = profile.stage is Stage.POPULARITY
        share = WINDOW_SHARE if unknown else CATEGORY_SHARE
        chosen = _spread_categories(ranked, request.limit, share)
        starts = {each.item.key: self._start_of(each, pool, profile) for each in chosen}
        names = self._titles(list(starts.values()))
        for each in chosen:
            start = names.get(starts[each.item.key])
            each.reasons = self._why_for_you(each, start, profile, request.language)
        return chosen

    def _similar(self, request: RecommendationRequest, profile: Profile) -> list[_Ranked]:
        """Nearest in meaning, of the same kind first, with what others looked at beside it."""
        starts = self._items.by_product(request.items)
        condition = self._condition(request, profile)
        pool = Pool()
        add_near_products(pool, self._index, self._items, list(request.items), condition)
        add_companions(pool, self._statistics, request.items, bought=False)
        families = {item.family for item in starts.values() if item.family}
        kinds = {item.category for item in starts.values()}
        ranked = self._rank(
            pool, SIMILAR_WEIGHTS, request, profile, without=set(request.items), taste=0.3
        )
        for each in ranked:
            each.score += SAME_CATEGORY * (each.item.category in kinds)
        ranked = [r for r in ranked if r.item.family not in families]
        ranked.sort(key=lambda r: -r.score)
        start = next(iter(starts.values()), None)
        for each in ranked[: request.limit]:
            if start is not None:
                each.reasons = reasons.likeness_reasons(
                    start, each.item, self._items, request.language
                )
        return ranked[: request.limit]

    def _bought_together(self, request: RecommendationRequest, profile: Profile) -> list[_Ranked]:
        """What shares orders with the product; where that is little, what its kind shares."""
        pool = Pool()
        add_companions(pool, self._statistics, request.items, bought=True)
        ranked = self._rank(
            pool, {Signal.BOUGHT_WITH: 1.0}, request, profile, set(request.items), taste=0.05
        )
        # What met in one order met by chance.
        ranked = [r for r in ranked if pool.sources[r.item.key][1] > 1]
        names = self._titles([start for start, _ in pool.sources.values()])
        for each in ranked:
            start, times = pool.sources[each.item.key]
            what = reasons.quote(names[start], request.language) if start in names else ""
            each.reasons = [reasons.say("together", request.language, what=what, count=times)]
        if len(ranked) < request.limit:
            ranked += self._bought_with_kind(request, profile, {r.item.key for r in ranked})
        return ranked[: request.limit]

    def _bought_with_kind(
        self, request: RecommendationRequest, profile: Profile, known: set[str]
    ) -> list[_Ranked]:
        """Popular products of the categories that share orders with the product's category."""
        kinds = {item.category for item in self._items.by_product(request.items).values()}
        members = {i for basket in self._statistics.baskets() for i in basket}
        of = {i: item.category for i, item in self._items.by_product(members).items()}
        counts: Counter[str] = Counter()
        for basket in self._statistics.baskets():
            found = {of[i] for i in basket if i in of}
            if found & kinds:
                counts.update(found - kinds)
        pool = Pool()
        add_popular(pool, self._statistics, "", most=DEEPEST)
        ranked = self._rank(
            pool, {Signal.POPULAR: 1.0}, request, profile, set(request.items), taste=0.2
        )
        ranked = [r for r in ranked if counts[r.item.category] > 1 and r.item.key not in known]
        ranked.sort(key=lambda r: -r.score * math.log1p(counts[r.item.category]))
        for each in ranked:
            label = self._items.category_label
            what = " / ".join(label(kind, request.language) for kind in sorted(kinds))
            other = label(each.item.category, request.language)
            each.reasons = [
                reasons.say("together_category", request.language, what=what, other=other)
            ]
        return _spread_categories(ranked, request.limit)

    def _buy_again(self, request: RecommendationRequest, profile: Profile) -> list[_Ranked]:
        """What the shopper bought, first what people buy again, then the longest ago."""
        pool = Pool()
        pool.add(Signal.BOUGHT_WITH, ((point_id(i), 1.0) for i in profile.bought))
        ranked = self._rank(pool, {Signal.BOUGHT_WITH: 0.0}, request, profile, taste=0.0)
        kinds: dict[str, list[str]] = {}
        for item in self._items.by_product(self._statistics.ordered()).values():
            kinds.setdefault(item.category, []).append(item.id)
        oldest = min(profile.bought.values(), default=None)
        for each in ranked:
            when = profile.bought[each.item.id]
            repeat = self._statistics.repeat_share(kinds.get(each.item.category, [each.item.id]))
            each.score = repeat + _age_share(when, oldest)
            day = reasons.say_day(when, request.language)
            each.reasons = [reasons.say("bought_on", request.language, day=day)]
        return sorted(ranked, key=lambda r: -r.score)[: request.limit]

    def _trending(self, request: RecommendationRequest, profile: Profile) -> list[_Ranked]:
        """What is looked at more than usual now, a little by taste."""
        rates = self._statistics.trending()[:DEEPEST]
        pool = Pool()
        pool.add(
            Signal.TREND,
            ((point_id(i), 1 - n / (len(rates) + 1)) for n, (i, _) in enumerate(rates)),
        )
        ranked = self._rank(
            pool, {Signal.TREND: 1.0}, request, profile, set(profile.dismissed), taste=0.1
        )
        rate_of = dict(rates)
        for each in ranked[: request.limit]:
            lookers = self._statistics.lookers(each.item.id)
            if lookers >= reasons.FEWEST_LOOKERS:
                each.reasons.append(reasons.say("lookers", request.language, count=lookers))
            if (times := rate_of[each.item.id]) >= 1.5:
                each.reasons.append(reasons.say("rising", request.language, times=f"{times:.1f}"))
            each.reasons = each.reasons or [reasons.say("popular", request.language)]
        return ranked[: request.limit]

    def _new(self, request: RecommendationRequest, profile: Profile) -> list[_Ranked]:
        """The latest products, among those of one day the shopper's kind first."""
        condition = self._condition(request, profile)
        keys = self._index.browse(
            condition, limit=4 * request.limit + 40, key="released", descending=True
        )
        pool = Pool()
        pool.add(Signal.TREND, ((key, 1 - n / len(keys)) for n, key in enumerate(keys)))
        ranked = self._rank(
            pool, {Signal.TREND: 1.0}, request, profile, set(profile.dismissed), taste=0.3
        )[: request.limit]
        released = {p.id: p.released for p in self.products([r.item.id for r in ranked])}
        for each in ranked:
            if day := released.get(each.item.id):
                said = reasons.say_day(day, request.language)
                each.reasons = [reasons.say("new", request.language, day=said)]
        return ranked

    def _content(
        self, request: RecommendationRequest, profile: Profile
    ) -> tuple[RecommendedGuide, ...]:
        """Guides on the categories the shopper looks at, or on those of the given products."""
        about = self._items.by_product(request.items)
        given = {key for item in about.values() for key in item.categories}
        scored = []
        for order, guide in enumerate(self._guides):
            key = " > ".join(guide.category).lower()
            profile_of = next(
                (t for t in profile.tastes if t.facet is Facet.CATEGORY and _within(t.value, key)),
                None,
            )
            score = 4.0 * (key in given) + (profile_of.lift if profile_of else 0.0)
            scored.append((-score, order, guide, key))
        scored.sort(key=lambda each: each[:2])
        found = []
        for place, (score, _, guide, key) in enumerate(scored[: request.limit], start=1):
            label = self._items.category_label(key, request.language)
            why = "guide" if score < 0 else "guide_any"
            found.append(
                RecommendedGuide(
                    guide=guide,
                    position=place,
                    reasons=(reasons.say(why, request.language, what=label),),
                )
            )
        return tuple(found)

    # ---------------------------------------------------------------- ranking

    def _rank(
        self,
        pool: Pool,
        weights: Mapping[Signal, float],
        request: RecommendationRequest,
        profile: Profile,
        without: set[str] = frozenset(),  # type: ignore[assignment]
        taste: float = 1.0,
    ) -> list[_Ranked]:
        """The candidates that may be shown, by their signals and by taste, one a family."""
        hidden = {point_id(i) for i in without}
        weighed = {k: weigh(s, weights) for k, s in pool.signals.items() if k not in hidden}
        first = sorted(weighed, key=weighed.__getitem__, reverse=True)
        fit_of = read_affinity(profile, self._items) if taste else lambda item: {}
        found: list[_Ranked] = []
        for start in range(0, min(len(first), DEEPEST), RANKED):
            allowed = self.allowed(first[start : start + RANKED], request, profile)
            for key, item in allowed.items():
                fit = fit_of(item)
                suits = 0.0
                for facet, lift in fit.items():  # a hundred items a list
                    suits += TASTE_WEIGHTS[facet] * lift
                found.append(_Ranked(item, weighed[key] + taste * suits, fit, pool.signals[key]))
            if len(found) >= 2 * request.limit:
                break
        found.sort(key=lambda r: (-r.score, r.item.id))
        return _one_a_family(found)

    def allowed(
        self, keys: Sequence[str], request: RecommendationRequest, profile: Profile
    ) -> dict[str, Item]:
        """Those of `keys` that pass the conditions; without any, only what is sold out goes."""
        if request.filters == NO_FILTERS and profile.refused == NO_FILTERS:
            return {key: item for key, item in self._items.read(keys).items() if item.available}
        condition = self._condition(request, profile)
        inside = Group(must=(HasId(tuple(keys)), condition))
        passing = set(self._index.browse(inside, limit=len(keys)))
        return self._items.read(key for key in keys if key in passing)

    def _condition(self, request: RecommendationRequest, profile: Profile) -> Group:
        """What may be shown: in stock, as the request says, and nothing refused."""
        return Group(
            must=(
                Equals("available", ("yes",)),
                build_condition(request.filters, self._units),
                build_condition(profile.refused, self._units),
            )
        )

    def _fill(
        self,
        request: RecommendationRequest,
        profile: Profile,
        known: set[str],
        without: set[str],
    ) -> list[_Ranked]:
        """Best rated products where behaviour and vectors gave too few."""
        condition = self._condition(request, profile)
        keys = self._index.browse(
            condition,
            limit=3 * request.limit + len(known) + len(without),
            key="rating",
            descending=True,
        )
        hidden = known | {point_id(i) for i in without}
        keys = [key for key in keys if key not in hidden]
        found = self._items.read(keys)
        ranked = [_Ranked(found[key], -1.0, {}, {}) for key in keys if key in found]
        return _one_a_family(ranked)[: request.limit]

    # ---------------------------------------------------------------- reading

    def _start_of(self, ranked: _Ranked, pool: Pool, profile: Profile) -> str:
        """Id of the product that a recommendation comes from; empty where it comes from none."""
        signals = ranked.signals
        source = pool.sources.get(ranked.item.key)
        if source and (Signal.VIEWED_WITH in signals or Signal.BOUGHT_WITH in signals):
            return source[0]
        near = Signal.SESSION in signals or Signal.LONG in signals
        return self._closest(ranked.item, profile) if near and profile.liked else ""

    def _why_for_you(
        self, ranked: _Ranked, start: Product | None, profile: Profile, language: Language
    ) -> list[str]:
        """Up to two lines: what it is near to or goes with, and which taste it meets."""
        found: list[str] = []
        signals = ranked.signals
        if start is not None:
            together = {Signal.VIEWED_WITH: "also_viewed", Signal.BOUGHT_WITH: "bought"}
            key = next((k for s, k in together.items() if s in signals), "looked_at")
            found.append(reasons.say(key, language, what=reasons.quote(start, language)))
        taste = reasons.taste_reason(profile, ranked.item, ranked.fit, self._items, language)
        if taste:
            found.append(taste)
        if not found and Signal.NEXT in signals and Signal.POPULAR not in signals:
            found.append(reasons.say("next", language))
        if not found:
            label = self._items.category_label(ranked.item.category, language)
            known = Signal.POPULAR in signals and label
            found.append(reasons.say("popular_in" if known else "popular", language, what=label))
        return found[: reasons.MOST_REASONS]

    def _closest(self, item: Item, profile: Profile) -> str:
        """The latest liked product that is of the same kind, else the latest."""
        recent = (profile.session or profile.liked)[:8]
        kinds = self._items.by_product(recent)
        same = [i for i in recent if i in kinds and kinds[i].category == item.category]
        return (same or list(recent))[0]

    def _titles(self, ids: Sequence[str]) -> dict[str, Product]:
        return {product.id: product for product in self.products(list(dict.fromkeys(ids)))}

    def products(self, ids: Sequence[str]) -> list[Product]:
        """The products with these ids; unknown ones are left out."""
        return list(self._products.read(point_id(i) for i in ids if i).values())

    def _read(
        self, ranked: Sequence[_Ranked], request: RecommendationRequest
    ) -> tuple[Recommended, ...]:
        products = self._titles([each.item.id for each in ranked])
        there = [each for each in ranked if each.item.id in products]
        return tuple(
            Recommended(
                product=products[each.item.id],
                position=place,
                reasons=tuple(dict.fromkeys(each.reasons))[: reasons.MOST_REASONS],
                score=round(each.score, 4),
                signals={name.value: round(value, 4) for name, value in each.signals.items()},
            )
            for place, each in enumerate(there[: request.limit], start=1)
        )


class _Ranked:
    """A candidate under way: item, score, fit with the profile, signals, reasons."""

    __slots__ = ("fit", "item", "reasons", "score", "signals")

    def __init__(
        self,
        item: Item,
        score: float,
        fit: Mapping[Facet, float],
        signals: Mapping[Signal, float],
    ) -> None:
        self.item = item
        self.score = score
        self.fit = fit
        self.signals = signals
        self.reasons: list[str] = []


def _one_a_family(ranked: Sequence[_Ranked]) -> list[_Ranked]:
    """The best of each family: colours of one thing are one recommendation."""
    seen: set[str] = set()
    kept = []
    for each in ranked:
        family = each.item.family or each.item.key
        if family not in seen:
            seen.add(family)
            kept.append(each)
    return kept


def _spread_categories(
    ranked: Sequence[_Ranked], limit: int, share: float = CATEGORY_SHARE
) -> list[_Ranked]:
    """The best `limit` with at most a share of one category, as far as there are others."""
    most = max(1, math.ceil(limit * share))
    counts: Counter[str] = Counter()
    first: list[_Ranked] = []
    rest: list[_Ranked] = []
    for each in ranked:
        counts[each.item.category] += 1
        (first if counts[each.item.category] <= most else rest).append(each)
    return [*first, *rest][:limit]


def _within(category: str, guide: str) -> bool:
    return category == guide or category.startswith(guide + " > ")


def _age_share(when: datetime, oldest: datetime | None) -> float:
    """A small share for what was bought longest ago, to order equals by."""
    if oldest is None:
        return 0.0
    return -0.01 * (when - oldest).days / 365


__all__ = ["MODEL_VERSION", "Recommender", "Stage"]
