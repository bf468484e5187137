"""The promoted click model at work: it orders lists within what was searched for, and says why."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.errors import AisleError
from retrieval.experiment.assign import hash_point
from retrieval.profile.items import Item, ItemReader
from retrieval.profile.profile import Facet, Profile
from retrieval.profile.statistics import BehaviourStatistics
from retrieval.profile.types import Visitor
from retrieval.rank.click_features import (
    ClickFeature,
    Everybody,
    Numbers,
    Records,
    click_features,
)
from retrieval.rank.clicks import (
    BLOCK,
    TELLING,
    ClickModel,
    load_click_model,
    reorder_block,
)
from retrieval.rank.explore import explore_page
from retrieval.rank.online import OnlineState
from retrieval.rank.online_store import OnlineStore
from retrieval.recommend.reasons import quote, say, taste_reason
from retrieval.train.registry import TrainedModels
from retrieval.types import Frozen, Language, Product

logger = logging.getLogger(__name__)

# Seconds until a promotion, a rollback or what another process learned is noticed.
CHECKED_S = 1.0
# What lists of the shoppers held out are logged as.
HELD_OUT = "static"
PREFIX = "clicks:"
Products = Callable[[Sequence[str]], Sequence[Product]]


class ClickSettings(Frozen):
    """`influence` is how far clicks may shift a product's share of the best score, `explore` the
    share of lists on which two products change places, `held_out` the share of shoppers whose
    lists stay in the order of relevance, to compare with."""

    influence: float = 0.15
    explore: float = 0.05
    held_out: float = 0.05


@dataclass(frozen=True)
class Serving:
    """What orders lists now: the model, its version, what was learned since, and all records."""

    model: ClickModel
    version: str
    layer: Numbers
    covariance: Numbers
    records: Records
    ranks: bool = True

    @property
    def label(self) -> str:
        """What impressions are logged with."""
        return f"{PREFIX}{self.version}"


@dataclass(frozen=True)
class Placed:
    """The candidate (its place before, from 0) that now stands at a place, and why."""

    candidate: int
    propensity: float
    reason: str = ""


@dataclass(frozen=True)
class Candidates:
    """A list to order: products with their relevance, best first, and whom it is for."""

    query: str
    ids: Sequence[str]
    relevance: Sequence[float]
    visitor: Visitor
    profile: Profile
    language: Language
    page: int


class ClickRanker:
    """Orders lists by the promoted model of one store; thread-safe."""

    def __init__(
        self,
        models: TrainedModels,
        statistics: BehaviourStatistics,
        settings: ClickSettings,
        online: OnlineStore | None = None,
    ) -> None:
        """Without `online` the model serves as it was trained."""
        self.settings = settings
        self._models = models
        self._statistics = statistics
        self._online = online
        self._lock = threading.Lock()
        self._checked = -CHECKED_S
        self._revision = -1
        self._serving: Serving | None = None

    # ---------------------------------------------------------------- what serves

    def serving(self) -> Serving | None:
        """The model that serves now; None where none was promoted or it cannot be read."""
        with self._lock:
            if time.monotonic() - self._checked >= CHECKED_S:
                self._checked = time.monotonic()
                try:
                    self._refresh()
                except AisleError as error:
                    logger.warning("the click model is not renewed: %s", error)
            return self._serving

    def renew(self) -> None:
        """Look again at once."""
        with self._lock:
            self._checked = -CHECKED_S

    def _refresh(self) -> None:
        version = self._models.promoted()
        if version is None:
            self._serving, self._revision = None, -1
            return
        revision = self._online.revision() if self._online else 0
        kept = self._serving
        if kept and kept.version == version and revision == self._revision:
            return
        model = kept.model if kept and kept.version == version else None
        model = model or load_click_model(self._models.root / version)
        state = self._online.load()[1] if self._online else None
        self._serving = make_serving(model, version, state)
        self._revision = revision

    # ---------------------------------------------------------------- ordering

    def orders(self, visitor: Visitor | None) -> bool:
        """Whether this visitor's lists are ordered by clicks."""
        serving = self.serving() if visitor is not None else None
        return serving is not None and serving.ranks and not self.is_held_out(visitor)

    def is_held_out(self, visitor: Visitor | None) -> bool:
        """Whether this visitor's lists stay as they are, to compare with."""
        if visitor is None:
            return False
        return hash_point("held out", visitor.name) < self.settings.held_out

    def label_for(self, visitor: Visitor | None) -> str:
        """What this visitor's impressions are logged with; empty where no model serves."""
        serving = self.serving()
        if serving is None or visitor is None:
            return ""
        return serving.label if self.orders(visitor) else HELD_OUT

    def order(self, wanted: Candidates, items: ItemReader, products: Products) -> list[Placed]:
        """The candidates in their new order, in blocks that no product leaves."""
        serving = self.serving()
        known = items.by_product(wanted.ids)
        if serving is None or len(known) < len(set(wanted.ids)) or not wanted.ids:
            return [Placed(n, 1.0) for n in range(len(wanted.ids))]
        listed = [known[i] for i in wanted.ids]
        features = self.features(serving, wanted.query, listed, wanted.profile, items)
        placed: list[Placed] = []
        for start in range(0, len(listed), BLOCK):
            block = slice(start, start + BLOCK)
            page = wanted.page if start == 0 else 0
            placed += self._order_block(serving, wanted, features[block], start, page)
        return self._explain(serving, wanted, listed, features, placed, items, products)

    def features(
        self,
        serving: Serving,
        query: str,
        listed: Sequence[Item],
        profile: Profile,
        items: ItemReader,
    ) -> Numbers:
        """Standardised features of products by what is known now, with a last column of ones."""
        shares = self._statistics.appeal_shares([item.id for item in listed])
        everybody = Everybody(shares, serving.records)
        return serving.model.standardise(click_features(query, listed, profile, items, everybody))

    def _order_block(
        self, serving: Serving, wanted: Candidates, features: Numbers, start: int, page: int
    ) -> list[Placed]:
        relevance = list(wanted.relevance[start : start + len(features)])
        influence = self.settings.influence
        order = reorder_block(relevance, features @ serving.layer, influence)
        rate = self.settings.explore
        if page < 2 or rate <= 0:
            return [Placed(start + place, 1.0) for place in order]
        variances = np.einsum("ij,jk,ik->i", features, serving.covariance, features)
        shown, propensities = explore_page(
            order,
            relevance,
            np.sqrt(np.maximum(variances, 0.0)),
            page=page,
            rate=rate,
            reach=2 * influence,
            seed=f"{wanted.visitor.client_id}\x1f{wanted.visitor.session_id}\x1f{wanted.query}",
        )
        return [Placed(start + n, p) for n, p in zip(shown, propensities, strict=True)]

    # ---------------------------------------------------------------- reasons

    def _explain(
        self,
        serving: Serving,
        wanted: Candidates,
        listed: Sequence[Item],
        features: Numbers,
        placed: Sequence[Placed],
        items: ItemReader,
        products: Products,
    ) -> list[Placed]:
        """The same with a reason where the shopper's own behaviour speaks for the product."""
        model = serving.model
        zero = model.standardise(np.zeros((1, len(ClickFeature))))[0]
        shares = (features - zero) * serving.layer
        told = shares[:, model.personal].sum(axis=1) >= TELLING
        sources = {
            n: source_of(wanted.profile, listed[n], model, shares[n])
            for n in np.flatnonzero(told).tolist()
        }
        asked = [s for s in dict.fromkeys(sources.values()) if s]
        names = {p.id: p for p in products(asked)} if asked else {}
        return [
            replace(each, reason=self._reason(wanted, listed[n], sources[n], names, items))
            if (n := each.candidate) in sources
            else each
            for each in placed
        ]

    def _reason(
        self,
        wanted: Candidates,
        item: Item,
        source: str,
        names: dict[str, Product],
        items: ItemReader,
    ) -> str:
        language = wanted.language
        if source == item.id:
            return say("seen", language)
        if source in names:
            return say("looked_at", language, what=quote(names[source], language))
        fit = {
            facet: taste.lift
            for facet, value in ((Facet.BRAND, item.brand),)
            if (taste := wanted.profile.taste(facet, value))
        }
        return taste_reason(wanted.profile, item, fit, items, language, category=False)


def source_of(profile: Profile, item: Item, model: ClickModel, shares: Numbers) -> str:
    """Id of the product that the shopper looked at and that speaks most for this one: itself,
    else the best example of the strongest taste it meets, else the latest alike."""
    if item.id in profile.liked:
        return item.id
    names = {
        ClickFeature.BRAND: [(Facet.BRAND, item.brand)],
        ClickFeature.CATEGORY: [(Facet.CATEGORY, item.category)],
        ClickFeature.ATTRIBUTE: [(Facet.ATTRIBUTE, value) for value in item.attributes],
    }
    for place in np.argsort(-shares[: len(model.features)]):
        feature = model.features[int(place)]
        if shares[place] <= 0:
            break
        if feature is ClickFeature.PRICE and profile.price and profile.price.because:
            return profile.price.because[0]
        if feature in (ClickFeature.SESSION, ClickFeature.LONG) and profile.liked:
            return (profile.session or profile.liked)[0]
        tastes = [t for name in names.get(feature, ()) if (t := profile.taste(*name))]
        best = max(tastes, key=lambda taste: taste.lift, default=None)
        if best is not None and best.lift > 0 and best.because:
            return best.because[0]
    return ""


def make_serving(model: ClickModel, version: str, state: OnlineState | None) -> Serving:
    """The model with what was learned online on top, where that was learned from it."""
    records = model.records()
    if state is None or state.version != version:
        covariance = np.linalg.inv(np.array(model.precision))
        return Serving(model, version, model.layer, covariance, records)
    for table, more in ((records.items, state.items), (records.values, state.values)):
        for name, (clicks, expected) in more.items():
            entry = table.setdefault(name, [0.0, 0.0])
            entry[0] += clicks
            entry[1] += expected
    covariance = np.linalg.inv(np.array(state.precision))
    return Serving(model, version, np.array(state.layer), covariance, records, state.ranks)
