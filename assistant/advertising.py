"""Brings sponsored products to the lists of a turn, a search page or a recommendation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.engine import Engine as Database

from assistant.settings import Settings
from assistant.types import Sentence
from retrieval.ads.offers import OfferSigner
from retrieval.ads.server import AdServer, Audience
from retrieval.ads.store import SqlAdStore
from retrieval.ads.types import AdSettings
from retrieval.profile.types import Action, Visitor
from retrieval.recommend.service import Learning
from retrieval.recommend.types import RecommendationRequest, Recommendations, Recommended
from retrieval.types import Hit, Language, Product, SearchResult, StoreInfo

# Clicks that were logged when a process was killed are charged by the next one; what is older
# than an offer is valid cannot be.
CAUGHT_UP = timedelta(days=2)

_SPOKEN = {
    Language.ENGLISH: "Sponsored: {names} – shown because {sponsors} paid for it.",
    Language.CHINESE: "赞助：{names}——由{sponsors}付费展示。",
}
_JOINTS = {Language.ENGLISH: (", ", " and "), Language.CHINESE: ("、", "和")}


@contextmanager
def open_ads(
    settings: Settings, store: StoreInfo, secret: str, database: Database, learning: Learning
) -> Iterator[AdServer | None]:
    """The store's advertising, counting what is logged; None where the setting is off."""
    if not settings.ads:
        yield None
        return
    ads = make_ads(settings, store, secret, database)
    learning.listen("ads", ads.settle)
    since = datetime.now(UTC) - CAUGHT_UP
    ads.settle(
        learning.events.scan(since=since, actions=[Action.IMPRESSION.value, Action.CLICK.value])
    )
    yield ads


def make_ads(settings: Settings, store: StoreInfo, secret: str, database: Database) -> AdServer:
    """The store's advertising over its database; campaigns that came with it are kept once."""
    kept = SqlAdStore(database, settings.store)
    kept.seed(store.campaigns)
    return AdServer(
        kept,
        OfferSigner(secret, settings.store),
        AdSettings(
            slots=settings.ads_slots,
            reserve=settings.ads_reserve,
            floor=settings.ads_floor,
            daily_cap=settings.ads_daily_cap,
        ),
    )


def audience_of(visitor: Visitor | None, learning: Learning | None, session: str = "") -> Audience:
    """Whom frequency caps count for: a shopper who agreed, else the session alone."""
    if visitor and learning and learning.remembers(visitor):
        return Audience(shopper_id=learning.owner(visitor.name))
    return Audience(session_id=session or (visitor.session_id if visitor else ""))


def add_sponsored(
    result: SearchResult,
    ads: AdServer,
    audience: Audience,
    find: Callable[[Sequence[str]], Sequence[Product]],
    without: Iterable[str] = (),
) -> SearchResult:
    """`result` with the advertisements to show beside its hits, which stay as they are."""
    shown = {v.product_id for hit in result.hits for v in hit.variants}
    shown.update(hit.product.id for hit in result.hits)
    placed = ads.place(result.candidates, shown.union(without), audience)
    if not placed:
        return result
    products = {product.id: product for product in find([each.product_id for each in placed])}
    hits = tuple(
        Hit(product=products[each.product_id], score=0.0, sponsored=each.placement)
        for each in placed
        if each.product_id in products
    )
    return result.model_copy(update={"sponsored": hits})


def recommend(
    learning: Learning,
    ads: AdServer | None,
    request: RecommendationRequest,
    visitor: Visitor | None = None,
) -> Recommendations:
    """What is recommended, with advertisements beside it where there are any."""
    found = learning.recommend(request)
    candidates = ads.candidates() if ads else ()
    if ads is None or not candidates:
        return found
    relevance = learning.relevance_of(candidates, found, request)
    shown = {each.product.id for each in found.products}
    placed = ads.place(relevance, shown, audience_of(visitor, learning))
    products = {
        product.id: product for product in learning.products([p.product_id for p in placed])
    }
    sponsored = tuple(
        Recommended(
            product=products[each.product_id],
            position=0,
            reasons=(),
            score=0.0,
            sponsored=each.placement,
        )
        for each in placed
        if each.product_id in products
    )
    return found.model_copy(update={"sponsored": sponsored})


def say_sponsored(hits: Sequence[Hit], language: Language) -> Sentence | None:
    """The sentence that says which of the shown products are advertisements, and whose."""
    if not hits:
        return None
    comma, last = _JOINTS[language]
    quote = "“{}”" if language is Language.ENGLISH else "「{}」"
    names = [quote.format(hit.product.title_in(language)) for hit in hits]
    sponsors = list(dict.fromkeys(hit.sponsored.sponsor for hit in hits if hit.sponsored))
    text = _SPOKEN[language].format(
        names=_join(names, comma, last), sponsors=_join(sponsors, comma, last)
    )
    ids = tuple(hit.product.id for hit in hits)
    return Sentence(text=text, product_ids=ids, evidence=("sponsored",))


def _join(parts: Sequence[str], comma: str, last: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return comma.join(parts[:-1]) + last + parts[-1]
