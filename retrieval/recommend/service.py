"""Events in, profiles and recommendations out: what the faces and the assistant talk to."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from retrieval.errors import AisleError, InvalidRequestError
from retrieval.profile.events import SqlEventStore
from retrieval.profile.explain import ProfileView, named_products, view_profile
from retrieval.profile.intake import read_events
from retrieval.profile.items import Cache, ItemReader
from retrieval.profile.profile import Profile, build_profile
from retrieval.profile.reads import CHECKED_S, RecentReads
from retrieval.profile.statistics import ACTIONS, WINDOW, BehaviourStatistics
from retrieval.profile.types import (
    Action,
    Appended,
    Consent,
    ConsentMode,
    Event,
    EventBus,
    Handler,
    Rejected,
    StoredEvent,
    Visitor,
)
from retrieval.rank.clicks import BLOCK
from retrieval.rank.rules import query_models
from retrieval.recommend.clicks import Candidates, ClickRanker
from retrieval.recommend.engine import Recommender
from retrieval.recommend.next_items import NextItems
from retrieval.recommend.online import LearningStatus, OnlineLearner
from retrieval.recommend.personal import BLOCK as TASTE_BLOCK
from retrieval.recommend.personal import MOST_PLACES, personalise
from retrieval.recommend.sponsored import find_relevance
from retrieval.recommend.types import Kind, RecommendationRequest, Recommendations
from retrieval.types import Filters, Hit, Language, Product

logger = logging.getLogger(__name__)

# Tastes fade slowly; a profile without new events is computed anew after this.
FRESH_S = 300.0
# Who uses a client changes when they sign in, which the bus tells.
OWNERS_S = 30.0
PROFILES = 5_000
# A batch holds what a page gathers in seconds or a server in a minute; more comes in parts.
MOST_EVENTS = 1_000
# Characters of a client id that nobody guesses: 64 random bits and more in hexadecimal. Aisle's
# own pages use 32 of them.
SECRET_LENGTH = 16
# Lists whose order is a question of taste; the others are by date or by orders.
BY_CLICKS = frozenset({Kind.FOR_YOU, Kind.SIMILAR, Kind.TRENDING})


@dataclass(frozen=True)
class Reach:
    """The part of a list that has to be read for a page to be ordered: `offset` and `limit`."""

    offset: int
    limit: int


@dataclass(frozen=True)
class Receipt:
    """What became of a batch, each row in exactly one place."""

    accepted: int = 0
    duplicates: int = 0
    without_consent: int = 0
    rejected: tuple[Rejected, ...] = field(default=())


@dataclass(frozen=True)
class Shelf:
    """The catalogue as learning uses it; a changed catalogue is another shelf."""

    items: ItemReader
    recommender: Recommender
    products: Callable[[Sequence[str]], Sequence[Product]]


class Learning:
    """One store's log of behaviour and all that follows from it; thread-safe."""

    def __init__(
        self,
        *,
        events: SqlEventStore,
        bus: EventBus,
        shelf: Shelf,
        statistics: BehaviourStatistics,
        consent: ConsentMode = ConsentMode.ASK,
        personal: bool = True,
        refusals: Callable[[Sequence[str]], Filters] = lambda names: Filters(),
        clicks: ClickRanker | None = None,
        learner: OnlineLearner | None = None,
        next_items: NextItems | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`personal` off leaves search and chat in the order of relevance alone; without
        `clicks`, or while no click model is promoted, tastes alone move products a little.
        `refusals` gives what is refused under user and client ids, as it stands now;
        `next_items` is what the shelf's lists ask for what comes next."""
        self.events = events
        self.consent = consent
        self.personal = personal and consent is not ConsentMode.OFF
        self.statistics = statistics
        self.next_items = next_items
        self._clicks = clicks
        self._learner = learner
        self._bus = bus
        self._shelf = shelf
        self._now = now
        self._refusals = refusals
        self._profiles: Cache[str, tuple[float, float, Profile]] = Cache(PROFILES, FRESH_S)
        self._owners: Cache[str, str] = Cache(PROFILES, OWNERS_S)
        self._users: RecentReads[str, bool] = RecentReads(PROFILES, CHECKED_S)
        self._replay = threading.Thread(target=self._read_log, name="events-replay", daemon=True)

    @property
    def items(self) -> ItemReader:
        """What profiles compare products by, of the catalogue as it is now."""
        return self._shelf.items

    def use(self, shelf: Shelf) -> None:
        """Go on with a changed catalogue; profiles are computed anew."""
        self._shelf = shelf
        self._profiles.clear()
        if self._learner:
            self._learner.use(shelf.items)

    def listen(self, group: str, handler: Handler) -> None:
        """Bring committed events to `handler`, at least once, in a thread of its own."""
        self._bus.subscribe(group, handler)

    def remembers(self, visitor: Visitor) -> bool:
        """Whether this visitor's shopper agreed to be logged and remembered."""
        if self.consent is ConsentMode.OFF:
            return False
        names = {visitor.client_id, visitor.name}
        answers = self.events.consents_of(list(names)).values()
        if Consent.DENIED in answers:
            return False
        return self.consent is ConsentMode.ON or Consent.GRANTED in answers

    def start(self) -> None:
        """Listen to the bus, and read the log in the background."""
        if self.next_items:
            self.next_items.serving()  # begins to read the model before the first list
        self._bus.subscribe("profiles", self._forget_profiles, shared=False)
        self._bus.subscribe("statistics", self.statistics.add, shared=False)
        self._bus.subscribe("counts", self._count)
        self._replay.start()

    def close(self) -> None:
        """Let consumers finish what they were given."""
        if self._learner:
            self._learner.close()
        if self._replay.is_alive():
            self._replay.join(5)
        self._bus.close()

    def settle(self, timeout_s: float = 30) -> bool:
        """Wait until the log is read and what was published is handled; False if not."""
        self._replay.join(timeout_s)
        return not self._replay.is_alive() and self._bus.drain(timeout_s)

    # ---------------------------------------------------------------- events

    def receive(
        self,
        rows: Sequence[Any],
        visitor: Visitor | None = None,
        *,
        vouched: bool = False,
        check_user: Callable[[str], None] = lambda user_id: None,
    ) -> Receipt:
        """Take a batch in; when this returns, what it accepted is committed.

        `visitor` fills what rows leave out; `vouched` says that the sender has the shoppers'
        consent; `check_user` raises for a user id that the sender may not speak for, and then
        nothing is taken. Raises InvalidRequestError and RetryableError.
        """
        if self.consent is ConsentMode.OFF:
            raise InvalidRequestError(
                "This store logs no behaviour.", remedy="Set AISLE_CONSENT to ask or on."
            )
        if len(rows) > MOST_EVENTS:
            raise InvalidRequestError(
                f"The batch has {len(rows)} events; {MOST_EVENTS} is the most.",
                remedy="Send it in parts.",
            )
        defaults = {}
        if visitor:
            defaults = {"client_id": visitor.client_id, "session_id": visitor.session_id}
            defaults |= {"user_id": visitor.user_id} if visitor.user_id else {}
        events, rejected = read_events(rows, self._now(), defaults)
        for user_id in {event.user_id for event in events if event.user_id}:
            check_user(user_id)
        allowed = self._allowed(events, vouched)
        appended = self._append(allowed)
        return Receipt(
            accepted=len(appended.new),
            duplicates=appended.duplicates,
            without_consent=len(events) - len(allowed),
            rejected=tuple(rejected),
        )

    def log(self, event: Event) -> None:
        """Log an event of a face's own; a log that fails is noted and costs the shopper
        nothing."""
        try:
            if self.consent is not ConsentMode.OFF:
                self._append(self._allowed([event], False))
        except AisleError as error:
            logger.warning("an event was not logged: %s", error)

    def log_act(self, visitor: Visitor, action: Action, **fields: Any) -> None:
        """Log what a visitor just did."""
        self.log(
            Event(
                event_id=uuid.uuid4().hex,
                action_name=action,
                timestamp=self._now(),
                client_id=visitor.client_id,
                session_id=visitor.session_id or visitor.client_id,
                user_id=visitor.user_id,
                **fields,
            )
        )

    def _append(self, events: Sequence[Event]) -> Appended:
        appended = self.events.append(events)
        self._forget_profiles(appended.new)
        for client in appended.merged:
            self._owners.drop(client)
            self._profiles.drop(client)
        self._bus.publish(appended.new)
        return appended

    def _allowed(self, events: Sequence[Event], vouched: bool) -> list[Event]:
        """The events of shoppers who agreed, or who did not refuse where that is the rule."""
        known = self.events.consents_of(list({event.client_id for event in events}))
        given = vouched or self.consent is ConsentMode.ON
        default = Consent.GRANTED if given else Consent.DENIED
        return [e for e in events if known.get(e.client_id, default) is Consent.GRANTED]

    def decide(self, client_id: str, choice: Consent) -> None:
        """Record a shopper's answer; a refusal ends logging and personalising at once."""
        self.events.record_consent(client_id, choice)
        self._profiles.drop(self.owner(client_id))
        self._profiles.drop(client_id)

    def _forget_profiles(self, events: Sequence[StoredEvent]) -> None:
        self._users.forget({stored.event.user_id for stored in events if stored.event.user_id})
        for stored in events:
            if stored.event.user_id:
                self._owners.drop(stored.event.client_id)
            if stored.event.action_name is not Action.IMPRESSION:
                self._profiles.drop(stored.shopper_id)

    def _count(self, events: Sequence[StoredEvent]) -> None:
        while self.events.count_new():
            pass

    def _read_log(self) -> None:
        """What happened before this process listened; the bus's events may overlap with it."""
        try:
            self.statistics.add(self.events.scan(since=self._now() - WINDOW, actions=ACTIONS))
            self._count(())
        except AisleError:
            logger.exception("the event log could not be read; statistics begin with today")

    # ---------------------------------------------------------------- profiles

    def owner(self, name: str) -> str:
        """The shopper of a client or user id."""
        known = self._owners.get(name)
        if known is None:
            known = self.events.resolve(name)
            self._owners.put(name, known)
        return known

    def knows_user(self, name: str) -> bool:
        """Whether this is the id of a signed-in shopper of whom something is kept."""
        return self._users.read(name, lambda: self.events.knows_user(name))

    @staticmethod
    def is_secret(client_id: str) -> bool:
        """Whether a client id is too long to be guessed, so that knowing it is a proof."""
        return len(client_id) >= SECRET_LENGTH

    def may_read(self, visitor: Visitor) -> bool:
        """Whether what is shown to this visitor may tell of the profile under their id.

        A client id that can be guessed does not open the profile of who signed in on it.
        """
        client = visitor.client_id
        if visitor.user_id or self.is_secret(client):
            return True
        return self.owner(client) == client and not self.knows_user(client)

    def profile(self, name: str) -> Profile:
        """The shopper's profile as the log is now; an empty one for nobody and for those who
        refused."""
        if not name or self.consent is ConsentMode.OFF:
            return Profile(name)
        shopper = self.owner(name)
        refused = self._refusals(list(dict.fromkeys((shopper, name))))
        return replace(self._behaviour(shopper, name), refused=refused)

    def _behaviour(self, shopper: str, name: str) -> Profile:
        """The profile of what a shopper did, as far as the log goes."""
        now = time.monotonic()
        kept = self._profiles.get(shopper)
        # Another process may have logged; an event of this one is seen at once.
        if kept and now - kept[0] < CHECKED_S:
            return kept[2]
        state = self.events.state_of(shopper)
        if kept and kept[2].state == state and now - kept[1] < FRESH_S:
            self._profiles.put(shopper, (now, kept[1], kept[2]))
            return kept[2]
        made = self._make_profile(shopper, name, state)
        self._profiles.put(shopper, (now, now, made))
        return made

    def _make_profile(self, shopper: str, name: str, state: tuple[int, int]) -> Profile:
        answers = self.events.consents_of(list({shopper, name}))
        if Consent.DENIED in answers.values():
            return Profile(shopper, state)
        acts = self.events.acts_of(shopper)
        return build_profile(shopper, acts, self._shelf.items, self._now(), state)

    def view(self, name: str, language: Language) -> ProfileView:
        """The shopper's profile in words."""
        profile, shelf = self.profile(name), self._shelf
        named = shelf.products(named_products(profile))
        return view_profile(profile, named, shelf.items, language)

    # ---------------------------------------------------------------- what follows

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        """A list for the shopper of the request; see `Recommender.recommend`."""
        profile = self.profile(request.shopper)
        found = self._shelf.recommender.recommend(request, profile)
        visitor = Visitor(request.shopper) if request.shopper else None
        if not self.personal or request.kind not in BY_CLICKS or not self._by_clicks(visitor):
            return found
        try:
            return self._order_recommended(found, request, profile)
        except AisleError as error:
            logger.warning("recommendations are not ordered by clicks: %s", error)
            return found

    def _order_recommended(
        self, found: Recommendations, request: RecommendationRequest, profile: Profile
    ) -> Recommendations:
        """The same products in the order of the click model, their own reasons kept."""
        assert self._clicks is not None  # the caller asked
        visitor = Visitor(request.shopper)
        products = found.products
        wanted = Candidates(
            query="",
            ids=[each.product.id for each in products],
            relevance=[each.score for each in products],
            visitor=visitor,
            profile=profile,
            language=request.language,
            page=len(products),
        )
        placed = self._clicks.order(wanted, self._shelf.items, self._shelf.products)
        ordered = tuple(
            products[each.candidate].model_copy(
                update={"position": place, "propensity": each.propensity}
            )
            for place, each in enumerate(placed, start=1)
        )
        label = self._clicks.label_for(visitor)
        return found.model_copy(update={"products": ordered, "model_version": label})

    def _by_clicks(self, visitor: Visitor | None) -> bool:
        return self._clicks is not None and self._clicks.orders(visitor)

    def learn_now(self) -> int:
        """One step of learning while serving, for who cannot wait for its time; gives the
        number of impressions it went through."""
        return self._learner.step() if self._learner else 0

    def learning_status(self) -> LearningStatus:
        """What learning while serving has come to."""
        if self._learner:
            return self._learner.status()
        serving = self._clicks.serving() if self._clicks else None
        return LearningStatus(model=serving.version if serving else "")

    def next_version(self) -> str:
        """The version of the next-item model that serves; empty where none does."""
        serving = self.next_items.serving() if self.next_items else None
        return serving.version if serving else ""

    def reach(self, visitor: Visitor | None, offset: int, limit: int) -> Reach:
        """What to read so that the page of `limit` products from `offset` on can be ordered."""
        if not self.personal or visitor is None:
            return Reach(offset, limit)
        if not self._by_clicks(visitor):
            # A few below the page, so that taste may bring one of them onto it.
            return Reach(offset, limit + (MOST_PLACES if limit < TASTE_BLOCK else 0))
        start = offset // BLOCK * BLOCK
        end = -(-(offset + limit) // BLOCK) * BLOCK
        return Reach(start, end - start)

    def order(
        self,
        hits: Sequence[Hit],
        text: str,
        visitor: Visitor | None,
        language: Language,
        *,
        offset: int = 0,
        limit: int = 10,
    ) -> tuple[tuple[Hit, ...], str]:
        """The page from `offset` on of hits read as `reach` says, and what ordered it; a query
        for a model stays as it is."""
        first = self.reach(visitor, offset, limit).offset
        label = self._clicks.label_for(visitor) if self._clicks and self.personal else ""
        page = slice(offset - first, offset - first + limit)
        if not self._by_clicks(visitor) or not self.personal:
            plain = bool(self._clicks and self._clicks.is_held_out(visitor) and label)
            ordered = tuple(hits) if plain else self.personalise(hits, text, visitor, language)
            return ordered[page], label
        if query_models(text):
            return tuple(hits)[page], ""
        try:
            ordered = self._order_hits(hits, text, visitor, language, offset, limit)
        except AisleError as error:
            logger.warning("results are not ordered by clicks: %s", error)
            return tuple(hits)[page], ""
        return ordered[page], label

    def _order_hits(
        self,
        hits: Sequence[Hit],
        text: str,
        visitor: Visitor | None,
        language: Language,
        offset: int,
        limit: int,
    ) -> tuple[Hit, ...]:
        assert self._clicks is not None and visitor is not None  # the caller asked
        wanted = Candidates(
            query=text,
            ids=[hit.product.id for hit in hits],
            relevance=[hit.score for hit in hits],
            visitor=visitor,
            profile=self.profile(visitor.name),
            language=language,
            page=limit if offset == 0 else 0,
        )
        return tuple(
            hits[each.candidate].model_copy(
                update={
                    "propensity": each.propensity,
                    "reasons": (each.reason,) if each.reason else (),
                }
            )
            for each in self._clicks.order(wanted, self._shelf.items, self._shelf.products)
        )

    def relevance_of(
        self,
        candidates: Sequence[str],
        found: Recommendations,
        request: RecommendationRequest,
    ) -> dict[str, float]:
        """How relevant each candidate is to a list that was recommended; see `find_relevance`."""
        shelf = self._shelf
        profile = self.profile(request.shopper)
        return find_relevance(shelf.recommender, shelf.items, found, request, profile, candidates)

    def products(self, ids: Sequence[str]) -> Sequence[Product]:
        """The products with these ids; unknown ones are left out."""
        return self._shelf.products(ids)

    def personalise(
        self, hits: Sequence[Hit], text: str, visitor: Visitor | None, language: Language
    ) -> tuple[Hit, ...]:
        """Search results a little to the visitor's taste; a query for a model stays as it is."""
        if not self.personal or visitor is None or query_models(text) or not self.may_read(visitor):
            return tuple(hits)
        try:
            return personalise(hits, self.profile(visitor.name), self._shelf.items, language)
        except AisleError as error:
            logger.warning("results are not personalised: %s", error)
            return tuple(hits)

    # ---------------------------------------------------------------- privacy

    def erase(self, name: str) -> int:
        """Remove all that is logged of a shopper; gives the number of events."""
        shopper = self.owner(name)
        clients = self.events.clients_of(shopper)
        count = self.events.erase(shopper)
        self._users.forget()
        for each in {shopper, name, *clients}:
            self._profiles.drop(each)
            self._owners.drop(each)
        return count


def seed_log(
    events: SqlEventStore, rows: Sequence[Mapping[str, Any]], now: datetime, *, shift: bool
) -> int:
    """Put a log that came with a store into the event store; gives the number of new events.

    With `shift` the log is moved by whole days so that it ends yesterday: a demo store's
    dates are fixed, what is trending is not. Raises InvalidRequestError for a bad row.
    """
    read, rejected = read_events(rows, datetime.max.replace(tzinfo=UTC) - timedelta(days=2))
    if rejected:
        first = rejected[0]
        raise InvalidRequestError(
            f"Event {first.index + 1} of the log is bad: {first.error}.",
            remedy="Mend it, or import the store again.",
        )
    if not read:
        return 0
    last = max(event.timestamp for event in read)
    days = (now.date() - last.date()).days - 1 if shift else 0
    moved = [e.model_copy(update={"timestamp": e.timestamp + timedelta(days)}) for e in read]
    return sum(
        len(events.append(moved[start : start + MOST_EVENTS]).new)
        for start in range(0, len(moved), MOST_EVENTS)
    )
