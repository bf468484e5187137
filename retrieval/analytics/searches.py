"""Searches and the chat's questions with what became of each, for the reports on queries."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from retrieval.analytics.log import CleanLog
from retrieval.analytics.types import FEWEST_SHOPPERS
from retrieval.index.analysis import query_terms
from retrieval.profile.types import Action, Event, StoredEvent

# A query that shares a word and comes this soon after one that led nowhere is the same wish in
# other words; later the shopper may have moved on to the next thing.
REFORMULATED_WITHIN = timedelta(minutes=5)
# Longer texts are pasted, not asked; what is compared and shown ends here.
LONGEST_QUERY = 120


@dataclass(frozen=True)
class Search:
    """One search: its text as it is compared, who asked, and how it ended.

    `results` is None where the front end did not log their number. `then` is the query that
    followed at once where nothing of this list was clicked.
    """

    query: str
    shopper_id: str
    event: Event
    results: int | None
    relaxed: bool
    clicked: bool
    corrected: bool
    then: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it is known to have found nothing."""
        return self.results == 0

    @property
    def is_without_click(self) -> bool:
        """Whether something was shown and nothing of it was opened."""
        return not self.clicked and not self.is_empty

    @property
    def is_reformulated(self) -> bool:
        """Whether the shopper asked again in other words, or took a condition back."""
        return self.corrected or bool(self.then)

    @property
    def is_failed(self) -> bool:
        """Whether any sign says that what was asked for was not found."""
        return not self.clicked or self.is_empty or self.relaxed or self.corrected


def normalise_query(text: str) -> str:
    """A query as it is compared and shown: one spelling of width and case, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split())[:LONGEST_QUERY]


def find_searches(log: CleanLog) -> list[Search]:
    """Every search of the period, oldest first.

    A chat turn is one where it looked for products and is no follow-up ("cheaper") of the one
    before, which says nothing by itself.
    """
    clicked, corrected = _lists_with(log, Action.CLICK), _lists_with(log, Action.CORRECTION)
    clicked |= _lists_with(log, Action.CART)
    sessions: dict[str, list[StoredEvent]] = defaultdict(list)
    for stored in log.acts:
        if is_search(stored.event):
            sessions[stored.event.session_id].append(stored)
    found = []
    for asked in sessions.values():
        for place, stored in enumerate(asked):
            event = stored.event
            was_clicked = event.query_id in clicked
            following = asked[place + 1 : place + 2]
            found.append(
                Search(
                    query=normalise_query(event.user_query or ""),
                    shopper_id=stored.shopper_id,
                    event=event,
                    results=_results(event),
                    relaxed=event.detail.get("relaxed") is True,
                    clicked=was_clicked,
                    corrected=event.query_id in corrected,
                    then="" if was_clicked or not following else _other(event, following[0].event),
                )
            )
    return sorted(found, key=lambda search: search.event.timestamp)


def is_search(event: Event) -> bool:
    """Whether an event asks for products by itself."""
    if not event.user_query or not event.user_query.strip():
        return False
    if event.action_name is Action.CHAT_TURN:
        return "results" in event.detail and not event.detail.get("follows")
    return event.action_name is Action.SEARCH


def _lists_with(log: CleanLog, action: Action) -> set[str]:
    return {
        s.event.query_id for s in log.acts if s.event.action_name is action and s.event.query_id
    }


def _results(event: Event) -> int | None:
    number = event.detail.get("results")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _other(event: Event, following: Event) -> str:
    """The query that followed soon and says the same in other words; empty where none did."""
    first = normalise_query(event.user_query or "")
    other = normalise_query(following.user_query or "")
    soon = following.timestamp - event.timestamp <= REFORMULATED_WITHIN
    return other if soon and other != first and _words(first) & _words(other) else ""


@lru_cache(maxsize=16_384)
def _words(query: str) -> frozenset[str]:
    return frozenset(term.text for term in query_terms(query))


def by_query(searches: Iterable[Search]) -> dict[str, list[Search]]:
    """The searches of each query."""
    found: dict[str, list[Search]] = defaultdict(list)
    for search in searches:
        found[search.query].append(search)
    return found


def shown_queries(queries: Mapping[str, list[Search]]) -> set[str]:
    """The queries that enough shoppers asked for to name nobody."""
    return {
        query
        for query, searches in queries.items()
        if len({search.shopper_id for search in searches}) >= FEWEST_SHOPPERS
    }
